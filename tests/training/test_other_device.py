"""Training and answering on a device that tolerates no tensor of the processor's, which stands in for a GPU."""

import json
import subprocess
import sys

import pytest

from tests.helpers import write_training, write_validation


@pytest.mark.parametrize("stage", ["mini", "sama"])
def test_a_run_on_another_device_ends_where_it_ends_on_the_processor(tmp_path, stage):
    write_training(tmp_path)
    write_validation(tmp_path)
    command = [sys.executable, "-m", "tests.training.other_device", stage, tmp_path, tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    results = json.loads(done.stdout.splitlines()[-1])
    here, there = results["cpu"], results["elsewhere"]
    assert here.keys() == there.keys()
    for steps in ("2", "4"):
        assert here[steps]["step"] == int(steps)
        assert there[steps] == pytest.approx(here[steps], abs=1e-3)
    if stage == "sama":
        assert there["alpha"] == [pytest.approx(row, abs=1e-3) for row in here["alpha"]]
