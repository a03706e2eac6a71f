"""Which photographs are held out, taught and checked."""

import shutil

import numpy as np
import pytest
from PIL import Image

from sama.errors import SamaError
from sama.training.data.sources import LabelledPhoto
from sama.training.tuning.photos import around, photos_of, split, truth_of
from tests.training.tuning.small import save_photos


def test_a_third_is_held_out_by_digests_alone(tmp_path):
    photos = photos_of(save_photos(tmp_path / "a", 12))
    parts = split(photos)
    assert [len(each) for each in (parts.taught, parts.checked, parts.held_out)] == [7, 1, 4]
    assert split(photos[::-1]) == parts
    digests = {photo.digest for each in (parts.taught, parts.checked, parts.held_out) for photo in each}
    assert len(digests) == 12
    for kind in ("images", "labels"):  # other names, the same photographs
        for path in (tmp_path / "a" / kind).iterdir():
            path.rename(path.with_name(f"z{path.name[::-1].split('.')[1]}.png"))
    renamed = split(photos_of(tmp_path / "a"))
    assert [p.digest for p in renamed.held_out] == [p.digest for p in parts.held_out]


def test_the_same_photograph_twice_counts_once_and_is_never_taught_and_held_out(tmp_path):
    folder = save_photos(tmp_path / "a", 8)
    for kind in ("images", "labels"):
        shutil.copy(folder / kind / "disc0.png", folder / kind / "copy.png")
    photos = photos_of(folder)
    assert len(photos) == 8
    other = save_photos(tmp_path / "b", 2)  # the first two of the same
    parts = split(photos, photos_of(other))
    assert len(parts.held_out) == 2 and len(parts.taught) + len(parts.checked) == 6


def test_too_few_and_none_are_refused(tmp_path):
    with pytest.raises(SamaError, match="There are 3 photographs to learn from; give at least 6"):
        split(photos_of(save_photos(tmp_path / "a", 3)))
    (tmp_path / "empty").mkdir()
    with pytest.raises(SamaError, match="no images/ with labels/ or alphas/"):
        truth_of(tmp_path / "empty")


def test_a_closer_look_holds_the_object():
    labels = np.zeros((200, 300), np.uint8)
    labels[90:110, 200:230] = 3
    photo = LabelledPhoto(Image.new("RGB", (300, 200)), labels)
    for seed in range(20):
        part = around(photo, np.random.default_rng(seed), (1.2, 3.0))
        assert np.count_nonzero(part.labels == 3) == 600
        assert part.rgb.size == part.labels.shape[::-1]
        assert max(part.rgb.size) <= 3.0 * 30 + 3
