"""Batches: what is written, what is kept and what is made anew, and where prompts come from."""

import csv
import json
import unicodedata

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

from sama.commands import predict
from sama.commands.cli import main
from sama.errors import SamaError
from sama.objects.batch import DONE, FAILED, MISSED, Coco, Largest, Same, Sessions, sources
from sama.objects.everything.main_object import main_object
from sama.photo.opening import open_image
from sama.request.prompts import Prompts
from sama.request.session import Session
from tests.objects.batch_photos import MIDDLE, QUICK, SIZE, fake, quick, save_photo, tree

UMBRELLA = unicodedata.normalize("NFC", "ünï ☂.png")
NAMES = ("a.jpg", "a.png", "b.png", UMBRELLA)
BOX = "10,8,40,30"


@pytest.fixture
def photos(tmp_path):
    """Two of one stem, one with letters of far away, a broken one, and what is no photo."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, name in enumerate(NAMES):
        save_photo(folder / name, seed)
    (folder / "broken.jpg").write_bytes((folder / "a.jpg").read_bytes()[:300])
    (folder / "notes.txt").write_text("no photo", "utf-8")
    (folder / "._a.jpg").write_bytes(b"what macOS writes beside photos")
    return folder


@pytest.fixture
def without_figures(monkeypatch):
    from sama.export.files import FILES

    files = {name: file for name, file in FILES.items() if not name.startswith("figure")}
    for module in ("files", "writing"):
        monkeypatch.setattr(f"sama.export.{module}.FILES", files)
    monkeypatch.setattr(predict, "load_predictor", lambda *_, **__: fake())
    monkeypatch.setattr("sama.objects.batch.run.load", fake)


def state(report) -> dict[str, str]:
    return {each.photo: each.status for each in report.results}


def test_a_folder_has_of_each_photo_what_predict_writes(photos, tmp_path, without_figures, capsys):
    out = tmp_path / "out"
    assert main(["batch", str(photos), "--box", BOX, "--background", "#102030", "--out", str(out)]) == 1
    told = capsys.readouterr()
    assert "4 photos cut out, 0 kept" in told.out
    said = [line for line in told.err.splitlines() if line.startswith("sama: ")]
    assert len(said) == 2 and "broken.jpg: broken.jpg cannot be read as a photo" in said[0]
    assert sorted(path.name for path in out.iterdir()) == sorted(
        ["a.jpg", "a.png", "b", UMBRELLA[:-4], "contact_sheet.png", "report.csv", "report.json"]
    )
    for name, folder in (("a.png", "a.png"), ("b.png", "b"), (UMBRELLA, UMBRELLA[:-4])):
        alone = tmp_path / "alone" / folder
        flags = ["--box", BOX, "--background", "#102030", "--out", str(alone)]
        assert main(["predict", str(photos / name), *flags]) == 0
        assert tree(out / folder) == tree(alone) and len(tree(alone)) >= 9
    with (out / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["photo"]: row for row in csv.DictReader(file)}
    assert rows["broken.jpg"]["status"] == FAILED and "damaged" in rows["broken.jpg"]["message"]
    assert rows[UMBRELLA] | {"message": ""} == {
        "photo": UMBRELLA, "folder": UMBRELLA[:-4], "status": DONE, "message": "", "width": "48", "height": "36",
        "objects": "1", "score": "0.9",
    }  # fmt: skip
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert report["counts"] == {DONE: 4, MISSED: 0, FAILED: 1}
    with Image.open(out / "contact_sheet.png") as sheet:
        assert sheet.height > 4 * 36 and sheet.width > 2 * 48


def test_several_boxes_stay_apart(photos, tmp_path, without_figures):
    (photos / "broken.jpg").unlink()
    flags = ["--box", "0.1,0.1,0.5,0.6", "--box", "0.4,0.3,0.9,0.9", "--out", str(tmp_path / "out")]
    assert main(["batch", str(photos), *flags]) == 0
    data = json.loads((tmp_path / "out" / "b" / "coco.json").read_text("utf-8"))
    assert len(data["annotations"]) == 2
    assert (tmp_path / "out" / "b" / "objects" / "2" / "alpha.png").exists()
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    b = next(each for each in report["photos"] if each["photo"] == "b.png")
    assert b["objects"] == 2 and set(b["files"]) == set(tree(tmp_path / "out" / "b"))


def test_only_what_has_changed_is_made_again(photos, tmp_path):
    out = tmp_path / "out"
    assert state(quick(photos, out)) == {name: DONE for name in NAMES} | {"broken.jpg": FAILED}
    first = tree(out)
    times = {path: path.stat().st_mtime_ns for path in out.glob("*/*")}
    again = quick(photos, out)
    assert again.kept == 4 and tree(out) == first
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/*")} == times

    (out / "b" / "coco.json").unlink()  # a file is gone
    save_photo(photos / "a.png", 77)  # a photo is another one
    save_photo(photos / "broken.jpg", 78)  # one is mended
    save_photo(photos / "b.tif", 79)  # one has come, with a stem that is taken
    third = quick(photos, out)
    assert third.kept == 2 and not third.failed
    assert {each.photo: each.folder for each in third.results} == {
        "a.jpg": "a.jpg", "a.png": "a.png", "b.png": "b", "b.tif": "b.tif", "broken.jpg": "broken",
        UMBRELLA: UMBRELLA[:-4],
    }  # fmt: skip
    now = tree(out)
    assert now["b/coco.json"] == first["b/coco.json"] and now["a.png/cutout.png"] != first["a.png/cutout.png"]
    assert len(now) == 6 * len(QUICK) + 3


def test_other_settings_are_refused_and_named(photos, tmp_path):
    out = tmp_path / "out"
    quick(photos, out)
    before = tree(out)
    with pytest.raises(SamaError, match=r'settings was \{\} and is \{"haze": "kept"\}; give another --out'):
        quick(photos, out, settings={"haze": "kept"})
    with pytest.raises(SamaError, match=r"model was .*mini.* and is .*vit_b"):
        quick(photos, out, model="vit_b")
    with pytest.raises(SamaError, match="prompts was"):
        quick(photos, out, Same(Prompts(boxes=((0.1, 0.2, 0.8, 0.9),))))
    assert tree(out) == before
    assert quick(photos, out, settings={"haze": "kept"}, again=True).kept == 0
    assert quick(photos, out, settings={"haze": "kept"}).kept == 4


def test_other_weights_of_the_same_name_are_refused(photos, tmp_path, monkeypatch):
    quick(photos, tmp_path / "out")
    (tmp_path / "out" / "b" / "cutout.png").unlink()
    with pytest.raises(SamaError, match="other weights .0123456789ab, now ffff."):
        quick(photos, tmp_path / "out", loading=_other_weights)


def _other_weights(model, **how):
    from dataclasses import replace

    from tests.ui.browser.fake_predictor import FakePredictor

    class Other(FakePredictor):
        @property
        def info(self):
            return replace(super().info, weights_digest="ffff")

    return Other()


def test_prompts_of_a_coco_file(photos, tmp_path):
    mask = np.zeros(SIZE[::-1], np.uint8, order="F")
    mask[5:20, 10:30] = 1
    rle = coco.encode(mask)
    rle = {"size": list(rle["size"]), "counts": rle["counts"].decode()}
    names = {1: "some/where/a.png", 2: unicodedata.normalize("NFD", UMBRELLA), 3: "b.png", 4: "far.png"}
    crowd = {"bbox": [0, 0, 48, 36], "iscrowd": 1}
    drawn = [
        {"image_id": 1, "bbox": [10, 5, 20, 15], "category_id": 7},
        {"image_id": 1, "bbox": [1, 2, 9, 8], "name": "our dog", "category_id": 7},
        {"image_id": 2, "segmentation": rle},
        {"image_id": 2, **crowd},
        {"image_id": 3, "bbox": ["left", 0, 1, 1]},
    ]
    path = tmp_path / "annotations.json"
    data = {
        "images": [{"id": key, "file_name": name} for key, name in names.items()],
        "annotations": drawn,
        "categories": [{"id": 7, "name": "cat"}],
    }
    path.write_text(json.dumps(data), "utf-8")
    report = quick(photos, tmp_path / "out", Coco(path))
    by_name = {each.photo: each for each in report.results}
    assert by_name["a.png"].objects == 2 and by_name[UMBRELLA].objects == 1
    assert "has no photo called a.jpg" in by_name["a.jpg"].message
    assert "bbox that is not x, y, width, height" in by_name["b.png"].message
    session = Session.load(tmp_path / "out" / "a.png" / "session.json")
    assert session.prompts.boxes == ((10, 5, 30, 20), (1, 2, 10, 10))
    assert session.settings["objects"] == {"names": ["cat", "our dog"]}
    session = Session.load(tmp_path / "out" / UMBRELLA[:-4] / "session.json")
    assert session.prompts.boxes == ((10, 5, 30, 20),), "the crowd is left out"

    drawn[0]["bbox"] = [11, 5, 20, 15]
    path.write_text(json.dumps(data), "utf-8")
    assert quick(photos, tmp_path / "out", Coco(path)).kept == 1, "a.png is asked for something else now"

    report = quick(photos, tmp_path / "masks", Coco(path, "mask"))
    assert [each.photo for each in report.results if each.status == DONE] == [UMBRELLA]
    session = Session.load(tmp_path / "masks" / UMBRELLA[:-4] / "session.json")
    assert session.settings["matte"] == "from_mask" and np.array_equal(session.prompts.mask, mask > 0)


def test_prompts_of_sessions(photos, tmp_path, without_figures):
    out = tmp_path / "single"
    flags = ["--point", "20,15", "--candidate", "2", "--background", "blur"]
    for name in ("a.jpg", "b.png"):
        assert main(["predict", str(photos / name), *flags, "--out", str(out / name)]) == 0
    with pytest.raises(SamaError, match="no session file in .*; give them with --sessions"):
        quick(photos, tmp_path / "out", None)
    report = quick(photos, tmp_path / "out", Sessions.found(out))
    assert state(report)["a.jpg"] == state(report)["b.png"] == DONE
    for name, folder in (("a.jpg", "a.jpg"), ("b.png", "b")):
        made, alone = tree(tmp_path / "out" / folder), tree(out / name)
        assert made == {name: alone[name] for name in QUICK}
    assert report.results[1].message == "a.png has no session; mark its object, and save the session."

    (out / "b.png" / "session.json").rename(photos / "any name.json")
    save_photo(photos / "b.png", 50)
    (photos / "torn.json").write_text('{"image_sha256": "', "utf-8")
    report = quick(photos, tmp_path / "beside", None)
    assert state(report)["b.png"] == FAILED and "made on another picture" in report.results[2].message
    assert report.notes == ("torn.json: it is damaged; save the session again.",)


def test_sessions_that_contradict_each_other(photos, tmp_path):
    opened = open_image(photos / "b.png")
    for i, model in enumerate(("mini", "mini", "vit_b")):
        prompts = Prompts(boxes=((5.0 + i, 5.0, 20.0, 20.0),))
        session = Session(opened.digest, opened.size, "b.png", prompts, model, {})
        session.save(tmp_path / f"{i}.json")
    with pytest.raises(SamaError, match="several models, mini, vit_b; choose one with --model"):
        quick(photos, tmp_path / "out", Sessions.found(tmp_path))
    (tmp_path / "2.json").unlink()
    report = quick(photos, tmp_path / "out", Sessions.found(tmp_path, without=tmp_path / "out"))
    assert "b.png has several sessions" in report.results[2].message


def test_the_largest_object(photos, tmp_path, monkeypatch):
    masks = np.zeros((4, *SIZE[::-1]), bool)
    masks[0, :18] = True  # sky
    masks[1, 5:30, 5:40] = True  # the object
    masks[2, 6:20, 6:20] = True
    masks[3] = True
    found = [_Found(mask) for mask in masks]
    assert np.array_equal(main_object(found), masks[1])
    assert main_object([found[0], found[3]]) is None
    monkeypatch.setattr(sources, "everything", lambda *_: iter([_Step(found)]))
    monkeypatch.setattr(sources.Everything, "for_model", lambda *_, **__: None)
    report = quick(photos, tmp_path / "out", Largest())
    assert state(report)["b.png"] == DONE
    session = Session.load(tmp_path / "out" / "b" / "session.json")
    assert np.array_equal(session.prompts.mask, masks[1]) and session.settings["matte"] == "from_mask"


@pytest.mark.parametrize(
    ("masks", "told"),
    [([], "found no object; mark"), ([np.ones(SIZE[::-1], bool)], "only what looks like background")],
)
def test_without_a_largest_object_it_says_what_was_found(photos, tmp_path, monkeypatch, masks, told):
    found = [_Found(mask) for mask in masks]
    monkeypatch.setattr(sources, "everything", lambda *_: iter([_Step(found)]))
    monkeypatch.setattr(sources.Everything, "for_model", lambda *_, **__: None)
    report = quick(photos, tmp_path / "out", Largest())
    assert set(state(report).values()) == {FAILED}
    assert told in next(each.message for each in report.results if each.photo == "b.png")


class _Step:
    def __init__(self, found):
        self.found = found


class _Found:
    predicted_iou, point = 0.9, (0, 0)

    def __init__(self, mask):
        self.share, self.mask = float(mask.mean()), lambda: mask


def test_an_empty_answer_has_an_exit_code_of_its_own(photos, tmp_path, without_figures, capsys):
    (photos / "broken.jpg").unlink()
    flags = ["--box", "30.6,30.6,30.9,30.9", "--only", "alpha.png", "--out", str(tmp_path / "out")]
    assert main(["batch", str(photos), *flags]) == predict.NOT_FOUND
    assert "sama: b.png: Nothing was found in the box" in capsys.readouterr().err
    assert (tmp_path / "out" / "b" / "alpha.png").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["empty", "--box", BOX], "empty has no photos; put some there"),
        (["missing", "--box", BOX], "missing does not exist"),
        (["photos/b.png", "--box", BOX], "is no folder"),
        (["photos"], "no session file in photos; give them with --sessions"),
        (["photos", "--box", BOX, "--everything"], "Give one of --sessions, --coco"),
        (["photos", "--box", BOX, "--coco-use", "box"], "--coco-use goes with --coco"),
        (["photos", "--coco", "photos/notes.txt"], "notes.txt is not a COCO data set"),
        (["photos", "--box", "1,2,3"], "is not a box"),
        (["photos", "--box", BOX, "--only", "cutout.jpg"], "no file called 'cutout.jpg'"),
        (["photos", "--box", BOX, "--background", "nonsense"], "nonsense"),
        (["photos", "--box", BOX, "--workers", "0"], "give 1 or more"),
        (["photos", "--box", BOX, "--ray", "nonsense"], "'nonsense' is no address of a Ray cluster"),
        (["photos", "--box", BOX, "--out", "photos"], "holds the photos themselves; give another --out"),
        (["photos", "--box", BOX, "--out", "photos/b.png/x"], "cannot be written to"),
        (["photos", "--box", BOX, "--out", "other"], "has a report.json that is no batch's"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_mistakes_are_one_sentence_and_leave_nothing(
    photos, tmp_path, without_figures, monkeypatch, capsys, words, told
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "report.json").write_text("[]", "utf-8")
    before = tree(tmp_path)
    assert main(["batch", *words, *([] if "--out" in words else ["--out", "out"])]) == 2
    error = capsys.readouterr().err
    assert error.startswith("sama: ") and error.count("\n") == 1 and told in error
    assert tree(tmp_path) == before and not (tmp_path / "out").exists()


def test_results_may_lie_among_the_photos(photos):
    out = photos / "out"
    quick(photos, out)
    assert quick(photos, out).kept == 4


def test_a_folder_that_may_not_be_written_to(photos, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sama.export.writing.tempfile.mkdtemp", refuse)
    with pytest.raises(SamaError, match="out cannot be written to .Permission denied.; choose another"):
        quick(photos, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_full_disk_ends_it_and_it_goes_on_later(photos, tmp_path, monkeypatch):
    from sama.objects.batch import work

    whole = work.write_outputs
    written = []

    def write(folder, outputs, names):
        if len(written) == 2:
            from sama.export.writing import explained

            with explained(folder):
                raise OSError(28, "No space left on device")
        written.append(folder)
        return whole(folder, outputs, names)

    monkeypatch.setattr(work, "write_outputs", write)
    with pytest.raises(SamaError, match="No space left on device"):
        quick(photos, tmp_path / "out")
    monkeypatch.setattr(work, "write_outputs", whole)
    assert quick(photos, tmp_path / "out").kept == 2
    quick(photos, tmp_path / "clean", MIDDLE)
    assert tree(tmp_path / "out") == tree(tmp_path / "clean")


def test_two_batches_in_one_folder(photos, tmp_path):
    from sama.export.turns import alone_in

    (tmp_path / "out").mkdir()
    with alone_in(tmp_path / "out"), pytest.raises(SamaError, match="Another batch writes to"):
        quick(photos, tmp_path / "out")
    assert quick(photos, tmp_path / "out").kept == 0
