"""What stands after the decoder layers: Local-Adapters, or in the ablation MVLE's output added without attention."""

from torch import Tensor, nn

from sama.models.config import SamaConfig
from sama.models.local_adapter import Adapted, LocalAdapter, LocalKeys
from sama.models.views import ALL_VIEWS, join_tokens, pool_tokens, with_gaps

LAYERS = 2  # of SAM's mask decoder


def make_adapters(config: SamaConfig, channels: int) -> nn.ModuleList:
    """One for each decoder layer, unless nothing would come from it."""
    if config.local_adapter:
        heads, pool = config.attention_heads, config.adapter_pool
        return nn.ModuleList(LocalAdapter(channels, heads=heads, pool=pool) for _ in range(LAYERS))
    plain = config.mvle and not config.join_local
    return nn.ModuleList(PlainAdapter(channels) for _ in range(LAYERS if plain else 0))


class PlainAdapter(nn.Module):
    """Called like `LocalAdapter`, whose place it takes: local views, projected and averaged to the stream's cells.

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
        added = join_tokens(with_gaps(keys.value, views), grid)
        return Adapted(stream + added, local, stream.new_ones(*stream.shape[:2], 1))
