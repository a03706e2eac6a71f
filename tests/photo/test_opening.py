"""Photos of every awkward kind: opened to the right pixels, or refused with one sentence."""

import io
import os

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from sama.errors import PhotoError
from sama.photo.opening import image_digest, open_image
from tests.helpers import encode, exif


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)


# Orientation n means: this was done to the upright picture before it was stored (EXIF 2.3).
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation(pixels, kind, orientation):
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](pixels)))
    options = {"lossless": True} if kind == "WEBP" else {}
    photo = open_image(encode(stored, kind, exif=exif(orientation), **options))
    np.testing.assert_array_equal(photo.rgb, pixels)
    assert photo.size == (9, 6)
    assert any("upright" in note for note in photo.notes) == (orientation != 1)


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_every_row_of_a_tall_photo_arrives(bands):
    stored = np.random.default_rng(0).integers(0, 256, (600, 5, bands), np.uint8)
    photo = open_image(encode(Image.fromarray(stored.squeeze()), "PNG"))
    colours, alpha = (stored, None) if bands % 2 else (stored[..., :-1], stored[..., -1])
    if alpha is not None:
        np.testing.assert_array_equal(photo.alpha, alpha)
    seen = np.ones((600, 5), bool) if alpha is None else alpha == 255
    assert seen.any()
    np.testing.assert_array_equal(photo.rgb[seen], np.broadcast_to(colours, (600, 5, 3))[seen])


def test_orientation_turns_a_jpeg_and_its_alpha_with_it(pixels):
    grey = Image.fromarray(np.repeat(np.arange(0, 160, 10, np.uint8)[None], 32, 0))  # 32 x 16
    turned = open_image(encode(grey, "JPEG", exif=exif(6), quality=100))
    assert turned.size == (32, 16)
    assert turned.rgb[0, 0, 0] < 3 and turned.rgb[-1, 0, 0] > 147
    alpha = np.arange(54, dtype=np.uint8).reshape(6, 9)
    rgba = Image.fromarray(np.rot90(np.dstack([pixels, alpha])).copy())
    np.testing.assert_array_equal(open_image(encode(rgba, "PNG", exif=exif(6))).alpha, alpha)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("damage", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_damaged_exif_is_no_reason_to_refuse(pixels, damage):
    photo = open_image(encode(Image.fromarray(pixels), "PNG", exif=damage))
    np.testing.assert_array_equal(photo.rgb, pixels)


def test_digest_is_of_upright_pixels_and_their_shape(pixels):
    plain = open_image(encode(Image.fromarray(pixels), "PNG"))
    turned = Image.fromarray(np.rot90(pixels).copy())
    assert open_image(encode(turned, "TIFF", exif=exif(6))).digest == plain.digest
    assert plain.digest == image_digest(pixels) and len(plain.digest) == 64
    assert image_digest(pixels.reshape(9, 6, 3)) != plain.digest
    other = pixels.copy()
    other[0, 0, 0] ^= 1
    assert image_digest(other) != plain.digest


def on_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    a = alpha[..., None] / 255
    return rgb * a + 255 * (1 - a)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_rgba(pixels, kind):
    alpha = np.arange(0, 270, 5).clip(0, 255).astype(np.uint8).reshape(6, 9)
    photo = open_image(encode(Image.fromarray(np.dstack([pixels, alpha])), kind))
    np.testing.assert_array_equal(photo.alpha, alpha)
    assert np.abs(photo.rgb - on_white(pixels, alpha)).max() <= 0.5
    assert any("transparency" in note for note in photo.notes)


def test_grey_with_alpha(pixels):
    grey, alpha = pixels[..., 0], pixels[..., 1]
    la = Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)])
    photo = open_image(encode(la, "PNG"))
    np.testing.assert_array_equal(photo.alpha, alpha)
    assert np.abs(photo.rgb - on_white(np.dstack([grey] * 3), alpha)).max() <= 0.5


def test_palette_with_a_transparent_colour():
    image = Image.new("P", (4, 2), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    for kind in ("PNG", "GIF"):
        photo = open_image(encode(image, kind, transparency=0))
        assert photo.alpha[0].tolist() == [0, 255, 0, 0]
        assert photo.rgb[0, :2].tolist() == [[255, 255, 255], [200, 100, 50]]
    opaque = open_image(encode(image, "PNG"))
    assert opaque.alpha is None and opaque.rgb[0, 0].tolist() == [10, 20, 30]


def test_rgb_with_a_transparent_colour(pixels):
    photo = open_image(encode(Image.fromarray(pixels), "PNG", transparency=tuple(pixels[2, 3])))
    assert photo.alpha[2, 3] == 0 and (photo.alpha == 255).sum() == 53


def test_opaque_alpha_counts_as_none(pixels):
    rgba = np.dstack([pixels, np.full((6, 9), 255, np.uint8)])
    photo = open_image(encode(Image.fromarray(rgba), "PNG"))
    assert photo.alpha is None and photo.notes == ()
    np.testing.assert_array_equal(photo.rgb, pixels)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "AVIF", "MPO"])
def test_first_of_several_frames(kind):
    first, *rest = (Image.new("RGB", (32, 16), c) for c in ("red", "lime", "blue"))
    photo = open_image(encode(first, kind, save_all=True, append_images=rest))
    assert np.abs(photo.rgb.astype(int) - [255, 0, 0]).max() <= 3
    assert photo.notes == ("first of 3 frames",)


def test_heic():
    y, x = np.mgrid[:64, :96]
    gradient = np.dstack([2 * x, 3 * y, x + y]).astype(np.uint8)
    opener_ids = set(Image.OPEN)
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(gradient)).save(buffer, quality=95)
    photo = open_image(buffer.getvalue(), name="IMG_1.HEIC")
    assert np.abs(photo.rgb.astype(int) - gradient).mean() < 3 and photo.name == "IMG_1.HEIC"
    assert not {"HEIF", "HEIC"} & (set(Image.OPEN) - opener_ids)  # Pillow stays as it was
    with pytest.raises(PhotoError, match="megapixels"):
        open_image(buffer.getvalue(), max_pixels=6000)
    for cut in (30, len(buffer.getvalue()) // 2):
        with pytest.raises(PhotoError):
            open_image(buffer.getvalue()[:cut])


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_tiny(size, kind):
    assert open_image(encode(Image.new("RGB", size, "white"), kind)).rgb.shape == (*size[::-1], 3)


def test_sources_and_names(pixels, tmp_path):
    data = encode(Image.fromarray(pixels), "PNG")
    path = tmp_path / "my horse.png"
    path.write_bytes(data)
    with path.open("rb") as file:
        photos = [open_image(s) for s in (path, str(path), file)]
    assert {p.name for p in photos} == {"my horse.png"}
    assert len({p.digest for p in (*photos, open_image(data), open_image(io.BytesIO(data)))}) == 1
    assert open_image(data, name="../../etc/passwd").name == "passwd"
    assert open_image(data, name=r"C:\Users\me\x.png").name == "x.png"
    assert open_image(data).name == "This file"


def test_a_name_is_kept_whole_and_told_printable_and_short(pixels, tmp_path):
    data = encode(Image.fromarray(pixels), "PNG")
    for name in (
        "a" * 200 + "_0001.png",
        "two\nlines\u202e.png",
        "\u5199\u771f $5_$7 <b>&.png",
        r"back\slash.png",
    ):
        assert open_image(data, name=name).name == name
    (tmp_path / "a\\b.png").write_bytes(data)
    assert open_image(tmp_path / "a\\b.png").name == ("a\\b.png" if os.name == "posix" else "b.png")
    with pytest.raises(PhotoError) as caught:
        open_image(b"no photo", name="a" * 200 + "\n\u202e_0001.png")
    assert str(caught.value).startswith("a" * 71 + "_0001.png cannot be read")
