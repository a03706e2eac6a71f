"""Batches that are killed and in several processes: the files are those of one clean run."""

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sama.errors import SamaError
from sama.objects.batch import FAILED
from tests.objects.batch_photos import DEADLY, FEW, SECONDS, SIZE, deadly, quick, save_photo, tree

ROOT = Path(__file__).parents[2]
COUNT = 12


@pytest.fixture
def photos(tmp_path):
    """Twelve, of which one is broken and two share a stem."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(COUNT - 2):
        save_photo(folder / f"{i:02}.png", i)
    save_photo(folder / "00.jpg", 99)
    (folder / "05b.png").write_bytes((folder / "05.png").read_bytes()[:500])
    return folder


def _written(out: Path) -> int:
    journal = out / "batch.jsonl"
    return journal.read_text("utf-8").count('"status"') if journal.exists() else 0


def test_killed_three_times_and_resumed_it_leaves_what_a_clean_run_leaves(photos, tmp_path):
    chance, out = random.Random(20), tmp_path / "out"
    command = [sys.executable, "-m", "tests.objects.batch_photos", str(photos), str(out)]
    for _ in range(3):
        more = _written(out) + chance.randint(1, FEW)
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            while _written(out) < more and process.poll() is None:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 1.5 * SECONDS))
            assert process.poll() is None, "it was to be killed in the middle"
            process.kill()
        with (out / "batch.jsonl").open("a", encoding="utf-8") as file:
            file.write('{"photo": "0')  # as if it had been killed while it wrote this
    assert _written(out) >= 3
    half = out / "09" / ".sama-killed"  # as if it had been killed in the middle of a photo
    half.mkdir(parents=True)
    (half / "cutout.png").write_bytes(b"half")
    report = quick(photos, out)
    assert 2 <= report.kept < COUNT - 1 and [each.photo for each in report.failed] == ["05b.png"]
    quick(photos, tmp_path / "clean")
    assert tree(out) == tree(tmp_path / "clean")
    assert len(tree(out)) == (COUNT - 1) * 4 + 3


def test_a_process_that_dies_costs_the_photo_that_it_had_open(photos, tmp_path):
    pixels = np.full((*SIZE[::-1], 3), DEADLY, np.uint8)
    Image.fromarray(pixels).save(photos / "04b.png")
    report = quick(photos, tmp_path / "out", workers=2, loading=deadly)
    state = {each.photo: each for each in report.results}
    assert len(state) == COUNT + 1 and len(report.failed) == 2
    assert state["04b.png"].status == FAILED and "exit code 9" in state["04b.png"].message
    (photos / "04b.png").unlink()
    assert quick(photos, tmp_path / "out").kept == COUNT - 1
    quick(photos, tmp_path / "clean")
    assert tree(tmp_path / "out") == tree(tmp_path / "clean")


def test_a_model_that_cannot_be_loaded_ends_all_processes(photos, tmp_path):
    with pytest.raises(SamaError, match="There is no model"):
        quick(photos, tmp_path / "out", workers=2, loading=_none)


def _none(model: str, **how):
    raise SamaError("There is no model here; get one.")
