"""Folders of any name: what they hold, what their labels mean, how often they are drawn."""

import numpy as np
import pytest
from PIL import Image

from sama.errors import SamaError
from sama.training.data.photographs import photo_sample
from sama.training.data.sources import Folder, Scenery, Sources, draw, open_photo, sort_of, void_of
from tests.helpers import disc, save_photo


def photographs(folder, labels, count=1):
    for k in range(count):
        save_photo(folder, f"{k}", labels, np.random.default_rng(k))
    return folder


def with_mattes(folder):
    save_photo(folder, "0", disc(100, 30), np.random.default_rng(0))
    (folder / "labels").rename(folder / "alphas")
    return folder


def with_pictures(folder, mode):
    folder.mkdir()
    Image.new(mode, (40, 30), (9, 9, 9, 40)[: len(mode)]).save(folder / "0.png")
    return folder


def test_a_folder_says_by_its_content_what_it_is(tmp_path):
    assert sort_of(photographs(tmp_path / "birds", disc(90, 30) // 255)) == "labels"
    assert sort_of(with_mattes(tmp_path / "hair")) == "alphas"
    assert sort_of(with_pictures(tmp_path / "stickers", "RGBA")) == "foregrounds"
    assert sort_of(with_pictures(tmp_path / "woods", "RGB")) == "backgrounds"
    assert sort_of(tmp_path / "nowhere") is None
    (tmp_path / "empty" / "images").mkdir(parents=True)
    assert sort_of(tmp_path / "empty") is None


def test_255_is_void_where_other_labels_are_and_an_object_where_it_is_alone():
    labels = np.zeros((4, 4), np.uint8)
    labels[0] = 255
    assert void_of(labels, None) is None
    assert np.array_equal(void_of(labels, 255), labels == 255)
    labels[1] = 3
    assert np.array_equal(void_of(labels, None), labels == 255)
    assert void_of(labels, 0) is None
    assert np.array_equal(void_of(labels, 3), labels == 3)


def test_what_is_void_is_neither_object_nor_background(tmp_path):
    labels = np.zeros((120, 120), np.uint8)
    labels[30:90, 20:60] = 1
    labels[30:90, 80:110] = 255
    folder = photographs(tmp_path / "crowds", labels)
    picture = folder / "images" / "0.png"
    Image.fromarray(np.where(labels[..., None] == 255, [255, 0, 0], [0, 0, 255]).astype(np.uint8)).save(
        picture
    )
    photo = open_photo(picture, folder / "labels" / "0.png", Folder("", ignore=255))
    assert set(np.unique(photo.labels)) == {0, 1}
    hidden = 0
    for seed in range(12):
        sample = photo_sample(np.random.default_rng(seed), photo, 120, 3, parts=False)
        assert len(sample.targets) == 1
        red = sample.scene.background[..., 0] > 200
        assert not sample.known[0][red].any()
        hidden += red.any()
    assert hidden > 6


def test_a_photo_with_a_matte_gives_exact_targets(tmp_path):
    folder = with_mattes(tmp_path / "hair")
    sources = Sources({"hair": Folder("hair")}, tmp_path)
    photo = sources.labelled("hair", np.random.default_rng(0))
    assert folder.exists() and photo.alpha is not None
    sample = photo_sample(np.random.default_rng(1), photo, 100, 2, parts=False)
    assert sample.exact and sample.known.all() and len(sample.targets) == 1
    assert sample.targets.max() == 255


def test_truth_of_another_size_is_refused(tmp_path):
    folder = photographs(tmp_path / "birds", disc(90, 30) // 255)
    Image.new("L", (50, 50)).save(folder / "labels" / "0.png")
    with pytest.raises(SamaError, match="make their sizes equal"):
        Sources({"birds": Folder("birds")}, tmp_path).labelled("birds", np.random.default_rng(0))


def test_folders_are_drawn_by_weight_not_by_size(tmp_path):
    photographs(tmp_path / "many", disc(64, 20) // 255, 9)
    photographs(tmp_path / "few", disc(96, 20) // 255)
    data = {"many": Folder("many"), "few": Folder("few")}
    sources = Sources(data, tmp_path, scenery=Scenery(photographs={"few": 3.0, "many": 1.0}))
    rng = np.random.default_rng(0)
    widths = [sources.scenery(rng).width for _ in range(200)]
    assert 120 < widths.count(96) < 180
    drawn = [draw(rng, {"a": 1.0, "b": 0.0, "c": 3.0}) for _ in range(200)]
    assert drawn.count("b") == 0 and 120 < drawn.count("c") < 180


def test_families_are_drawn_as_often_as_they_weigh(tmp_path):
    for name in ("hair_0", "hair_1", "solid_0"):
        (tmp_path / "renders").mkdir(exist_ok=True)
        Image.new("RGBA", (8, 8), (9, 9, 9, 40)).save(tmp_path / "renders" / f"{name}.png")
    sources = Sources({"renders": Folder("renders", families={"hair": 2.0})}, tmp_path)
    rng = np.random.default_rng(0)
    families = [sources.foreground("renders", rng)[1] for _ in range(300)]
    assert 210 < families.count("hair") < 270


def test_what_is_too_large_to_be_an_object_is_background(tmp_path):
    labels = np.zeros((100, 100), np.uint8)
    labels[50:] = 1
    labels[10:20, 10:20] = 2
    folder = photographs(tmp_path / "street", labels)
    files = folder / "images" / "0.jpg", folder / "labels" / "0.png"
    assert set(np.unique(open_photo(*files, Folder("", largest=0.2)).labels)) == {0, 2}
    assert set(np.unique(open_photo(*files, Folder("")).labels)) == {0, 1, 2}
