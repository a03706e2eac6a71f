"""New backgrounds: nothing, a colour, another picture, or the photo's own background blurred."""

import math
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from sama.errors import SamaError
from sama.matting.colours import SeeThroughError, read_colour
from sama.photo.opening import open_image

DEFAULT_SIGMA = 0.015  # of the photo's longer side
MAX_SIGMA = 10_000.0
MAX_OFFSET = 1.0  # of a picture that a person moves, in parts of the photo: still touching it
MAX_SCALE = 4.0  # and how much larger or smaller than what fits
_VISIBLE = 1 / 255  # a pixel with more of the subject than this is no background
_FALLBACK = 1e-4  # weight of the wider blur: it decides only where no background is near

FORMS = "transparent, a colour (white, #336699), blur or blur:SIGMA"  # what needs no file
_FORMS = "transparent, a colour (white, #336699), blur, blur:SIGMA or image:PATH[:cover|contain]"
_IMAGE = re.compile(r"image:(?P<path>.+?)(:(?P<fit>cover|contain(:(?P<pad>[^:/\\]+))?))?", re.S)


class BackgroundError(SamaError):
    """A background description that makes no sense."""


@dataclass(frozen=True, eq=False)
class Background:
    """A background, ready to be rendered for any photo.

    text: as the user wrote it; colour: (r, g, b) bytes, also the margin of a contained picture;
    picture: (h, w, 3) uint8 sRGB; offset: how far its middle is moved right and down, in parts of
    the photo; scale: its size as a multiple of what fits; sigma: of the blur, in pixels of the
    photo, None for DEFAULT_SIGMA of its longer side.
    """

    text: str
    kind: Literal["transparent", "colour", "image", "blur"]
    colour: tuple[int, int, int] = (0, 0, 0)
    picture: np.ndarray | None = None
    fit: Literal["cover", "contain"] = "cover"
    offset: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    sigma: float | None = None

    def render(self, image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        """Return the background (H, W, 3) float32 in [0, 1] for a photo.

        image: (H, W, 3) uint8; alpha: (H, W) in [0, 1], which only the blur looks at. Raises
        ValueError for the transparent background, of which there is no picture.
        """
        height, width = alpha.shape
        if self.kind == "blur":
            sigma = DEFAULT_SIGMA * max(height, width) if self.sigma is None else self.sigma
            return blurred_background(image, alpha, sigma)
        if self.kind == "image":
            fitted = self._place((width, height))
            return fitted.astype(np.float32) / np.float32(255)
        if self.kind == "colour":
            colour = np.array(self.colour, np.float32) / np.float32(255)
            return np.broadcast_to(colour, (height, width, 3))  # one pixel, seen everywhere
        raise ValueError("a transparent background has no picture")

    def _place(self, size: tuple[int, int]) -> np.ndarray:
        """Return the picture at size (width, height), cropped where it reaches beyond, in margins where it does not."""
        assert self.picture is not None
        source = Image.fromarray(self.picture)
        ratios = size[0] / source.width, size[1] / source.height
        scale = self.scale * (min(ratios) if self.fit == "contain" else max(ratios))
        result = Image.new("RGB", size, self.colour)
        spans = []  # along x and y: the part of the picture that is seen, and where it goes
        for full, length, offset in zip(size, source.size, self.offset, strict=True):
            start = full / 2 + offset * full - length * scale / 2
            low, high = max(0, round(start)), min(full, max(round(start) + 1, round(start + length * scale)))
            if low >= high:
                return np.asarray(result)  # moved out of sight
            # Cropped before it is scaled: a very long picture would become enormous otherwise.
            first = max(0.0, (low - start) / scale)
            spans.append((low, high, first, min(length, max((high - start) / scale, first))))
        (x0, x1, left, right), (y0, y1, top, bottom) = spans
        part = source.resize((x1 - x0, y1 - y0), Image.Resampling.LANCZOS, box=(left, top, right, bottom))
        result.paste(part, (x0, y0))
        return np.asarray(result)


def parse_background(text: str, *, paths: bool = True) -> Background:
    """Read a background description.

    "transparent"; a colour by name or "#rrggbb"; "blur" or "blur:SIGMA" (pixels of the photo);
    "image:PATH" with ":cover" (the default, cropped), ":contain" (black margins) or
    ":contain:COLOUR". The picture is opened here. Raises BackgroundError, and PhotoError for it.
    paths=False: no file is opened, and none is recommended.
    """
    spec = text.strip()
    if spec == "transparent":
        return Background(spec, "transparent")
    if spec == "blur":
        return Background(spec, "blur")
    if spec.startswith("blur:"):
        return Background(spec, "blur", sigma=_sigma(spec.removeprefix("blur:")))
    if not paths and spec.startswith("image:"):
        raise BackgroundError(
            f"A background cannot name a file here; use {FORMS}, or send the picture itself."
        )
    if match := _IMAGE.fullmatch(spec):
        fit = "contain" if (match["fit"] or "cover").startswith("contain") else "cover"
        pad = parse_colour(match["pad"] or "black")
        return Background(spec, "image", pad, open_image(match["path"]).rgb, fit)
    return Background(spec, "colour", parse_colour(spec, _FORMS if paths else FORMS))


def blurred_background(image: np.ndarray, alpha: np.ndarray, sigma: float) -> np.ndarray:
    """Blur a photo's background as if the subject were not there.

    image: (H, W, 3) uint8; alpha: (H, W) in [0, 1]; sigma: standard deviation in pixels. Returns
    (H, W, 3) float32 in [0, 1]. Every value is a weighted mean of background pixels: those with
    alpha up to 1/255, or the least opaque ones where there are none. Deep inside the subject,
    where no background is near, ever wider blurs take over.

    Source: Knutsson and Westin, "Normalized and differential convolution" (1993).
    """
    alpha = np.asarray(alpha, dtype=np.float32)
    weight = np.where(alpha <= max(_VISIBLE, float(alpha.min())), 1 - alpha, np.float32(0))
    if not weight.any():
        return np.zeros(image.shape, np.float32)  # opaque throughout: no background to be seen
    # A wide blur looks the same on a coarser grid, and costs a fraction there.
    step = max(1, int(sigma / 4))
    band = 64 * step  # rows at a time, so that a large photo never becomes floats as a whole
    bands = [slice(top, top + band) for top in range(0, len(alpha), band)]
    stack = np.concatenate([_shrink(_weighted(image[rows], weight[rows]), step) for rows in bands])
    del weight  # as large as the photo
    # The mean over a cell, and the interpolation between cells, blur a little by themselves.
    own = (step**2 - 1) / 12 + (step**2 / 6 if step > 1 else 0)
    blurred = _masked_blur(stack, math.sqrt(sigma**2 - own) / step)
    result = _enlarge(blurred, step, alpha.shape)
    return np.clip(result, 0, 1, out=result if step > 1 else None)


def _weighted(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return I w and w as one (h, w, 4) float32, for bytes I and w in [0, 1]."""
    colours = np.multiply(image, weight[..., None] / np.float32(255), dtype=np.float32)
    return np.dstack([colours, weight])


def _masked_blur(stack: np.ndarray, sigma: float) -> np.ndarray:
    """Return blur(I w) / blur(w) of a stack (h, w, 4) of I w and w, filled where blur(w) is 0."""
    height, width = stack.shape[:2]
    if max(height, width) <= 2:
        total = stack.sum((0, 1))
        return np.broadcast_to(total[:3] / total[3], (height, width, 3))
    wider = _enlarge(_masked_blur(_shrink(stack, 2), sigma), 2, (height, width))
    # Nothing lies beyond the photo's edge, so its weight there is zero ("constant").
    blurred = gaussian_filter(stack, (sigma, sigma, 0), mode="constant", truncate=3.0)
    return (blurred[..., :3] + _FALLBACK * wider) / (blurred[..., 3:] + _FALLBACK)


def _shrink(stack: np.ndarray, step: int) -> np.ndarray:
    """Return the mean over cells of step x step pixels; a cell beyond the edge counts as zero."""
    if step == 1:
        return stack
    height, width, depth = stack.shape
    pad = (-height % step, -width % step)
    stack = np.pad(stack, ((0, pad[0]), (0, pad[1]), (0, 0)))
    cells = stack.reshape(stack.shape[0] // step, step, stack.shape[1] // step, step, depth)
    return cells.mean((1, 3), dtype=np.float32)


def _enlarge(values: np.ndarray, step: int, shape: tuple[int, int]) -> np.ndarray:
    """Undo `_shrink` by bilinear interpolation: (h, w, 3) to (H, W, 3) for shape (H, W)."""
    if step == 1:
        return values
    height, width = shape
    # The box leaves out what was padded.
    box = (0, 0, width / step, height / step)
    result = np.empty((height, width, 3), np.float32)
    for c in range(3):
        plane = Image.fromarray(np.ascontiguousarray(values[..., c]))
        result[..., c] = np.asarray(plane.resize((width, height), Image.Resampling.BILINEAR, box=box))
    return result


def parse_colour(text: str, forms: str = _FORMS) -> tuple[int, int, int]:
    """Read a colour by name or "#rrggbb" as bytes; raises BackgroundError, which recommends `forms`."""
    try:
        return read_colour(text)
    except SeeThroughError as error:
        raise BackgroundError(
            f"{text!r:.60} is a colour with an alpha, and a background is opaque; leave the alpha out, or use "
            "transparent."
        ) from error
    except ValueError as error:
        raise BackgroundError(f"{text!r:.60} is no background; use {forms}.") from error


def _sigma(text: str) -> float:
    try:
        sigma = float(text)
    except ValueError:
        sigma = math.nan
    if not 0 < sigma <= MAX_SIGMA:
        raise BackgroundError(
            f"{text!r:.60} is no blur; give its sigma in pixels, above 0 and up to {MAX_SIGMA:g}."
        )
    return sigma
