"""A trimap and the detail inside its unknown, from what a head that begins with a trimap says of one photo."""

import numpy as np
import torch
from torch import Tensor

from sama.models.trimap_first import FOREGROUND
from sama.predict.framing import resized

_PIXELS = 2**20  # of a strip; its three maps take 12 MiB


def trimap_and_detail(
    trimap: Tensor, detail: Tensor, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Two maps (H, W) float32 of `shape`: 0, 0.5 and 1, and in [0, 1].

    trimap (1, 3, h, w) and detail (1, 1, h', w'): logits of all of the photo and nothing else, see `HeadMaps`. A pixel
    is of its likeliest class; the detail is that of the unknown, and elsewhere the trimap, so that the highest of
    several objects' is that of all together. Worked out in strips of rows: at 50 megapixels three maps more would take
    600 MB.
    """
    height, width = shape
    classes = np.empty(shape, np.float32)
    seen = resized(detail.sigmoid(), shape)[0, 0].numpy()
    rows = max(1, _PIXELS // width)
    for top in range(0, height, rows):
        strip = slice(top, min(top + rows, height))
        found = _likeliest(_rows(trimap, shape, strip))[
            0
        ].numpy()  # (rows, W) of BACKGROUND, UNKNOWN, FOREGROUND
        np.divide(found, np.float32(FOREGROUND), out=classes[strip], casting="unsafe")
        np.copyto(seen[strip], classes[strip], where=classes[strip] != 0.5)
    return classes, seen


def _likeliest(maps: Tensor) -> Tensor:
    """`argmax` over the three classes of maps (1, 3, h, w), as uint8; PyTorch's own takes forty times as long here."""
    background, unknown, foreground = maps.unbind(1)
    surely = (foreground > unknown) & (foreground > background)
    return (torch.maximum(unknown, foreground) > background).byte() + surely


def _rows(maps: Tensor, shape: tuple[int, int], strip: slice) -> Tensor:
    """Some rows of maps (1, C, h, w) enlarged bilinearly to `shape`: (1, C, rows, W)."""
    (h, w), (height, width) = maps.shape[-2:], shape
    if height < h or width < w:  # made smaller, they are small in any case
        return resized(maps, shape)[..., strip, :]
    y = ((torch.arange(strip.start, strip.stop) + 0.5) * (h / height) - 0.5).clamp_(0, h - 1)
    above = y.floor().long()
    below = (above + 1).clamp_(max=h - 1)
    share = (y - above).float()[:, None]
    few = torch.lerp(maps[..., above, :], maps[..., below, :], share)
    return resized(few, (few.shape[-2], width))
