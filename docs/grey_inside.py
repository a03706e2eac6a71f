"""Of which pictures' objects the page asks "Looks solid? Make it opaque": the two shares of sama/ui/candidates/grey.py.

    python docs/grey_inside.py IMAGES TRUTHS

TRUTHS has, by the names of IMAGES, a matte or a label picture each, of whose labels the largest counts. What a picture
is called up to the first `_` is its family. Each object gets its tight box. Prints a line a picture, and then for each
family how many objects there are, how many have a matte that is grey inside, and of how many of those the page asks.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

import sama
from sama.ui.candidates.grey import LARGE, grey_share, is_grey, unsure_share

SIDE = 1024  # of the answer, as on the page


def box_of(truth: Path) -> tuple[float, float, float, float]:
    """The tight box around a matte, or around the largest label."""
    values = np.asarray(
        Image.open(truth).convert("L") if truth.parent.name == "alphas" else Image.open(truth)
    )
    inside = values > 25
    if truth.parent.name != "alphas":
        labels, sizes = np.unique(values[(values > 0) & (values < 255)], return_counts=True)
        inside = values == labels[sizes.argmax()]
    y, x = np.nonzero(inside)
    return float(x.min()), float(y.min()), float(x.max() + 1), float(y.max() + 1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("images", type=Path)
    parser.add_argument("truths", type=Path)
    options = parser.parse_args()
    predictor = sama.load("mini", device="cpu")
    objects, grey, asked = Counter(), Counter(), Counter()
    for path in sorted(options.images.iterdir()):
        photo = sama.open_image(path)
        scale = min(1, SIDE / max(photo.size))
        size = round(photo.size[0] * scale), round(photo.size[1] * scale)
        prompts = sama.Prompts(boxes=(box_of(options.truths / f"{path.stem}.png"),))
        for _ in predictor.set_image(photo.rgb):
            pass
        answer = sama.answer(predictor, sama.Request.of(prompts, photo.size, output_size=size))
        layers = answer.union.layers
        mask = layers["sama"] > 0
        shares = grey_share(layers["alpha"], mask), unsure_share(layers["trimap"], mask)
        family = path.name.split("_")[0]
        objects[family] += 1
        grey[family] += shares[0] >= LARGE
        asked[family] += is_grey(answer)
        print(f"{path.name}: {shares[0]:.2f} grey, {shares[1]:.2f} left open", flush=True)
    for family, number in objects.items():
        print(f"{family}: {number} objects, {grey[family]} grey inside, asked of {asked[family]}")


if __name__ == "__main__":
    main()
