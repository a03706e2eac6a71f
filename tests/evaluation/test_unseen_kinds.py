"""`docs/unseen_kinds.py` makes a folder that `sama evaluate` reads, of the stamps it should take alone."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from sama.evaluation.datasets import Dataset

SCRIPT = Path(__file__).parents[2] / "docs" / "unseen_kinds.py"
BLUE, ORANGE = (20, 40, 200), (255, 140, 0)


def _stamp(path: Path, side: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGBA", (side + 40, side), ORANGE + (0,))
    picture.paste(ORANGE + (255,), (20, 0, 20 + side, side))
    picture.save(path)


def test_composes_stamps_of_unseen_kinds_over_photographs(tmp_path):
    stamps = tmp_path / "stamps"
    _stamp(stamps / "animals/birds/photo/owl.png", 200)
    _stamp(stamps / "household/dishes/glass.png", 200)
    _stamp(stamps / "animals/mammals/cats/tabby.png", 200)
    _stamp(stamps / "animals/birds/cartoon/owl.png", 200)
    _stamp(stamps / "animals/birds/photo/wren.png", 60)
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (900, 700), BLUE).save(tmp_path / "photos" / "sky.png")

    subprocess.run(
        [sys.executable, SCRIPT, stamps, tmp_path / "photos", tmp_path / "out"], check=True, timeout=60
    )

    made = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.png"))
    assert made == ["animals/alphas/owl.png", "glass and fire/alphas/glass.png"]
    (scene,) = Dataset(tmp_path / "out" / "animals")
    (owl,) = scene.objects()
    assert scene.image.shape == (640, 640, 3)
    rows, columns = np.nonzero(owl.mask)
    assert 0.35 * 640 - 2 <= np.ptp(columns) + 1 <= 400 + 2  # of the frame, but at most doubled
    assert owl.mask.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    expected = np.where(owl.mask[..., None], ORANGE, BLUE)
    assert np.abs(scene.image - expected).mean() < 3  # JPEG
