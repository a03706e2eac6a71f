"""The state of a run: one file, whole whenever the run dies."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from sama.errors import WeightsError
from sama.training.ema import Ema
from sama.training.state import load_state, save_state
from sama.training.trainer import TrainSettings, train
from tests.helpers import Discs, mini_stage, sama_stage

# Saves states of 40 MB one after the other; says when the first is written.
SAVES = """
import sys, torch
from pathlib import Path
from sama.training.ema import Ema
from sama.training.state import save_state
module = torch.nn.Linear(1800, 1800)
optimiser, ema = torch.optim.AdamW(module.parameters()), Ema(module, 0.5)
for step in range(10**6):
    module.weight.data.fill_(step)
    save_state(Path(sys.argv[1]), module, ema, optimiser, step, float(step))
    print(step, flush=True)
"""


def begun(out, make=mini_stage, **how):
    settings = TrainSettings(out=out, steps=1, batch=2, workers=0, warmup=2)
    return train(make(), lambda task, size: Discs(size), settings, **how)


def test_a_state_is_one_file_and_a_damaged_one_is_named(tmp_path):
    begun(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["log.jsonl", "state.pt"]
    state = tmp_path / "state.pt"
    state.write_bytes(state.read_bytes()[:-1000])
    with pytest.raises(WeightsError, match="damaged"):
        begun(tmp_path, resume=True)


def test_another_models_state_is_refused(tmp_path):
    begun(tmp_path)
    with pytest.raises(WeightsError, match="another model"):
        begun(tmp_path, sama_stage, resume=True)


def test_a_state_half_written_leaves_the_one_before(tmp_path):
    begun(tmp_path)
    (tmp_path / "state.pt.partial").write_bytes(b"half of the next")
    ema = begun(tmp_path, resume=True)
    assert ema.average  # nothing left to do, and nothing lost
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 2
    assert not (tmp_path / "state.pt.partial").exists()


@pytest.mark.parametrize("delay", [0.0, 0.011, 0.023, 0.037])
def test_a_process_killed_while_it_writes_leaves_a_whole_state(tmp_path, delay):
    path = tmp_path / "state.pt"
    process = subprocess.Popen([sys.executable, "-c", SAVES, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "0\n"
    partial = path.with_name("state.pt.partial")
    deadline = time.monotonic() + 20
    while not partial.exists() and time.monotonic() < deadline:
        pass
    time.sleep(delay)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    module = torch.nn.Linear(1800, 1800)
    optimiser, ema = torch.optim.AdamW(module.parameters()), Ema(module, 0.5)
    step, elapsed = load_state(path, module, ema, optimiser)
    assert step == elapsed and (module.weight == step).all()


def test_a_failed_write_leaves_the_one_before(tmp_path, monkeypatch):
    path, module = tmp_path / "state.pt", torch.nn.Linear(3, 3)
    optimiser, ema = torch.optim.AdamW(module.parameters()), Ema(module, 0.5)
    save_state(path, module, ema, optimiser, 1, 1.0)

    def full(descriptor):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        save_state(path, module, ema, optimiser, 2, 2.0)
    assert load_state(path, module, ema, optimiser) == (1, 1.0)
