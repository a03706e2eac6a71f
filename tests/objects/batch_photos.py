"""What the tests of batches share: photos of 48 x 36 pixels, and models that other processes can load."""

import os
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from sama.objects.batch import Report, Same, batch
from sama.request.prompts import Prompts
from tests.ui.browser.fake_predictor import FakePredictor

SIZE = (48, 36)
QUICK = ("cutout.png", "alpha16.png", "coco.json", "session.json")  # files that are written in no time
MIDDLE = Same(Prompts(boxes=((0.2, 0.2, 0.8, 0.9),)))
DEADLY = 200  # the first pixel's red of a photo that kills whoever has it open
FEW, SECONDS = 3, 0.15  # photos that a slow model answers at all, and how long it takes for each


def save_photo(path: Path, seed: int) -> Path:
    """A photo of noise, written to a path."""
    rgb = np.random.default_rng(seed).integers(0, 100, (*SIZE[::-1], 3), np.uint8)
    Image.fromarray(rgb).save(path)
    return path


def fake(model: str = "mini", **how) -> FakePredictor:
    """A model that answers by geometry."""
    return FakePredictor()


class _Deadly(FakePredictor):
    def set_image(self, image: np.ndarray):
        if image[0, 0, 0] == DEADLY:
            os._exit(9)
        return super().set_image(image)


class _Slow(FakePredictor):
    asked = 0

    def set_image(self, image: np.ndarray):
        self.asked += 1
        time.sleep(SECONDS if self.asked <= FEW else 600)
        return super().set_image(image)


def deadly(model: str = "mini", **how) -> FakePredictor:
    """A model whose process ends at photos that begin with DEADLY."""
    return _Deadly()


def slow(model: str = "mini", **how) -> FakePredictor:
    """A model that takes SECONDS for each of the first FEW photos, and for the next one until it is killed."""
    return _Slow()


def quick(photos: Path, out: Path, source=MIDDLE, **how) -> Report:
    """A batch of QUICK files."""
    return batch(photos, out, source, **({"loading": fake, "only": QUICK} | how))


def tree(folder: Path) -> dict[str, bytes]:
    """The bytes of all files in a folder, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


if __name__ == "__main__":
    quick(Path(sys.argv[1]), Path(sys.argv[2]), loading=slow)
