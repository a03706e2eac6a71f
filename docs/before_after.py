"""Twelve things on photographs that no folder of the training has, with the embedded weights and with other ones.

    python docs/before_after.py BACKBONE SAMA OUT.jpg

BACKBONE and SAMA are the files of the weights on the left, such as those of an earlier commit. The photographs come
with the packages that `requirements-dev.txt` installs; the boxes were drawn by hand, once.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib
import numpy as np
import skimage
import sklearn
from PIL import Image, ImageDraw

import sama

EXAMPLES = Path(__file__).parents[1] / "examples"
SKIMAGE, SKLEARN, MATPLOTLIB = (
    Path(module.__path__[0]) / folder
    for module, folder in (
        (skimage, "data"),
        (sklearn, "datasets/images"),
        (matplotlib, "mpl-data/sample_data"),
    )
)
THINGS = (
    (EXAMPLES / "astronaut.jpg", (12, 14, 510, 512)),
    (MATPLOTLIB / "grace_hopper.jpg", (14, 22, 512, 600)),
    (MATPLOTLIB / "grace_hopper.jpg", (148, 20, 374, 181)),
    (EXAMPLES / "cat.jpg", None),
    (EXAMPLES / "raccoon.jpg", None),
    (EXAMPLES / "flower.jpg", None),
    (SKIMAGE / "coffee.png", (78, 16, 482, 390)),
    (SKIMAGE / "coffee.png", (172, 16, 424, 310)),
    (SKIMAGE / "coffee.png", (322, 66, 426, 328)),
    (SKLEARN / "china.jpg", (60, 28, 374, 392)),
    (SKIMAGE / "rocket.jpg", (305, 124, 340, 410)),
    (SKIMAGE / "rocket.jpg", (0, 0, 90, 427)),
)
WIDTH, HEIGHT, GAP = 232, 200, 4  # of a picture, and between them


def main() -> None:
    """Write the sheet: a row for each thing with its box, the matte before and after, and the cut-out after."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("backbone", type=Path)
    parser.add_argument("sama", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    before = sama.load("mini", checkpoint=args.backbone, sama_weights=args.sama)
    after = sama.load("mini")
    size = 5 * (WIDTH + GAP) - GAP, len(THINGS) * (HEIGHT + GAP) - GAP
    sheet = Image.new("RGB", size, "white")
    for row, (path, box) in enumerate(THINGS):
        photo = sama.open_image(path)
        box = box or sama.Session.load(path.with_suffix(".json")).prompts.boxes[0]
        old, new = (matte(predictor, photo, box) for predictor in (before, after))
        drawn = Image.fromarray(photo.rgb)
        ImageDraw.Draw(drawn).rectangle(box, outline=(0, 200, 255), width=max(3, photo.size[0] // 160))
        on_black, on_white = (photo.rgb * new[..., None] + shade * (1 - new[..., None]) for shade in (0, 255))
        pictures = [
            drawn,
            *(Image.fromarray(np.uint8(np.rint(v))) for v in (old * 255, new * 255, on_black, on_white)),
        ]
        for column, picture in enumerate(pictures):
            sheet.paste(near(picture, box), (column * (WIDTH + GAP), row * (HEIGHT + GAP)))
        print(path.name, *(round(v) for v in box))
    sheet.save(args.out, quality=82, optimize=True)


def matte(predictor, photo, box) -> np.ndarray:
    """SAMA's alpha (H, W) in [0, 1] for a box."""
    for _ in predictor.set_image(photo.rgb):
        pass
    return sama.answer(predictor, sama.Request.of(sama.Prompts(boxes=(box,)), photo.size)).alpha


def near(picture: Image.Image, box: tuple[float, ...]) -> Image.Image:
    """What is around the box, with a tenth of its size on every side, in the sheet's size."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = 0.6 * max((box[2] - box[0]) / WIDTH, (box[3] - box[1]) / HEIGHT)
    edges = (
        round(x - half * WIDTH),
        round(y - half * HEIGHT),
        round(x + half * WIDTH),
        round(y + half * HEIGHT),
    )
    around = Image.new("RGB", (edges[2] - edges[0], edges[3] - edges[1]), "#888")
    around.paste(picture, (-edges[0], -edges[1]))
    return around.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
