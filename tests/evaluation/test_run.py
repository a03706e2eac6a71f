"""The whole evaluation on small photos, with a predictor that fills what it is prompted with."""

import argparse
import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from sama.commands.evaluate import add_arguments, main
from sama.errors import SamaError
from sama.evaluation import evaluate
from sama.evaluation.columns import GROUPS, MEANINGS, ROW
from sama.evaluation.methods import choose_methods
from sama.evaluation.report import format_table
from sama.methods import mini_on_sam
from sama.predict.answer import ALPHA, SAM, SAMA, Answer, ObjectAnswer

pytest.importorskip("py_sod_metrics", reason="the extra eval is not installed")
SHAPE = (60, 80)


class BoxFiller:
    """Fills the box, or squares of 9 px around positive clicks; SAMA's matte is its mask."""

    info = SimpleNamespace(
        name="filler",
        title="A filler",
        weights_digest="0123",
        device="cpu",
        notes=("It only fills boxes.",),
        trained=True,
    )

    def __init__(self):
        self.images, self.encoded, self.asked = [], 0, []
        self.closer, self.edges = set(), set()

    def set_image(self, image):
        self.images.append(image)
        for _ in ("global", "local"):
            self.encoded += 1
            yield None

    def answer(self, request, method, progress=None):
        assert self.encoded == 2 * len(self.images), "asked before the photo was encoded"
        (prompts,), sama = request.objects, "matting" in method.tasks
        self.asked.append((prompts, sama))
        self.closer.add(request.closer)
        if sama:
            self.edges.add(request.edges)
        logits = np.full(self.images[-1].shape[:2], -4, np.float32)
        for x0, y0, x1, y1 in prompts.boxes:
            logits[int(y0) : int(y1), int(x0) : int(x1)] = 4
        for x, y, label in prompts.points:
            if label:
                logits[max(0, int(y) - 4) : int(y) + 5, max(0, int(x) - 4) : int(x) + 5] = 4
        alpha = (logits > 0).astype(np.float32)
        layers = {SAM: logits, SAMA: (alpha - 0.5) * 8}
        if method.name != "sam":
            layers[ALPHA] = alpha
        one = ObjectAnswer(prompts, logits[None] > 0, np.ones(1, np.float32), 0, layers)
        return Answer(method.name, (one,))


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def disk(y, x, radius):
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def photo(mask):
    noise = np.random.default_rng(0).integers(0, 30, (*SHAPE, 3))
    return (np.where(mask[..., None], (200, 80, 60), (40, 120, 90)) + noise).astype(np.uint8)


@pytest.fixture
def labels(tmp_path):
    """Two photos: one disk; a square (id 2), a disk (id 7) and a speck of 9 px (id 9)."""
    folder = tmp_path / "animals"
    one = disk(30, 40, 15).astype(np.uint8)
    two = disk(40, 60, 10).astype(np.uint8) * 7
    two[10:20, 10:30] = 2
    two[50:53, 5:8] = 9
    for name, label in (("a", one), ("b", two)):
        save(folder / "labels" / f"{name}.png", label)
        save(folder / "images" / f"{name}.png", photo(label > 0))
    return folder


@pytest.fixture
def mattes(tmp_path):
    """One photo whose matte is a solid square with a half-transparent frame, 4 px wide."""
    folder = tmp_path / "mattes"
    matte = np.zeros(SHAPE, np.uint8)
    matte[16:44, 26:54], matte[20:40, 30:50] = 102, 255
    save(folder / "alphas" / "m.png", matte)
    save(folder / "images" / "m.png", photo(matte > 200))
    return folder


def test_labels_each(labels):
    predictor = BoxFiller()
    results = evaluate(labels, methods=["sam", "sama"], predictor=predictor, progress=False)
    assert (results["n"], results["skipped"], results["dataset"]) == (3, 1, "animals")
    assert len(predictor.images) == 2, "each photo is encoded once"
    disks = [disk(30, 40, 15).sum() / 31**2, disk(40, 60, 10).sum() / 21**2]
    assert results["methods"]["sam"]["mIoU"] == pytest.approx((sum(disks) + 1) / 3)
    assert "MSE" not in results["methods"]["sama"], "labels are no mattes"
    assert [sama for _, sama in predictor.asked] == [False, True] * 3


def test_labels_union(labels):
    predictor = BoxFiller()
    results = evaluate(
        labels, object_mode="union", methods=["sam"], predictor=predictor, limit=1, progress=False
    )
    assert results["n"] == 1
    assert len(predictor.images) == 1
    evaluate(labels, object_mode="union", methods=["sam"], predictor=predictor, progress=False)
    assert predictor.asked[-1][0].boxes == ((5, 10, 71, 53),)


def test_clicks_reach_the_predictor(labels):
    predictor = BoxFiller()
    results = evaluate(labels, prompts="point3", methods=["sam", "sama"], predictor=predictor, progress=False)
    assert max(len(prompts.points) for prompts, _ in predictor.asked) == 3
    assert results["methods"]["sam"]["mIoU"] == results["methods"]["sama"]["mIoU"] > 0.2


def test_mattes_by_hand(mattes):
    """The box of alpha > .5 is the solid square, so SAM misses just the frame: 28^2 - 20^2 px of
    .4.
    """
    trimap = np.zeros(SHAPE, np.uint8)
    trimap[16:44, 26:54], trimap[20:40, 30:50] = 128, 255
    save(mattes / "trimaps" / "m.png", trimap)
    results = evaluate(mattes, methods=["sam"], predictor=BoxFiller(), progress=False)
    scores, frame = results["methods"]["sam"], 28**2 - 20**2
    assert scores["mIoU"] == 1
    assert scores["SAD"] == pytest.approx(frame * 0.4 / 1e3)
    assert scores["MSE"] == pytest.approx(frame * 0.16 / (60 * 80) * 1e3)
    assert scores["MSE_unknown"] == pytest.approx(160)
    assert scores["MAD_unknown"] == pytest.approx(400)


def test_command_line_writes_table_json_and_sheet(labels, tmp_path, capsys):
    pytest.importorskip("cv2")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    path = tmp_path / "new" / "result.json"
    args = parser.parse_args([str(labels), "--methods", "grabcut", "--json", str(path)])
    assert main(args) == 0
    results = json.loads(path.read_text())
    assert set(results) >= {"dataset", "n", "prompts", "seconds", "methods", "skipped"}
    assert results["model"] is None
    assert all(isinstance(v, float) for v in results["methods"]["grabcut"].values())
    assert "grabcut" in capsys.readouterr().out
    with Image.open(tmp_path / "new" / "result_cases.png") as sheet:
        assert sheet.width == 3 * 230 + 6
        assert sheet.height > 600


def test_contact_sheet_shows_the_errors_in_colour(labels, tmp_path):
    sheet = tmp_path / "sheet.png"
    evaluate(labels, methods=["sam"], predictor=BoxFiller(), sheet=sheet, progress=False)
    colours = np.asarray(Image.open(sheet)).astype(int)
    red = (colours[..., 0] > 150) & (colours[..., 1] < 110) & (colours[..., 2] < 80)
    assert red.sum() > 500, "the corners of the boxes are wrongly taken"


def test_table_names_every_metric(mattes):
    results = evaluate(mattes, methods=["sam", "sama"], predictor=BoxFiller(), progress=False)
    table = format_table(results)
    for word in ("mIoU", "boundary_IoU", "weighted_F", "Grad", "Conn", "sama"):
        assert word in table
    assert "unknown" not in table


def test_methods_follow_the_prompt():
    assert choose_methods(None, "box") == ("sam", "sama", "solid", "closed_form", "grabcut", "mini_on_sam")
    assert choose_methods(None, "point3") == ("sam", "sama", "solid", "closed_form", "mini_on_sam")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"methods": ["magic"]}, "no method 'magic'"),
        ({"methods": ["sam", "sam"]}, "each method once"),
        ({"methods": ["grabcut"], "prompts": "point1"}, "takes a box only"),
        ({"methods": ["from_mask"]}, "takes a mask only: use --prompts mask"),
        ({"methods": ["mini_on_sam"]}, "is for models without SAMA weights"),
        ({"prompts": "scribble"}, "no prompt kind"),
        ({"object_mode": "some"}, "no object mode"),
        ({"limit": 0}, "1 or more"),
        ({"group_words": -1}, "0 for no groups"),
        ({"ignore": -1}, "0 for none"),
    ],
)
def test_wrong_options(labels, options, words):
    with pytest.raises(SamaError, match=words):
        evaluate(labels, predictor=BoxFiller(), progress=False, **options)


def test_what_the_model_says_of_itself_is_reported(labels):
    results = evaluate(labels, methods=["sama"], predictor=BoxFiller(), progress=False)
    assert (results["model"], results["weights"], results["device"]) == ("filler", "0123", "cpu")
    assert "It only fills boxes." in results["notes"]
    assert "It only fills boxes." in format_table(results)


def test_without_sama_weights_sama_is_not_measured(labels, monkeypatch):
    def add(answer, masks, *others):
        for each, mask in zip(answer.objects, masks, strict=True):
            each.layers[ALPHA] = (mask > 0).astype(np.float32)
        return answer

    monkeypatch.setattr(mini_on_sam, "add_mattes", add)
    predictor = BoxFiller()
    predictor.info = SimpleNamespace(**vars(BoxFiller.info) | {"trained": False})
    results = evaluate(labels, prompts="point1", predictor=predictor, progress=False)
    assert list(results["methods"]) == ["sam", "closed_form", "mini_on_sam"]
    assert results["methods"]["sam"]["mIoU"] == results["methods"]["mini_on_sam"]["mIoU"]
    with pytest.raises(SamaError, match="--sama-weights"):
        evaluate(labels, methods=["sam", "sama"], predictor=predictor, progress=False)


def test_only_specks_is_an_error(labels):
    save(labels / "labels" / "a.png", np.zeros(SHAPE, np.uint8))
    with pytest.raises(SamaError, match="no object of 10 pixels"):
        evaluate(labels, methods=["sam"], predictor=BoxFiller(), limit=1, progress=False)


def test_unwritable_place_is_found_before_the_work(labels, tmp_path):
    (tmp_path / "file").write_text("")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args([str(labels), "--json", str(tmp_path / "file" / "result.json")])
    with pytest.raises(SamaError, match="choose another place"):
        main(args)


def test_sama_looks_closer_and_follows_edges_unless_told_otherwise(labels, tmp_path, monkeypatch):
    predictor = BoxFiller()
    monkeypatch.setattr("sama.evaluation.run._load", lambda *_: predictor)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    for flags, closer, edges in (
        ([], True, True),
        (["--whole"], False, True),
        (["--unfiltered"], True, False),
    ):
        predictor.closer.clear()
        predictor.edges.clear()
        path = tmp_path / "result.json"
        flags = [str(labels), "--methods", "sam,sama,closed_form", "--json", str(path), *flags]
        assert main(parser.parse_args(flags)) == 0
        assert (predictor.closer, predictor.edges) == ({closer}, {edges})
        results = json.loads(path.read_text())
        assert (results["closer"], results["edges"]) == (closer, edges)


def rename(folder, names):
    """Give the photos and truths of a folder other names."""
    for path in folder.glob("*/*.png"):
        path.rename(path.with_stem(names[path.stem]))


def command(*flags):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return main(parser.parse_args([str(flag) for flag in flags]))


def test_every_object_has_a_row_in_json_and_csv(labels, tmp_path, monkeypatch):
    monkeypatch.setattr("sama.evaluation.run._load", lambda *_: BoxFiller())
    flags = ["--methods", "sam,sama", "--json", tmp_path / "r.json", "--csv", tmp_path / "new" / "r.csv"]
    assert command(labels, *flags) == 0
    results = json.loads((tmp_path / "r.json").read_text())
    rows = results["objects"]
    assert [(row["name"], row["photo"], row["object"], row["pixels"]) for row in rows] == [
        ("a#1", "a", 1, int(disk(30, 40, 15).sum())),
        ("b#2", "b", 2, 200),
        ("b#7", "b", 7, int(disk(40, 60, 10).sum())),
    ]
    assert results["skipped_objects"] == ["b#9"] and results["skipped"] == 1
    for name in ("sam", "sama"):
        values = [row["methods"][name]["IoU"] for row in rows]
        assert np.mean(values) == pytest.approx(results["methods"][name]["mIoU"])
        assert values[1] == 1
    with (tmp_path / "new" / "r.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["photo"], line["object"], line["method"]) for line in lines] == [
        (row["photo"], str(row["object"]), name) for row in rows for name in ("sam", "sama")
    ]
    assert set(lines[0]) > {"IoU", "boundary_IoU", "E", "seconds"} and "MSE" not in lines[0]
    assert float(lines[4]["IoU"]) == rows[2]["methods"]["sam"]["IoU"]


def test_a_void_is_not_judged(labels):
    """The disk fills its box's middle; what the box has beside it is wrong, unless nobody decided there."""
    truth = disk(30, 40, 15)
    label = np.where(truth, 1, 255).astype(np.uint8)
    save(labels / "labels" / "a.png", label)
    one = {"methods": ["sam"], "limit": 1, "progress": False}
    results = evaluate(labels, predictor=BoxFiller(), **one)
    assert results["n"] == 1 and results["methods"]["sam"]["mIoU"] == 1
    assert "255 is taken as not labelled in 1 of 1 maps" in format_table(results)
    strict = evaluate(labels, predictor=BoxFiller(), ignore=0, **one)
    assert strict["n"] == 2 and strict["objects"][0]["methods"]["sam"]["IoU"] < 0.8
    save(labels / "labels" / "a.png", truth.astype(np.uint8) * 255)
    mask = evaluate(labels, predictor=BoxFiller(), **one)
    assert mask["n"] == 1 and mask["methods"]["sam"]["mIoU"] == pytest.approx(truth.sum() / 31**2)


def test_groups_are_counted_by_object_and_their_mean_by_group(labels):
    rename(labels, {"a": "cups_1", "b": "tools_1"})
    results = evaluate(labels, methods=["sam"], predictor=BoxFiller(), progress=False)
    assert {name: group["n"] for name, group in results["groups"].items()} == {"cups": 1, "tools": 2}
    cups, tools = (group["methods"]["sam"]["mIoU"] for group in results["groups"].values())
    first, second, third = (each["methods"]["sam"]["IoU"] for each in results["objects"])
    assert cups == first and tools == pytest.approx((second + third) / 2)
    assert results["mean_of_groups"]["sam"]["mIoU"] == pytest.approx((cups + tools) / 2)
    assert results["methods"]["sam"]["mIoU"] == pytest.approx((first + second + third) / 3)
    table = format_table(results)
    assert "mIoU by source" in table and "boundary_IoU by source" in table and "mean over sources" in table
    assert f"{tools:.3f}" in table
    alone = evaluate(labels, methods=["sam"], predictor=BoxFiller(), group_words=0, progress=False)
    assert alone["groups"] == {} and "by source" not in format_table(alone)


def test_composites_are_told_by_family(mattes):
    for kind in ("images", "alphas"):
        path = mattes / kind / "m.png"
        for name in ("solid_1_a", "hair_2_b"):
            (mattes / kind / f"{name}.png").write_bytes(path.read_bytes())
        path.unlink()
    results = evaluate(mattes, methods=["sam"], predictor=BoxFiller(), progress=False)
    assert results["grouped_by"] == "family" and list(results["groups"]) == ["hair", "solid"]
    lines = format_table(results).splitlines()
    start = lines.index("MSE by family")
    assert [line.split()[0] for line in lines[start + 2 : start + 5]] == ["hair", "solid", "mean"]
    assert "Grad by family" in lines


def inside_of(results, name):
    return results["methods"][name].get("inside_alpha")


def test_alpha_inside_is_measured_where_sam_found_the_object(tmp_path, monkeypatch):
    """Squares of 40 px, found by their boxes, with 20 px inside; a cross, whose box is no answer."""
    square, cross = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    square[10:50, 20:60] = 3
    cross[20:45, 5:75], cross[5:55, 28:53] = 1, 1
    for name, label in (("a", square), ("b", cross)):
        save(tmp_path / "labels" / f"{name}.png", label)
        save(tmp_path / "images" / f"{name}.png", photo(label > 0))

    class Grey(BoxFiller):
        def answer(self, request, method, progress=None):
            found = super().answer(request, method, progress)
            if ALPHA in found.objects[0].layers:
                found.objects[0].layers[ALPHA][20:40, 30:35] *= 0.6  # 100 of the 20 x 20 px inside
            return found

    for methods in (["sama", "sam"], ["sama"]):
        results = evaluate(tmp_path, methods=methods, predictor=Grey(), progress=False)
        assert results["inside_objects"] == 1
        assert inside_of(results, "sama") == pytest.approx((300 + 100 * 0.6) / 400)
        assert "inside_alpha" not in results["objects"][1]["methods"]["sama"]
        assert "1 of 2" in format_table(results)
    lost = evaluate(tmp_path, methods=["sama"], predictor=Grey(), limit=1, prompts="point1", progress=False)
    assert inside_of(lost, "sama") is None and lost["inside_objects"] == 0


def test_masks_are_given_and_damaged(mattes):
    """Of the given mask's own error the frame remains: 28^2 - 20^2 px of .4; eroded, it lacks a pixel more."""
    own = (28**2 - 20**2) * 0.16
    for prompts, extra, methods in (("mask", 0, None), ("mask_eroded", 20**2 - 18**2, ["mask"])):
        results = evaluate(mattes, prompts=prompts, methods=methods, predictor=BoxFiller(), progress=False)
        assert list(results["methods"]) == (methods or ["mask", "closed_form", "from_mask"])
        assert results["model"] == (None if methods else "filler"), "a mask itself needs none"
        assert results["methods"]["mask"]["MSE"] == pytest.approx((own + extra) / (60 * 80) * 1e3)
        assert "inside_alpha" not in results["methods"]["mask"], "SAM was not asked"
        if methods is None:
            assert results["methods"]["closed_form"]["MSE"] != results["methods"]["mask"]["MSE"]


def test_the_model_follows_the_given_mask(mattes):
    seen = []

    class Follower(BoxFiller):
        def answer(self, request, method, progress=None):
            found = super().answer(request, method, progress)
            seen.append((method.name, request.prompts.mask.sum(), request.prompts.boxes))
            found.objects[0].layers[ALPHA] = request.prompts.mask.astype(np.float32)
            return found

    results = evaluate(
        mattes, prompts="mask_grown", methods=["mask", "from_mask"], predictor=Follower(), progress=False
    )
    assert seen and all(name == "from_mask" and boxes == () for name, _, boxes in seen)
    assert all(20**2 < area <= 24**2 for _, area, _ in seen), "the damaged mask"
    assert results["methods"]["from_mask"]["MSE"] == results["methods"]["mask"]["MSE"]


def test_how_it_is_answered_reaches_whoever_follows_a_mask(mattes, monkeypatch):
    class Hazy(BoxFiller):
        def answer(self, request, method, progress=None):
            self.keeps = request.keep_haze
            found = super().answer(request, method, progress)
            alpha = request.prompts.mask.astype(np.float32)
            alpha[2:8, 2:8] = 0.2  # joined to nothing
            found.objects[0].layers[ALPHA] = alpha
            return found

    predictor, errors = Hazy(), {}
    monkeypatch.setattr("sama.evaluation.run._load", lambda *_: predictor)
    for flag, asked in (
        ("", ({True}, {True}, False)),
        ("--whole", ({False}, {True}, False)),
        ("--unfiltered", ({True}, {False}, False)),
        ("--keep-haze", ({True}, {True}, True)),
    ):
        predictor.closer.clear()
        predictor.edges.clear()
        path = mattes.parent / "r.json"
        flags = ["--prompts", "mask", "--methods", "from_mask", "--json", path, *flag.split()]
        assert command(mattes, *flags) == 0
        assert (predictor.closer, predictor.edges, predictor.keeps) == asked, flag
        errors[flag] = json.loads(path.read_text())["methods"]["from_mask"]["MSE"]
    assert errors["--whole"] == errors[""]
    assert errors["--keep-haze"] - errors[""] == pytest.approx(36 * 0.04 / (60 * 80) * 1e3, rel=0.02)


def test_answers_of_another_program_are_methods(labels, tmp_path, capsys):
    for name, label in (("a", disk(30, 40, 15).astype(np.uint8) * 255), ("b", np.full(SHAPE, 2, np.uint8))):
        save(tmp_path / "theirs" / f"{name}.png", label)
    flags = [labels, "--answers", tmp_path / "theirs", "--answers", f"again={tmp_path / 'theirs'}"]
    assert command(*flags, "--json", tmp_path / "r.json") == 0
    results = json.loads((tmp_path / "r.json").read_text())
    assert list(results["methods"]) == ["theirs", "again"] == list(results["answers"])
    assert results["model"] is None and "seconds" not in results["methods"]["theirs"]
    assert [each["methods"]["theirs"]["IoU"] for each in results["objects"]] == [1, 200 / 4800, 0]
    assert results["methods"]["again"] == results["methods"]["theirs"]
    assert "prompts none" in capsys.readouterr().out
    both = evaluate(
        labels, methods=["sam"], answers=[tmp_path / "theirs"], predictor=BoxFiller(), progress=False
    )
    assert list(both["methods"]) == ["sam", "theirs"]
    assert "-" in format_table(both).splitlines()[-1], "nobody knows their seconds"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prompts": "mask", "methods": ["grabcut"]}, "no method 'grabcut' that makes a matte from a mask"),
        ({"prompts": "mask", "methods": ["mask", "mask"]}, "each method once"),
        ({"answers": ["{}/labels", "{}/labels"]}, "names two things"),
        ({"answers": ["sam={}/labels"], "methods": ["sam"]}, "names two things"),
        ({"answers": ["{}/lost"]}, "is no folder"),
    ],
)
def test_wrong_answers(labels, options, words):
    options = options | {"answers": [each.format(labels) for each in options.get("answers", [])]}
    with pytest.raises(SamaError, match=words):
        evaluate(labels, predictor=BoxFiller(), progress=False, **options)


def test_a_bad_label_is_told_before_anything_is_answered(labels, monkeypatch):
    save(labels / "labels" / "b.png", np.zeros((60, 81), np.uint8))
    monkeypatch.setattr("sama.evaluation.run._load", lambda *_: pytest.fail("loaded a model first"))
    with pytest.raises(SamaError, match="81x60 but its upright photo is 80x60"):
        evaluate(labels, progress=False)


def test_every_column_is_explained(capsys):
    with pytest.raises(SystemExit) as stop:
        command("--columns")
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    for name in {name for _, names, _ in GROUPS for name in names} | set(ROW):
        assert name in MEANINGS or name == "IoU" or name.endswith("_unknown")
        assert name.removesuffix("_unknown") in printed


def test_results_are_printed_where_they_cannot_be_written(labels, tmp_path, monkeypatch, capsys):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    save(tmp_path / "theirs" / "a.png", np.zeros(SHAPE, np.uint8))
    flags = ["--answers", tmp_path / "theirs", "--limit", 1, "--csv", tmp_path / "r.csv"]
    with pytest.raises(SamaError, match=r"r\.csv cannot be written \(No space left on device\): make room"):
        command(labels, *flags)
    assert "theirs" in capsys.readouterr().out
