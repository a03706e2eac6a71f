"""One answer as the page shows it: at the size of its panels, and closer up where the visitor looks."""

from functools import cached_property

import numpy as np
from PIL import Image

from sama.matting import Background, to_uint8
from sama.matting.trimap import trimap_bytes
from sama.photo.resize import fit_within
from sama.predict.answer import ALPHA, ALPHA_LOGITS, SAM, SAMA, TRIMAP, Answer
from sama.ui.checkerboard import CELL, checkerboard
from sama.ui.matted import Matted
from sama.ui.viewer.difference import difference_map
from sama.ui.views import View, coloured

# Longer side of what a click sends, at least and at most, in pixels; closer up, a `Look` shows more.
SIDES = (256, 640)
# The same for masks, which are small: their side is that of a panel times the share.
MASK_SIDES, MASK_SHARE, MASK_ENOUGH = (512, 1024), 1.6, 0.9
_CERTAIN = 1e-6  # a matte this near to 0 or 1 has no finite logit worth keeping
_SURE = float(np.log((1 - _CERTAIN) / _CERTAIN))  # its logit


class Shown:
    """The answer to prompts number `seq`, on a preview of the photo."""

    def __init__(
        self,
        answer: Answer,
        preview: np.ndarray,
        seq: int,
        small: np.ndarray,
        limit: np.ndarray | None = None,
        view: View | None = None,
    ):
        """answer: at the size of preview (H, W, 3) uint8; small: the preview (h, w, 3) uint8 as panels show it, see
        `panel_side`; limit: the file's own transparency (H, W) uint8, beyond which no matte is opaque; view: what of
        it is shown, `answer` from then on."""
        view = view or View()
        self.whole = answer
        answer = self.answer = view.of(answer)
        self.apart = [(colour, limited(alpha, limit)) for colour, alpha in view.apart(self.whole)]
        self.preview = preview
        self.seq = seq
        self._limit = limit
        self.alpha = limited(answer.union.layers[ALPHA], limit)
        self.fitted = Matted(small, fitted(self.alpha, max(small.shape)))
        # What was told of them, by whether colours are estimated; and cuts as they are sent, by that and by whether the
        # mask cuts out.
        self.residuals: dict[bool, dict | None] = {}
        self.cuts: dict[tuple[bool, bool], dict] = {}

    @cached_property
    def masked(self) -> Matted:
        """The panels' picture with SAMA's mask, or SAM's where there is no other, in the place of the matte."""
        image = self.fitted.image
        return Matted(image, fitted(self.hard, max(image.shape)))

    @property
    def hard(self) -> np.ndarray:
        """The mask (H, W) float32 in the place of the matte."""
        return limited(mask_of(self.answer).astype(np.float32), self._limit)

    def cut(self, by_mask: bool) -> Matted:
        """What the composite is made with: `masked` or `fitted`."""
        return self.masked if by_mask else self.fitted

    @property
    def matte(self) -> np.ndarray:
        """The matte as panels show it, (h, w) uint8; of a stack (h, w, 3), each object in its colour."""
        if not self.apart:
            return to_uint8(self.fitted.alpha)
        side = max(self.fitted.alpha.shape)
        return coloured([(colour, fitted(alpha, side)) for colour, alpha in self.apart])

    @property
    def trimap(self) -> np.ndarray | None:
        """(h, w) uint8 at the panels' size: 0, 128 where it is unknown, 255; None where the head tells none."""
        told = self.answer.layer(TRIMAP)
        if told is None:
            return None
        height, width = self.fitted.alpha.shape
        plane = Image.fromarray(trimap_bytes(told, self._limit))
        return np.asarray(plane.resize((width, height), Image.Resampling.NEAREST))

    def label(self, key: str) -> dict[str, str | int]:
        """Say which answer this is: to prompts number `seq` on the photo `key`, which candidate SAMA refined, and where
        the matte comes from."""
        answer = self.answer
        return {"key": key, "seq": self.seq, "chosen": answer.union.chosen, "matte": answer.method}


class Look:
    """A part of an answer at up to the photo's resolution.

    Masks and matte are the model's logits interpolated, as they are for an export; what is behind the object is
    enlarged from the preview.
    """

    def __init__(
        self,
        shown: Shown,
        photo: np.ndarray,
        box: tuple[int, int, int, int],
        side: int,
        limit: np.ndarray | None = None,
    ):
        """photo: (H, W, 3) uint8; box: x0, y0, x1, y1 in its pixels; side: longer side of what comes back, in pixels,
        never more than the box has; limit: the file's own transparency (H, W) uint8."""
        x0, y0, x1, y1 = box
        self.shown = shown
        self.image = shrink(photo[y0:y1, x0:x1], side)  # (h, w, 3) uint8
        self._limit = None if limit is None else shrink(limit[y0:y1, x0:x1], side)
        sx, sy = shown.preview.shape[1] / photo.shape[1], shown.preview.shape[0] / photo.shape[0]
        self._part = (x0 * sx, y0 * sy, x1 * sx, y1 * sy)

    @property
    def sam_mask(self) -> np.ndarray:
        """(h, w) bool."""
        return self._enlarged(SAM) > 0

    @property
    def sama_mask(self) -> np.ndarray:
        """(h, w) bool."""
        return self._enlarged(SAMA) > 0

    @property
    def difference(self) -> np.ndarray:
        """(h, w) float32 in [0, 1], see `difference_map`."""
        return difference_map(self._enlarged(SAM), self._enlarged(SAMA))

    @cached_property
    def alpha(self) -> np.ndarray:
        """(h, w) float32 in [0, 1]."""
        logits = self.shown.answer.layer(ALPHA_LOGITS)
        if logits is None:  # a matte of other making
            certain = np.clip(self.shown.answer.union.layers[ALPHA], _CERTAIN, 1 - _CERTAIN)
            logits = np.log(certain / (1 - certain))
        alpha = 1 / (1 + np.exp(-self._enlarge(np.clip(logits, -_SURE, _SURE))))
        alpha[alpha <= 2 * _CERTAIN] = 0
        alpha[alpha >= 1 - 2 * _CERTAIN] = 1
        return limited(alpha, self._limit)

    @property
    def matte(self) -> np.ndarray:
        """See `Shown.matte`."""
        if not self.shown.apart:
            return to_uint8(self.alpha)
        return coloured(
            [(colour, limited(self._enlarge(alpha), self._limit)) for colour, alpha in self.shown.apart]
        )

    @property
    def trimap(self) -> np.ndarray:
        """(h, w) uint8, see `Shown.trimap`."""
        plane = Image.fromarray(self.shown.answer.union.layers[TRIMAP])
        size = self.image.shape[1], self.image.shape[0]
        return trimap_bytes(
            np.asarray(plane.resize(size, Image.Resampling.NEAREST, box=self._part)), self._limit
        )

    def on(self, background: Background, estimated: bool = True, by_mask: bool = False) -> np.ndarray:
        """Return the composite (h, w, 3) uint8, in estimated colours or the photo's own."""
        shown = self.shown
        whole = Matted(shown.preview, shown.hard if by_mask else shown.alpha)
        cell = CELL * max(whole.alpha.shape) / max(shown.fitted.alpha.shape)
        behind = backdrop(background, whole, cell)
        behind = np.dstack([self._enlarge(behind[..., channel]) for channel in range(3)])
        if by_mask:
            own = SAMA if SAMA in shown.answer.union.layers else SAM
            hard = (self._enlarged(own) > 0).astype(np.float32)
            return Matted(self.image, limited(hard, self._limit)).on(behind, estimated=False)
        return Matted(self.image, self.alpha).on(behind, estimated)

    def _enlarged(self, layer: str) -> np.ndarray:
        return self._enlarge(self.shown.answer.union.layers[layer])

    def _enlarge(self, values: np.ndarray) -> np.ndarray:
        plane = Image.fromarray(np.ascontiguousarray(values, np.float32))
        size = self.image.shape[1], self.image.shape[0]
        return np.asarray(plane.resize(size, Image.Resampling.BILINEAR, box=self._part))


def mask_of(answer: Answer) -> np.ndarray:
    """SAMA's mask (H, W) bool, or SAM's where there is no other."""
    return answer.union.layers[SAMA if SAMA in answer.union.layers else SAM] > 0


def limited(alpha: np.ndarray, limit: np.ndarray | None) -> np.ndarray:
    """Return a matte (h, w) in [0, 1], nowhere more opaque than a file's own transparency (h, w) uint8; see
    `Photo.limit`."""
    return alpha if limit is None else np.minimum(alpha, limit / np.float32(255))


def panel_side(side: int) -> int:
    """Return the longer side, in pixels, of what panels of `side` pixels are sent."""
    return min(max(side, SIDES[0]), SIDES[1])


def backdrop(background: Background, matted: Matted, cell: float) -> np.ndarray:
    """Return a background for a picture, (h, w, 3) float32; for none a checkerboard with squares of `cell` pixels."""
    if background.kind == "transparent":
        return checkerboard(matted.alpha.shape, cell)
    return background.render(matted.image, matted.alpha)


def mask_at(logits: np.ndarray, side: int) -> np.ndarray:
    """Return the mask (h, w) bool of logits (H, W) for panels of `side` pixels and the prompter, which is larger; as
    large as the logits where that is not much more."""
    low, high = MASK_SIDES
    wanted = min(max(round(MASK_SHARE * side), low), high)
    return (logits if max(logits.shape) * MASK_ENOUGH <= wanted else fitted(logits, wanted)) > 0


def fitted(values: np.ndarray, side: int) -> np.ndarray:
    """Return (H, W) float32 averaged down to a longer side of at most `side`."""
    height, width = values.shape
    size = fit_within(width, height, side)
    plane = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(plane.resize(size, Image.Resampling.BILINEAR))


def shrink(rgb: np.ndarray, side: int) -> np.ndarray:
    """Return an image (H, W, 3) or (H, W) uint8 whose longer side is at most `side`."""
    height, width = rgb.shape[:2]
    size = fit_within(width, height, side)
    if size == (width, height):
        return np.ascontiguousarray(rgb)
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))
