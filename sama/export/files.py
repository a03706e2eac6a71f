"""The table of files that an answer makes: what each is called, what it holds, how it is written."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from sama.export.outputs import Outputs
from sama.matting import to_uint8

_COMPRESSION = 4  # of 9; more makes PNGs of photos hardly smaller and much slower


@dataclass(frozen=True)
class OutputFile:
    """title: for people; write: puts it into a path; needs_own_mask: there is none where SAM's mask is all there is;
    another: whether it would only say again what another file says, and goes into no ZIP and no folder by itself."""

    title: str
    write: Callable[[Outputs, Path], None]
    needs_own_mask: bool = False
    another: Callable[[Outputs], bool] | None = None


def names_of(outputs: Outputs) -> tuple[str, ...]:
    """Which of FILES there are, each once."""
    return tuple(
        name
        for name, file in FILES.items()
        if not (file.needs_own_mask and outputs.own_mask is None)
        and not (file.another is not None and file.another(outputs))
    )


def write_file(name: str, outputs: Outputs, folder: Path) -> Path:
    """Write the file `name` of FILES into a folder and return its path; raises OSError, KeyError for another name."""
    path = folder / name
    FILES[name].write(outputs, path)
    return path


def _photo(layer: str) -> Callable[[Outputs, Path], None]:
    def write(outputs: Outputs, path: Path) -> None:
        save_png(outputs, getattr(outputs, layer), path, outputs.profile)

    return write


def _mask(layer: str) -> Callable[[Outputs, Path], None]:
    return lambda outputs, path: save_png(outputs, getattr(outputs, layer).astype(np.uint8) * 255, path)


def _alpha16(outputs: Outputs, path: Path) -> None:
    save_png(outputs, np.rint(outputs.alpha * 65535).astype(np.uint16), path)


def _coco(outputs: Outputs, path: Path) -> None:
    path.write_text(json.dumps(outputs.coco()) + "\n", "utf-8", newline="\n")


def _figure(outputs: Outputs, path: Path) -> None:
    from sama.export.figure import draw_figure, figure_of, save_figure  # matplotlib takes a second to import

    try:
        save_figure(figure_of(outputs), path)
    except (OSError, MemoryError):
        raise
    except (
        Exception
    ):  # what a font of this machine makes of being embedded, which is no reason to lose the figure
        outputs.drawing = draw_figure(outputs, plain=True)
        save_figure(outputs.drawing, path)


def save_png(outputs: Outputs, pixels: np.ndarray, path: Path, profile: bytes | None = None) -> None:
    """Write a PNG with the photo's resolution, and a profile."""
    options = {"icc_profile": profile, "dpi": outputs.photo.dpi}
    given = {name: value for name, value in options.items() if value is not None}
    Image.fromarray(pixels).save(path, compress_level=_COMPRESSION, **given)


FILES = {  # in the order in which they are written and offered
    "cutout.png": OutputFile("Cut-out, RGBA", _photo("cutout")),
    "cutout_matte.png": OutputFile(
        "Cut-out by the matte", _photo("cutout_matte"), another=lambda outputs: not outputs.by_mask
    ),
    "cutout_mask.png": OutputFile(
        "Cut-out by the mask", _photo("cutout_mask"), another=lambda outputs: outputs.by_mask
    ),
    "composite.png": OutputFile("Composite", _photo("composite")),
    "alpha.png": OutputFile(
        "Alpha, 8 bit", lambda outputs, path: save_png(outputs, to_uint8(outputs.alpha), path)
    ),
    "alpha16.png": OutputFile("Alpha, 16 bit", _alpha16),
    "mask.png": OutputFile("SAMA mask", _mask("own_mask"), needs_own_mask=True),
    "mask_sam.png": OutputFile("SAM mask", _mask("sam_mask")),
    "trimap.png": OutputFile("Trimap", lambda outputs, path: save_png(outputs, outputs.trimap(), path)),
    "coco.json": OutputFile("Mask, COCO RLE", _coco),
    "figure.png": OutputFile("Figure, PNG", _figure),
    "figure.pdf": OutputFile("Figure, PDF", _figure),
    "session.json": OutputFile("Session", lambda outputs, path: outputs.session.save(path)),
}
