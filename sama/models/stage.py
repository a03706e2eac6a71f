"""One stage of a prediction head, and what it is given without regard to the prompt."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.upconv import enlarging_kernel, from_phases, own_kernel, to_phases


class Side(NamedTuple):
    """What a stage that enlarges (B, ., h, w) is given beside it, in phases of the enlarged map, or None: image
    (B, 4 * 3, h, w), detail (B, 4 * out, h, w), or (B, out, 2h, 2w) while the stage learns."""

    image: Tensor | None
    detail: Tensor | None

    def rows(self, seen: slice, made: slice) -> "Side":
        """The same for some rows: those that a convolution sees, and those that it makes."""
        image = None if self.image is None else self.image[..., seen, :]
        return Side(image, None if self.detail is None else self.detail[..., made, :])


class Kernel(NamedTuple):
    """Of the one convolution that a stage is: weight (O, C, 3, 3), bias (O,)."""

    weight: Tensor
    bias: Tensor


class Stage(nn.Module):
    """Enlarge x unless it is the first stage, then 3x3 convolution of x, `beliefs` maps of probability and the image,
    plus the detail map, batch norm, GELU.

    A batch norm that no longer learns is part of the convolution, and so is the enlarging: see `sama.models.upconv`.
    """

    def __init__(self, channels: int, out: int, *, beliefs: int, detail: int, image: bool, enlarge: bool):
        super().__init__()
        self.enlarge = enlarge
        self.conv = nn.Conv2d(channels, out, 3, padding=1)
        self.base = nn.Conv2d(beliefs, out, 3, padding=1, bias=False) if beliefs else None
        self.detail = nn.Conv2d(detail, out, 1, bias=False) if detail else None
        self.image = nn.Conv2d(3, out, 3, padding=1, bias=False) if image else None
        self.norm = nn.BatchNorm2d(out)

    def side(self, detail: Tensor | None, image: Tensor | None, size: tuple[int, int]) -> Side:
        """Prepare detail and image (B, ., ., .), of any size, for a stage whose map has `size`; a stage without the
        one or the other takes None."""
        seen = known = None
        if self.image is not None:
            seen = to_phases(fit(image, size))
        if self.detail is not None:
            scale, _ = self._affine()
            known = F.conv2d(fit(detail, size), self.detail.weight * scale)
            if not self.norm.training:
                known = to_phases(known)
        return Side(seen, known)

    def kernel(self) -> Kernel:
        """The convolution, for `forward`."""
        scale, shift = self._affine()
        large = enlarging_kernel if self.enlarge else lambda kernel: kernel
        with torch.autocast(self.conv.weight.device.type, enabled=False):
            parts = [large(self.conv.weight * scale)]
            if self.base is not None:
                parts.append(large(self.base.weight * scale))
            if self.image is not None:
                parts.append(own_kernel(self.image.weight * scale))
            return Kernel(torch.cat(parts, 1), shift.repeat(4 if self.enlarge else 1))

    def forward(self, x: Tensor, side: Side, kernel: Kernel) -> Tensor:
        """Map (N, ., h + 2, w + 2) as `bordered` puts it together from the last map, the beliefs and the side's image;
        side (N, ...); what `kernel` returned.

        Returns the next map (N, 4 * out, h, w) in phases, or (N, out, h, w) from the first stage; `whole` makes one of
        the other.
        """
        y = F.conv2d(x, *kernel)
        if self.norm.training and self.enlarge:
            y = from_phases(y)
        if side.detail is not None:
            y = y + side.detail if torch.is_grad_enabled() else y.add_(side.detail)
        return F.gelu(self.norm(y) if self.norm.training else y)

    def whole(self, y: Tensor) -> Tensor:
        """What `forward` returned as a map (N, out, 2h, 2w): batch norm needed it like that if it learns."""
        return from_phases(y) if self.enlarge and not self.norm.training else y

    def _affine(self) -> tuple[Tensor | float, Tensor]:
        """What kernels are multiplied with and what is added: the batch norm, unless it learns."""
        norm = self.norm
        if norm.training:
            return 1.0, self.conv.bias
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        return scale[:, None, None, None], norm.bias + (self.conv.bias - norm.running_mean) * scale


def fit(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring x to `size`: exact averaging when it shrinks by a whole factor, else bilinear."""
    if x.shape[-2:] == size:
        return x
    if x.shape[-1] > size[1]:
        return F.adaptive_avg_pool2d(x, size)
    return F.interpolate(x, size, mode="bilinear", align_corners=False)


def bordered(maps: list[Tensor], border: tuple[bool, bool] = (True, True)) -> Tensor:
    """Put maps (N, ., h, w) one behind the other as one channels-last map, with a repeated cell left and right, and
    above and below where the border is; elsewhere the first and the last row are those of the neighbours."""
    top, bottom = map(int, border)
    if torch.is_grad_enabled():
        return F.pad(torch.cat([m.to(maps[0].dtype) for m in maps], 1), (1, 1, top, bottom), mode="replicate")
    n, _, h, w = maps[0].shape
    channels = sum(m.shape[1] for m in maps)
    out = maps[0].new_empty(n, top + h + bottom, w + 2, channels).permute(0, 3, 1, 2)
    start = 0
    for m in maps:  # `torch.cat` is slow at that
        out[:, start : start + m.shape[1], top : top + h, 1:-1] = m
        start += m.shape[1]
    out[..., 0], out[..., -1] = out[..., 1], out[..., -2]
    if top:
        out[..., 0, :] = out[..., 1, :]
    if bottom:
        out[..., -1, :] = out[..., -2, :]
    return out
