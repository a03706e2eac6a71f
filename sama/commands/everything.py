"""`sama everything`: the masks of all there is in a photo, without a prompt."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from sama.commands.flags import (
    add_device_flags,
    add_model_flags,
    add_photo_flags,
    load_predictor,
    max_pixels,
)
from sama.commands.predict import NOT_FOUND
from sama.photo.opening import open_image

# Flags by the names of SAM's automatic mask generator, and what they are.
SETTINGS = {
    "points_per_side": (int, "of the grid of clicks: 32, for mini 20"),
    "points_per_batch": (int, "asked at a time: 64"),
    "pred_iou_thresh": (float, "least score: 0.88, for mini 0.4"),
    "stability_score_thresh": (float, "least stability: 0.95, for mini 0.7"),
    "box_nms_thresh": (float, "of masks with a higher IoU of boxes one stays: 0.7"),
    "crop_n_layers": (int, "look again at 4^N parts: 0"),
    "min_mask_region_area": (int, "remove smaller pieces and holes, pixels"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `everything` command."""
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for masks and sheet")
    parser.add_argument(
        "--mattes", action="store_true", help="a matte of each mask, too; takes a second each"
    )
    for name, (kind, meaning) in SETTINGS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="N", help=meaning)
    add_photo_flags(parser)
    add_model_flags(parser)
    add_device_flags(parser)


def main(args: argparse.Namespace) -> int:
    """Run the command; raises SamaError for anything the user can mend. Returns 0, or NOT_FOUND where there is no mask
    that passes."""
    photo = open_image(args.photo, max_pixels=max_pixels(args))

    from sama.export.writing import check_folder
    from sama.methods.matte import matte
    from sama.objects.everything import Everything, everything
    from sama.objects.everything.folder import ordered, write_found

    Everything.for_model(None, **_given(args))  # before the model is loaded
    check_folder(args.out)
    predictor = load_predictor(args)
    settings = Everything.for_model(predictor.info, **_given(args))
    for note in photo.notes:
        print(f"photo: {note}")
    for _ in predictor.set_image(photo.rgb):
        pass
    found = ()
    with tqdm(unit="click", file=sys.stderr) as bar:
        for step in everything(predictor, settings):
            bar.total, found = step.total, step.found
            bar.set_postfix(found=len(found))
            bar.update(step.done - bar.n)
    found = ordered(found)
    if not found:
        print(
            "sama: Nothing was found; lower --pred-iou-thresh or --stability-score-thresh.", file=sys.stderr
        )
        return NOT_FOUND

    def alpha(mask):
        return photo.limit(matte(photo.rgb, mask, predictor=predictor))

    for _ in tqdm(
        write_found(args.out, found, photo, predictor.info, alpha if args.mattes else None),
        total=len(found),
        unit="mask",
    ):
        pass
    print(f"{len(found)} masks in {args.out}")
    return 0


def _given(args: argparse.Namespace) -> dict:
    return {name: getattr(args, name) for name in SETTINGS}
