"""The frame a photo is put into, its one global and four local views, and the quadrant algebra between them.

The photo is resized so that its long side is 2S and padded at the bottom and right to 2S x 2S; its four quadrants are
the local views, its half-size copy is the global view (paper, section "Multi-View Localization Encoder"; MVANet feeds
views in the same way). Order of the local views: top-left, top-right, bottom-left, bottom-right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.backbones.base import EncodedView
from sama.models.maps import up2

ALL_VIEWS = (0, 1, 2, 3)


@dataclass(frozen=True)
class Frame:
    """Where a photo of `width` x `height` pixels lies in a model frame of `size` x `size`."""

    width: int
    height: int
    size: int

    @property
    def scale(self) -> float:
        """Frame pixels per photo pixel."""
        return self.size / max(self.width, self.height)

    def extent(self, size: int | None = None) -> tuple[int, int]:
        """Return (height, width) of the photo inside a square of `size` pixels; never 0."""
        size = self.size if size is None else size
        scale = size / max(self.width, self.height)
        return max(1, round(self.height * scale)), max(1, round(self.width * scale))

    def to_frame(self, coords: Tensor) -> Tensor:
        """Map (..., 2) photo coordinates (x, y) to frame coordinates. The one place where this is done."""
        height, width = self.extent()
        factor = coords.new_tensor([width / self.width, height / self.height])
        return coords * factor


def make_frame(image: Tensor, size: int) -> Tensor:
    """Resize (3, H, W) uint8 so that its long side is `size` and pad with 0.

    Returns (3, size, size) float32 in [0, 255]. Bilinear with antialiasing, as SAM's own preprocessing.
    """
    height, width = Frame(image.shape[-1], image.shape[-2], size).extent()
    # First across, then down, as PyTorch itself does; in parts, so that a large photo never becomes floats as a whole.
    parts = [_resize(part, (part.shape[-2], width)) for part in image.split(512, dim=-2)]
    resized = _resize(torch.cat(parts, dim=-2), (height, width))
    return F.pad(resized.clamp_(0, 255), (0, size - width, 0, size - height))


def _resize(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize (3, H, W) to `size` (height, width), as float32."""
    return F.interpolate(image[None].float(), size, mode="bilinear", align_corners=False, antialias=True)[0]


def global_view(frame: Tensor) -> Tensor:
    """Halve (B, 3, 2S, 2S) to the global view (B, 3, S, S)."""
    return F.avg_pool2d(frame, 2)


def local_views(frame: Tensor) -> Tensor:
    """Cut (B, 3, 2S, 2S) into the local views (B, 4, 3, S, S)."""
    return split_quadrants(frame)


def split_quadrants(x: Tensor) -> Tensor:
    """(B, C, 2h, 2w) -> (B, 4, C, h, w), row-major."""
    b, c, height, width = x.shape
    x = x.reshape(b, c, 2, height // 2, 2, width // 2)  # (B, C, row, h, column, w)
    return x.permute(0, 2, 4, 1, 3, 5).reshape(b, 4, c, height // 2, width // 2)


def join_quadrants(x: Tensor) -> Tensor:
    """(B, 4, C, h, w) -> (B, C, 2h, 2w); inverse of `split_quadrants`."""
    b, _, c, h, w = x.shape
    x = x.reshape(b, 2, 2, c, h, w).permute(0, 3, 1, 4, 2, 5)  # (B, C, row, h, column, w)
    return x.reshape(b, c, 2 * h, 2 * w)


def split_tokens(x: Tensor, grid: tuple[int, int]) -> Tensor:
    """`split_quadrants` of a map whose cells are tokens: (B, 2h*2w, C) on a grid (2h, 2w) -> (B, 4, h*w, C)."""
    b, _, c = x.shape
    h, w = grid[0] // 2, grid[1] // 2
    return x.reshape(b, 2, h, 2, w, c).transpose(2, 3).reshape(b, 4, h * w, c)


def join_tokens(x: Tensor, grid: tuple[int, int]) -> Tensor:
    """(B, 4, h*w, C) -> (B, 2h*2w, C) on a grid (2h, 2w); inverse of `split_tokens`."""
    b, _, _, c = x.shape
    h, w = grid[0] // 2, grid[1] // 2
    return x.reshape(b, 2, 2, h, w, c).transpose(2, 3).reshape(b, 4 * h * w, c)


def with_gaps(local: Tensor, views: tuple[int, ...]) -> Tensor:
    """Put the local views (N, V, ...) numbered `views` in their places among four, with 0 where there is none; the same
    tensor where all are there."""
    if len(views) == len(ALL_VIEWS):
        return local
    places = torch.tensor(views, device=local.device)
    return local.new_zeros(len(local), len(ALL_VIEWS), *local.shape[2:]).index_copy(1, places, local)


def pool_tokens(x: Tensor, grid: tuple[int, int], pool: int) -> Tensor:
    """Average pool x pool cells of each view: (N, V, h*w, C) on a grid (h, w) -> (N, V, h*w / pool^2, C)."""
    if pool == 1:
        return x
    maps = x.flatten(0, 1).unflatten(1, grid).permute(0, 3, 1, 2)  # (N*V, C, h, w), channels-last
    return F.avg_pool2d(maps, pool).permute(0, 2, 3, 1).flatten(1, 2).unflatten(0, x.shape[:2])


def add_pooled(x: Tensor, pooled: Tensor, grid: tuple[int, int], pool: int) -> Tensor:
    """Add (N, V, h*w / pool^2, C) to all cells (N, V, h*w, C) that `pool_tokens` would have averaged into one."""
    if pool == 1:
        return x + pooled
    h, w = grid[0] // pool, grid[1] // pool
    x = x.unflatten(2, (h, pool, w, pool)) + pooled.unflatten(2, (h, 1, w, 1))
    return x.flatten(2, 5)


def present_of(local: Tensor, views: tuple[int, ...]) -> Tensor:
    """Those of four local views (1, 4, ...) that are there, (1, V, ...)."""
    return local if len(views) == len(ALL_VIEWS) else local[:, list(views)]


def padded_views(frame: Frame) -> list[bool]:
    """Return for each local view whether it holds padding only (`frame.size` is 2S)."""
    height, width = frame.extent()
    half = frame.size // 2
    return [False, width <= half, height <= half, width <= half or height <= half]


def touched_views(rectangles: Tensor, size: int) -> list[bool]:
    """Return for each local view whether any of the rectangles (K, 4), x0 y0 x1 y1 in pixels of a frame of `size`,
    reaches into it; a rectangle without extent is a point."""
    half = size / 2
    x0, y0, x1, y1 = rectangles.unbind(1)
    left, right, top, bottom = x0 < half, x1 >= half, y0 < half, y1 >= half
    return [bool((a & b).any()) for a in (top, bottom) for b in (left, right)]


def normalise(frame: Tensor, mean: Tensor, std: Tensor, extent: tuple[int, int]) -> Tensor:
    """Normalise (B, 3, s, s) colours in [0, 255] and set everything outside `extent` (height, width) to 0.

    SAM normalises before it pads (`Sam.preprocess`), so padding is 0 after normalisation, not black.
    """
    out = torch.zeros_like(frame)
    height, width = extent
    out[..., :height, :width] = (frame[..., :height, :width] - mean) / std
    return out


class FourViews(nn.Module):
    """What is looked at beside the global view: the four local views, each encoded on its own."""

    def kept(self, encoded: EncodedView) -> None:
        """Of the encoded global view nothing but the embedding is needed again."""

    def forward(self, local: Sequence[EncodedView | None], single: None) -> Sequence[EncodedView | None]:
        """The four encoded views, as they are; single: what `kept` returned."""
        return local


class MergedViews(nn.Module):
    """What the heads read: the stream, enlarged, plus the local views in their places."""

    def forward(self, stream: Tensor, local: Tensor, views: tuple[int, ...], grid: tuple[int, int]) -> Tensor:
        """Stream (N, h*w, C) on a grid (h, w) and local views (N, V, h*w, C) to (N, C, 2h, 2w)."""
        h, w = grid
        local = join_tokens(with_gaps(local, views), (2 * h, 2 * w))  # (N, 2h*2w, C)
        local = local.unflatten(1, (2 * h, 2 * w))  # (N, 2h, 2w, C)
        stream = stream.to(local.dtype).unflatten(1, grid).permute(0, 3, 1, 2)  # (N, C, h, w)
        return up2(stream) + local.permute(0, 3, 1, 2)
