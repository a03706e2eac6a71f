"""Damaged photos of every kind: each opens, or is refused by one sentence."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sama.photo.opening import Photo, open_image
from tests.fuzz.conduct import bounded, in_time, is_sentence, kept, refusing, tries
from tests.fuzz.damage import damages
from tests.fuzz.seeds import SEEDS


def is_photo(photo: Photo) -> bool:
    """Whether everything about an opened photo is what it promises to be."""
    height, width = photo.rgb.shape[:2]
    assert photo.rgb.shape == (height, width, 3) and photo.rgb.dtype == np.uint8 and height and width
    assert photo.alpha is None or (photo.alpha.shape, photo.alpha.dtype) == ((height, width), np.uint8)
    assert photo.own is None or (photo.own.shape, photo.own.dtype) == (photo.rgb.shape, np.uint8)
    assert photo.dpi is None or all(1 < v < 1e5 for v in photo.dpi)
    assert all(is_sentence(f"{note}.") for note in photo.notes), photo.notes
    return True


def test_seeds_are_whole():
    for name, data in SEEDS.items():
        if name == "camera.dng":  # its preview is as large as the raw picture
            assert "preview" in open_image(data).notes[0]
        assert is_photo(open_image(data, name=name)), name


@pytest.fixture(scope="module", autouse=True)
def _bounded():
    for data in SEEDS.values():  # what is made once
        open_image(data, keep_own=True)
    with bounded():
        yield


@tries(1.0)
@given(name=st.sampled_from(sorted(SEEDS)), damage=damages)
def test_a_damaged_photo_opens_or_is_refused(name, damage):
    data = damage.done(SEEDS[name])
    with kept(name, data), in_time(), refusing():
        photo = open_image(data, name=name, keep_own=True)
        assert is_photo(photo)
        assert os.path.basename(photo.name) == name
