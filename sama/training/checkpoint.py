"""Training state on disk: everything a run needs to go on as if it had not stopped."""

import os
from pathlib import Path

import torch
from torch import nn

from sama.errors import WeightsError
from sama.training.ema import Ema


def save_state(
    path: Path, module: nn.Module, ema: Ema, optimiser: torch.optim.Optimizer, step: int, elapsed: float
) -> None:
    """Write weights, average, optimiser, step, seconds of training and random state, replacing `path` at once."""
    state = {
        "module": module.state_dict(),
        "ema": ema.average,
        "optimiser": optimiser.state_dict(),
        "step": step,
        "elapsed": elapsed,
        "random": torch.get_rng_state(),
    }
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def load_state(
    path: Path, module: nn.Module, ema: Ema, optimiser: torch.optim.Optimizer
) -> tuple[int, float]:
    """Restore in place what `save_state` wrote; returns (step, seconds of training).

    Raises WeightsError when the file belongs to another model.
    """
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["module"].keys() != module.state_dict().keys():
        raise WeightsError(
            f"{path.name} was written by another model; choose another --out or leave out --resume."
        )
    module.load_state_dict(state["module"])
    for name, value in ema.average.items():
        value.copy_(state["ema"][name])
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["random"])
    return state["step"], state["elapsed"]
