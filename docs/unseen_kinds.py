"""Photographed objects of kinds no training folder holds, over photographs: a folder for `python -m sama evaluate`.

    python docs/unseen_kinds.py STAMPS PHOTOGRAPHS OUT

STAMPS is `usr/share/tuxpaint/stamps` of Debian's package tuxpaint-stamps-default (2022.06.04-1): cut-outs of
photographs with alpha, by many authors, GPL-2. They are small and cut by hand, so fine hair is not in
their alpha: they tell which things are found, less how well edges are. PHOTOGRAPHS are what they are pasted on, one
each. Drawings are left out by name, things below 120 px and cats, dogs and horses (kinds of the training folders) too.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from PIL import Image

KINDS = {
    "animals": ("animals",),
    "food": ("food",),
    "plants": ("plants",),
    "things": ("household", "hobbies", "medical", "sports", "town", "clothes"),
    "vehicles": ("vehicles", "military", "space"),
    "glass and fire": (
        "household/Lightbulb",
        "household/dishes/glass",
        "naturalforces",
        "seasonal/christmas/candle",
    ),
}
DRAWN = (
    "cartoon", "hats", "clothes/t_", "clothes/button", "pizza", "hedgehog", "bee", "highlighter", "tooth", "roadsigns",
    "flags", "inukshuk-outline", "planets", "moon", "0_sun", "plastic", "stoplight", "mirror", "eye", "lightningbolt",
    "goal_posts", "checkered",
)  # fmt: skip
SEEN = ("mammals/cats", "mammals/dogs", "mammals/equines")
SMALLEST = 120
FRAME = 640


def kind_of(name: str) -> str | None:
    """Last kind of KINDS whose folders or files `name` starts with; None for drawings and kinds seen in training."""
    if any(word in name for word in DRAWN + SEEN):
        return None
    found = [kind for kind, starts in KINDS.items() if name.startswith(starts)]
    return found[-1] if found else None


def over(stamp: Image.Image, photograph: Image.Image, draw: random.Random) -> tuple[Image.Image, Image.Image]:
    """(I, alpha) of 640 px: the stamp, 0.35 to 0.75 of the frame and at most doubled, on a square of the photograph."""
    side = min(photograph.size)
    left, top = (draw.randint(0, length - side) for length in photograph.size)
    frame = photograph.crop((left, top, left + side, top + side)).resize(
        (FRAME, FRAME), Image.Resampling.LANCZOS
    )
    scale = min(draw.uniform(0.35, 0.75) * FRAME / max(stamp.size), 2.0)
    size = tuple(max(1, round(length * scale)) for length in stamp.size)
    stamp = stamp.resize(size, Image.Resampling.LANCZOS)
    place = tuple(draw.randint(0, FRAME - length) for length in size)
    alpha = Image.new("L", frame.size)
    alpha.paste(stamp.getchannel("A"), place)
    frame.paste(stamp, place, stamp)
    return frame, alpha


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("stamps", "photographs", "out"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    photographs = sorted(path for path in options.photographs.iterdir() if path.suffix in (".jpg", ".png"))
    draw = random.Random(0)
    for path in sorted(options.stamps.rglob("*.png")):
        kind = kind_of(path.relative_to(options.stamps).as_posix())
        stamp = Image.open(path).convert("RGBA")
        stamp = stamp.crop(stamp.getchannel("A").getbbox())
        if kind is None or max(stamp.size) < SMALLEST:
            continue
        with Image.open(draw.choice(photographs)) as photograph:
            frame, alpha = over(stamp, photograph.convert("RGB"), draw)
        for folder, picture, suffix in (("images", frame, ".jpg"), ("alphas", alpha, ".png")):
            target = options.out / kind / folder / (path.stem + suffix)
            target.parent.mkdir(parents=True, exist_ok=True)
            picture.save(target, quality=92)


if __name__ == "__main__":
    main()
