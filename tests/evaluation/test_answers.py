"""Answers of other programs: what their pictures mean, and one sentence for those that will not do."""

import numpy as np
import pytest
from PIL import Image

from sama.errors import SamaError
from sama.evaluation.answers import AnswerFolder, read_values
from sama.evaluation.datasets import Dataset

SHAPE = (20, 30)
MASK = np.zeros(SHAPE, bool)
MASK[4:12, 5:20] = True


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(path, **options)


def palette(*colours):
    image = Image.fromarray(MASK.astype(np.uint8), "P")
    image.putpalette([value for colour in colours for value in colour])
    return image


def cutout(alpha):
    return np.dstack([np.full((*SHAPE, 3), 90, np.uint8), alpha])


@pytest.mark.parametrize(
    "picture",
    [
        MASK.astype(np.uint8) * 255,
        MASK.astype(np.uint8),
        MASK,
        MASK.astype(np.uint16) * 65535,
        np.repeat(MASK.astype(np.uint8)[..., None] * 255, 3, axis=2),
        cutout(MASK.astype(np.uint8) * 255),
        palette((0, 0, 0), (200, 30, 30)),
        palette((0, 0, 0), (255, 255, 255)),
    ],
    ids=["0 and 255", "0 and 1", "1 bit", "16 bit", "colour", "cut-out", "palette", "grey palette"],
)
def test_a_mask_is_one_however_it_is_saved(tmp_path, picture):
    save(tmp_path / "a.png", picture)
    assert np.array_equal(read_values(tmp_path / "a.png").matte, MASK.astype(np.float32))


def test_mattes_keep_their_values(tmp_path):
    ramp = np.tile(np.arange(30), (20, 1))
    save(tmp_path / "8.png", ramp.astype(np.uint8))
    save(tmp_path / "16.png", (ramp * 1000).astype(np.uint16))
    save(tmp_path / "cut.png", cutout(ramp.astype(np.uint8)))
    save(tmp_path / "f.tif", (ramp / 30).astype(np.float32))
    save(tmp_path / "j.jpg", np.repeat(MASK.astype(np.uint8)[..., None] * 255, 3, axis=2), quality=95)
    expected = {"8.png": ramp / 255, "16.png": ramp / 65.535, "cut.png": ramp / 255, "f.tif": ramp / 30}
    for name, matte in expected.items():
        assert read_values(tmp_path / name).matte == pytest.approx(matte, abs=1e-6), name
    lossy = read_values(tmp_path / "j.jpg")
    assert np.array_equal(lossy.matte > 0.5, MASK) and lossy.ids is None


def test_what_is_no_answer_is_refused(tmp_path):
    save(tmp_path / "c.png", np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), np.uint8))
    save(tmp_path / "f.tif", np.full(SHAPE, 255, np.float32))
    (tmp_path / "n.png").write_bytes(b"no picture")
    for name, words in (
        ("c.png", "colour picture"),
        ("f.tif", "outside 0 to 1"),
        ("n.png", "cannot be read"),
    ):
        with pytest.raises(SamaError, match=words):
            read_values(tmp_path / name)


@pytest.fixture
def dataset(tmp_path):
    """a: two objects, 2 and 5, and a void; b: one object, 255."""
    two = np.zeros(SHAPE, np.uint8)
    two[2:8, 2:8], two[10:18, 10:20], two[0, 20:] = 2, 5, 255
    for name, label in (("a", two), ("b", MASK.astype(np.uint8) * 255)):
        save(tmp_path / "set" / "images" / f"{name}.png", np.zeros((*SHAPE, 3), np.uint8))
        save(tmp_path / "set" / "labels" / f"{name}.png", label)
    return Dataset(tmp_path / "set")


def answers_of(dataset, folder, mode="each"):
    """{name of the object: pixels of the mask}."""
    answers = AnswerFolder.of(folder)
    answers.check(dataset, mode)
    return {
        truth.name: int(answers.answer(scene, truth).mask.sum())
        for scene in dataset
        for truth in scene.objects(mode)
    }


def test_a_map_with_the_true_ids_answers_object_by_object(dataset, tmp_path):
    found = np.zeros(SHAPE, np.uint8)
    found[3:8, 2:8], found[0, 20:] = 2, 255  # 5 was not found; the void was copied
    save(tmp_path / "mine" / "a.png", found)
    save(tmp_path / "mine" / "b.png", MASK.astype(np.uint8))  # one object: 0 and 1 will do
    assert answers_of(dataset, tmp_path / "mine") == {"a#2": 30, "a#5": 0, "b#255": 120}
    assert answers_of(dataset, tmp_path / "mine", "union") == {"a": 30, "b": 120}


def test_pictures_of_their_own_win(dataset, tmp_path):
    save(tmp_path / "mine" / "a#2.png", MASK.astype(np.uint8) * 255)
    save(tmp_path / "mine" / "a#5.png", np.zeros(SHAPE, np.uint8))
    save(tmp_path / "mine" / "b.png", MASK.astype(np.uint8) * 255)
    assert answers_of(dataset, tmp_path / "mine") == {"a#2": 120, "a#5": 0, "b#255": 120}


def test_a_mask_of_everything_does_for_the_union_alone(dataset, tmp_path):
    for name in "ab":
        save(tmp_path / "mine" / f"{name}.png", MASK.astype(np.uint8) * 200)
    with pytest.raises(SamaError, match=r"a\.png does not say which of 2 objects.*--object union"):
        answers_of(dataset, tmp_path / "mine")
    assert answers_of(dataset, tmp_path / "mine", "union") == {"a": 120, "b": 120}


def test_missing_and_wrong_pictures_are_told_at_the_start(dataset, tmp_path):
    save(tmp_path / "mine" / "a.png", np.zeros(SHAPE, np.uint8))
    with pytest.raises(SamaError, match=r"mine has no answer for b#255: "):
        answers_of(dataset, tmp_path / "mine")
    save(tmp_path / "mine" / "b.png", np.zeros((20, 31), np.uint8))
    with pytest.raises(SamaError, match="31x20 but its upright photo is 30x20"):
        answers_of(dataset, tmp_path / "mine")
    with pytest.raises(SamaError, match="is no folder"):
        AnswerFolder.of(tmp_path / "lost")


def test_a_folder_may_be_given_another_name(tmp_path):
    for folder in ("mine", "x=y"):
        (tmp_path / folder).mkdir()
    assert AnswerFolder.of(tmp_path / "mine").name == "mine"
    assert AnswerFolder.of(f"rival={tmp_path / 'mine'}").name == "rival"
    assert AnswerFolder.of(tmp_path / "x=y").name == "x=y"
    with pytest.raises(SamaError, match="NAME=DIR"):
        AnswerFolder.of(f"={tmp_path / 'mine'}")
