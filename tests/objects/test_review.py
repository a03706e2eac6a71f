"""Accepted answers as files, folders of proposals, and how far somebody has come through one."""

import json

import numpy as np
import pytest
from PIL import Image

from sama.errors import SamaError
from sama.export.outputs import Outputs
from sama.export.writing import ExportError
from sama.methods import METHODS, answer
from sama.objects.review import (
    ACCEPTED,
    SKIPPED,
    Progress,
    accepted_session,
    proposals_of,
    write_accepted,
)
from sama.photo.opening import open_image
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.request.session import Session
from sama.request.settings import Settings
from tests.ui.browser.fake_predictor import FakePredictor

BOXES = ((10, 10, 60, 60), (40, 30, 110, 85))


def photo_at(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (96, 128, 3), np.uint8)).save(path)
    return open_image(path)


def outputs_of(photo, boxes=BOXES):
    predictor = FakePredictor()
    for _ in predictor.set_image(photo.rgb):
        pass
    request = Request.of(Prompts(boxes=boxes), photo.size, method="sama")
    return Outputs(
        photo, answer(predictor, request), request, Settings.from_dict({}, methods=METHODS), predictor.info
    )


def test_an_accepted_answer_is_photo_labels_matte_and_session(tmp_path):
    photo = photo_at(tmp_path / "my photo.png")
    outputs = outputs_of(photo)
    name = write_accepted(tmp_path / "out", outputs)
    read = {
        kind: np.asarray(Image.open(tmp_path / "out" / kind / f"{name}.png"))
        for kind in ("images", "labels", "alphas")
    }
    assert (read["images"] == photo.rgb).all()
    first, second = (part.mask for part in outputs.parts)
    assert (read["labels"] == np.where(first, 1, np.where(second, 2, 0))).all() and (first & second).any()
    assert np.abs(read["alphas"] / 255 - outputs.alpha).max() < 0.003
    session = Session.load(accepted_session(tmp_path / "out", photo.name, photo.digest))
    session.check(photo)
    assert session.prompts.boxes == BOXES
    assert write_accepted(tmp_path / "out", outputs_of(photo, BOXES[:1])) == name  # replaces it
    assert np.asarray(Image.open(tmp_path / "out" / "labels" / f"{name}.png")).max() == 1
    assert write_accepted(tmp_path / "out", outputs_of(photo_at(tmp_path / "b" / "my photo.png", 1))) != name
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "alphas",
        "images",
        "labels",
        "sessions",
    ]


def test_what_cannot_be_accepted_writes_nothing(tmp_path, monkeypatch):
    photo = photo_at(tmp_path / "photo.png")
    empty = outputs_of(photo)
    monkeypatch.setattr(Outputs, "mask", np.zeros((96, 128), bool))
    with pytest.raises(SamaError, match="The mask is empty"):
        write_accepted(tmp_path / "out", empty)
    monkeypatch.undo()
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot be written to"):
        write_accepted(tmp_path / "file", outputs_of(photo))
    assert not (tmp_path / "out").exists()


def test_proposals_are_sessions_labels_or_mattes(tmp_path):
    photos = {name: photo_at(tmp_path / "images" / f"{name}.png", seed) for seed, name in enumerate("abcde")}
    (tmp_path / "a").mkdir()
    prompts = Prompts(points=((20, 20, 1),))
    Session(photos["a"].digest, photos["a"].size, "a.png", prompts, "mini").save(tmp_path / "a" / "s.json")
    Session(photos["b"].digest, photos["b"].size, "c.png", prompts, "mini").save(tmp_path / "a" / "t.json")
    for kind in ("labels", "alphas"):
        (tmp_path / kind).mkdir()
    one, two = np.zeros((2, 96, 128), np.uint8)
    one[10:40, 20:60], two[10:40, 20:60], two[50:90, 70:120] = 7, 7, 9
    Image.fromarray(one).save(tmp_path / "labels" / "b.png")
    Image.fromarray(two).save(tmp_path / "labels" / "c.png")
    Image.fromarray(one * 36).save(tmp_path / "alphas" / "d.png")
    found = {each.photo.stem: each.asked(photos[each.photo.stem])[0] for each in proposals_of(tmp_path)}
    assert found["a"] == prompts
    assert (found["b"].mask == (one > 0)).all()
    assert found["c"].boxes == ((20, 10, 60, 40), (70, 50, 120, 90))  # the session is of other pixels
    assert ((found["d"].mask > 0) == (one > 0)).all()
    assert found["e"] == Prompts()
    assert not any(each.files for each in proposals_of(tmp_path, without=tmp_path / "a")[:1])


def test_a_folder_without_proposals_or_photos_is_refused(tmp_path):
    with pytest.raises(SamaError, match="is no folder"):
        proposals_of(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SamaError, match="say with --photos where they are"):
        proposals_of(tmp_path / "empty")
    photo_at(tmp_path / "images" / "a.png")
    with pytest.raises(SamaError, match="proposes nothing"):
        proposals_of(tmp_path)
    (tmp_path / "labels").mkdir()
    Image.new("L", (5, 5)).save(tmp_path / "labels" / "a.png")
    (proposal,) = proposals_of(tmp_path)
    with pytest.raises(SamaError, match="no label map of the photo's size; make it 128 x 96"):
        proposal.asked(open_image(proposal.photo))


def test_progress_survives_and_damage_does_not_hurt(tmp_path):
    progress, names = Progress(tmp_path / "out"), ["a", "b", "c"]
    assert progress.first(names) == 0
    progress.mark("b", ACCEPTED)
    assert Progress(tmp_path / "out").done == {"b": ACCEPTED}
    assert progress.first(names, 0) == 2 and progress.first(names, 2) == 0
    progress.mark("a", SKIPPED)
    progress.mark("c", SKIPPED)
    assert progress.first(names) is None
    for text in ("no json", "[1]", json.dumps({"a": "eaten"})):
        (tmp_path / "out" / "review.json").write_text(text)
        assert Progress(tmp_path / "out").done == {}
