"""The figure for a talk or a paper: photo, SAM, SAMA, matte and composite, with the details where they differ.

Drawn with matplotlib's own objects, never through pyplot, whose state all visitors would share. Text stays text in the
PDF. The pictures in it are reduced to what print shows; details are the photo's own pixels.
"""

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from sama import __version__
from sama.export.details import Square, strongest_details
from sama.export.letters import FIRST, fonts_for, shortened, wrapped
from sama.export.outputs import Outputs
from sama.export.palette import SAM_COLOUR, SAMA_COLOUR
from sama.matting import to_uint8
from sama.photo.colour import recolour
from sama.photo.resize import fit_within
from sama.photo.source import printable
from sama.request.prompts import Prompts

# All lengths in inches; five panels make the 7.2 inches of a page with two columns of text.
PANEL = 1.385
TALLEST = 2.1
GAP = 0.045
MARGIN = 0.06
TITLE = 0.2
CAPTION = 0.34
DPI = 480
_PRINTED = 900  # longer side, in pixels, of a whole photo in the figure
_INK, _SOFT, _KEEP, _DROP = "#1d1c1a", "#6f6b63", "#1a9e52", "#dc3535"
# The font comes with matplotlib. Text is never markup: a file may be called "lamp_$5_$7.jpg".
_TEXT = {"family": FIRST, "color": _INK, "parse_math": False, "usetex": False}
_LABEL = {
    **_TEXT,
    "size": 6,
    "weight": "bold",
    "ha": "left",
    "bbox": {"boxstyle": "square,pad=0.25", "facecolor": "white", "edgecolor": "none", "alpha": 0.88},
}
_TITLE = {**_TEXT, "size": 7.5, "ha": "center", "va": "baseline"}
_CAPTION = {**_TEXT, "color": _SOFT, "size": 5.2, "ha": "left", "va": "top", "linespacing": 1.5}
_LETTERS = "AB"
_NAME = 56  # columns of a file's name in the caption
Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels of the photo
_RC = {"pdf.fonttype": 42}  # TrueType, as publishers demand


def draw_figure(outputs: Outputs, *, plain: bool = False) -> Figure:
    """Return the figure of one answer: five labelled panels, a row of insets per detail, and a caption.

    plain: use no font but matplotlib's own.
    """
    width, height = outputs.photo.size
    whole = (0, 0, width, height)
    scale = min(PANEL / width, TALLEST / height)
    panel = width * scale, height * scale
    cell = max(panel[0], 0.6 * PANEL)
    details = strongest_details(outputs.sam_mask, outputs.mask, outputs.alpha)
    columns = _columns(outputs)
    page = (
        2 * MARGIN + len(columns) * (cell + GAP) - GAP,
        MARGIN + TITLE + panel[1] + len(details) * (cell + GAP) + CAPTION,
    )
    figure = Figure(page, dpi=DPI, facecolor="white")
    for index, (title, cut) in enumerate(columns):
        left, top = MARGIN + index * (cell + GAP), MARGIN + TITLE
        figure.text((left + cell / 2) / page[0], 1 - (top - 0.06) / page[1], title, **_TITLE)
        axes = _panel(figure, (left + (cell - panel[0]) / 2, top), panel)
        _show(axes, cut(whole), whole)
        if index == 0:
            _draw_prompts(axes, outputs.prompts)
        for row, (letter, (x, y, side)) in enumerate(zip(_LETTERS, details, strict=False)):
            _outline(axes, (x, y, side), letter)
            inset = _panel(figure, (left, top + panel[1] + GAP + row * (cell + GAP)), (cell, cell))
            box = (x, y, x + side, y + side)
            _show(inset, cut(box), box)
            if index == 0:
                text = f"{letter}   {cell / (side * scale):.1f}\u00d7"
                inset.annotate(text, (0.03, 0.965), xycoords="axes fraction", va="top", **_LABEL)
    lines = wrapped(_provenance(outputs, plain), round(page[0] * 25))
    caption = "\n".join(line.removesuffix("  \u00b7").removeprefix("\u00b7  ") for line in lines)
    fonts, _ = fonts_for(caption, plain=plain)
    figure.text(MARGIN / page[0], (CAPTION - 0.07) / page[1], caption, **{**_CAPTION, "family": fonts})
    return figure


def figure_of(outputs: Outputs) -> Figure:
    """`draw_figure`, kept with the answer: it is written twice."""
    if outputs.drawing is None:
        outputs.drawing = draw_figure(outputs)
    return outputs.drawing


def save_figure(figure: Figure, path: Path) -> None:
    """Write a PNG or a PDF, by the suffix; the same figure always makes the same bytes."""
    undated = {"CreationDate": None, "ModDate": None} if path.suffix == ".pdf" else {"Software": None}
    with matplotlib.rc_context(_RC):  # pyright: ignore[reportArgumentType]  its keys are strings
        figure.savefig(path, dpi=DPI, metadata=undated)


def _panel(figure: Figure, corner: tuple[float, float], size: tuple[float, float]) -> Axes:
    """Add axes of a size with their upper left corner there, in inches from the upper left of the page."""
    (left, top), (width, height) = corner, size
    page = figure.get_size_inches()
    axes = figure.add_axes((left / page[0], 1 - (top + height) / page[1], width / page[0], height / page[1]))
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(linewidth=0.4, edgecolor="#b9b4ab")
    return axes


def _columns(outputs: Outputs) -> list[tuple[str, Callable[[Box], np.ndarray]]]:
    """Titles, and functions that return a part of the photo as (h, w, 3) uint8, at most _PRINTED pixels long."""
    rgb = outputs.photo.rgb

    def mask(layer: np.ndarray, colour: tuple[int, int, int]) -> Callable[[Box], np.ndarray]:
        return lambda box: _tinted(_part(rgb, box), _part(layer, box), colour)

    own = outputs.own_mask
    return [
        ("Photo and prompts", lambda box: _part(rgb, box)),
        ("SAM mask", mask(outputs.sam_mask, SAM_COLOUR)),
        *([] if own is None else [(f"{outputs.mask_title} mask", mask(own, SAMA_COLOUR))]),
        (
            outputs.method.named(outputs.method.title, outputs.info),
            lambda box: np.repeat(_part(outputs.alpha, box)[..., None], 3, axis=2),
        ),
        ("Composite", lambda box: _in_srgb(_part(outputs.composite, box), outputs.profile)),
    ]


def _part(values: np.ndarray, box: Box) -> np.ndarray:
    """Cut x0, y0, x1, y1 out of a picture as bytes, averaged down to _PRINTED pixels where it is longer."""
    x0, y0, x1, y1 = box
    values = values[y0:y1, x0:x1]
    if values.dtype != np.uint8:
        values = to_uint8(values)
    size = fit_within(values.shape[1], values.shape[0], _PRINTED)
    picture = Image.fromarray(np.ascontiguousarray(values))
    return np.asarray(picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def _tinted(rgb: np.ndarray, mask: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Show a mask (h, w) of bytes: the photo tinted inside, pale and grey outside."""
    inside = mask[..., None] / 255
    kept = 0.45 * rgb + 0.55 * np.array(colour)
    pale = 0.3 * rgb.mean(-1, keepdims=True) + 0.7 * 255
    return np.rint(inside * kept + (1 - inside) * pale).astype(np.uint8)


def _in_srgb(pixels: np.ndarray, profile: bytes | None) -> np.ndarray:
    """Turn a composite into sRGB, and show a cut-out on a checkerboard."""
    rgb = np.ascontiguousarray(pixels[..., :3])
    if profile is not None:
        rgb = recolour(rgb, source=profile)
    if pixels.shape[2] == 3:
        return rgb
    alpha = pixels[..., 3:] / 255
    rows, columns = np.indices(pixels.shape[:2]) // max(4, max(pixels.shape[:2]) // 36)
    checker = np.where((rows + columns) % 2, 209, 240)[..., None]
    return np.rint(alpha * rgb + (1 - alpha) * checker).astype(np.uint8)


def _show(axes: Axes, pixels: np.ndarray, box: Box) -> None:
    x0, y0, x1, y1 = box
    axes.imshow(pixels, extent=(x0, x1, y1, y0), aspect="auto")


def _outline(axes: Axes, square: Square, letter: str) -> None:
    x, y, side = square
    for width, colour in ((1.6, "white"), (0.7, _INK)):
        axes.add_patch(Rectangle((x, y), side, side, fill=False, linewidth=width, edgecolor=colour))
    if y > side / 2:
        axes.annotate(letter, (x, y), (0, 1.5), textcoords="offset points", va="bottom", **_LABEL)
    else:
        axes.annotate(letter, (x, y + side), (0, -2), textcoords="offset points", va="top", **_LABEL)


def _draw_prompts(axes: Axes, prompts: Prompts) -> None:
    for x0, y0, x1, y1 in prompts.boxes:
        for width, colour in ((1.6, _INK), (0.8, "white")):
            axes.add_patch(
                Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, linewidth=width, edgecolor=colour)
            )
    for x, y, label in prompts.points:
        colour, sign = (_KEEP, "+") if label else (_DROP, "_")
        axes.plot(x, y, "o", color=colour, markersize=4.6, markeredgecolor="white", markeredgewidth=0.8)
        axes.plot(x, y, sign, color="white", markersize=2.6, markeredgewidth=0.8)


def _provenance(outputs: Outputs, plain: bool) -> str:
    """Say what the figure shows and what it takes to make it again."""
    photo, info, prompts, settings = outputs.photo, outputs.info, outputs.prompts, outputs.settings
    negative = sum(label == 0 for *_, label in prompts.points)
    asked = [_count(len(prompts.boxes), "box", "boxes"), _count(len(prompts.points), "point", "points")]
    if negative:
        asked[1] += f" ({negative} negative)"
    if prompts.mask is not None:
        asked.append("a mask")
    asked.append(_count(len(prompts.strokes), "stroke", "strokes"))
    if settings.candidate is not None:
        asked.append(f"SAM's candidate {settings.candidate + 1}")
    facts = [
        f"SAMA {__version__}",
        f"model {info.name}, weights {info.weights_digest or 'none'}",
        f"{_called(photo.name, plain)}, {photo.size[0]} \u00d7 {photo.size[1]} px, SHA-256 {photo.digest[:12]}",
        "prompts: " + ", ".join(each for each in asked if each),
        f"foreground colours {'estimated' if settings.estimate_foreground else 'of the photo'}",
    ]
    if outputs.method.note:
        facts.insert(2, outputs.method.note)
    facts.append(
        f"insets: where SAM and {'the matte' if outputs.own_mask is None else outputs.mask_title} differ most"
    )
    return "  \u00b7  ".join(facts)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}" if number else ""


def _called(name: str, plain: bool) -> str:
    """A photo's name for the caption; words where no font here has all of its letters."""
    name = shortened(printable(name), _NAME)
    _, missing = fonts_for(name, plain=plain)
    # Held together, so that a line never begins with the name: its letters may be written from right to left.
    return "a photo whose name no font here can write" if missing else f"photo\u00a0{name}"
