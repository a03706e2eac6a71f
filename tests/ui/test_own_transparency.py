"""A photo's own transparency on the page: it limits every matte, and is offered as one."""

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.errors import PromptError
from sama.matting import parse_background
from sama.request.settings import Settings
from sama.ui.candidates import ChoiceData
from sama.ui.handlers.answering import answer, solve
from sama.ui.prompter import PromptData
from tests.helpers import page_of, studio_of
from tests.ui.browser.fake_predictor import FakePredictor

BOX = [[10, 10, 110, 70]]


def photo(folder, *, opaque=False) -> str:
    """120 x 80, half see-through on the left, nothing of it in a hole."""
    rgba = np.full((80, 120, 4), 200, np.uint8)
    rgba[..., 3] = 255
    rgba[:, :60, 3] = 128
    rgba[35:45, 55:65, 3] = 0
    picture = Image.fromarray(rgba)
    (picture.convert("RGB") if opaque else picture).save(folder / "a.png")
    return str(folder / "a.png")


def shown_of(path: str, matte: str):
    studio = studio_of(FakePredictor())
    data = PromptData(image=FileData(path=path), boxes=BOX, seq=1)
    steps = list(answer(page_of(studio, None, data, choice=ChoiceData(matte=matte))))
    visit = next(step["visit"] for step in reversed(steps) if "visit" in step)
    if visit.shown is None:  # a slow matte is asked for by the page
        list(solve(page_of(studio, visit, data, choice=ChoiceData(matte=matte))))
    return visit


@pytest.mark.parametrize("matte", ["sama", "solid", "closed_form"])
def test_panels_and_closer_looks_are_no_more_opaque_than_the_file(tmp_path, matte):
    visit = shown_of(photo(tmp_path), matte)
    limit = np.asarray(Image.open(visit.path))[..., 3] / 255
    assert (visit.shown.fitted.alpha <= limit + 1e-6).all()
    assert visit.shown.fitted.alpha.max() > 0.9
    look = visit.look(visit.shown, (20, 20, 100, 60), 80)
    assert (look.alpha <= limit[20:60, 20:100] + 1e-6).all()


def test_the_file_s_own_transparency_is_a_matte(tmp_path):
    visit = shown_of(photo(tmp_path), "own")
    assert visit.limit is not None
    assert visit.shown.answer.method == "own"
    own = np.asarray(Image.open(visit.path))[..., 3]
    assert np.array_equal(np.rint(visit.shown.fitted.alpha * 255), own)
    prompts = PromptData(boxes=BOX).prompts
    outputs = visit.outputs(
        prompts, Settings(parse_background("transparent"), method="own"), FakePredictor().info
    )
    assert np.array_equal(np.rint(outputs.alpha * 255), own)


def test_an_opaque_photo_has_none_to_give(tmp_path):
    visit = shown_of(photo(tmp_path, opaque=True), "own")
    assert visit.shown.answer.method == "sama", "the page falls back on its own"
    with pytest.raises(PromptError, match="has no transparency of its own"):
        visit.outputs(
            PromptData(boxes=BOX).prompts,
            Settings(parse_background("transparent"), method="own"),
            FakePredictor().info,
        )
