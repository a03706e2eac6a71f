"""One stage of a prediction head as a single convolution at the small map's resolution, batch norm folded into it."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.fast.upconv import enlarging_kernel, own_kernel
from sama.models.heads import Stage
from sama.models.maps import fit, from_phases, gelu, to_phases


class Side(NamedTuple):
    """What a stage that enlarges (B, ., h, w) is given beside it, in phases of the enlarged map, or None: image
    (B, 4 * 3, h, w), detail (B, 4 * out, h, w)."""

    image: Tensor | None
    detail: Tensor | None

    def part(self, seen: slice, made: slice, columns: slice) -> "Side":
        """The same for some columns of some rows: those that a convolution sees, and those that it makes."""
        image = None if self.image is None else self.image[..., seen, columns]
        return Side(image, None if self.detail is None else self.detail[..., made, columns])


class Phases(NamedTuple):
    """A map that is in phases already, (B, 4 C, h, w)."""

    map: Tensor


class QuickStage(Stage):
    """Twin of `Stage` for one that no longer learns, once `fold` has been called."""

    @torch.no_grad()
    def fold(self, dtype: torch.dtype) -> None:
        """Make the one convolution that the stage is, multiplied in float32 and kept in `dtype`: `kernel` (O, C, 3, 3),
        `shift` (O,), and `detail_kernel` and `phases_kernel` for a detail as it is and in phases."""
        norm = self.norm
        if norm.running_var is None or norm.running_mean is None or self.conv.bias is None:
            raise ValueError("a stage has biases and running statistics")
        factor = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        shift = norm.bias + (self.conv.bias.float() - norm.running_mean) * factor
        scale = factor[:, None, None, None]
        large = enlarging_kernel if self.enlarge else lambda kernel: kernel
        parts = [large(self.conv.weight.float() * scale)]
        if self.base is not None:
            parts.append(large(self.base.weight.float() * scale))
        if self.image is not None:
            parts.append(own_kernel(self.image.weight.float() * scale))
        made = {"kernel": torch.cat(parts, 1), "shift": shift.repeat(4 if self.enlarge else 1)}
        detail = None if self.detail is None else self.detail.weight.float() * scale
        made["detail_kernel"] = detail
        made["phases_kernel"] = (
            None if detail is None else torch.block_diag(*4 * [detail[..., 0, 0]])[..., None, None]
        )
        for name, tensor in made.items():
            self.register_buffer(name, None if tensor is None else tensor.to(dtype), persistent=False)

    @property
    def beside(self) -> tuple[bool, bool]:
        """Whether the stage is given an image, and a detail."""
        return self.image is not None, self.detail is not None

    def side(self, detail: Tensor | Phases | None, image: Tensor | None, size: tuple[int, int]) -> Side:
        """Prepare detail and image (B, ., ., .), of any size, for a stage whose map has `size`; a stage without the
        one or the other takes None."""
        seen = None if self.image is None else to_phases(fit(image, size))
        return Side(seen, None if self.detail is None else self._known(detail, size))

    def _known(self, detail: Tensor | Phases, size: tuple[int, int]) -> Tensor:
        """What the stage takes of a detail, in phases of a map of `size`."""
        if not isinstance(detail, Phases):
            return to_phases(F.conv2d(fit(detail, size), self.detail_kernel))
        if tuple(detail.map.shape[-2:]) == (size[0] // 2, size[1] // 2):
            return F.conv2d(detail.map, self.phases_kernel)
        return self._known(from_phases(detail.map), size)

    def forward(self, x: Tensor, side: Side) -> Tensor:
        """Map (N, ., h + 2, w + 2) as `bordered` puts it together from the last map, the beliefs and the side's image;
        side (N, ...).

        Returns the next map (N, 4 * out, h, w) in phases, or (N, out, h, w) from the first stage; `whole` makes one of
        the other.
        """
        y = F.conv2d(x, self.kernel, self.shift)
        return gelu(y if side.detail is None else y.add_(side.detail))

    def whole(self, y: Tensor) -> Tensor:
        """What `forward` returned as a map (N, out, 2h, 2w)."""
        return from_phases(y) if self.enlarge else y


class LearningStage(Stage):
    """Twin of `Stage` for one that learns: enlarging and convolving in one step, with the layers' own weights."""

    def convolved(self, x: Tensor, belief: Tensor | None) -> Tensor:
        """See `Stage.convolved`."""
        layers = [self.conv] if self.base is None else [self.conv, self.base]
        large = enlarging_kernel if self.enlarge else lambda kernel: kernel
        with torch.autocast(x.device.type, enabled=False):
            kernel = torch.cat([large(layer.weight) for layer in layers], 1)
            bias = self.conv.bias
            shift = None if bias is None else bias.repeat(4 if self.enlarge else 1)
        maps = x if belief is None else torch.cat([x, belief.to(x.dtype)], 1)
        y = F.conv2d(F.pad(maps, (1, 1, 1, 1), mode="replicate"), kernel, shift)
        return from_phases(y) if self.enlarge else y


def bordered(maps: list[Tensor], border: tuple[bool, bool] = (True, True)) -> Tensor:
    """Put maps (N, ., h, w) one behind the other as one channels-last map, with a repeated cell left and right, and
    above and below where the border is; elsewhere the first and the last row are those of the neighbours."""
    top, bottom = map(int, border)
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
