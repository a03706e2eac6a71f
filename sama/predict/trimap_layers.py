"""A trimap and the detail inside its unknown, from what a head that begins with a trimap says of one photo."""

import math

import numpy as np
import torch
from torch import Tensor

from sama.models.maps import span
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
    classes, seen = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    box = _near_object(trimap, shape)
    if box is None:
        return classes, seen
    across = box[1]
    seen[box] = resized(detail.sigmoid(), shape)[0, 0].numpy()[box]
    rows = max(1, _PIXELS // shape[1])
    for top in range(box[0].start, box[0].stop, rows):
        strip = slice(top, min(top + rows, box[0].stop))
        # (rows, W) of BACKGROUND, UNKNOWN, FOREGROUND
        found = _likeliest(_rows(trimap, shape, strip)[..., across])[0].numpy()
        at = strip, across
        np.divide(found, np.float32(FOREGROUND), out=classes[at], casting="unsafe")
        np.copyto(seen[at], classes[at], where=classes[at] != 0.5)
    return classes, seen


def _near_object(trimap: Tensor, shape: tuple[int, int]) -> tuple[slice, slice] | None:
    """Rows and columns of `shape` outside which all is background: what lies between cells whose likeliest class is the
    background is background too, as logits are interpolated linearly. None where there is nothing else."""
    other = _likeliest(trimap)[0] > 0
    sides = []
    for axis, length in enumerate(shape):
        held = span(other, axis)
        if held is None:
            return None
        scale = length / other.shape[axis]
        low, high = int((held[0] - 1) * scale), math.ceil((held[1] + 2) * scale)
        sides.append(slice(max(0, low), min(length, high)))
    return sides[0], sides[1]


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
