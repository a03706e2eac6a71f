"""What the frozen encoder sees of a photograph, computed once and kept on disk.

A file for each copy of a photograph, CACHE/WEIGHTS/KEY.safetensors: copy 0 is the photograph as it is, the others are
turned round, cropped and degraded. It holds the encoded views in half precision, and the objects' targets.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from sama.errors import SamaError
from sama.models.sama import Sama
from sama.models.views import global_view, local_views
from sama.training.data.dataset import Ingredients, develop
from sama.training.data.degrade import Rates, draw_degradation
from sama.training.data.photographs import Crops, Sample, photo_sample
from sama.training.stages.mini import normalise_batch
from sama.training.tuning.photos import OwnPhoto, around

VERSION = 1
MOST = 12  # objects of a copy
MARGINS = 1.2, 3.0  # sides of what a closer look shows, in sides of the object
CLOSE = 0.5  # of the copies
SURE = 0.6  # share of a cell that is known
GENTLE = Rates(colour=0.5, blur=0.08, sharpen=0.05, resampling=0.1, noise=0.15, jpeg=0.2)
NOTHING = Rates(0, 0, 0, 0, 0, 0)
PLAIN = Crops(uncropped=1, native=1, narrow=0)
_TRIES = 4


@dataclass(frozen=True)
class Encoder:
    """A model that encodes and a place to keep what it saw; weights: digest of the backbone; local: whether SAMA's
    local views are wanted, which take ten times the room."""

    model: Sama
    weights: str
    cache: Path
    local: bool

    def copies(
        self, photos: tuple[OwnPhoto, ...], copies: int, progress: Callable[[], bool] = lambda: True
    ) -> list[Path]:
        """The files of all copies, in rounds: every photograph once, then again. Those on disk are not computed again.
        progress: called after each; once it returns False the remaining rounds are left out, but never the first.

        A copy without an object is left out. Raises SamaError where nothing can be learned, or written.
        """
        found = []
        for number in range(copies):
            for photo in photos:
                path = self._path(photo, number)
                if not _whole(path):
                    self._write(photo, number, path)
                if path.stat().st_size:
                    found.append(path)
                if not progress() and number:
                    return found
        if not found:
            raise SamaError("The photographs show no object large enough to learn from; check their labels.")
        return found

    def _path(self, photo: OwnPhoto, number: int) -> Path:
        about = (VERSION, photo.digest, photo.truth_digest, number, self.local)
        key = hashlib.sha256(repr(about).encode()).hexdigest()
        return self.cache / self.weights[:16] / f"{photo.digest[:12]}_{number}_{key[:12]}.safetensors"

    def _write(self, photo: OwnPhoto, number: int, path: Path) -> None:
        ingredients = _copy(photo, number, 2 * self.model.backbone.image_size)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if ingredients is None:
                partial.touch()
            else:
                save_file(self._encoded(ingredients), partial)
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise SamaError(
                f"{path.parent} cannot be written ({error.strerror}); make room, or choose another --cache."
            ) from error

    @torch.no_grad()
    def _encoded(self, ingredients: Ingredients) -> dict[str, Tensor]:
        """The tensors of a file."""
        backbone = self.model.backbone
        device = next(backbone.parameters()).device
        item = {k: torch.as_tensor(v).to(device)[None] for k, v in develop(ingredients, device).items()}
        item["image"] = item["image"].to(torch.uint8)
        frame = normalise_batch(backbone, item)
        seen = backbone.encode(global_view(frame))
        targets, known = item["targets"][0][:, None].float(), item["known"][0][:, None].float()
        whole = 2 * backbone.image_size
        factor = whole // (4 * backbone.grid[0])
        out = {
            "view": F.avg_pool2d(item["image"].float(), 2).round().to(torch.uint8),
            "extent": torch.tensor([int(item["height"]), int(item["width"])]),
            "embedding": seen.embedding.half(),
            "targets": F.avg_pool2d(targets, factor).round().to(torch.uint8)[:, 0],
            "known": (F.avg_pool2d(known, factor) > SURE).to(torch.uint8)[:, 0],
        }
        if seen.detail is not None:
            out["detail"] = seen.detail.half()
        if self.local:
            out |= self._local(frame)
            out |= {"image": item["image"], "whole": item["targets"][0], "sure": item["known"][0]}
            out["exact"] = torch.tensor([ingredients.exact])
        return {name: value.cpu().contiguous() for name, value in out.items()}

    def _local(self, frame: Tensor) -> dict[str, Tensor]:
        views = [self.model.backbone.encode(view) for view in local_views(frame).unbind(1)]
        out = {f"local_{i}_embedding": view.embedding.half() for i, view in enumerate(views)}
        out |= {f"local_{i}_early": view.early.half() for i, view in enumerate(views)}
        return out | {
            f"local_{i}_detail": view.detail.half() for i, view in enumerate(views) if view.detail is not None
        }


def read_copy(path: Path) -> dict[str, Tensor]:
    """The tensors of a file that `Encoder` wrote. Raises SamaError."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise SamaError(f"{path.name} in --cache is damaged; remove it, and run again.") from error


def _whole(path: Path) -> bool:
    """Whether a copy is on disk; it was renamed to its name when it was whole."""
    return path.is_file()


def _copy(photo: OwnPhoto, number: int, size: int) -> Ingredients | None:
    """Copy `number` of a photograph in a frame of `size`; it depends on nothing but these and the photograph's pixels.
    None where it shows no object."""
    rng = np.random.default_rng((int(photo.digest[:12], 16), number))
    given = photo.read()
    for _ in range(_TRIES):
        sample = _sample(rng, given, number, size)
        if sample is not None:
            break
    else:
        return None
    count = min(MOST, len(sample.targets))
    return Ingredients(
        size=size,
        scene=sample.scene,
        degradation=draw_degradation(rng, GENTLE if number else NOTHING),
        targets=np.ascontiguousarray(sample.targets[:count]),
        known=np.ascontiguousarray(sample.known[:count]),
        order=np.arange(count),
        part=np.zeros(count, bool),
        exact=sample.exact,
    )


def _sample(rng: np.random.Generator, given, number: int, size: int) -> Sample | None:
    if not number:
        return photo_sample(rng, given, size, MOST, False, PLAIN)
    if rng.random() < CLOSE:
        return photo_sample(rng, around(given, rng, MARGINS), size, MOST, False, PLAIN)
    return photo_sample(rng, given, size, MOST, False, replace(Crops(), narrow=0))
