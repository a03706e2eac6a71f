"""Masks as people have them: arrays and files, hard and soft, and one sentence for what is none."""

import io

import numpy as np
import pytest
from PIL import Image

from sama.errors import PromptError
from sama.request.masks import SURE, looks_like_mask, mask_of, open_mask, shares_of
from tests.helpers import disc

SIZE = (60, 40)


@pytest.fixture
def truth() -> np.ndarray:
    mask = np.zeros(SIZE[::-1], bool)
    mask[10:30, 15:40] = True
    return mask


def file_of(pixels: np.ndarray, mode: str | None = None, palette: list[int] | None = None) -> bytes:
    buffer = io.BytesIO()
    picture = Image.fromarray(pixels) if mode is None else Image.fromarray(pixels).convert(mode)
    if palette:
        picture = Image.fromarray(pixels, "P")
        picture.putpalette(palette)
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def test_arrays_of_every_kind_mean_the_same(truth):
    for given in (
        truth,
        truth * np.uint8(255),
        truth * np.uint8(1),
        truth.astype(np.float64),
        truth * np.uint16(65535),
    ):
        found = mask_of(given, SIZE)
        assert found.dtype == bool and np.array_equal(found, truth)
    assert np.array_equal(mask_of(truth[..., None]), truth)


def test_grey_is_soft(truth):
    grey = np.where(truth, np.uint8(255), np.uint8(51))
    found = mask_of(grey)
    assert found.dtype == np.float32
    assert np.allclose(found[truth], SURE) and np.allclose(found[~truth], (2 * 0.2 - 1) * SURE, atol=1e-5)
    assert np.allclose(shares_of(found) * 255, grey, atol=1e-3)
    assert np.array_equal(shares_of(truth), truth)


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.ones((40, 61), bool), "61 x 40 pixels and the upright photo 60 x 40"),
        (np.ones((60, 40), bool), "turn it"),
        (np.zeros((40, 60), bool), "marks nothing"),
        (np.full((40, 60), 2.0), "from 0 to 1"),
        (np.full((40, 60), np.nan), "from 0 to 1"),
        (np.full((40, 60), -1), "from 0 to 255"),
        (np.ones((40, 60, 3), np.uint8), "is an array"),
        ("nothing", "is an array"),
    ],
)
def test_what_is_no_mask_is_refused_with_one_sentence(mask, words):
    with pytest.raises(PromptError, match=words) as caught:
        mask_of(mask, SIZE)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_files_of_every_kind_mean_the_same(truth):
    files = [
        file_of(truth * np.uint8(255)),
        file_of(truth),
        file_of(truth * np.uint8(1)),
        file_of(truth * np.uint16(1)),
        file_of(truth * np.uint16(65535)),
        file_of(truth * np.uint8(255), "RGB"),
        file_of(np.dstack([np.full((*truth.shape, 3), 90, np.uint8), truth * np.uint8(255)])),
        file_of(truth.astype(np.uint8), palette=[0, 0, 0, 200, 20, 30]),
    ]
    for data in files:
        assert np.array_equal(open_mask(data, SIZE, name="m.png") > 0, truth)
    soft = open_mask(file_of(np.where(truth, np.uint8(200), np.uint8(0))), SIZE)
    assert np.array_equal(soft > 0, truth)


def test_files_that_are_no_masks(truth):
    colours = np.random.default_rng(0).integers(0, 256, (*truth.shape, 3), np.uint8)
    with pytest.raises(PromptError, match="m.png is a coloured picture"):
        open_mask(file_of(colours), SIZE, name="m.png")
    with pytest.raises(PromptError, match="m.png marks nothing"):
        open_mask(file_of(truth * np.uint8(0)), SIZE, name="m.png")
    with pytest.raises(
        PromptError, match="m.png is 60 x 40 pixels and the upright photo 80 x 60; make them equal"
    ):
        open_mask(file_of(truth), (80, 60), name="m.png")


def test_masks_and_mattes_are_told_from_photos():
    mask = np.dstack([disc(80, 25)] * 3)
    assert looks_like_mask(mask)
    soft = np.clip((30 - np.hypot(*np.mgrid[-40:40, -40:40])) / 3, 0, 1)
    assert looks_like_mask(np.dstack([(255 * soft).astype(np.uint8)] * 3))
    grey = np.random.default_rng(0).integers(0, 256, (80, 80), np.uint8)
    assert not looks_like_mask(np.dstack([grey] * 3)), "a photo in black and white"
    assert not looks_like_mask(np.full((80, 80, 3), 255, np.uint8)), "a page with nothing on it"
    assert not looks_like_mask(mask * np.array([1, 0, 0], np.uint8)), "red"
