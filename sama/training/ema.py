"""Exponential moving average of what is trained; the average is what ships."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Ema:
    """Average of trainable parameters and of all floating-point buffers.

    The decay grows with the step, so that the first average is not the random start.
    """

    def __init__(self, module: nn.Module, decay: float):
        self.decay = decay
        self.average = {k: v.detach().clone() for k, v in _tensors(module).items()}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Move the average towards the module."""
        decay = min(self.decay, (step + 1) / (step + 10))
        live = _tensors(module)
        mine = list(self.average.values())
        torch._foreach_lerp_(mine, [live[k].detach() for k in self.average], 1 - decay)

    @contextmanager
    def swapped_in(self, module: nn.Module) -> Iterator[nn.Module]:
        """Let the module carry the average for a while, in eval mode; it gets its own weights and modes back."""
        modes = {m: m.training for m in module.modules()}
        live = {k: v.detach().clone() for k, v in _tensors(module).items()}
        _assign(module, self.average)
        module.eval()
        try:
            yield module
        finally:
            _assign(module, live)
            for part, mode in modes.items():
                part.training = mode


def _tensors(module: nn.Module) -> dict[str, Tensor]:
    parameters = {k: p for k, p in module.named_parameters() if p.requires_grad}
    buffers = {k: b for k, b in module.named_buffers() if b.is_floating_point()}
    return parameters | buffers


@torch.no_grad()
def _assign(module: nn.Module, values: dict[str, Tensor]) -> None:
    for name, tensor in _tensors(module).items():
        tensor.copy_(values[name])
