"""A small labelled set of pictures that are no everyday photographs, to see where SAMA's limits are.

    python -m tools.domains OUT
    sama evaluate OUT --prompts box

Five domains, the first word of a picture's name: medical, aerial, document, night and drawn. What is drawn here has
labels by its own geometry; what scikit-image has in its wheel, under licences that let it be shipped, is labelled by a
threshold, never by a model. Everything is the same in every run. docs/domains.md has the figures and what they mean.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage import color, data, filters

from tools.domain_drawings import Picture, aerial, document, drawn, night


def cell() -> Picture:
    """A cell under the microscope, where its smoothed brightness is above Otsu's threshold."""
    grey = data.cell()
    smooth = ndimage.gaussian_filter(grey.astype(float), 3)
    return _as_rgb(grey), _largest(smooth > filters.threshold_otsu(smooth), 1, 2000)


def retina() -> Picture:
    """A fundus in its black frame, where anything is to be seen."""
    rgb = data.retina()
    bright = ndimage.gaussian_filter(rgb.max(2).astype(float), 4)
    return rgb, _largest(_filled(bright > 25), 1, 2000)


def head() -> Picture:
    """Shepp and Logan's head: all that its skull encloses."""
    grey = _phantom()
    return _as_rgb(grey), _filled(grey > 0).astype(np.uint8)


def ventricles() -> Picture:
    """The two large dark parts inside the same head."""
    grey = _phantom()
    inner = np.asarray(ndimage.binary_erosion(_filled(grey > 0), iterations=30), bool)
    return _as_rgb(grey), _largest(inner & (grey < 10), 2, 300)


def tissue() -> Picture:
    """Stained tissue: the two largest brown stains by their own dye, unmixed."""
    rgb = data.immunohistochemistry()
    dye = ndimage.gaussian_filter(color.rgb2hed(rgb)[..., 2], 2)
    return rgb, _largest(dye > filters.threshold_otsu(dye), 2, 300)


def galaxies() -> Picture:
    """Hubble's deep field: the eight largest bright spots."""
    rgb = data.hubble_deep_field()
    light = ndimage.gaussian_filter(rgb.max(2).astype(float), 1.5)
    return rgb, _largest(light > 60, 8, 300)


def horse() -> Picture:
    """A silhouette."""
    inside = ~data.horse().astype(bool)
    return _as_rgb(np.where(inside, 20, 235).astype(np.uint8)), inside.astype(np.uint8)


def page() -> Picture:
    """A scanned page whose four largest words, smeared together, are objects: a hard case on purpose."""
    grey = data.page()
    dark = grey < filters.threshold_local(grey, 51, offset=12)
    return _as_rgb(grey), _largest(ndimage.binary_dilation(dark, iterations=2), 4, 200)


PICTURES: dict[str, Callable[[], Picture]] = {
    "medical_cell": cell,
    "medical_retina": retina,
    "medical_head": head,
    "medical_ventricles": ventricles,
    "medical_tissue": tissue,
    **{f"aerial_fields_{seed}": lambda seed=seed: aerial(seed) for seed in (1, 2, 3)},
    **{f"document_sheet_{seed}": lambda seed=seed: document(seed, parts=False) for seed in (1, 2, 3)},
    **{f"document_parts_{seed}": lambda seed=seed: document(seed, parts=True) for seed in (1, 2, 3)},
    "document_page": page,
    **{f"night_street_{seed}": lambda seed=seed: night(seed) for seed in (1, 2, 3)},
    "night_galaxies": galaxies,
    **{f"drawn_book_{seed}": lambda seed=seed: drawn(seed) for seed in (1, 2)},
    "drawn_horse": horse,
}


def write(out: Path) -> int:
    """Write images/ and labels/; returns how many pictures there are."""
    for folder in ("images", "labels"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for name, make in PICTURES.items():
        rgb, labels = make()
        Image.fromarray(rgb).save(out / "images" / f"{name}.png", compress_level=1)
        Image.fromarray(labels).save(out / "labels" / f"{name}.png")
    return len(PICTURES)


def _filled(mask: np.ndarray) -> np.ndarray:
    """A mask (H, W) bool without holes."""
    return np.asarray(ndimage.binary_fill_holes(mask))


def _phantom() -> np.ndarray:
    return (data.shepp_logan_phantom() * 255).round().astype(np.uint8)


def _as_rgb(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[..., None], 3, 2)


def _parts(mask: np.ndarray, most: int, least: int) -> Iterator[np.ndarray]:
    """The largest connected parts (H, W) bool of a mask, at most `most` of at least `least` pixels."""
    numbered, count = _numbered(mask)
    sizes = np.bincount(numbered.ravel(), minlength=count + 1)[1:]
    for index in np.argsort(-sizes, kind="stable")[:most]:
        if sizes[index] >= least:
            yield numbered == index + 1


def _numbered(mask: np.ndarray) -> tuple[np.ndarray, int]:
    numbered = np.zeros(mask.shape, np.int32)
    ndimage.label(mask, output=numbered)
    return numbered, int(numbered.max())


def _largest(mask: np.ndarray, most: int, least: int) -> np.ndarray:
    """Labels (H, W) uint8 from 1 of these parts."""
    labels = np.zeros(mask.shape, np.uint8)
    for number, part in enumerate(_parts(mask, most, least), 1):
        labels[part] = number
    return labels


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.domains", description="Write the set of other domains."
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for images/ and labels/")
    out = parser.parse_args().out
    print(f"wrote {write(out)} pictures to {out}")


if __name__ == "__main__":
    main()
