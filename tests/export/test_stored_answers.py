"""Answers computed ahead: lossless masks, and never an answer to something else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sama
from sama.commands import examples as command
from sama.commands.cli import main
from sama.export import stored_answers
from sama.photo.opening import open_image
from sama.predict.answer import ALPHA, SAM, SAMA, TRIMAP, Answer, ObjectAnswer
from sama.predict.hints import hint
from sama.request.prompts import Prompts
from sama.request.session import Session
from sama.ui.examples import read_examples
from sama.ui.visit import Visit
from tests.ui.browser.fake_predictor import Counts, FakePredictor

EXAMPLES = Path(__file__).parents[2] / "examples"
BOX = Prompts(boxes=((1.0, 2.0, 30.0, 20.0),))


@pytest.fixture
def of():
    return stored_answers.Source("a" * 64, BOX, "0123456789ab", (50, 40))


@pytest.fixture
def found():
    rng = np.random.default_rng(0)
    sam, sama_logits = rng.normal(0, 6, (2, 40, 50)).astype(np.float32)
    sam[0, :3] = (1e-6, -1e-6, 0)
    masks = np.stack([sam > 3, sam > 0, sam > -3])
    alpha = rng.random((40, 50)).astype(np.float32)
    scores = np.array([0.1234, 0.9, 0.5], np.float32)
    layers = {SAM: sam, SAMA: sama_logits, ALPHA: alpha}
    return Answer("sama", (ObjectAnswer(BOX, masks, scores, 1, layers),), {"decode_sam": 1.0})


def test_an_answer_comes_back(tmp_path, of, found):
    stored_answers.save(tmp_path / "a.png", found, of)
    again = stored_answers.load(tmp_path / "a.png", of)
    np.testing.assert_array_equal(again.union.masks, found.union.masks)
    np.testing.assert_array_equal(again.mask(SAMA), found.mask(SAMA))
    np.testing.assert_array_equal(again.mask(SAM), found.mask(SAM))
    np.testing.assert_allclose(again.alpha, found.alpha, atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(again.layer(SAM), np.clip(found.layer(SAM), -8, 8), atol=0.1)
    np.testing.assert_allclose(again.union.scores, found.union.scores, atol=1e-4)
    assert (again.union.chosen, again.method, again.seconds) == (1, "sama", {})


def test_a_trimap_comes_back_exactly(tmp_path, of, found):
    told = np.random.default_rng(1).integers(0, 3, (40, 50)).astype(np.float32) / 2
    found.objects[0].layers[TRIMAP] = told
    stored_answers.save(tmp_path / "a.png", found, of)
    again = stored_answers.load(tmp_path / "a.png", of)
    np.testing.assert_array_equal(again.layer(TRIMAP), told)
    np.testing.assert_array_equal(again.union.masks, found.union.masks)


@pytest.mark.parametrize(
    "changed",
    [
        {"photo": "b" * 64},
        {"prompts": Prompts(boxes=((1.0, 2.0, 30.0, 21.0),))},
        {"prompts": Prompts(boxes=BOX.boxes, points=((5.0, 5.0, 1),))},
        {"weights": "0123456789ac"},
        {"size": (40, 50)},
    ],
)
def test_an_answer_to_something_else_is_none(tmp_path, of, found, changed):
    stored_answers.save(tmp_path / "a.png", found, of)
    assert stored_answers.load(tmp_path / "a.png", replace(of, **changed)) is None


def test_a_missing_or_damaged_answer_is_none(tmp_path, of, found):
    assert stored_answers.load(tmp_path / "none.png", of) is None
    (tmp_path / "text.png").write_text("text")
    assert stored_answers.load(tmp_path / "text.png", of) is None
    stored_answers.save(tmp_path / "a.png", found, of)
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    assert stored_answers.load(tmp_path / "half.png", of) is None
    del found.union.layers[SAMA]
    with pytest.raises(ValueError, match="complete"):
        stored_answers.save(tmp_path / "b.png", found, of)


def test_the_committed_answers_belong_to_the_committed_weights():
    info = sama.load("mini", device="cpu").info
    for file in sorted(EXAMPLES.glob("*.json")):
        session, photo = Session.load(file), open_image(file.with_suffix(".jpg"))
        size = stored_answers.preview_size(*photo.size)
        of = stored_answers.source(photo.digest, session.prompts, info, size)
        answer = stored_answers.load(stored_answers.path_of(file), of)
        assert answer is not None, f"{file.stem}: run python -m sama examples, and commit what it writes"
        assert answer.alpha.shape == Visit(FakePredictor(), str(file.with_suffix(".jpg"))).preview.shape[:2]
        assert hint(answer.alpha, session.prompts, photo.size) == "", "no example's box is too small"


def test_examples_are_many_and_small():
    names = {file.stem for file in EXAMPLES.glob("*.json")}
    assert len(names) >= 8
    assert names == {file.stem for file in EXAMPLES.glob("*.jpg")}
    assert sum(file.stat().st_size for file in EXAMPLES.rglob("*") if file.is_file()) < 8_000_000
    for file in EXAMPLES.glob("*.jpg"):
        assert file.stat().st_size <= 350_000


@pytest.fixture
def folder(tmp_path):
    """A copy of two examples with the fake model's answers."""
    for name in ("cat", "flower"):
        for kind in ("jpg", "json"):
            (tmp_path / f"{name}.{kind}").write_bytes((EXAMPLES / f"{name}.{kind}").read_bytes())
        command.answer(FakePredictor(), tmp_path / f"{name}.json")
    return tmp_path


def test_a_visit_recalls_an_answer_without_any_model(folder):
    counts = Counts()
    predictor = FakePredictor(counts)
    example = read_examples(folder)["flower"]
    visit = Visit(predictor, str(example.path))
    answer = example.answer(visit.digest, predictor.info, visit.preview_size)
    visit.remember(example.prompts, answer)
    assert visit.answer(visit.request(example.prompts), 1) is answer
    assert visit.stored and visit.shown.answer is answer
    assert visit.recall(visit.request(example.prompts, candidate=0)) is answer
    assert visit.recall(replace(visit.request(example.prompts), candidate=1)) is None
    assert visit.recall(visit.request(example.prompts, method="solid")) is None
    assert (counts.views, counts.answers) == (0, 0)
    other = Prompts(boxes=((10.0, 10.0, 200.0, 200.0),))
    assert visit.recall(visit.request(other)) is None
    list(visit.encode())
    visit.answer(visit.request(other), 2)
    assert not visit.stored
    assert (counts.views, counts.answers) == (5, 1)


def test_the_command_says_what_is_wrong(tmp_path, capsys):
    (tmp_path / "cat.json").write_bytes((EXAMPLES / "cat.json").read_bytes())
    (tmp_path / "cat.jpg").write_bytes((EXAMPLES / "flower.jpg").read_bytes())
    assert main(["examples", str(tmp_path), "--device", "cpu"]) == 2
    assert "made on another photo" in capsys.readouterr().err
