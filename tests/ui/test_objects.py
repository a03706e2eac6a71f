"""What handlers do with several objects: views of an answer, what is asked again, sessions."""

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.predict.answer import ALPHA, ALPHA_LOGITS, SAM
from sama.request.listing import Listing
from sama.request.session import Session
from sama.ui.handlers.answering import answer
from sama.ui.handlers.sessions import restore
from sama.ui.prompter import ObjectData, PromptData
from sama.ui.views import ONE, STACK, UNION, View, coloured
from sama.ui.visit import Visit
from tests.helpers import page_of, studio_of
from tests.ui.browser.fake_predictor import Counts, FakePredictor

BOXES = [[5, 5, 60, 60], [40, 20, 95, 70]]


@pytest.fixture
def path(tmp_path) -> str:
    pixels = np.random.default_rng(0).integers(0, 256, (80, 100, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return str(tmp_path / "photo.png")


@pytest.fixture
def visit(path) -> Visit:
    made = Visit(FakePredictor(Counts()), path)
    list(made.encode())
    return made


def data(path: str, seq: int, **changes) -> PromptData:
    objects = [ObjectData(name="cat"), ObjectData(name="dog", colour=3)]
    return PromptData(
        image=FileData(path=path), boxes=BOXES, seq=seq, **{"objects": objects, "front": [0, 1], **changes}
    )


def asked(visit: Visit, value: PromptData) -> dict:
    changed = {}
    for step in answer(page_of(studio_of(FakePredictor()), visit, value)):
        changed |= step
    return changed


def test_names_order_and_hiding_ask_no_model_and_everything_else_does(visit, path):
    counts = visit._predictor.counts
    asked(visit, data(path, 1))
    first, answers = visit.shown.whole, counts.answers
    hidden = [ObjectData(name="x", hidden=True), ObjectData()]
    asked(visit, data(path, 2, front=[1, 0], objects=hidden))
    assert counts.answers == answers and visit.shown.seq == 2
    assert visit.shown.whole.objects is first.objects and visit.shown.whole.seen == (1,)
    assert np.array_equal(visit.shown.alpha, first.objects[1].layers[ALPHA])
    moved = data(path, 3).model_copy(update={"boxes": [BOXES[0], [30, 20, 95, 70]]})
    asked(visit, moved)
    assert counts.answers == answers + 1
    assert np.array_equal(visit.shown.whole.objects[0].layers[SAM], first.objects[0].layers[SAM])


def test_the_page_is_told_of_each_object(visit, path):
    changed = asked(visit, data(path, 1, selected=1))
    found = next(
        step["prompter"].props["found"]
        for step in answer(page_of(studio_of(FakePredictor()), visit, data(path, 2)))
        if "found" in getattr(step.get("prompter"), "props", {})
    )
    assert [item["score"] for item in found["items"]] == [0.9, 0.9] and found["seq"] == 2
    assert changed["candidates"].props["offer"]["object"] == 1
    alone = PromptData(image=FileData(path=path), boxes=BOXES[:1], seq=3)
    steps = list(answer(page_of(studio_of(FakePredictor()), visit, alone)))
    assert next(s["prompter"].props["found"] for s in steps if "prompter" in s) is None


def test_views(visit, path):
    asked(visit, data(path, 1))
    whole = visit.shown.whole
    one, other = whole.objects
    assert View(UNION).of(whole) is whole and View(ONE, 1).of(whole).union is other
    assert View(ONE, None).of(whole) is whole and View(ONE, 7).of(whole) is whole
    stack = View(STACK).of(whole)
    expected = 1 - (1 - one.layers[ALPHA]) * (1 - other.layers[ALPHA])
    np.testing.assert_allclose(stack.alpha, expected, atol=1e-6)
    assert ALPHA_LOGITS not in stack.union.layers and View(STACK).of(whole.only(0)).union is one
    colours = ((255, 0, 0), (0, 255, 0))
    picture = coloured(View(STACK, None, colours).apart(whole))
    np.testing.assert_allclose(picture[..., 0], 255 * one.layers[ALPHA], atol=0.51)
    behind = 255 * other.layers[ALPHA] * (1 - one.layers[ALPHA])
    np.testing.assert_allclose(picture[..., 1], behind, atol=0.51)
    asked(visit, data(path, 2, view=STACK))
    assert visit.shown.matte.ndim == 3
    part = visit.look(visit.shown, (0, 0, 50, 40), 50)
    assert part.matte.shape == (40, 50, 3)
    assert np.abs(part.matte.astype(int) - visit.shown.matte[:40, :50]).max() <= 2
    asked(visit, data(path, 3, view="nonsense"))
    assert visit.shown.matte.ndim == 2


def test_a_session_brings_the_list_back(visit, path, tmp_path):
    listing = Listing(("cat", "dog"), (1, 0), frozenset({0}))
    prompts = visit.request(data(path, 1).prompts).prompts
    Session(visit.digest, visit.size, "photo.png", prompts, "fake", {"objects": listing.to_dict()}).save(
        tmp_path / "s.json"
    )
    value = PromptData(image=FileData(path=path), session=FileData(path=str(tmp_path / "s.json")), seq=3)
    back = PromptData(**restore(page_of(studio_of(FakePredictor()), visit, value))["prompter"].value)
    assert back.listing.seen(2) == (1,) and [each.name for each in back.objects] == ["cat", "dog"]
    assert back.front == [1, 0] and back.seq == 4
