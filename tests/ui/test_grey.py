"""Whether the page asks if an object is solid: mattes that are grey inside, on made answers."""

from dataclasses import replace

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.methods import answer as ask
from sama.predict.answer import ALPHA, SAMA, TRIMAP, Answer, ObjectAnswer
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.ui.candidates import ChoiceData, offer
from sama.ui.candidates.grey import LARGE, UNSURE, grey_share, is_grey, unsure_share
from sama.ui.handlers.answering import answer
from sama.ui.prompter import PromptData
from tests.helpers import disc, page_of, studio_of
from tests.ui.browser.fake_predictor import Counts, FakePredictor

SIDE = 400
DISC = disc(SIDE, 150) > 0
Y, X = np.mgrid[:SIDE, :SIDE]
FAR = np.hypot(X - 199.5, Y - 199.5)  # from the disc's middle


def filled(value: float) -> np.ndarray:
    return np.where(DISC, value, 0).astype(np.float32)


def with_core(radius: float) -> np.ndarray:
    """An opaque disc with a grey one in its middle."""
    return np.where(radius > FAR, np.float32(0.5), filled(1))


@pytest.mark.parametrize(
    ("alpha", "share"),
    [
        (filled(1), 0),
        (filled(0.95), 0),
        (filled(0.5), 1),
        (np.clip((150 - FAR) / 4, 0, 1).astype(np.float32), 0),  # a soft edge is no grey inside
        (with_core(60), (60 / 146) ** 2),
        (np.where(FAR < 60, 0, filled(1)), 0),  # a hole is not grey
    ],
)
def test_the_share_of_the_inside_that_is_grey(alpha, share):
    assert grey_share(alpha, DISC) == pytest.approx(share, abs=0.01)


def test_what_is_all_edge_has_no_inside():
    twigs = (X % 40 < 6) & (Y > 20)
    assert grey_share(np.where(twigs, np.float32(0.5), 0), twigs) == 0
    assert grey_share(filled(0.5), np.zeros_like(DISC)) == 0


def test_where_the_photo_ends_is_no_edge_and_its_size_does_not_matter():
    left = X < 200
    alpha = np.where(left & (X > 1), np.float32(1), np.where(left, np.float32(0.5), 0))
    assert grey_share(alpha, left) == pytest.approx(2 / 196, abs=2e-3)
    large = np.kron(with_core(60), np.ones((4, 4), np.float32)), np.kron(DISC, np.ones((4, 4), bool))
    assert grey_share(*large) == pytest.approx(grey_share(with_core(60), DISC), abs=0.01)


def made(alpha: np.ndarray, method: str = "sama", trimap: np.ndarray | None = None) -> Answer:
    layers = {"sam": np.where(DISC, 5.0, -5.0), SAMA: np.where(DISC, 5.0, -5.0), ALPHA: alpha}
    if trimap is not None:
        layers[TRIMAP] = trimap
    one = ObjectAnswer(Prompts(boxes=((0, 0, 9, 9),)), DISC[None], np.array([0.9]), 0, layers)
    return Answer(method, (one,))


def test_the_page_asks_from_a_tenth_and_only_about_a_matte_of_sama():
    assert not is_grey(made(with_core(146 * (LARGE - 0.03) ** 0.5)))
    assert is_grey(made(with_core(146 * (LARGE + 0.03) ** 0.5)))
    assert not is_grey(made(filled(0.5), "solid"))
    assert not is_grey(made(filled(0.5), "closed_form"))
    assert offer(made(filled(0.5)), "cat", 1, trained=True)["grey"] is True
    assert offer(made(filled(0.5)), "cat", 1, trained=False)["grey"] is False


def with_open(share: float) -> np.ndarray:
    """A trimap that is sure of the disc but for its edge and a share of its inside."""
    left_open = (np.abs(FAR - 150) < 3) | (146 * share**0.5 > FAR)
    return np.where(left_open, np.float32(0.5), filled(1))


def test_where_the_trimap_agrees_that_it_shines_through_the_page_does_not_ask():
    """Glass: the trimap leaves the inside open. A plate of a kind that is not known: it says object, and the matte is
    grey. The shares are those of glass (0.35 and more) and of solid things (nearly all below 0.26)."""
    assert unsure_share(with_open(0), DISC) == 0
    assert unsure_share(with_open(0.25), DISC) == pytest.approx(0.25, abs=0.01)
    flat = filled(0.75)
    assert is_grey(made(flat, trimap=with_open(0)))
    assert is_grey(made(flat, trimap=with_open(UNSURE - 0.03)))
    assert not is_grey(made(flat, trimap=with_open(UNSURE + 0.03)))
    assert not is_grey(made(flat, trimap=with_open(1)))
    assert not is_grey(made(filled(1), trimap=with_open(0))), "nothing is grey"
    assert is_grey(made(flat)), "a model without a trimap"


def test_sam_s_early_answer_has_no_matte_to_ask_about():
    predictor = FakePredictor(Counts(grey=True))
    list(predictor.set_image(np.zeros((40, 60, 3), np.uint8)))
    request = Request.of(Prompts(boxes=((5, 5, 50, 30),)), (60, 40), method="sam")
    assert not is_grey(ask(predictor, request))


def test_what_is_said_of_one_photo_does_not_count_for_the_next(tmp_path):
    said = ChoiceData(matte="solid", matte_for="cat.png")
    info = FakePredictor().info
    assert said.method(info, "cat.png") == "solid"
    assert said.method(info, "dog.png") == "sama"
    assert said.method(replace(info, trained=False), "cat.png") == "closed_form"
    assert ChoiceData(matte="closed_form").method(info, "dog.png") == "closed_form"

    Image.new("RGB", (60, 40), (90, 120, 30)).save(tmp_path / "dog.png")
    data = PromptData(image=FileData(path=str(tmp_path / "dog.png")), boxes=[[5, 5, 50, 30]], seq=1)
    page = page_of(studio_of(FakePredictor()), None, data, choice=said)
    mattes = [step["viewer"].props["layers"]["matte"] for step in answer(page) if "viewer" in step]
    assert mattes[-1] == "sama"
    here = ChoiceData(matte="solid", matte_for=data.path)
    steps = answer(page_of(studio_of(FakePredictor()), None, data, choice=here))
    assert [step["viewer"].props["layers"]["matte"] for step in steps if "viewer" in step][-1] == "solid"
