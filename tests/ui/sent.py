"""Pictures that the page was sent."""

import base64
import io

from PIL import Image


def decoded(url: str) -> Image.Image:
    """The picture of a data URL, in a format that loses nothing where that matters."""
    head, data = url.split(",")
    assert head in ("data:image/png;base64", "data:image/webp;base64")
    return Image.open(io.BytesIO(base64.b64decode(data)))
