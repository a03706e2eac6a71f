"""Everything a person takes away from one answer, file by file, at the photo's size and without loss."""

import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from scipy.ndimage import maximum_filter

from sama.matting import composite_bytes, cutout, estimate_foreground, to_uint8
from sama.photo.colour import recolour
from sama.photo.opening import Photo
from sama.request.prompts import Prompts, Session
from sama.request.settings import Settings

if TYPE_CHECKING:
    from sama.predict.prediction import ModelInfo, Prediction

TITLES = {  # in the order in which they are written and offered
    "cutout.png": "Cut-out, RGBA",
    "composite.png": "Composite",
    "alpha.png": "Alpha, 8 bit",
    "alpha16.png": "Alpha, 16 bit",
    "mask.png": "SAMA mask",
    "mask_sam.png": "SAM mask",
    "trimap.png": "Trimap",
    "coco.json": "Mask, COCO RLE",
    "figure.png": "Figure, PNG",
    "figure.pdf": "Figure, PDF",
    "session.json": "Session",
}
_BAND = 0.002  # of the longer side: how far a trimap's unknown reaches beyond the matte's own edge
_COMPRESSION = 4  # of 9; more makes PNGs of photos hardly smaller and much slower


class Outputs:
    """One answer and what is made of it; what several files need is computed once.

    The cut-out and the composite keep the photo's own colour space, profile included, where it was opened with
    `keep_own` and has an RGB profile; otherwise they are sRGB, which a PNG without a profile means. The matte is never
    more opaque than the photo's own file, and pictures are as many pixels per inch as it says.
    """

    def __init__(
        self,
        photo: Photo,
        prediction: "Prediction",
        prompts: Prompts,
        settings: Settings,
        info: "ModelInfo",
    ):
        """Raises ValueError when the prediction lacks a matte or is not of the photo's size."""
        shape = photo.rgb.shape[:2]
        layers = prediction.sam_mask, prediction.alpha, prediction.sama_mask
        if any(layer is None or layer.shape != shape for layer in layers[: 2 if layers[2] is None else 3]):
            raise ValueError(f"masks and an alpha of shape {shape} are needed")
        self.photo = photo
        self.prediction = prediction
        self.sam_mask, alpha, self.sama_mask = layers
        self.alpha = photo.limit(alpha)
        self.prompts = prompts
        self.settings = settings
        self.info = info

    @property
    def session(self) -> Session:
        """What it takes to make all of this again."""
        photo, settings = self.photo, self.settings.to_dict()
        return Session(photo.digest, photo.size, photo.name, self.prompts, self.info.name, settings)

    @property
    def profile(self) -> bytes | None:
        """The ICC profile of cut-out and composite; None for sRGB."""
        return None if self.photo.own is None else self.photo.icc

    @property
    def names(self) -> tuple[str, ...]:
        """Which of TITLES there are: without SAMA's weights there is no SAMA mask."""
        return tuple(name for name in TITLES if name != "mask.png" or self.sama_mask is not None)

    @property
    def mask(self) -> np.ndarray:
        """The better mask (H, W) bool: SAMA's, or SAM's where SAMA has no weights."""
        return self.sam_mask if self.sama_mask is None else self.sama_mask

    def write(self, name: str, folder: Path) -> None:
        """Write the file `name`, one of `names`, into a folder; raises OSError, KeyError for another name."""
        self._writers[name](folder / name)

    @cached_property
    def cutout(self) -> np.ndarray:
        """The object (H, W, 4) uint8 with straight alpha."""
        return cutout(self._foreground, self.alpha)

    @cached_property
    def composite(self) -> np.ndarray:
        """The object on its background (H, W, 3) uint8; the cut-out (H, W, 4) where that is transparent."""
        background = self.settings.background
        if background.kind == "transparent":
            return self.cutout
        backdrop = background.render(self._colours, self.alpha)
        if self.profile is not None and background.kind != "blur":  # colours and pictures are given in sRGB
            backdrop = recolour(to_uint8(backdrop), target=self.profile).astype(np.float32) / np.float32(255)
        return composite_bytes(self._foreground, self.alpha, backdrop)

    def trimap(self) -> np.ndarray:
        """Return (H, W) uint8: 255 object, 0 background, 128 unknown, a band around wherever alpha is between."""
        alpha = to_uint8(self.alpha)
        edge = (alpha > 0) & (alpha < 255)
        # A matte may jump from 0 to 255 between neighbours; that is an edge too.
        edge[:, 1:] |= (alpha[:, 1:] > 127) != (alpha[:, :-1] > 127)
        edge[1:] |= (alpha[1:] > 127) != (alpha[:-1] > 127)
        reach = max(1, round(_BAND * max(alpha.shape)))
        unknown = maximum_filter(edge.view(np.uint8), 2 * reach + 1) > 0
        return np.where(unknown, np.uint8(128), np.where(alpha > 127, np.uint8(255), np.uint8(0)))

    def coco(self) -> dict:
        """Return `mask` as a data set in COCO's format: one photo, one annotation with compressed RLE."""
        from pycocotools import mask as coco

        rle = coco.encode(np.asfortranarray(self.mask, dtype=np.uint8))
        width, height = self.photo.size
        annotation = {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "iscrowd": 0,
            "area": int(coco.area(rle)),
            "bbox": coco.toBbox(rle).tolist(),
            "segmentation": {"size": rle["size"], "counts": rle["counts"].decode("ascii")},
        }
        whose = "SAM" if self.sama_mask is None else "SAMA"
        return {
            "info": {"description": f"{whose} mask by {self.info.name}, weights {self.info.weights_digest}"},
            "images": [{"id": 1, "file_name": self.photo.name, "width": width, "height": height}],
            "categories": [{"id": 1, "name": "object"}],
            "annotations": [annotation],
        }

    @cached_property
    def _writers(self) -> dict[str, Callable[[Path], None]]:
        return {
            "cutout.png": lambda path: self._save(self.cutout, path, self.profile),
            "composite.png": lambda path: self._save(self.composite, path, self.profile),
            "alpha.png": lambda path: self._save(to_uint8(self.alpha), path),
            "alpha16.png": lambda path: self._save(np.rint(self.alpha * 65535).astype(np.uint16), path),
            "mask.png": lambda path: self._save(self.sama_mask.astype(np.uint8) * 255, path),
            "mask_sam.png": lambda path: self._save(self.sam_mask.astype(np.uint8) * 255, path),
            "trimap.png": lambda path: self._save(self.trimap(), path),
            "coco.json": lambda path: path.write_text(json.dumps(self.coco()) + "\n", "utf-8"),
            "figure.png": self._save_figure,
            "figure.pdf": self._save_figure,
            "session.json": lambda path: self.session.save(path),
        }

    @property
    def _colours(self) -> np.ndarray:
        return self.photo.rgb if self.photo.own is None else self.photo.own

    @cached_property
    def _foreground(self) -> np.ndarray:
        if self.settings.estimate_foreground:
            return estimate_foreground(self._colours, self.alpha)
        return self._colours.astype(np.float32) / np.float32(255)

    @cached_property
    def _drawing(self):
        from sama.export.figure import draw_figure  # matplotlib takes a second to import

        return draw_figure(self)

    def _save(self, pixels: np.ndarray, path: Path, profile: bytes | None = None) -> None:
        options = {"icc_profile": profile, "dpi": self.photo.dpi}
        given = {name: value for name, value in options.items() if value is not None}
        Image.fromarray(pixels).save(path, compress_level=_COMPRESSION, **given)

    def _save_figure(self, path: Path) -> None:
        from sama.export.figure import save_figure

        save_figure(self._drawing, path)
