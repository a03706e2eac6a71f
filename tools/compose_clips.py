"""Write clips with exact mattes, for `sama evaluate --video`, from things that were cut out and from backgrounds.

    python -m tools.compose_clips --foregrounds data/val/composites --backgrounds data/train/backgrounds --out clips

--foregrounds: pictures with an alpha channel, or a folder with images/ and alphas/, whose foreground colours are
estimated. Take such as were never trained on. The same flags give the same clips. Clip number k takes the k-th of the
shuffled foregrounds, every fourth has something else moving behind the object, every sixth something passing in front
of it, and every twelfth leaves the frame and comes back.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from sama.matting import estimate_foreground
from sama.video.composed import compose_clip

LONGEST = 512  # pixels of a foreground's longer side
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


def main() -> None:
    """Write the clips."""
    args = _arguments()
    rng = np.random.default_rng(args.seed)
    things, places = (
        [found[i] for i in rng.permutation(len(found))]
        for found in (_things(args.foregrounds), _pictures(args.backgrounds))
    )
    width, height = map(int, args.size.split("x"))
    for k in range(args.clips):
        number = args.first + k
        picked = [_rgba(things[(number + i * len(things) // 3) % len(things)]) for i in range(3)]
        background = np.asarray(Image.open(places[number % len(places)]).convert("RGB"))
        background = _shrunk(background, 3 * max(width, height))
        clip = compose_clip(
            picked[: 2 if number % 4 == 1 else 1],
            background,
            seed=args.seed * 1000 + number,
            frames=args.frames,
            size=(width, height),
            occluder=picked[2] if number % 6 == 2 else None,
            leaves=number % 12 == 9,
        )
        folder = args.out / f"{number:03d}_{things[number % len(things)].stem}"
        for name in ("images", "alphas"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for index, (rgb, alpha) in enumerate(clip):
            Image.fromarray(rgb).save(folder / "images" / f"{index:05d}.jpg", quality=95)
            grey = np.rint(alpha * 255).astype(np.uint8)
            Image.fromarray(grey).save(folder / "alphas" / f"{index:05d}.png")
        print(folder.name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--foregrounds", type=Path, required=True)
    parser.add_argument("--backgrounds", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--first", type=int, default=0, help="number of the first clip")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--size", default="320x180")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)


def _things(folder: Path) -> list[Path]:
    return _pictures(folder / "images" if (folder / "alphas").is_dir() else folder)


def _rgba(path: Path) -> np.ndarray:
    """(h, w, 4) uint8 of one thing, cut to what is seen of it, at most LONGEST pixels long."""
    truth = path.parent.parent / "alphas" / f"{path.stem}.png"
    if truth.is_file():
        rgb, alpha = np.asarray(Image.open(path).convert("RGB")), np.asarray(Image.open(truth).convert("L"))
        rows, columns = np.flatnonzero((alpha > 5).any(1)), np.flatnonzero((alpha > 5).any(0))
        part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        rgb, alpha = _shrunk(rgb[part], LONGEST), _shrunk(alpha[part], LONGEST)
        colours = estimate_foreground(rgb, alpha.astype(np.float32) / 255)
        if colours.dtype != np.uint8:
            colours = np.rint(colours.clip(0, 1) * 255).astype(np.uint8)
        return np.dstack([colours, alpha])
    return _shrunk(np.asarray(Image.open(path).convert("RGBA")), LONGEST)


def _shrunk(pixels: np.ndarray, longest: int) -> np.ndarray:
    image = Image.fromarray(pixels)
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return np.asarray(image)


if __name__ == "__main__":
    main()
