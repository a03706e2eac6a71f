"""What `sama predict` says of its prompts and of what it found; with a model that answers by geometry."""

import json

import numpy as np
import pytest
from PIL import Image

from sama.commands import predict
from sama.commands.cli import main
from sama.photo.opening import open_image
from sama.request.prompts import Prompts
from sama.request.session import Session
from tests.ui.browser.fake_predictor import FakePredictor


@pytest.fixture
def photo(tmp_path, monkeypatch):
    monkeypatch.setattr(predict, "load_predictor", lambda *_, **__: FakePredictor())
    monkeypatch.setattr("sama.export.files.FILES", _quick())
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (240, 360, 3), np.uint8)).save(path)
    return path


def _quick() -> dict:
    from sama.export.files import FILES

    return {name: file for name, file in FILES.items() if not name.startswith("figure")}


def run(photo, *flags) -> int:
    return main(["predict", str(photo), *flags, "--out", str(photo.parent / "out")])


def test_an_empty_answer_has_an_exit_code_of_its_own_and_a_sentence(photo, capsys):
    assert run(photo, "--box", "30.6,30.6,30.9,30.9") == predict.NOT_FOUND == 3
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("sama: ")]
    assert len(said) == 1 and "Nothing was found in the box, which is 0.3 x 0.3 pixels" in said[0]
    assert (photo.parent / "out" / "session.json").exists(), "what was asked is not lost"


def test_a_box_in_parts_of_one_is_refused_and_leaves_nothing(photo, capsys):
    assert run(photo, "--box", "0.2,0.2,0.7,0.9") == 2
    assert "write 72,48,252,216" in capsys.readouterr().err
    assert not (photo.parent / "out").exists()


def test_a_session_with_parts_of_one_is_refused(photo, tmp_path, capsys):
    opened = open_image(photo)
    prompts = Prompts(boxes=((0.2, 0.2, 0.7, 0.9),))
    path = tmp_path / "session.json"
    Session(opened.digest, opened.size, "photo.png", prompts, "mini").save(path)
    assert run(photo, "--session", str(path)) == 2
    assert "in parts of 1" in capsys.readouterr().err


def test_a_box_from_the_far_corner_is_taken_and_said(photo, capsys):
    assert run(photo, "--box", "200,30,100,150") == 0
    said = capsys.readouterr().out
    assert "box: from 100,30 to 200,150, 100 x 120 pixels" in said
    assert (
        "note: The box 200,30,100,150 was taken as the corners 100,30,200,150; if it is x, y, width" in said
    )


def test_a_mask_alone_is_followed_and_beside_a_box_it_is_a_prompt(photo, tmp_path, capsys):
    mask = np.zeros((240, 360), np.uint8)
    mask[60:180, 100:260] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    assert run(photo, "--mask", str(tmp_path / "mask.png")) == 0
    out = photo.parent / "out"
    assert json.loads((out / "session.json").read_text())["settings"]["matte"] == "from_mask"
    np.testing.assert_array_equal(np.asarray(Image.open(out / "alpha.png")), mask)
    assert run(photo, "--mask", str(tmp_path / "mask.png"), "--box", "100,30,200,150") == 0
    assert "matte" not in json.loads((out / "session.json").read_text())["settings"]
    Image.fromarray(mask[:-1]).save(tmp_path / "short.png")
    assert run(photo, "--mask", str(tmp_path / "short.png")) == 2
    assert "The mask short.png is 360 x 239 pixels and the upright photo 360 x 240" in capsys.readouterr().err


def test_what_cuts_out_and_haze_are_flags_that_a_session_keeps(photo):
    assert run(photo, "--box", "100,30,200,150", "--cutout-from", "mask", "--haze", "kept") == 0
    out = photo.parent / "out"
    settings = json.loads((out / "session.json").read_text())["settings"]
    assert (settings["cutout_from"], settings["haze"]) == ("mask", "kept")
    cut, mask = (np.asarray(Image.open(out / name)) for name in ("cutout.png", "mask.png"))
    np.testing.assert_array_equal(cut[..., 3], mask)
    assert (
        run(photo, "--session", str(out / "session.json"), "--cutout-from", "matte", "--haze", "removed") == 0
    )
    settings = json.loads((out / "session.json").read_text())["settings"]
    assert not {"cutout_from", "haze"} & settings.keys()
    cut, alpha = (np.asarray(Image.open(out / name)) for name in ("cutout.png", "alpha.png"))
    np.testing.assert_array_equal(cut[..., 3], alpha)


def test_several_boxes_are_several_objects_unless_they_are_together(photo, capsys):
    boxes = ["--box", "30,30,150,150", "--box", "120,60,300,200"]
    out = photo.parent / "out"
    assert run(photo, *boxes, "--name", "cat", "--name", "dog") == 0
    assert sorted(p.name for p in (out / "objects").iterdir()) == ["1_cat", "2_dog"]
    assert [a["name"] for a in json.loads((out / "coco.json").read_text())["annotations"]] == ["cat", "dog"]
    masks = [(out / "objects" / name / "mask.png").read_bytes() for name in ("1_cat", "2_dog")]
    assert "objects/1_cat/alpha.png" in capsys.readouterr().out
    again = photo.parent / "again"
    assert main(["predict", str(photo), "--session", str(out / "session.json"), "--out", str(again)]) == 0
    assert [(again / "objects" / name / "mask.png").read_bytes() for name in ("1_cat", "2_dog")] == masks
    union = (out / "mask.png").read_bytes()
    assert run(photo, *boxes, "--together") == 0
    assert not (out / "objects").exists() and (out / "mask.png").read_bytes() == union
    assert len(json.loads((out / "coco.json").read_text())["annotations"]) == 1
    assert run(photo, "--session", str(again / "session.json"), "--name", "x") == 2
    assert run(photo, *boxes, "--name", "a", "--name", "b", "--name", "c") == 2
    assert "names object 3 and there are 2" in capsys.readouterr().err


def test_of_a_click_and_a_box_that_contradict_each_other_the_later_flag_counts(photo, capsys):
    box, click = ("--box", "100,30,200,150"), ("--point", "150,90,0")
    prompts = photo.parent / "out" / "session.json"
    for flags, order, told in (((*click, *box), ["point", "box"], 1), ((*box, *click), None, 0)):
        assert run(photo, *flags) == 0
        assert json.loads(prompts.read_text())["prompts"].get("order") == order
        assert capsys.readouterr().out.count("note: 1 click does not count beside a box") == told
    assert run(photo, *click, *box) == 0
    kept = prompts.read_text()
    assert run(photo, "--session", str(prompts)) == 0 and prompts.read_text() == kept


def test_a_transparency_that_there_is_not_is_told_before_the_model_is_loaded(photo, monkeypatch, capsys):
    monkeypatch.setattr(predict, "load_predictor", lambda *_, **__: pytest.fail("loaded"))
    assert run(photo, "--box", "100,30,200,150", "--method", "own") == 2
    assert "photo.png has no transparency of its own; choose another method" in capsys.readouterr().err
    assert not (photo.parent / "out").exists()
