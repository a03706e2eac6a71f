"""Work on a large picture in strips of rows: small enough for the processor's cache, and spread over its cores."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_PIXELS = 2**17  # of a strip; its float32 colours take 1.5 MiB


def for_strips(shape: tuple[int, int], work: Callable[[slice], None], *, multiple: int = 1) -> None:
    """Call work(rows) for slices of rows that together cover a picture of shape (H, W), in any order.

    Several threads call it at once, so it may write to its own rows only; numpy lets them run side by side. Every
    strip but the last has a number of rows that `multiple` divides. The first exception of `work` is raised.
    """
    height, width = shape
    rows = max(1, _PIXELS // max(1, width) // multiple) * multiple
    strips = [slice(top, min(top + rows, height)) for top in range(0, height, rows)]
    workers = min(len(strips), os.cpu_count() or 1)
    if workers <= 1:
        for strip in strips:
            work(strip)
        return
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(work, strips):
            pass
