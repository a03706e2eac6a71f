"""Reading folders, and one sentence for each thing that can be wrong with them."""

import unicodedata

import numpy as np
import pytest
from PIL import Image

from sama.errors import SamaError
from sama.evaluation.datasets import Dataset


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)


@pytest.fixture
def folder(tmp_path):
    for name in ("b", "a", "c"):
        save(tmp_path / "images" / f"{name}.png", np.full((20, 30, 3), ord(name), np.uint8))
        label = np.zeros((20, 30), np.uint8)
        label[2:8, 3:9], label[10:18, 12:20] = 4, 200
        save(tmp_path / "labels" / f"{name}.png", label)
    return tmp_path


def test_order_and_limit(folder):
    assert [scene.name for scene in Dataset(folder)] == ["a", "b", "c"]
    assert [scene.name for scene in Dataset(folder, limit=2)] == ["a", "b"]
    assert len(Dataset(folder, limit=2)) == 2


def test_names_pair_however_their_accents_are_written(tmp_path):
    """A Mac's disk keeps an accent apart from its letter, others write them as they come."""
    grey = np.tile(np.uint8([0, 128, 255, 255]), (20, 8))
    for part, form in (("images", "NFD"), ("alphas", "NFC"), ("trimaps", "NFD")):
        save(tmp_path / part / (unicodedata.normalize(form, "Müll\u304c") + ".png"), grey)
    (scene,) = Dataset(tmp_path)
    assert scene.name == unicodedata.normalize("NFC", "Müll\u304c")
    assert scene.unknown.sum() == 160
    save(tmp_path / "images" / (scene.name + ".png"), grey)
    with pytest.raises(SamaError, match="has both"):
        Dataset(tmp_path)


def test_objects_of_labels(folder):
    scene = next(iter(Dataset(folder)))
    each = list(scene.objects("each"))
    assert [(truth.name, int(truth.mask.sum())) for truth in each] == [("a#4", 36), ("a#200", 64)]
    (union,) = scene.objects("union")
    assert union.mask.sum() == 100
    assert union.alpha.dtype == np.float32


@pytest.mark.parametrize("mode", ["palette", "16 bit"])
def test_label_formats(folder, mode):
    label = np.zeros((20, 30), np.uint16)
    label[5, 5:25] = 3 if mode == "palette" else 700
    if mode == "palette":
        picture = Image.fromarray(label.astype(np.uint8), "P")
        picture.putpalette([200, 10, 10] * 256)
    else:
        picture = Image.fromarray(label)
    picture.save(folder / "labels" / "a.png")
    (truth,) = next(iter(Dataset(folder))).objects("each")
    assert truth.name == ("a#3" if mode == "palette" else "a#700")
    assert truth.mask.sum() == 20


def test_mattes_and_trimaps(folder):
    matte = np.zeros((20, 30), np.uint8)
    matte[4:10], matte[6:8] = 51, 255
    for name in "abc":
        save(folder / "alphas" / f"{name}.png", matte)
    save(folder / "trimaps" / "b.png", np.where(matte == 51, 128, matte).astype(np.uint8))
    first, second, _ = (next(scene.objects()) for scene in Dataset(folder))
    assert first.unknown is None
    assert first.alpha[4, 0] == pytest.approx(0.2)
    assert first.mask.sum() == 60
    assert second.unknown.sum() == 4 * 30


def test_labels_belong_to_the_upright_photo(folder):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees: the upright photo is 20 wide and 30 high
    (folder / "images" / "a.png").unlink()
    save(folder / "images" / "a.jpg", np.zeros((20, 30, 3), np.uint8), exif=exif)
    with pytest.raises(SamaError, match="30x20 but its upright photo is 20x30"):
        next(iter(Dataset(folder)))
    save(folder / "labels" / "a.png", np.ones((30, 20), np.uint8))
    assert next(iter(Dataset(folder))).image.shape == (30, 20, 3)


def break_images(folder):
    (folder / "images").rename(folder / "pictures")


def break_labels(folder):
    (folder / "labels").rename(folder / "masks")


def break_pair(folder):
    (folder / "labels" / "b.png").unlink()


def break_photo(folder):
    (folder / "images" / "b.png").unlink()


def break_by_doubling(folder):
    save(folder / "images" / "a.jpg", np.zeros((20, 30, 3), np.uint8))


def break_by_emptying(folder):
    for path in (folder / "images").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (break_images, "has no images/"),
        (break_labels, "neither labels/ nor alphas/"),
        (break_pair, "b is not in .*labels"),
        (break_photo, "b is not in .*images"),
        (break_by_doubling, "both a.jpg and a.png"),
        (break_by_emptying, "has no .jpg or .png"),
    ],
)
def test_wrong_folders_are_reported_at_once(folder, harm, words):
    harm(folder)
    with pytest.raises(SamaError, match=words) as caught:
        Dataset(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        ("labels/a.png", b"no picture", "cannot be read as PNG"),
        ("images/a.png", b"no picture", "a.png"),
        ("labels/a.png", np.zeros((20, 30, 3), np.uint8), "one-channel PNG"),
        ("labels/a.png", np.zeros((20, 31), np.uint8), "31x20 but its upright photo is 30x20"),
    ],
)
def test_wrong_files(folder, path, content, words):
    if isinstance(content, bytes):
        (folder / path).write_bytes(content)
    else:
        save(folder / path, content)
    with pytest.raises(SamaError, match=words):
        list(Dataset(folder))


def test_a_colour_matte_is_refused(folder):
    for name in "abc":
        save(folder / "alphas" / f"{name}.png", np.zeros((20, 30, 3), np.uint8))
    with pytest.raises(SamaError, match="8-bit grey PNG"):
        list(Dataset(folder))


def test_a_void_is_no_object_and_is_not_known(folder):
    label = np.zeros((20, 30), np.uint8)
    label[2:8, 3:9], label[10:18, 12:20] = 4, 255
    save(folder / "labels" / "a.png", label)
    save(folder / "labels" / "b.png", (label == 4).astype(np.uint8) * 255)
    dataset = Dataset(folder)
    dataset.check(progress=False)
    first, second, _ = dataset
    (truth,) = first.objects("each")
    assert truth.name == "a#4" and truth.known.sum() == 20 * 30 - 64
    assert [each.mask.sum() for each in first.objects("union")] == [36]
    assert truth.judged(np.ones((20, 30), bool)).sum() == 20 * 30 - 64
    assert [each.name for each in second.objects("each")] == ["b#255"], (
        "a mask of 0 and 255 keeps its meaning"
    )
    assert second.known is None
    assert [note.split(" (")[0] for note in dataset.notes] == [
        "255 is taken as not labelled in 1 of 3 maps",
        "In 1 maps, which hold nothing else, 255 is taken as the object",
    ]


@pytest.mark.parametrize(
    ("ignore", "names"), [(0, ["a#4", "a#255"]), (255, ["a#4"]), (4, ["a#255"]), (9, ["a#4", "a#255"])]
)
def test_which_label_is_void_may_be_said(folder, ignore, names):
    label = np.zeros((20, 30), np.uint8)
    label[2:8, 3:9], label[10:18, 12:20] = 4, 255
    save(folder / "labels" / "a.png", label)
    dataset = Dataset(folder, limit=1, ignore=ignore)
    dataset.check(progress=False)
    assert [truth.name for truth in next(iter(dataset)).objects("each")] == names
    assert not dataset.notes, "what was said need not be told"


def test_a_wrong_void_is_refused(folder):
    with pytest.raises(SamaError, match="from 1 to 65535"):
        Dataset(folder, ignore=-1)
    (folder / "alphas").mkdir()
    with pytest.raises(SamaError, match="leave out --ignore"):
        Dataset(folder, ignore=255)


def test_all_bad_files_are_told_at_the_start(folder):
    Dataset(folder).check(progress=False)
    save(folder / "labels" / "b.png", np.zeros((20, 31), np.uint8))
    whole = (folder / "labels" / "c.png").read_bytes()
    (folder / "labels" / "c.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SamaError, match=r"b\.png is 31x20 but .* Nor will c\.png do\.$"):
        Dataset(folder).check(progress=False)
    Dataset(folder, limit=1).check(progress=False)
    save(folder / "labels" / "b.png", np.zeros((20, 30), np.uint8))
    (folder / "images" / "c.png").write_bytes(b"no picture")
    with pytest.raises(SamaError, match=r"^c\.png "):
        Dataset(folder).check(progress=False)


def test_turned_photos_are_checked_upright(folder):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    (folder / "images" / "a.png").unlink()
    save(folder / "images" / "a.jpg", np.zeros((20, 30, 3), np.uint8), exif=exif)
    with pytest.raises(SamaError, match="30x20 but its upright photo is 20x30"):
        Dataset(folder).check(progress=False)
    save(folder / "labels" / "a.png", np.ones((30, 20), np.uint8))
    Dataset(folder).check(progress=False)
