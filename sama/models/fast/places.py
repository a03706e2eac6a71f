"""The positions of the cells, computed once for every size."""

import torch
from segment_anything.modeling.prompt_encoder import PositionEmbeddingRandom

from sama.models.places import Places, make_places


class PlacesKept:
    """The last `Places`, kept until the grid, the number format or the encoding's frequencies change."""

    def __init__(self, pool: int):
        self._pool = pool
        self._kept: tuple[tuple, Places] | None = None

    def get(self, layer: PositionEmbeddingRandom, grid: tuple[int, int], dtype: torch.dtype) -> Places:
        """Return the places of a grid (h, w) in `dtype`."""
        matrix = layer.positional_encoding_gaussian_matrix
        key = (grid, dtype, matrix.device, matrix.data_ptr(), matrix._version)
        if self._kept is None or self._kept[0] != key:
            # Not as inference tensors: they are used outside inference mode, too.
            with torch.inference_mode(False), torch.no_grad():
                self._kept = key, make_places(layer, grid, self._pool, dtype)
        return self._kept[1]
