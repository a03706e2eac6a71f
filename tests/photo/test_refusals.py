"""Files that are no photos, or cannot be read: each is refused with one sentence that names the true reason."""

import ast
import io
import os
import struct
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image

from sama.errors import PhotoError
from sama.photo import plain
from sama.photo.opening import open_image
from sama.photo.refusals import _BRANDS, _FOREIGN
from tests.helpers import encode, png_chunk, png_file


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)


def refusal(source, **options) -> str:
    with pytest.raises(PhotoError) as caught:
        open_image(source, **options)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and ". " not in text
    return text


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF"])
def test_truncated(kind, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = encode(Image.fromarray(noise), kind)
    for part in (0.1, 0.5, 0.9):
        path = tmp_path / f"cut.{kind}"
        path.write_bytes(data[: int(len(data) * part)])
        text = refusal(path)
        assert text.startswith(path.name) and str(tmp_path) not in text


@pytest.mark.parametrize(
    "data",
    [b"hello, I am text", b"\0" * 4096, b"\xff\xd8\xff", b"GIF89a", b"%!PS-Adobe-3.0 EPSF-3.0"],
)
def test_not_a_photo(data):
    assert refusal(data, name="/home/someone/text.png").startswith("text.png cannot be read as")


def test_eps_never_reaches_ghostscript(tmp_path):
    path = tmp_path / "x.eps"
    Image.new("RGB", (4, 4)).save(path)
    assert "cannot be read as a photo" in refusal(path)


def test_empty_missing_folder_pipe(tmp_path):
    (tmp_path / "empty.png").touch()
    assert "empty" in refusal(tmp_path / "empty.png")
    assert "does not exist" in refusal(tmp_path / "missing.png")
    assert "folder" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refusal(tmp_path / "pipe")
    assert "path" in refusal("zero\0byte.png")
    assert refusal(b"") == "This file is empty; export or download it again."


@pytest.mark.parametrize(
    ("error", "words"), [(PermissionError(13, "no"), "permissions"), (OSError(5, "no"), "path")]
)
def test_unreadable(tmp_path, monkeypatch, error, words):
    def fail(self):  # file modes do not stop root, as whom tests may run
        raise error

    monkeypatch.setattr(Path, "read_bytes", fail)
    (tmp_path / "secret.png").touch()
    text = refusal(tmp_path / "secret.png")
    assert words in text and str(tmp_path) not in text


IT_IS, BEGINS = "cannot be read as a photo: it is ", "cannot be read as a photo: it begins as "
AS_PHOTO = "export it as JPEG, PNG or TIFF."
ARCHIVE = "unpack it and choose a photo in it."
AS_RGB, AGAIN = "export it as RGB TIFF, PNG or JPEG.", "export or download it again."
FRAME = "save one of its frames as JPEG or PNG."
DAMAGED = "but is damaged or incomplete; export or download it again."


def tiff(samples: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, samples, **options)
    return buffer.getvalue()


def box(brand: bytes) -> bytes:
    return struct.pack(">I4s4sI", 24, b"ftyp", brand, 0) + brand + b"mif1" + b"\0" * 200


def renumbered(tag: int, value: int, **options) -> bytes:
    """An RGB TIFF with another number in a tag."""
    data = bytearray(tiff(np.zeros((8, 9, 3), np.uint8), photometric="rgb", **options))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        struct.pack_into("<H", data, file.pages[0].tags[tag].offset + 8, value)
    return bytes(data)


def broken(kind: bytes, data: bytes) -> bytes:
    """A PNG with a wrong checksum, or for pixels, with a wrong bit."""
    at = data.index(kind)
    (length,) = struct.unpack(">I", data[at - 4 : at])
    where = at + 4 + (length // 2 if kind == b"IDAT" else length)
    return data[:where] + bytes([data[where] ^ 1]) + data[where + 1 :]


PNG = png_file(np.random.default_rng(0).integers(0, 255, (20, 20, 3)), 8, 2)
PALETTE = png_file(np.zeros((4, 4), np.uint8), 8, 3, [(b"PLTE", bytes(6))])
JPEG = encode(Image.new("RGB", (16, 16)), "JPEG")
REFUSED = {
    "x.psd": (b"8BPS\0\1" + b"\0" * 99, IT_IS + "a Photoshop document; " + AS_PHOTO),
    "x.xcf": (b"gimp xcf v011", IT_IS + "a GIMP document; " + AS_PHOTO),
    "x.pdf": (
        b"%PDF-1.7\n",
        IT_IS + "a PDF document; export the page as PNG or JPEG.",
    ),
    "x.eps": (b"%!PS-Adobe-3.0", IT_IS + "a PostScript drawing; export it as PNG."),
    "x.jxl": (b"\xff\x0a\xfa\x7f", IT_IS + "a JPEG XL file; " + AS_PHOTO),
    "y.jxl": (b"\0\0\0\x0cJXL \r\n\x87\n", IT_IS + "a JPEG XL file; " + AS_PHOTO),
    "x.jxr": (b"II\xbc\x01\x08\0\0\0", IT_IS + "a JPEG XR file; " + AS_PHOTO),
    "x.exr": (b"v/1\x01\2\0\0\0", IT_IS + "an OpenEXR file; " + AS_PHOTO),
    "x.hdr": (b"#?RADIANCE\n", IT_IS + "a Radiance HDR file; " + AS_PHOTO),
    "x.pam": (b"P7\nWIDTH 1\n", IT_IS + "a PAM file; " + AS_PHOTO),
    "x.pfm": (b"PF\n1 1\n", IT_IS + "a PFM file of colours; " + AS_PHOTO),
    "x.dds": (b"DDS |\0\0\0", IT_IS + "a DDS texture; export it as PNG."),
    "x.fits": (b"SIMPLE  =   T", IT_IS + "a FITS file; export it as TIFF or PNG."),
    "j2k.heif": (box(b"j2ki"), IT_IS + "a HEIF file with JPEG 2000 inside; " + AS_PHOTO),
    "vvc.heif": (box(b"vvic"), IT_IS + "a HEIF file with H.266 inside; " + AS_PHOTO),
    "x.ico": (b"\0\0\1\0\1\0", IT_IS + "an icon; export it as PNG."),
    "x.svg": (
        b'<?xml version="1.0"?>\n<svg/>',
        IT_IS + "an SVG drawing; export it as PNG.",
    ),
    "x.html": (
        b"<!DOCTYPE html><p>",
        IT_IS + "a web page; save the picture itself.",
    ),
    "x.zip": (b"PK\3\4" + b"\0" * 40, IT_IS + "a ZIP archive; " + ARCHIVE),
    "x.gz": (b"\x1f\x8b\x08", IT_IS + "an archive; " + ARCHIVE),
    "x.mp4": (box(b"isom"), IT_IS + "a video; " + FRAME),
    "x.mov": (box(b"qt  "), IT_IS + "a video; " + FRAME),
    "x.webm": (b"\x1aE\xdf\xa3", IT_IS + "a video; " + FRAME),
    "x.avi": (b"RIFF\0\0\0\0AVI LIST", IT_IS + "a video; " + FRAME),
    "x.dcm": (
        b"\0" * 128 + b"DICM",
        IT_IS + "a DICOM file; export it as PNG or TIFF.",
    ),
    "x.raf": (b"FUJIFILMCCD-RAW 0201", IT_IS + "a raw photo; " + AS_PHOTO),
    "x.cr3": (box(b"crx "), IT_IS + "a raw photo; " + AS_PHOTO),
    "x.heif": (box(b"avci"), IT_IS + "a HEIF file with H.264 inside; " + AS_PHOTO),
    "lfs.jpg": (
        b"version https://git-lfs.github.com/spec/v1\n",
        IT_IS + "a Git LFS pointer; fetch the photo itself with git lfs pull.",
    ),
    "text.jpg": (
        b"hello",
        "cannot be read as a photo; choose a complete JPEG, PNG, WebP, AVIF, HEIC, TIFF or GIF file.",
    ),
    "cut.jpg": (b"\xff\xd8\xff", BEGINS + "a JPEG " + DAMAGED),
    "cut.png": (PNG[:20], BEGINS + "a PNG " + DAMAGED),
    "cut.gif": (b"GIF89a", BEGINS + "a GIF " + DAMAGED),
    "cut.webp": (b"RIFF\0\1\0\0WEBPVP8 ", BEGINS + "a WebP " + DAMAGED),
    "cut.avif": (box(b"avif"), BEGINS + "an AVIF " + DAMAGED),
    "cut.heic": (box(b"heic"), BEGINS + "a HEIC " + DAMAGED),
    "cut.tif": (b"II*\0\x08\0\0\0", BEGINS + "a TIFF " + DAMAGED),
    "half.png": (PNG[: len(PNG) // 2], "is damaged or incomplete; " + AGAIN),
    "header.png": (
        broken(b"IHDR", PNG),
        "is damaged: its part IHDR fails its checksum; " + AGAIN,
    ),
    "palette.png": (
        broken(b"PLTE", PALETTE),
        "is damaged: its part PLTE fails its checksum; " + AGAIN,
    ),
    "pixels.png": (
        broken(b"IDAT", PNG),
        "is damaged: its pixels fail their checksum; " + AGAIN,
    ),
    "iphone.png": (
        PNG[:8] + png_chunk(b"CgBI", b"\0" * 4) + PNG[8:],
        "is a PNG packed for iPhone apps; export it as an ordinary PNG or JPEG.",
    ),
    "medical.jpg": (
        JPEG.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c"),
        "is a JPEG of 12 bits a sample, which is not read; " + AS_PHOTO,
    ),
    "deep.jp2": (
        encode(Image.new("RGB", (16, 16)), "JPEG2000").replace(b"\0\3\7\1\1\7", b"\0\3\x0f\1\1\7"),
        "is a JPEG 2000 of more than 8 bits a colour, which is not read; " + AS_PHOTO,
    ),
    "half.tif": (
        tiff(np.zeros((50, 50, 3), np.uint16), photometric="rgb")[:9000],
        "is damaged or incomplete; " + AGAIN,
    ),
    "complex.tif": (
        tiff(np.zeros((8, 9), np.complex64)),
        "is a TIFF of a kind that is not read (64-bit complex grey, uncompressed); " + AS_RGB,
    ),
    "channels.tif": (
        tiff(np.zeros((8, 9, 20), np.uint8), photometric="rgb", planarconfig="contig"),
        "is a TIFF of a kind that is not read (8-bit RGB with 20 channels, uncompressed); " + AS_RGB,
    ),
    "lerc.tif": (
        renumbered(259, 34887),
        "is a TIFF of a kind that is not read (8-bit RGB, LERC); " + AS_RGB,
    ),
    "webp.tif": (
        renumbered(259, 50001),
        "is a TIFF of a kind that is not read (8-bit RGB, WebP); " + AS_RGB,
    ),
    "strange.tif": (
        renumbered(259, 12345),
        "is a TIFF of a kind that is not read (8-bit RGB, compression 12345); " + AS_RGB,
    ),
    "itulab.tif": (
        renumbered(262, 10),
        "is a TIFF of a kind that is not read (8-bit ITU Lab, uncompressed); " + AS_RGB,
    ),
    "raw.dng": (renumbered(262, 34892), "is a raw photo without a full-size preview; " + AS_PHOTO),
}


def test_the_table_has_every_kind_that_is_known_by_its_first_bytes():
    told = {sentence for _, sentence in REFUSED.values()}
    known = {f"{IT_IS}{what}; {remedy}." for what, remedy in (*_FOREIGN.values(), *_BRANDS.values())}
    assert known <= told, known - told


def texts(path: Path, *makers: str) -> set[str]:
    """Texts in a file's code: all, or of those calls alone the longest in the first argument."""
    tree = ast.parse(path.read_text("utf-8"))
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") in makers]
    found = set()
    for part in [call.args[:1] for call in calls if call.args] if makers else [[tree]]:
        inside = (n.value for n in ast.walk(part[0]) if isinstance(n, ast.Constant))
        words = [text for text in inside if isinstance(text, str)]
        found.update(words if not makers else sorted(words, key=len)[-1:])
    return found


def test_every_refusal_in_the_code_of_this_room_is_in_its_tests():
    """A new sentence needs its row in the table above, or below in what is no file."""
    here = Path(__file__)
    tested = " ".join(text for path in here.parent.glob("test_*.py") for text in texts(path))
    code = (here.parents[2] / "sama" / "photo").glob("*.py")
    told = {words.strip(" ;,.") for path in code for words in texts(path, "PhotoError", "Refused")}
    assert len(told) > 15 and not {words for words in told if words not in tested}


def test_the_sentence_of_what_is_no_file_to_read(tmp_path, monkeypatch):
    assert refusal(tmp_path / "gone.png") == "gone.png does not exist; check its path."
    assert refusal(tmp_path) == f"{tmp_path.name} is a folder; choose a photo in it."
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "pipe is not a regular file; choose a photo."
    (tmp_path / "a.png").write_bytes(PNG)
    limit = "a.png has 0.0004 megapixels and the limit is 0.0003; scale it down first."
    assert refusal(tmp_path / "a.png", max_pixels=300) == limit
    scans = JPEG[:-2] + b"\xff\xda" * 10 + JPEG[-2:]
    monkeypatch.setattr(plain, "_MAX_WORK", 100)
    number = scans.count(b"\xff\xda")
    told = f"s.jpg is a JPEG of {number} scans, which would take minutes to read; {AS_PHOTO}"
    assert refusal(scans, name="s.jpg") == told
    for error, told in (
        (PermissionError(13, "no"), "a.png may not be read; change its permissions."),
        (OSError(5, "no"), "a.png cannot be read; check its path."),
        (MemoryError(), "a.png does not fit into memory; scale it down first."),
    ):

        def fail(self, error=error):
            raise error

        monkeypatch.setattr(Path, "read_bytes", fail)
        assert refusal(tmp_path / "a.png") == told


@pytest.mark.parametrize("name", REFUSED)
def test_the_sentence_of_each_kind(name):
    data, sentence = REFUSED[name]
    assert refusal(data, name=name) == f"{name} {sentence}"


def test_a_heic_that_is_cut():
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 64))).save(buffer)
    data = buffer.getvalue()
    for length in (30, len(data) // 2, len(data) - 9):
        assert "damaged or incomplete" in refusal(data[:length])
