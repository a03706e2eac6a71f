"""Compositing against exact arithmetic; foregrounds and backgrounds against known scenes."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from sama.errors import PhotoError, SamaError
from sama.matting import (
    BackgroundError,
    blurred_background,
    composite,
    composite_bytes,
    cutout,
    estimate_foreground,
    parse_background,
    to_uint8,
)

RED, GREEN = (255, 0, 0), (0, 255, 0)


def disc(size: int, radius: float, softness: float) -> np.ndarray:
    """Alpha (size, size) of a disc whose edge is `softness` pixels wide."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.clip((radius - np.hypot(x, y)) / softness + 0.5, 0, 1).astype(np.float32)


def red_on_green(alpha: np.ndarray) -> np.ndarray:
    mixed = alpha[..., None] * np.array(RED) + (1 - alpha[..., None]) * np.array(GREEN)
    return np.rint(mixed).astype(np.uint8)


def test_composite_is_exact_to_a_byte():
    levels = np.array([0, 1, 2, 127, 128, 200, 254, 255])
    f, a, b = (v.ravel() for v in np.meshgrid(levels, levels, levels))
    unit = [np.repeat(v[None, :, None], 3, 2).astype(np.float32) / 255 for v in (f, b)]
    result = composite(unit[0], a[None].astype(np.float32) / 255, unit[1])
    assert result.dtype == np.float32
    half = Fraction(501, 1000)  # rounding to the nearest byte, and a little for float32
    for x, y, z, got in zip(f, b, a, to_uint8(result)[0, :, 0], strict=True):
        assert abs(int(got) - Fraction(int(x * z + y * (255 - z)), 255)) <= half
    np.testing.assert_array_equal(
        composite_bytes(unit[0], a[None] / np.float32(255), unit[1]), to_uint8(result)
    )
    np.testing.assert_array_equal(result[:, a == 255], unit[0][:, a == 255])
    np.testing.assert_array_equal(result[:, a == 0], unit[1][:, a == 0])


def test_composite_on_one_colour():
    result = composite(np.ones((1, 2, 3)), np.array([[0.25, 1.0]]), np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(result, [[[0.25, 0.625, 1.0], [1, 1, 1]]])


def test_to_uint8_rounds_and_clips():
    values = np.array([-0.5, 0, 0.49 / 255, 0.51 / 255, 254.51 / 255, 1, 7])
    assert to_uint8(values).tolist() == [0, 0, 0, 1, 255, 255, 255]
    every = np.arange(256)
    assert to_uint8(every / np.float32(255)).tolist() == every.tolist()


def test_cutout_has_straight_alpha():
    rgba = cutout(np.full((1, 3, 3), 0.8, np.float32), np.array([[0, 0.5, 1]], np.float32))
    assert rgba.dtype == np.uint8
    assert rgba.tolist() == [[[204, 204, 204, 0], [204, 204, 204, 128], [204, 204, 204, 255]]]


def test_cutout_keeps_its_colour_just_outside_and_nowhere_else():
    alpha = np.zeros((40, 60), np.float32)
    alpha[20, 30] = 0.01  # three of 255
    rgba = cutout(np.full((40, 60, 3), 0.8, np.float32), alpha)
    y, x = np.mgrid[:40, :60]
    near = np.maximum(abs(y - 20), abs(x - 30)) <= 8
    assert (rgba[near, :3] == 204).all() and not rgba[~near].any()
    assert np.argwhere(rgba[..., 3]).tolist() == [[20, 30]]


def test_a_cutout_scaled_down_has_no_dark_rim():
    alpha = disc(400, 120, 6)
    foreground = estimate_foreground(red_on_green(alpha), alpha)
    small = Image.fromarray(cutout(foreground, alpha)).resize((67, 67), Image.Resampling.BOX)
    # As a program does it that scales the four channels apart.
    planes = [np.asarray(c.resize((67, 67))) for c in Image.fromarray(cutout(foreground, alpha)).split()]
    seen = planes[3] > 16
    assert planes[0][seen].min() > 240 and planes[1][seen].max() < 16
    assert np.asarray(small)[seen, 0].min() > 240


def test_foreground_recovers_the_subject_behind_a_soft_edge():
    alpha = disc(48, 15, 8)
    foreground = estimate_foreground(red_on_green(alpha), alpha)
    assert foreground.dtype == np.float32 and foreground.shape == (48, 48, 3)
    assert foreground.min() >= 0 and foreground.max() <= 1
    seen = alpha > 0.1
    np.testing.assert_allclose(foreground[seen], np.broadcast_to([1, 0, 0], (seen.sum(), 3)), atol=0.05)
    # Without the estimate the green shines through: the mixed colour is half green at alpha 1/2.
    on_black = composite(foreground, alpha, np.zeros(3))
    assert on_black[..., 1].max() < 0.02


def test_foreground_is_the_photo_where_alpha_is_one():
    image = np.random.default_rng(0).integers(0, 256, (20, 31, 3), np.uint8)
    alpha = np.zeros((20, 31))
    alpha[5:15, 7:20] = 1
    back = to_uint8(composite(estimate_foreground(image, alpha), alpha, np.zeros(3)))
    np.testing.assert_array_equal(back, image * (alpha > 0)[..., None].astype(np.uint8))


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (2, 2)])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_tiny_pictures(shape, value):
    image = np.full((*shape, 3), 100, np.uint8)
    alpha = np.full(shape, value, np.float64)
    assert np.isfinite(estimate_foreground(image, alpha)).all()
    blurred = blurred_background(image, alpha, 5)
    assert blurred.shape == (*shape, 3)
    np.testing.assert_allclose(blurred, 0 if value == 1 else 100 / 255, atol=1e-5)


def mattes(height: int, width: int) -> dict[str, np.ndarray]:
    """Mattes (H, W) float32 of different kinds."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x - width / 2, y - height / 2
    distance, angle, radius = np.hypot(x, y), np.arctan2(y, x), height / 3
    strands = np.clip(1.5 * np.sin(220 * angle + 3 * np.sin(distance / 25)) - 0.3, 0, 1)
    strands *= np.clip((1.2 * radius - distance) / (0.25 * radius), 0, 1)
    body = np.clip((radius - distance) / 4 + 0.5, 0, 1)
    kinds = {
        "hair": np.maximum(body, strands),
        "a band across the border": np.clip((x + y / 2) / 60 + 0.5, 0, 1),
        "the sigmoid of logits": 1 / (1 + np.exp(np.clip((distance - radius) / 6, -15, 15))),
        "soft throughout": 0.2 + 0.6 * (0.5 + 0.5 * np.sin(x / 90) * np.sin(y / 70)),
        "empty": np.zeros_like(x),
        "opaque": np.ones_like(x),
    }
    return {name: values.astype(np.float32) for name, values in kinds.items()}


def scene(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A bright and a dark texture, (H, W, 3) float32: broad patches and fine grain."""
    random = np.random.default_rng(0)
    layers = []
    for level in (0.65, 0.35):
        patches = random.normal(level, 0.12, (height // 40, width // 40, 3)).astype(np.float32)
        planes = [
            np.asarray(Image.fromarray(patches[..., c]).resize((width, height), Image.Resampling.BICUBIC))
            for c in range(3)
        ]
        grain = random.normal(0, 0.02, (height, width, 1)).astype(np.float32)
        layers.append(np.clip(np.dstack(planes) + grain, 0, 1))
    return layers[0], layers[1]


@pytest.mark.parametrize(
    ("kind", "size"), [*((kind, (900, 1100)) for kind in mattes(8, 8)), ("hair", (2050, 640))]
)
def test_a_large_foreground_composites_like_the_full_estimate(kind, size):
    from pymatting.foreground.estimate_foreground_ml import estimate_foreground_ml

    alpha, (subject, behind) = mattes(*size)[kind], scene(*size)
    image = to_uint8(composite(subject, alpha, behind))
    ours = estimate_foreground(image, alpha)
    full = estimate_foreground_ml(image.astype(np.float32) / 255, alpha)
    assert ours.dtype == np.float32 and ours.min() >= 0 and ours.max() <= 1
    for backdrop in (np.zeros(3), behind[::-1]):
        difference = composite(ours, alpha, backdrop) - composite(full, alpha, backdrop)
        assert np.abs(difference).mean() <= 1 / 255
    if kind == "soft throughout":
        np.testing.assert_array_equal(ours, full)
    edge = (alpha > 0.02) & (alpha < 0.98)
    if edge.any():
        errors = [(alpha[..., None] * np.abs(f - subject))[edge].mean() for f in (ours, full)]
        assert errors[0] <= 1.1 * errors[1]


def test_a_large_foreground_goes_on_outside_the_subject():
    alpha = disc(1300, 400, 12)
    foreground = estimate_foreground(red_on_green(alpha), alpha)
    y, x = np.mgrid[:1300, :1300] - 649.5
    outside = (alpha == 0) & (np.hypot(x, y) < 412)
    np.testing.assert_allclose(foreground[outside], np.broadcast_to([1, 0, 0], (outside.sum(), 3)), atol=0.1)


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 2), (3, 2049)])
def test_long_thin_pictures(shape):
    alpha = np.linspace(-1, 2, shape[0] * shape[1], dtype=np.float32).reshape(shape).clip(0, 1)
    image = np.full((*shape, 3), 100, np.uint8)
    np.testing.assert_allclose(estimate_foreground(image, alpha)[alpha > 0.5], 100 / 255, atol=0.01)


def test_foreground_refuses_another_size():
    with pytest.raises(ValueError, match="do not fit"):
        estimate_foreground(np.zeros((4, 5, 3), np.uint8), np.zeros((5, 4)))


def test_matting_is_imported_without_compiling():
    code = "import sys, sama.matting, sama.export.writing; sys.exit('pymatting' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("sigma", [0.7, 2, 8, 25, 500])
@pytest.mark.parametrize("softness", [0.01, 12])
def test_blur_never_samples_the_subject(sigma, softness):
    alpha = disc(101, 38, softness)
    blurred = to_uint8(blurred_background(red_on_green(alpha), alpha, sigma))
    # A hard subject leaves nothing; a soft one at most the level that alpha 1/255 itself hides.
    assert blurred[..., 0].max() <= (0 if softness < 1 else 1)
    assert blurred[..., 1].min() >= 254
    assert blurred[..., 2].max() == 0


def test_blur_fills_a_subject_that_leaves_one_pixel():
    image = np.zeros((200, 300, 3), np.uint8)
    image[..., 0] = 255
    image[3, 290] = (10, 20, 30)
    alpha = np.ones((200, 300), np.float32)
    alpha[3, 290] = 0
    blurred = to_uint8(blurred_background(image, alpha, 2))
    assert np.abs(blurred.astype(int) - [10, 20, 30]).max() <= 1


@pytest.mark.parametrize("sigma", [2.0, 6.0, 13.0, 40.0])
def test_blur_equals_the_normalised_convolution(sigma):
    height, width = 144, 192
    noise = np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)
    image = np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC))
    alpha = np.zeros((height, width), np.float32)
    alpha[40:100, 60:90] = 1

    def blur(plane: np.ndarray) -> np.ndarray:  # the definition, by matrices of whole Gaussians
        down, across = (
            np.exp(-((np.arange(n)[:, None] - np.arange(n)) ** 2) / (2 * sigma**2)) for n in (height, width)
        )
        return down @ plane @ across

    outside = 1.0 - alpha
    total = np.maximum(blur(outside), 1e-300)
    exact = np.dstack([blur(image[..., c] * outside) / total for c in range(3)])
    error = np.abs(255 * blurred_background(image, alpha, sigma) - exact)[alpha == 0]
    assert error.max() < 4 and error.mean() < 0.25  # of 255


def test_blur_without_any_clear_background_uses_the_clearest():
    image = np.full((30, 30, 3), 255, np.uint8)
    image[:, :10] = (40, 50, 60)
    alpha = np.full((30, 30), 0.9, np.float32)
    alpha[:, :10] = 0.2
    blurred = to_uint8(blurred_background(image, alpha, 3))
    assert np.abs(blurred.astype(int) - [40, 50, 60]).max() <= 1


@pytest.mark.parametrize(
    ("text", "colour"),
    [("white", (255, 255, 255)), (" #102030 ", (16, 32, 48)), ("#abc", (170, 187, 204))],
)
def test_colour(text, colour):
    background = parse_background(text)
    rendered = background.render(np.zeros((2, 3, 3), np.uint8), np.zeros((2, 3)))
    assert background.kind == "colour" and rendered.dtype == np.float32
    np.testing.assert_array_equal(to_uint8(rendered), np.broadcast_to(colour, (2, 3, 3)))


def test_blur_and_transparent_specs():
    assert parse_background("blur").sigma is None
    assert parse_background("blur:7.5").sigma == 7.5
    image = np.full((20, 30, 3), 51, np.uint8)
    rendered = parse_background("blur").render(image, np.zeros((20, 30)))
    np.testing.assert_allclose(rendered, 0.2, atol=1e-5)
    with pytest.raises(ValueError, match="no picture"):
        parse_background("transparent").render(image, np.zeros((20, 30)))


@pytest.fixture
def thirds(tmp_path):
    """A picture of 30 x 10 pixels: red, green, blue."""
    pixels = np.zeros((10, 30, 3), np.uint8)
    for i in range(3):
        pixels[:, 10 * i : 10 * i + 10, i] = 255
    path = tmp_path / "a:strange name.png"
    Image.fromarray(pixels).save(path)
    return path


def test_cover_crops_the_middle(thirds):
    for text in (f"image:{thirds}", f"image:{thirds}:cover"):
        rendered = parse_background(text).render(np.zeros((40, 40, 3)), np.zeros((40, 40)))
        assert rendered.shape == (40, 40, 3)
        # The crop ends where red and blue begin, which the resampling filter sees.
        assert (to_uint8(rendered)[:, 12:28] == GREEN).all()
        assert to_uint8(rendered)[..., 1].min() > 128


@pytest.mark.parametrize(("pad", "colour"), [("", (0, 0, 0)), (":#010203", (1, 2, 3))])
def test_contain_pads(thirds, pad, colour):
    background = parse_background(f"image:{thirds}:contain{pad}")
    rendered = to_uint8(background.render(np.zeros((50, 60, 3)), np.zeros((50, 60))))
    assert (rendered[:15] == colour).all() and (rendered[35:] == colour).all()
    assert (rendered[15:35, :14] == RED).all() and (rendered[15:35, 46:] == (0, 0, 255)).all()


@pytest.mark.parametrize("fit", ["cover", "contain"])
def test_extreme_shapes(tmp_path, fit):
    path = tmp_path / "line.png"
    Image.new("RGB", (1, 5000), "white").save(path)
    background = parse_background(f"image:{path}:{fit}")
    rendered = background.render(np.zeros((30, 400, 3)), np.zeros((30, 400)))
    assert rendered.shape == (30, 400, 3) and rendered.max() == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nocolour",
        "#12",
        "blur:",
        "blur:0",
        "blur:-2",
        "blur:nan",
        "blur:inf",
        "blur:x",
        "image:",
    ],
)
def test_refuses_what_is_no_background(text):
    with pytest.raises(BackgroundError) as caught:
        parse_background(text)
    assert isinstance(caught.value, SamaError) and str(caught.value).endswith(".")


def test_refuses_a_picture_that_is_none(tmp_path):
    with pytest.raises(PhotoError, match="^none.png does not exist"):
        parse_background(f"image:{tmp_path / 'none.png'}:contain")
