"""What stands in a module's place where the paper's ablations leave it out; each is called as the module would be.

Without MVLE no local view is encoded: the model sees the global view alone, quadrants of which, enlarged, take the
local views' places, so that it sees the photo no closer. Without Local-Adapters there is no early feature, and what
remains may be that MVLE's output is merely added to the stream. `sama.models.factory` chooses.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sama.models.backbones.base import EncodedView
from sama.models.local_adapter import Adapted, LocalKeys
from sama.models.maps import up2
from sama.models.mvle import to_tokens
from sama.models.views import ALL_VIEWS, join_tokens, pool_tokens, split_quadrants, with_gaps


class GlobalViewAlone(nn.Module):
    """In the place of `FourViews`: the four quadrants of the global view, enlarged to the size of local views."""

    def kept(self, encoded: EncodedView) -> EncodedView:
        """What is to be kept of the encoded global view."""
        return encoded

    def forward(
        self, local: Sequence[EncodedView | None], single: EncodedView | None
    ) -> list[EncodedView | None]:
        """`local` is not looked at; single: what `kept` returned. Same shapes as `single`."""
        if single is None:
            raise ValueError("the global view was not kept")
        parts = [[None] * 4 if x is None else split_quadrants(up2(x)).unbind(1) for x in single]
        return [EncodedView(*part) for part in zip(*parts, strict=True)]


class NoMvle(nn.Module):
    """In the place of `MultiViewLocalizationEncoder`: tokens of zero."""

    def rescale(self, size: int, full: int) -> None:
        """There are no contexts."""

    def forward(
        self,
        global_: Tensor,
        local: Tensor,
        pos: Tensor,
        local_pos: Tensor,
        views: tuple[int, ...] = ALL_VIEWS,
    ) -> Tensor:
        """(B, V, C, h, w) to zeros (B, V, h*w, C)."""
        return torch.zeros_like(to_tokens(local))


class NoEarlyFeature(nn.Module):
    """In the place of the early feature's projection: zeros."""

    def __init__(self, channels: int):
        super().__init__()
        self.channels = channels

    def forward(self, early: Tensor) -> Tensor:
        """(B, E, h, w) to zeros (B, C, h, w)."""
        b, _, h, w = early.shape
        return early.new_zeros(b, self.channels, h, w)


class PlainAdapter(nn.Module):
    """In the place of `LocalAdapter`: local views, projected and averaged to the stream's cells, without attention.

    The projection starts at zero, so an untrained one changes nothing.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.project = nn.Linear(channels, channels)
        nn.init.zeros_(self.project.weight)
        nn.init.zeros_(self.project.bias)

    def local_keys(self, local: Tensor, places: Tensor, grid: tuple[int, int]) -> LocalKeys:
        """Project local (N, V, h*w, C) on a grid (h, w) to cells (N, V, h*w/4, C) of the stream; places are not used.
        Both entries are the same."""
        added = self.project(pool_tokens(local, grid, 2))
        return LocalKeys(added, added)

    def forward(
        self,
        stream: Tensor,
        local: Tensor,
        keys: LocalKeys,
        pos: Tensor,
        grid: tuple[int, int],
        views: tuple[int, ...] = ALL_VIEWS,
    ) -> Adapted:
        """See `LocalAdapter.forward`; `local` stays as it is, and the confidence is 1."""
        added = join_tokens(with_gaps(keys.value, views), grid)  # (N, h*w, C)
        return Adapted(stream + added, local, stream.new_ones(*stream.shape[:2], 1))


class NoAdapter(nn.Module):
    """In the place of `LocalAdapter`: the stream as it is."""

    def local_keys(self, local: Tensor, places: Tensor, grid: tuple[int, int]) -> LocalKeys:
        """None are needed."""
        return LocalKeys(None, None)

    def forward(
        self,
        stream: Tensor,
        local: Tensor,
        keys: LocalKeys,
        pos: Tensor,
        grid: tuple[int, int],
        views: tuple[int, ...] = ALL_VIEWS,
    ) -> Adapted:
        """See `LocalAdapter.forward`; nothing changes, and the confidence is 0."""
        return Adapted(stream, local, stream.new_zeros(*stream.shape[:2], 1))


class StreamAlone(nn.Module):
    """In the place of `MergedViews`: the heads read the stream without the local views beside it."""

    def forward(self, stream: Tensor, local: Tensor, views: tuple[int, ...], grid: tuple[int, int]) -> Tensor:
        """Stream (N, h*w, C) on a grid (h, w) to (N, C, 2h, 2w)."""
        return up2(stream.to(local.dtype).unflatten(1, grid).permute(0, 3, 1, 2))


class BackboneDetail(nn.Module):
    """In the place of `FineStream`: of the photo, heads see its colours and the backbone's own fine map, if any."""

    def forward(self, image: Tensor, detail: Tensor | None) -> tuple[Tensor, ...]:
        """detail (B, D, s/4, s/4) or None, image is not used: the maps for a head's third stage and those after it."""
        return () if detail is None else (detail,)
