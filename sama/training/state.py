"""Training state on disk: everything a run needs to go on as if it had not stopped, in one file."""

import os
import pickle
from pathlib import Path

import torch
from torch import nn

from sama.errors import WeightsError
from sama.training.ema import Ema


def save_state(
    path: Path, module: nn.Module, ema: Ema, optimiser: torch.optim.Optimizer, step: int, elapsed: float
) -> None:
    """Write weights, average, optimiser, step, seconds of training and random state.

    Written aside, as `path` with .partial behind it, and renamed when it is whole and on the disk: whenever a run is
    cut off, `path` is the last state or the one before.
    """
    state = {
        "module": module.state_dict(),
        "ema": ema.average,
        "optimiser": optimiser.state_dict(),
        "step": step,
        "elapsed": elapsed,
        "random": torch.get_rng_state(),
    }
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load_state(
    path: Path, module: nn.Module, ema: Ema, optimiser: torch.optim.Optimizer
) -> tuple[int, float]:
    """Restore in place what `save_state` wrote; returns (step, seconds of training).

    Raises WeightsError when the state is damaged or belongs to another model.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
        raise WeightsError(
            f"The training state {path.name} is damaged; copy it again or leave out --resume."
        ) from error
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
