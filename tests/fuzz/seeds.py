"""Small whole files of every kind that is read, made here: what the fuzz damages."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pillow_heif
import tifffile
from PIL import Image, ImageCms

from tests.helpers import encode, exif, png_file

RNG = np.random.default_rng(18)
RGB = np.kron(RNG.integers(0, 256, (5, 6, 3), np.uint8), np.ones((6, 6, 1), np.uint8))  # (30, 36, 3)
ALPHA = np.linspace(0, 255, 30 * 36, dtype=np.uint8).reshape(30, 36, 1)
RGBA = np.concatenate([RGB, ALPHA], 2)
PHOTO, CLEAR, GREY = Image.fromarray(RGB), Image.fromarray(RGBA), Image.fromarray(RGB[..., 0])
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


def _pngs() -> Iterator[tuple[str, bytes]]:
    grey, two = RGB[..., 0], RGBA[..., 2:]
    yield "grey1.png", png_file(grey & 1, 1, 0, [(b"tRNS", b"\0\1"), (b"gAMA", struct.pack(">I", 100_000))])
    yield (
        "palette4.png",
        png_file(grey & 15, 4, 3, [(b"PLTE", RGB.tobytes()[:48]), (b"tRNS", bytes(range(16)))]),
    )
    yield "grey16.png", png_file(grey.astype(np.uint16) * 257, 16, 0, [(b"tRNS", b"\1\1")])
    yield "pair8.png", png_file(two, 8, 4, [(b"pHYs", struct.pack(">IIB", 11811, 11811, 1))], interlaced=True)
    yield "deep.png", png_file(RGBA.astype(np.uint16) * 257, 16, 6, [(b"cICP", bytes((9, 16, 0, 1)))])
    chunks = [
        (b"iCCP", b"p\0\0" + zlib.compress(PROFILE)),
        (b"cHRM", struct.pack(">8I", *(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))),
        (b"eXIf", exif(6).tobytes().removeprefix(b"Exif\0\0")),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n  8\n4949\n")),
        (b"acTL", struct.pack(">II", 3, 0)),
    ]
    yield "told.png", png_file(RGB, 8, 2, chunks, [(b"tEXt", b"Comment\0hello")])


def _tiffs() -> Iterator[tuple[str, bytes]]:
    def tiff(*pages, **common) -> bytes:
        buffer = io.BytesIO()
        with tifffile.TiffWriter(buffer, **common) as file:
            for samples, options in pages:
                file.write(samples, **{"photometric": "rgb", "metadata": None, **options})
        return buffer.getvalue()

    deep, floats = RGB.astype(np.uint16) * 257, RGB.astype(np.float32) / 255
    yield "plain.tif", tiff((RGB, {"resolution": (300, 300), "iccprofile": PROFILE}))
    yield "strips.tif", tiff((RGB, {"compression": "zlib", "rowsperstrip": 7}), byteorder=">")
    yield "lzw.tif", encode(PHOTO, "TIFF", compression="tiff_lzw", strip_size=36 * 3 * 8)
    yield "deeplzw.tif", encode(Image.fromarray(deep[..., 0]), "TIFF", compression="tiff_lzw")
    yield "deep.tif", tiff((deep, {"compression": "zlib", "predictor": True}))
    yield "tiles.tif", tiff((deep, {"tile": (16, 16), "planarconfig": "contig"}), bigtiff=True)
    yield "planes.tif", tiff((np.moveaxis(deep, 2, 0), {"planarconfig": "separate", "rowsperstrip": 5}))
    yield "float.tif", tiff((floats, {"compression": "zlib"}))
    yield "alpha.tif", tiff((RGBA, {"extrasamples": ["assocalpha"]}))
    yield "inks.tif", tiff((RGBA, {"photometric": "separated"}))
    yield "white.tif", tiff((deep[..., 0], {"photometric": "miniswhite"}))
    yield "lab.tif", tiff((RGB, {"photometric": "cielab"}))
    small = {"subfiletype": 1, "subifds": 1}
    yield "pages.tif", tiff((np.ascontiguousarray(RGB[::3, ::3]), small), (RGB, {}), (deep, {}))
    yield "jpeg.tif", encode(PHOTO, "TIFF", compression="jpeg")
    yield "packed.tif", encode(PHOTO, "TIFF", compression="packbits")
    yield "fax.tif", encode(GREY.convert("1"), "TIFF", compression="group4")
    yield "palette.tif", encode(PHOTO.quantize(16), "TIFF")
    dng = [(50706, "B", 4, (1, 4, 0, 0), True), (274, "H", 1, 6, True)]
    raw = {"photometric": "linear_raw", "subfiletype": 0}
    thumb = {"subfiletype": 1, "subifds": 2, "extratags": dng}
    yield (
        "camera.dng",
        tiff((np.ascontiguousarray(RGB[::3, ::3]), thumb), (deep, raw), (RGB, {"subfiletype": 1})),
    )
    yield "preview.dng", tiff((RGB, {"extratags": dng}))


def _others() -> Iterator[tuple[str, bytes]]:
    told = {"exif": exif(8).tobytes(), "icc_profile": PROFILE}
    yield "photo.jpg", encode(PHOTO, "JPEG", dpi=(300, 300), comment=b"hello", **told)
    yield "progressive.jpg", encode(PHOTO, "JPEG", progressive=True, xmp=XMP)
    yield "inks.jpg", encode(PHOTO.convert("CMYK"), "JPEG")
    yield "grey.jpg", encode(GREY, "JPEG", restart_marker_rows=1)
    yield "lossy.webp", encode(PHOTO, "WEBP", xmp=XMP, **told)
    yield "clear.webp", encode(CLEAR, "WEBP", lossless=True)
    frames = {"save_all": True, "append_images": [GREY.convert("RGB"), PHOTO]}
    yield "film.webp", encode(CLEAR, "WEBP", **frames)
    yield "photo.avif", encode(PHOTO, "AVIF", speed=10, **told)
    yield "clear.avif", encode(CLEAR, "AVIF", speed=10)
    for name, picture in (("photo.heic", PHOTO), ("clear.heic", CLEAR)):
        buffer = io.BytesIO()
        pillow_heif.from_pillow(picture).save(buffer, quality=60)
        yield name, buffer.getvalue()
    yield "film.gif", encode(PHOTO, "GIF", **frames)
    yield "clear.gif", encode(PHOTO.quantize(8), "GIF", transparency=3, comment="hello")
    yield "photo.bmp", encode(PHOTO, "BMP")
    yield "palette.bmp", encode(PHOTO.quantize(16), "BMP")
    yield "photo.ppm", encode(PHOTO, "PPM")
    yield "plain.ppm", b"P3\n# hello\n2 2\n255\n" + b" ".join(b"%d" % v for v in RGB.flat[:12]) + b"\n"
    yield "grey.pgm", encode(GREY, "PPM")
    yield "photo.jp2", encode(PHOTO, "JPEG2000")


SEEDS: dict[str, bytes] = {name: data for made in (_pngs(), _tiffs(), _others()) for name, data in made}
