"""ZIM (Kim et al. 2024, arXiv 2411.00626): a matte from a box or clicks, by its authors' encoder and decoder in ONNX.

Names of inputs and outputs are those of the published files: `image` to `image_embeddings, feat_D0, feat_D1, feat_D2`,
then these with `point_coords, point_labels, attn_mask` to masks (1, 4, s, s), logits, and scores (1, 4). A photo's
longer side becomes 1024 pixels, its colours are normalised as SAM's, and it is padded to the right and below. As in
the authors' predictor a box takes the place of clicks, labelled 2 and 3, and clicks are closed with one of label -1;
the tokens attend inside the box, or near the clicks.
"""

from typing import Any

import numpy as np
from PIL import Image
from scipy.special import expit

from sama.methods.field import Asked, FieldPhotoMethod, LastPhoto, Place
from sama.photo.resize import resize

SIDE = 1024  # of the padded photo, in pixels
CELLS = 64  # a side of the grid that the tokens attend to
CELL = SIDE // CELLS
SIGMA = 21.0  # of the attention around a click, in cells
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)
NO_POINT = -0.5  # where the click lies that closes the list


class ZimSession:
    """The two graphs; what the encoder has seen of the last photo is kept."""

    def __init__(self, encoder: Any, decoder: Any):
        self._encoder, self._decoder = encoder, decoder
        self._last = LastPhoto(self._encode)

    def answer(self, photo: np.ndarray, asked: Asked) -> np.ndarray:
        """Logits (h, w) float32 of the matte of one object of a photo (h, w, 3) uint8."""
        height, width = photo.shape[:2]
        scale = SIDE / max(height, width)
        w, h = fitted(width, height)
        embeddings, *features = self._last.of(photo)
        coords, labels, attention = tokens_of(asked, scale)
        given = {
            "feat_D0": features[0],
            "feat_D1": features[1],
            "feat_D2": features[2],
            "image_embeddings": embeddings,
            "attn_mask": attention[None],
            "point_coords": coords[None],
            "point_labels": labels[None],
        }
        masks, _ = self._decoder.run(None, given)
        framed = resize(np.ascontiguousarray(masks[0, 0], np.float32), (SIDE, SIDE))
        return resize(np.ascontiguousarray(framed[:h, :w]), (width, height))

    def _encode(self, photo: np.ndarray) -> list[np.ndarray]:
        return self._encoder.run(None, {"image": framed(photo)})


def fitted(width: int, height: int) -> tuple[int, int]:
    """The size (width, height) of a photo whose longer side is SIDE, as SAM rounds it."""
    scale = SIDE / max(width, height)
    return int(width * scale + 0.5), int(height * scale + 0.5)


def framed(photo: np.ndarray) -> np.ndarray:
    """A photo (h, w, 3) uint8 as the encoder takes it, (1, 3, SIDE, SIDE) float32."""
    w, h = fitted(photo.shape[1], photo.shape[0])
    shrunk = np.asarray(Image.fromarray(photo).resize((w, h), Image.Resampling.BILINEAR), np.float32)
    out = np.zeros((1, 3, SIDE, SIDE), np.float32)
    out[0, :, :h, :w] = ((shrunk - MEAN) / DEVIATION).transpose(2, 0, 1)  # (h, w, 3) to (3, h, w)
    return out


def tokens_of(asked: Asked, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates (n, 2) and labels (n,), and how much the tokens may attend to each cell, (CELLS, CELLS); all float32.
    scale: pixels of the frame per pixel of the photo."""
    if asked.box is not None:
        corners = np.array(asked.box, np.float32).reshape(2, 2) * scale
        return corners, np.array([2, 3], np.float32), inside(corners)
    points = np.array(asked.points, np.float32) * scale
    coords = np.concatenate([points, np.full((1, 2), NO_POINT, np.float32)])
    return coords, np.array([*asked.labels, -1], np.float32), nearby(points)


def inside(corners: np.ndarray) -> np.ndarray:
    """1 in every cell that a box with these corners (2, 2) touches, 0 elsewhere: binary attention."""
    low, high = (np.sort(corners, 0) / CELL).astype(int)
    out = np.zeros((CELLS, CELLS), np.float32)
    out[max(low[1], 0) : high[1] + 1, max(low[0], 0) : high[0] + 1] = 1
    return out


def nearby(points: np.ndarray) -> np.ndarray:
    """The largest of Gaussians of SIGMA around the cells of points (n, 2): soft attention."""
    rows, columns = np.mgrid[:CELLS, :CELLS]
    out = np.zeros((CELLS, CELLS), np.float32)
    for x, y in (points / CELL).astype(int):
        if 0 <= x < CELLS and 0 <= y < CELLS:
            far = (columns - x) ** 2 + (rows - y) ** 2
            out = np.maximum(out, np.exp(-far / (2 * SIGMA**2), dtype=np.float32))
    return out


def load(place: Place) -> ZimSession:
    """Both graphs, on a GPU where the model runs on one and onnxruntime has a provider for it."""
    import onnxruntime

    wanted = ["CUDAExecutionProvider"] if place.device.startswith("cuda") else []
    there = [name for name in wanted if name in onnxruntime.get_available_providers()]
    providers = [*there, "CPUExecutionProvider"]
    return ZimSession(*(onnxruntime.InferenceSession(str(file), providers=providers) for file in place.files))


class Zim(FieldPhotoMethod):
    """The matte, and where it is above a half the mask."""

    name = "zim"
    label = "ZIM"
    panel = "ZIM matte"
    title = "ZIM matte"
    help = "ZIM's matte of a box, or of clicks where there is no box; its weights are not for commercial use"
    note = "matte by ZIM, not for commercial use"
    mask = name
    slow = "ZIM looks at the photo ..."
    licence = "CC BY-NC 4.0"
    load = load

    def found(self, photo: np.ndarray, asked: Asked) -> tuple[np.ndarray, np.ndarray | None]:
        """See `FieldPhotoMethod.found`."""
        logits = self.model().answer(photo, asked)
        return logits, expit(logits)
