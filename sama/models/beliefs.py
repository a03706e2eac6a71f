"""What is believed of every pixel before a prediction head has run: SAM's probability, and what guided filters make of
it, at every size that a head asks for."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.guided import Guide, apply, follow, make_guide
from sama.models.maps import fit

COARSER = 4


class Guides(NamedTuple):
    """Of B photos: image (B, 3, s, s), at whose resolution the filters answer, and one guide for each window,
    (B, ., s/4, s/4)."""

    image: Tensor
    windows: tuple[Guide, ...]

    def per_prompt(self, each: int) -> "Guides":
        """Repeat every photo's entry for each of its prompts."""
        if each == 1:
            return self

        def repeat(x: Tensor) -> Tensor:
            return x.repeat_interleave(each, 0)

        windows = tuple(
            Guide(repeat(guide.image), repeat(guide.mean), repeat(guide.inverse), guide.radius)
            for guide in self.windows
        )
        return Guides(repeat(self.image), windows)


def make_guides(image: Tensor, windows: tuple[tuple[int, float], ...]) -> Guides | None:
    """Prepare frames (B, 3, 2s, 2s) for windows (radius, smoothness); None without any."""
    if not windows:
        return None
    with torch.no_grad(), torch.autocast(image.device.type, enabled=False):
        image = F.avg_pool2d(image.float(), 2)
        # Coarser windows cost a sixteenth and, on composites, are as good as windows at full size.
        small = F.avg_pool2d(image, COARSER)
        return Guides(image, tuple(make_guide(small, *window) for window in windows))


class Beliefs:
    """Maps of probability for N prompts."""

    def __init__(self, base: Tensor, guides: Guides | None, dtype: torch.dtype):
        """base (N, 1, g, g): SAM's logits; guides: of N photos; dtype: of the maps."""
        probability = torch.sigmoid(base)
        self._maps = [probability.to(dtype)]
        if guides is not None:
            with torch.no_grad(), torch.autocast(base.device.type, enabled=False):
                p = fit(probability.float(), guides.windows[0].mean.shape[-2:])
                answers = [apply(follow(guide, p), guides.image) for guide in guides.windows]
                self._maps.append(torch.cat(answers, 1).to(dtype))
        self._at: dict[tuple[int, int], Tensor] = {}

    def at(self, size: tuple[int, int]) -> Tensor:
        """All maps at `size` (h, w): (N, 1 + number of windows, h, w)."""
        size = size[0], size[1]  # of a tensor's shape, too
        if size not in self._at:
            self._at[size] = torch.cat([fit(m, size) for m in self._maps], 1)
        return self._at[size]
