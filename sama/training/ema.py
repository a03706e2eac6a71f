"""Exponential moving average of what is trained; the average is what ships."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Ema:
    """Average of the parameters that are trainable now, and of all floating-point buffers.

    The decay grows with the step, so that the first average is not the random start.
    """

    def __init__(self, module: nn.Module, decay: float):
        self.decay = decay
        names = [k for k, p in module.named_parameters() if p.requires_grad]
        names += [k for k, b in module.named_buffers() if b.is_floating_point()]
        tensors = _tensors(module)
        self.average = {k: tensors[k].detach().clone() for k in names}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Move the average towards the module."""
        decay = min(self.decay, (step + 1) / (step + 10))
        torch._foreach_lerp_(list(self.average.values()), self._live(module), 1 - decay)  # pyright: ignore[reportPrivateImportUsage]

    @contextmanager
    def swapped_in(self, module: nn.Module) -> Iterator[nn.Module]:
        """Let the module carry the average for a while, in eval mode; it gets its own weights and modes back."""
        modes = {part: part.training for part in module.modules()}
        kept = [x.clone() for x in self._live(module)]
        torch._foreach_copy_(self._live(module), list(self.average.values()))  # pyright: ignore[reportPrivateImportUsage]
        module.eval()
        try:
            yield module
        finally:
            torch._foreach_copy_(self._live(module), kept)  # pyright: ignore[reportPrivateImportUsage]
            for part, mode in modes.items():
                part.training = mode

    def _live(self, module: nn.Module) -> list[Tensor]:
        tensors = _tensors(module)
        return [tensors[k].detach() for k in self.average]


def _tensors(module: nn.Module) -> dict[str, Tensor]:
    return dict(module.named_parameters()) | dict(module.named_buffers())
