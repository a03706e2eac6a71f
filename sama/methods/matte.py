"""The short way from a photo and a mask to a matte."""

import numpy as np
from PIL import Image, ImageOps

from sama import methods
from sama.methods.from_mask import FromMask
from sama.photo.opening import Photo, open_image
from sama.photo.source import Source
from sama.predict.loading import Predictor
from sama.request.masks import mask_of, open_mask
from sama.request.prompts import Prompts
from sama.request.request import Request


def matte(
    photo: np.ndarray | Image.Image | Source,
    mask: np.ndarray | Image.Image | Source,
    *,
    predictor: Predictor | None = None,
    device: str = "auto",
    closer: bool = True,
    edges: bool = True,
) -> np.ndarray:
    """Return the matte (H, W) float32 in [0, 1] of the object that a mask marks in a photo.

    photo: (H, W, 3) uint8, a picture of Pillow's, or what `open_image` takes. mask: of the photo's size, (H, W) bool,
    bytes or floats in [0, 1], of which what lies between counts as soft, a picture, or a file; all that it marks is one
    object. predictor: one of `sama.load`, which keeps what it knows of the last photos; by default the embedded model
    on `device`, loaded at the first call. closer, edges: see `Request`. The matte is nowhere more opaque than the
    photo's own file. Raises SamaError for a photo or mask that will not do. For the whole `Answer`, masks and trimap
    included, ask with `Request.of(Prompts(mask=...), ..., method="from_mask")`.
    """
    opened = photo if isinstance(photo, np.ndarray) else _opened(photo)
    pixels = opened if isinstance(opened, np.ndarray) else opened.rgb
    # Its shape is checked by set_image.
    size = (pixels.shape[1], pixels.shape[0]) if pixels.ndim == 3 else None
    given = mask_from(mask, size)
    if predictor is None:
        predictor = _embedded(device)
    here = predictor.fork()
    for _ in here.set_image(pixels):
        pass
    asked = Request.of(Prompts(mask=given), size or (0, 0), method=FromMask.name, closer=closer, edges=edges)
    alpha = methods.answer(here, asked).alpha
    if alpha is None:
        raise ValueError("a method for mattes has made none")
    return alpha if isinstance(opened, np.ndarray) else opened.limit(alpha)


def mask_from(mask: np.ndarray | Image.Image | Source, size: tuple[int, int] | None) -> np.ndarray:
    """A mask as `Prompts` takes it; size: (width, height) of the photo. Raises SamaError."""
    if isinstance(mask, Image.Image):
        kept = mask if mask.mode in ("1", "L", "I;16", "I") else mask.convert("L")
        return mask_of(np.asarray(ImageOps.exif_transpose(kept)), size)
    if isinstance(mask, np.ndarray | list):
        return mask_of(mask, size)
    return open_mask(mask, size)


def _opened(photo: Image.Image | Source) -> Photo | np.ndarray:
    if isinstance(photo, Image.Image):
        return np.array(ImageOps.exif_transpose(photo).convert("RGB"))
    return open_image(photo)


def _embedded(device: str) -> Predictor:
    from sama.predict.companion import companion
    from sama.predict.devices import resolve_device

    return companion(str(resolve_device(device)), "auto")
