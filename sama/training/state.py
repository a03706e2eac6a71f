"""Training state on disk: everything a run needs to go on as if it had not stopped."""

import io
import shutil
from pathlib import Path

import torch
from torch import nn

from sama.errors import WeightsError
from sama.training.ema import Ema

PIECE = 15 * 2**20  # bytes; small enough for what carries a run from one machine to another


def save_state(
    folder: Path, module: nn.Module, ema: Ema, optimiser: torch.optim.Optimizer, step: int, elapsed: float
) -> None:
    """Write weights, average, optimiser, step, seconds of training and random state, replacing `folder` at once.

    The folder holds one file cut into pieces of at most 15 MiB: 000, 001 and so on.
    """
    state = {
        "module": module.state_dict(),
        "ema": ema.average,
        "optimiser": optimiser.state_dict(),
        "step": step,
        "elapsed": elapsed,
        "random": torch.get_rng_state(),
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    fresh, old = folder.with_name(folder.name + ".new"), _previous(folder)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    whole = buffer.getbuffer()
    for number, start in enumerate(range(0, len(whole), PIECE)):
        (fresh / f"{number:03d}").write_bytes(whole[start : start + PIECE])
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def has_state(folder: Path) -> bool:
    """Is there something to go on from?"""
    return folder.exists() or _previous(folder).exists()


def load_state(
    folder: Path, module: nn.Module, ema: Ema, optimiser: torch.optim.Optimizer
) -> tuple[int, float]:
    """Restore in place what `save_state` wrote; returns (step, seconds of training).

    Raises WeightsError when the state belongs to another model or lacks a piece.
    """
    # Cut off between its two renames, a run has left only the state before.
    pieces = sorted((folder if folder.exists() else _previous(folder)).iterdir())
    whole = io.BytesIO(b"".join(piece.read_bytes() for piece in pieces))
    try:
        state = torch.load(whole, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError) as error:
        raise WeightsError(
            f"The training state in {folder.name} is damaged; copy all of its pieces again or leave out --resume."
        ) from error
    if state["module"].keys() != module.state_dict().keys():
        raise WeightsError(
            f"{folder.name} was written by another model; choose another --out or leave out --resume."
        )
    module.load_state_dict(state["module"])
    for name, value in ema.average.items():
        value.copy_(state["ema"][name])
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["random"])
    return state["step"], state["elapsed"]


def _previous(folder: Path) -> Path:
    return folder.with_name(folder.name + ".old")
