"""Whatever is sent as a photo: it opens the right way round and in the right colours, or one sentence says why not."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from tests.helpers import encode, exif
from tests.ui.browser.conftest import EXAMPLES, Visitor

RED, BLUE = (220, 30, 40), (30, 60, 200)


def halves(width: int, height: int, left=RED, right=BLUE) -> Image.Image:
    """Left and right half of two colours."""
    image = Image.new("RGB", (width, height), right)
    image.paste(left, (0, 0, width // 2, height))
    return image


def stored(orientation: int) -> Image.Image:
    """The halves, 600 + n pixels wide, as a camera with this EXIF orientation stores them."""
    upright = halves(600 + orientation, 400)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # of Pillow's Transpose, from upright to stored
    return upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))


def heic() -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(halves(640, 420)).save(buffer, quality=95)
    return buffer.getvalue()


def deep_grey() -> bytes:
    values = np.full((400, 620), 60_000, np.uint16)
    values[:, :310] = 10_000
    return encode(Image.fromarray(values), "PNG")


def palette() -> bytes:
    image = halves(630, 410).quantize(4)
    return encode(image, "PNG", transparency=image.getpixel((600, 5)))


def animation() -> bytes:
    return encode(halves(624, 412), "GIF", save_all=True, append_images=[halves(624, 412, BLUE, RED)] * 2)


GREY = (39, 39, 39), (233, 233, 233)
GOOD = {
    "cmyk.jpg": (
        lambda: encode(halves(618, 406).convert("CMYK"), "JPEG", quality=95),
        "618 × 406",
        (RED, BLUE),
    ),
    "deep.png": (deep_grey, "620 × 400", GREY),
    "palette.png": (palette, "630 × 410", (RED, (255, 255, 255))),
    "animation.gif": (animation, "624 × 412", (RED, BLUE)),
    "photo.heic": (heic, "640 × 420", (RED, BLUE)),
    **{
        f"orientation{n}.jpg": (
            lambda n=n: encode(stored(n), "JPEG", quality=95, exif=exif(n)),
            f"{600 + n} × 400",
            (RED, BLUE),
        )
        for n in range(1, 9)
    },
}


def header_only(width: int, height: int) -> bytes:
    """A PNG whose header claims any size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def bomb() -> bytes:
    """A whole picture of 400 megapixels in some 50 kB."""
    return encode(Image.new("1", (20_000, 20_000)), "PNG")


def truncated() -> bytes:
    data = (EXAMPLES / "flower.jpg").read_bytes()
    return data[: len(data) // 2]


BAD = {
    "text.png": (lambda: b"I am not a photo.", "text.png cannot be read as a photo"),
    "cut.jpg": (truncated, "cut.jpg is damaged or incomplete"),
    "empty.png": (lambda: b"", "empty.png is empty"),
    "vast.png": (lambda: header_only(60_000, 60_000), "vast.png has more than 50 megapixels"),
    "bomb.png": (bomb, "bomb.png has more than 50 megapixels"),
    "large.png": (lambda: header_only(8000, 6251), "large.png has 50.01 megapixels and the limit is 50"),
    "page.svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "page.svg cannot be read as a photo"),
}


@pytest.fixture(scope="module")
def visitor(browser, server):
    visitor = Visitor(browser, server[1])
    yield visitor
    visitor.context.close()


def send(visitor, folder, name: str, data: bytes):
    (folder / name).write_bytes(data)
    visitor.page.set_input_files(".pr-file", folder / name)


@pytest.mark.parametrize("name", GOOD)
def test_odd_photos_open_right(visitor, tmp_path, name):
    make, size, colours = GOOD[name]
    send(visitor, tmp_path, name, make())
    visitor.page.get_by_text(size).wait_for()
    visitor.page.get_by_text("Ready: click the object").wait_for()
    for x, colour in zip((0.3, 0.7), colours, strict=True):
        shown = visitor.page.evaluate(
            """x => {
              const c = document.querySelector('.pr-canvas');
              return [...c.getContext('2d').getImageData(x * c.width, c.height / 2, 1, 1).data].slice(0, 3);
            }""",
            x,
        )
        assert np.abs(np.subtract(shown, colour)).max() < 16, (name, shown, colour)
    assert not visitor.errors


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_photo_gets_one_sentence_and_changes_nothing(visitor, tmp_path, name):
    make, sentence = BAD[name]
    open_now = visitor.page.locator(".st-run").inner_text()
    send(visitor, tmp_path, name, make())
    told = visitor.page.get_by_text(sentence).first
    told.wait_for()
    assert told.inner_text().count(". ") == 0 and told.inner_text().endswith(".")
    visitor.page.get_by_text("Uploading").wait_for(state="hidden")
    assert visitor.page.locator(".st-run").inner_text() == open_now
    visitor.page.mouse.click(*visitor.at(0.4, 0.5))
    visitor.answered(visitor.seq if visitor.page.locator("#viewer [data-seq]").count() else None)
    visitor.clear()
    assert not visitor.errors
