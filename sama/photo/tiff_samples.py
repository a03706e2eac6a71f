"""TIFF: samples of every depth, layout and meaning, as bytes in a plain mode.

For what Pillow refuses or reads otherwise than TIFF 6.0 says: 16 bits a sample, floats, signed samples, separate
planes, premultiplied and other extra samples, white that is zero, Lab. libtiff unpacks them, through Pillow.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image

from sama.photo.header import Plain
from sama.photo.tiff_pages import Page
from sama.photo.tiff_segments import COMPRESSIONS, read_samples

COLOURS = {0: 1, 1: 1, 2: 3, 5: 4, 8: 3, 9: 3}  # photometric interpretation: its samples
_MODES = {0: "L", 1: "L", 2: "RGB", 5: "CMYK", 8: "LAB", 9: "LAB"}
_NAMES = {"L": "grey", "RGB": "colours", "CMYK": "inks", "LAB": "Lab"}
_ASSOCIATED, _UNASSOCIATED = 1, 2  # values of ExtraSamples
_MAX_SAMPLES = 16
_ROWS = 256
__all__ = ["COLOURS", "COMPRESSIONS", "can_read", "read"]


def can_read(page: Page) -> bool:
    """Tell whether a page is of a kind that `read` reads."""
    bits, form, samples = page.values(258) or (1,), page.values(339) or (1,), page.value(277, 1)
    if (
        page.photometric not in COLOURS
        or page.value(259, 1) not in COMPRESSIONS
        or len(set(bits)) + len(set(form)) > 2
    ):
        return False
    if page.photometric == 5 and page.value(332, 1) not in (1, 2):
        return False
    known = {1: range(1, 33), 2: (8, 16, 32), 3: (16, 32, 64), 4: range(1, 33)}.get(form[0], ())
    predictor = page.value(317, 1)
    fits = predictor == 1 or (predictor == 2 and bits[0] in (8, 16, 32)) or (predictor == 3 and form[0] == 3)
    return bits[0] in known and fits and COLOURS[page.photometric] <= samples <= _MAX_SAMPLES


def read(data: bytes, page: Page, notes: list[str]) -> Plain:
    """Return a page as a picture in a plain mode and its straight alpha; raises ValueError where it is damaged."""
    samples, mode = read_samples(data, page), _MODES[page.photometric]
    colours = COLOURS[page.photometric]
    alpha_at, associated = _alpha(page, samples.shape[2] - colours)
    keep = [*range(colours), *([] if alpha_at is None else [colours + alpha_at])]
    to_unit = _scale(samples[..., :colours], page, mode, notes)
    result = Image.new(mode, page.size)
    alpha = None if alpha_at is None else np.empty(page.size[::-1], np.uint8)
    for top in range(0, page.size[1], _ROWS):
        strip = samples[top : top + _ROWS, :, keep]
        values = to_unit(strip[..., :colours])
        if page.photometric == 0:
            values = 1 - values
        if alpha is not None:
            opacity = _opacity(strip[..., colours:], page)
            alpha[top : top + _ROWS] = np.rint(255 * opacity[..., 0])
            if associated:
                values = np.divide(values, opacity, out=np.zeros_like(values), where=opacity > 0)
        pixels = np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)
        if mode == "LAB":
            pixels[..., 1:] ^= 128  # Pillow takes raw a and b for signed
        result.paste(Image.fromarray(pixels[..., 0] if colours == 1 else pixels, mode), (0, top))
    return result, alpha


def _alpha(page: Page, extras: int) -> tuple[int | None, bool]:
    """Return which extra sample is the opacity, and whether the colours are multiplied by it."""
    meanings = page.values(338)
    for i, meaning in enumerate(meanings[:extras]):
        if meaning in (_ASSOCIATED, _UNASSOCIATED):
            return i, meaning == _ASSOCIATED
    if (
        not meanings and extras == 1 and page.photometric != 5
    ):  # written without its meaning: as Pillow takes it
        return 0, False
    return None, False


def _opacity(samples: np.ndarray, page: Page) -> np.ndarray:
    if samples.dtype.kind == "f":
        return np.clip(np.nan_to_num(samples.astype(np.float32)), 0, 1)
    top = _top(page)
    return np.clip(samples.astype(np.float32) / np.float32(top), 0, 1)


def _top(page: Page) -> int:
    """Return the largest value of an integer sample."""
    bits = page.value(258, 1)
    return 2 ** (bits - 1) - 1 if page.value(339, 1) == 2 else 2**bits - 1


def _scale(
    samples: np.ndarray, page: Page, mode: str, notes: list[str]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what turns strips of colour samples into float32, in [0, 1] where they are as usual.

    samples: all of them (H, W, C). Lab becomes what Pillow's mode LAB holds, L / 100 and a or b + 128 of 255.
    """
    bits, kind = page.value(258, 1), samples.dtype.kind
    if mode == "LAB":
        notes.append(f"{bits}-bit Lab scaled to 8 bits") if bits > 8 else None
        return lambda strip: _lab(strip, page.photometric, bits)
    if kind == "u" and bits <= 16:
        if bits > 8:
            notes.append(f"{bits}-bit {_NAMES[mode]} scaled to 8 bits")
        return lambda strip: strip.astype(np.float32) / np.float32(2**bits - 1)
    low, high = _range(samples, kind, _NAMES[mode], notes)
    factor = np.float32(1 / (high - low)) if high > low else np.float32(0)
    return lambda strip: (np.nan_to_num(strip.astype(np.float32)) - np.float32(low)) * factor


def _lab(strip: np.ndarray, photometric: int, bits: int) -> np.ndarray:
    """Return Lab as Pillow holds it. Sources: TIFF 6.0, section 23; Adobe Photoshop TIFF Technical Notes (ICC Lab)."""
    values = strip.astype(np.float32)
    if strip.dtype.kind == "f":  # L from 0 to 100, a and b as they are
        return np.concatenate([values[..., :1] / 100, (values[..., 1:] + 128) / 255], -1)
    step = 2 ** (bits - 8)
    if photometric == 9:  # a and b with an offset of half the range; L of 16 bits ends at 0xFF00
        return np.concatenate([values[..., :1] / (255 * step), values[..., 1:] / (255 * step)], -1)
    half = 2 ** (bits - 1)
    signed = np.where(
        values[..., 1:] >= half, values[..., 1:] - 2 * half, values[..., 1:]
    )  # two's complement
    return np.concatenate([values[..., :1] / (2**bits - 1), (signed / step + 128) / 255], -1)


def _range(samples: np.ndarray, kind: str, name: str, notes: list[str]) -> tuple[float, float]:
    """Return which values are black and white where their type does not tell, as `plain` does."""
    ends = [_ends(samples[top : top + _ROWS]) for top in range(0, len(samples), _ROWS)]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    if kind == "f" and low >= 0 and high <= 1:
        notes.append(f"float {name} scaled to 8 bits")
        return 0.0, 1.0
    if kind == "f" and low >= 0 and np.quantile(_finite(samples[:: max(1, len(samples) // 256)]), 0.99) <= 1:
        notes.append(f"float {name} above 1 shown as 1")
        return 0.0, 1.0
    if kind != "f" and low >= 0 and high <= 65535:
        notes.append(f"16-bit {name} scaled to 8 bits")
        return 0.0, 65535.0
    notes.append(f"{name.removesuffix('s')} values of an unusual range scaled to 8 bits")
    return low, high


def _ends(samples: np.ndarray) -> tuple[float, float]:
    finite = _finite(samples)
    return float(finite.min()), float(finite.max())


def _finite(samples: np.ndarray) -> np.ndarray:
    return samples if samples.dtype.kind != "f" else np.where(np.isfinite(samples), samples, 0)
