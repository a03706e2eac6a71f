"""`sama train` as a user types it."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from sama.commands.train import with_data
from sama.errors import SamaError
from sama.training.recipe import read_recipe
from tests.helpers import RECIPES, disc, save_photo, write_training, write_validation

ROOT = RECIPES.parent


def train(*arguments) -> list[str]:
    return [sys.executable, "-m", "sama", "train", *map(str, arguments)]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    write_training(root)
    write_validation(root)
    return root


def test_a_recipe_runs_is_killed_and_goes_on(root, tmp_path):
    """From the embedded weights, on the smallest view there is, with a further folder."""
    save_photo(tmp_path / "birds", "0", disc(90, 30) // 255, np.random.default_rng(0))
    out = tmp_path / "out"
    command = train(
        RECIPES / "mini_4.toml", "--data", root, "--data", f"{tmp_path / 'birds'}:0.5", "--out", out
    )
    command += [
        "--init",
        "embedded",
        "--small-size",
        "128",
        "--batch",
        "1",
        "--workers",
        "0",
        "--watched",
        "1",
    ]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    while not (out / "log.jsonl").exists() and process.poll() is None:
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for steps in ("1", "2"):
        done = subprocess.run(
            [*command, "--steps", steps, "--resume"], cwd=ROOT, capture_output=True, text=True, timeout=280
        )
        assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == str(out / "mini.safetensors")
    records = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records] == [1, 2]
    assert 0 <= records[-1]["val_things_iou"] <= 1
    assert {"state.pt", "log.jsonl", "sheet.png", "mini.safetensors"} == {p.name for p in out.iterdir()}


def test_mistakes_are_one_sentence(root, tmp_path):
    for arguments, words in (
        ((tmp_path / "none.toml",), "There is no recipe"),
        ((RECIPES / "mini.toml", "--data", tmp_path / "none"), "There is no folder"),
        ((RECIPES / "mini.toml", "--data", root, "--batch", "0"), "batch is 0"),
        (
            (RECIPES / "mini.toml", "--data", root, "--sources", "dogs", "--init", "embedded"),
            "no training source",
        ),
    ):
        done = subprocess.run(
            train(*arguments, "--out", tmp_path / "out"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 2 and "Traceback" not in done.stderr
        assert words in done.stderr.splitlines()[-1]


def test_data_is_a_root_and_any_number_of_folders(root, tmp_path):
    recipe = read_recipe(RECIPES / "sama_mini.toml")
    save_photo(tmp_path / "birds", "0", disc(90, 30) // 255, np.random.default_rng(0))
    for name, mode, colour in (("stickers", "RGBA", (9, 9, 9, 90)), ("woods", "RGB", (9, 9, 9))):
        (tmp_path / name).mkdir()
        Image.new(mode, (20, 20), colour).save(tmp_path / name / "0.png")
    given = [str(root), f"{tmp_path}/birds:2", f"{tmp_path}/stickers", f"{tmp_path}/woods:0.1"]
    more, found = with_data(recipe, given)
    assert found == root
    matting = more.mixture["matting"]
    assert matting.photographs["birds"] == pytest.approx(2 * (0.07 + 0.08 + 0.02) / 3)
    assert matting.objects["stickers"] == pytest.approx((0.15 + 0.1 + 0.45) / 3)
    assert "woods" in more.data and "woods" not in matting.photographs
    for wrong, words in (
        ([f"{tmp_path}/birds:many"], "write DIR:WEIGHT"),
        ([f"{tmp_path}/birds:-1"], "write DIR:WEIGHT"),
        ([f"{tmp_path}/none"], "no folder"),
        ([r"X:\data\birds"], "no folder"),
        ([str(root), str(root)], "both hold train/"),
        ([str(tmp_path)], "holds neither"),
    ):
        with pytest.raises(SamaError, match=words):
            with_data(recipe, wrong)
