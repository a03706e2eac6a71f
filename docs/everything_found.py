"""What everything mode finds, how long it takes, and which thresholds are good.

    python docs/everything_found.py examples examples          # the object of each session among the masks, IoU
    python docs/everything_found.py thresholds 20 DIR...       # of folders with images/ and labels/ or alphas/
    python docs/everything_found.py speed examples/cat.jpg     # enlarged to 12 megapixels

Thresholds are compared on one run with low ones: what a higher one would drop is dropped afterwards, before the
doubles.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from pycocotools import mask as coco
from torchvision.ops import nms

import sama
from sama.models.graphs.graph import settled
from sama.objects.everything import Everything, everything
from sama.objects.everything.generator import box_of
from sama.predict.loading import Predictor

GOOD = 0.75  # IoU from which an object counts as found
SIZE = (4000, 3000)


def opened(predictor: Predictor, rgb: np.ndarray) -> None:
    """Take a photo, and encode its global view."""
    for progress in predictor.set_image(rgb):
        if progress.stage == "global":
            break


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Of two masks (H, W) bool."""
    return float((a & b).sum() / max(1, (a | b).sum()))


def examples(predictor: Predictor, folder: Path) -> None:
    """A line for each session: masks, seconds, the best IoU with what the session cuts out, and with what a box and a
    click around that mask cut out."""
    good = 0
    for path in sorted(folder.glob("*.json")):
        session = sama.Session.load(path)
        photo = sama.open_image(folder / session.image_name)
        for _ in predictor.set_image(photo.rgb):
            pass
        answer = sama.answer(predictor, sama.Request.of(session.prompts, photo.size))
        wanted = answer.mask("sama") if "sama" in answer.union.layers else answer.mask("sam")
        started = time.perf_counter()
        *_, step = everything(predictor)
        seconds = time.perf_counter() - started
        best = max((iou(each.mask(), wanted) for each in step.found), default=0.0)
        again = []
        for each in sorted(step.found, key=lambda each: -each.share)[:6]:
            mask = each.mask()
            x0, y0, x1, y1 = box_of(mask)
            asked = sama.Prompts(boxes=((x0, y0, x1 + 1, y1 + 1),), points=((*each.point, 1),))
            found = sama.answer(predictor, sama.Request.of(asked, photo.size))
            again.append(iou(found.mask("sama"), mask))
        good += best >= GOOD
        print(
            f"{path.stem:10} {len(step.found):4} masks {seconds:5.1f} s  best IoU {best:.2f}  "
            f"six largest asked again {np.mean(again or [0]):.2f}",
            flush=True,
        )
    print(f"{good} objects found with an IoU of at least {GOOD}")


def thresholds(predictor: Predictor, count: int, folders: list[Path]) -> None:
    """For each pair of thresholds the share of objects that are found, the mean of the best IoU, and how many masks."""
    settings = replace(
        Everything.for_model(predictor.info),
        pred_iou_thresh=0.2,
        stability_score_thresh=0.6,
        box_nms_thresh=1.0,
        skip_inside=0.0,
        points_per_side=16,
    )
    runs = []
    for folder in folders:
        kind = "labels" if (folder / "labels").exists() else "alphas"
        images = sorted((folder / "images").iterdir())
        for path in images[:: max(1, len(images) // count)][:count]:
            (label,) = (folder / kind).glob(path.stem + ".*")
            rgb = sama.open_image(path).rgb
            wanted = np.asarray(Image.open(label).convert("L")) > (127 if kind == "alphas" else 0)
            opened(predictor, rgb)
            *_, step = everything(predictor, settings)
            scores = torch.tensor([each.predicted_iou for each in step.found])
            stable = torch.tensor([each.stability_score for each in step.found])
            boxes, near = [], []
            for each in step.found:
                mask = coco.decode(each.rle) > 0
                boxes.append(box_of(mask))
                small = np.asarray(Image.fromarray(wanted).resize(mask.shape[::-1], Image.Resampling.NEAREST))
                near.append(iou(mask, small))
            runs.append(
                (folder.name, scores, stable, torch.tensor(boxes, dtype=torch.float32), np.array(near))
            )
    names = sorted({run[0] for run in runs})
    print("score stable  masks  " + "  ".join(f"{name:>16}" for name in names))
    for score in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88):
        for least in (0.6, 0.7, 0.8, 0.85, 0.9, 0.95):
            best: dict[str, list[float]] = {name: [] for name in names}
            masks = []
            for name, scores, stable, boxes, near in runs:
                keep = ((scores > score) & (stable >= least)).nonzero()[:, 0]
                keep = keep[nms(boxes[keep], scores[keep], 0.7)] if len(keep) else keep
                masks.append(len(keep))
                best[name].append(float(near[keep.numpy()].max()) if len(keep) else 0.0)
            told = "  ".join(
                f"{np.mean([b >= GOOD for b in best[name]]):7.2f} ({np.mean(best[name]):.3f})"
                for name in names
            )
            print(f"{score:5.2f} {least:6.2f} {np.mean(masks):6.1f}  {told}", flush=True)


def speed(predictor: Predictor, photo: Path) -> None:
    """Seconds to the first masks and to the last, encoding included, and the process's memory."""
    rgb = np.asarray(Image.fromarray(sama.open_image(photo).rgb).resize(SIZE, Image.Resampling.BICUBIC))
    started, first = time.perf_counter(), None
    opened(predictor, rgb)
    for step in everything(predictor):
        if first is None and step.found:
            first = time.perf_counter() - started
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{len(step.found)} masks; first after {first:.1f} s, all after {seconds:.1f} s, {memory:.2f} GiB")


def main() -> None:
    """Measure one thing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("examples", "thresholds", "speed"))
    parser.add_argument("rest", nargs="+")
    args = parser.parse_args()
    predictor = sama.load("mini")
    settled()  # graphs, as a page has them before anybody comes
    if args.what == "examples":
        examples(predictor, Path(args.rest[0]))
    elif args.what == "thresholds":
        thresholds(predictor, int(args.rest[0]), [Path(each) for each in args.rest[1:]])
    else:
        speed(predictor, Path(args.rest[0]))


if __name__ == "__main__":
    main()
