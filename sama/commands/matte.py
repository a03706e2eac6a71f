"""`sama matte`: a photo and its mask in, the matte out; or a folder of photos and labels in, a folder of mattes out."""

import argparse
import sys
from pathlib import Path

import numpy as np

from sama.commands.flags import (
    add_device_flags,
    add_mask_flag,
    add_model_flags,
    add_photo_flags,
    load_predictor,
    max_pixels,
)
from sama.errors import PhotoError, PromptError, SamaError
from sama.evaluation.datasets import OBJECT_MODES
from sama.photo.opening import open_image
from sama.request.mask_files import read_mask
from sama.request.masks import shares_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `matte` command."""
    parser.add_argument(
        "photo", type=Path, metavar="PHOTO|DIR", help="a photo, or a folder with images/ and labels/"
    )
    add_mask_flag(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="PATH",
        help="the matte, a PNG (PHOTO_alpha.png by default); of a folder, where alphas/ goes (DIR by default)",
    )
    folder = parser.add_argument_group("of a folder")
    folder.add_argument(
        "--object",
        choices=OBJECT_MODES,
        help="a matte for each value of the labels (the default), or one for all",
    )
    folder.add_argument("--soft", action="store_true", help="labels are masks, grey for soft, not numbers")
    folder.add_argument(
        "--ignore", type=int, metavar="N", help="this value of the labels means not known, such as 255"
    )
    folder.add_argument(
        "--again", action="store_true", help="make mattes that are there again; kept otherwise"
    )
    parser.add_argument(
        "--whole", action="store_true", help="answer small masks on the whole photo, without a closer look"
    )
    add_photo_flags(parser)
    add_model_flags(parser)
    add_device_flags(parser, dtype=True)


def main(args: argparse.Namespace) -> int:
    """Run the command. Raises SamaError for anything the user can mend; of a folder, single files that will not do are
    told at the end, with exit code 1."""
    if args.photo.is_dir():
        return _folder(args)
    if args.mask is None:
        raise PromptError("Give the photo's mask with --mask FILE, or a folder with images/ and labels/.")
    if args.object or args.soft or args.ignore is not None or args.again:
        raise PromptError("--object, --soft, --ignore and --again are for folders; leave them out.")
    photo = open_image(args.photo, max_pixels=max_pixels(args))
    out = args.out or Path(f"{args.photo.stem}_alpha.png")
    if out.suffix.lower() != ".png" or out.is_dir():
        raise SamaError(f"{out} is no name for a matte; give one that ends with .png.")
    mask = read_mask(args.mask, photo.size, photo.name)

    from sama.commands.matte_folder import write_png
    from sama.matting import to_uint8
    from sama.methods.matte import matte

    alpha = matte(photo.rgb, shares_of(mask), predictor=load_predictor(args), closer=not args.whole)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_png(out, to_uint8(photo.limit(alpha)), dpi=photo.dpi)
    except OSError as error:
        raise PhotoError(f"{out} cannot be written ({error.strerror}); choose another place.") from error
    given = mask if mask.dtype == bool else mask > 0
    inside = float(alpha[given].mean()) if given.any() else 0.0
    outside = float(np.mean(alpha[~given] > 0.5)) if not given.all() else 0.0
    print(
        f"wrote {out}: alpha {inside:.3f} inside the mask on average, {100 * outside:.1f} % of the rest taken in"
    )
    return 0


def _folder(args: argparse.Namespace) -> int:
    from sama.commands.matte_folder import Labels, convert

    if args.mask is not None:
        raise PromptError(f"{args.photo} is a folder, whose masks are in labels/; leave out --mask.")
    if args.soft and (args.object or args.ignore is not None):
        raise PromptError("--soft labels are one mask each; leave out --object and --ignore.")
    labels = Labels(args.object or "each", args.soft, args.ignore)
    done = convert(
        args.photo,
        args.out or args.photo,
        labels,
        predictor=lambda: load_predictor(args),
        again=args.again,
        closer=not args.whole,
        most=max_pixels(args),
    )
    print(f"{done.made} mattes made, {done.kept} kept, in {done.folder}")
    if done.sheet is not None:
        print(f"wrote {done.sheet}")
    for sentence in done.errors:
        print(f"sama: {sentence}", file=sys.stderr)
    if done.errors:
        print(f"sama: {len(done.errors)} photos or objects have no matte, see above.", file=sys.stderr)
    return 1 if done.errors else 0
