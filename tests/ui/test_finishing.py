"""The page and its API: clicks hold, haze has a switch, mask or matte cuts out, and nothing found is said."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.matting import parse_background
from sama.predict.answer import ALPHA, SAM, SAMA
from sama.request.prompts import Prompts
from sama.request.settings import Settings
from sama.ui.api import Api
from sama.ui.candidates import ChoiceData
from sama.ui.handlers.answering import answer
from sama.ui.handlers.scenery import recompose
from sama.ui.prompter import PromptData
from sama.ui.scene import SceneData
from tests.helpers import page_of, studio_of
from tests.ui.browser.fake_predictor import FakePredictor
from tests.ui.sent import decoded

BOX = [60.0, 30.0, 200.0, 170.0]
HAZE = np.s_[190:220, 280:320]


class Hazy(FakePredictor):
    """A model that half believes in a corner of the photo, and does not listen to clicks."""

    def fork(self):
        return Hazy(self.counts)

    def answer(self, request, method, progress=None):
        deaf = replace(request, prompts=Prompts(boxes=request.prompts.boxes))
        answer = super().answer(deaf, method, progress)
        one = answer.objects[0]
        if ALPHA in one.layers:
            one.layers[ALPHA][HAZE] = 0.4
        return replace(answer, objects=(replace(one, prompts=request.prompts),))


@pytest.fixture(scope="module")
def photo(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.new("RGB", (360, 240), (90, 120, 30)).save(path)
    return path


@pytest.fixture(scope="module")
def studio():
    return studio_of(Hazy())


def steps(studio, photo, *, points=(), boxes=(BOX,), **values) -> list[dict]:
    """What the page shows, step by step; the visit is the first step's."""
    data = PromptData(image=FileData(path=str(photo)), points=list(points), boxes=list(boxes), seq=1)
    return list(answer(page_of(studio, None, data, **values)))


def shown_of(changes):
    return [change["visit"] for change in changes][-1].shown


def test_haze_is_removed_unless_the_switch_keeps_it(studio, photo):
    usual = shown_of(steps(studio, photo)).answer.alpha
    kept = shown_of(steps(studio, photo, choice=ChoiceData(keep_haze=True))).answer.alpha
    assert not usual[HAZE].any() and (kept[HAZE] == np.float32(0.4)).all()
    assert np.array_equal(np.delete(usual, range(180, 230), 0), np.delete(kept, range(180, 230), 0))


def test_a_click_holds_on_the_page_and_in_the_export(studio, photo):
    changes = steps(studio, photo, points=[[120, 100, 0], [300, 40, 1]])
    shown, visit = shown_of(changes), changes[-1]["visit"]
    prompts = Prompts(((120, 100, 0), (300, 40, 1)), (tuple(BOX),))
    outputs = visit.outputs(prompts, Settings(parse_background("white")), studio.info)
    for alpha, mask in ((shown.answer.alpha, shown.answer.mask(SAMA)), (outputs.alpha, outputs.mask)):
        assert alpha[97:104, 117:124].max() < 0.1 and not mask[100, 120]
        assert alpha[37:44, 297:304].min() > 0.9 and mask[40, 300]
    assert outputs.sam_mask[100, 120] and not outputs.sam_mask[40, 300], "SAM is left as it is"
    assert np.array_equal(shown.answer.alpha, outputs.alpha), "the page shows what is taken home"


def test_mask_or_matte_cut_out_without_asking_the_model(studio, photo):
    changes = steps(studio, photo)
    visit = changes[-1]["visit"]
    asked = visit._predictor.counts.answers
    data = PromptData(image=FileData(path=str(photo)), boxes=[BOX], seq=1)
    on = SceneData(kind="colour", colour="#ff0000", cutout_from="mask")
    changed = recompose(page_of(studio, visit, data, scene=on))
    assert visit._predictor.counts.answers == asked
    assert changed["scene"].props["residual"] is None, "a mask mixes nothing"
    composite = changed["viewer"].props["composite"]
    alpha = decoded(composite["cut"]["alpha"]).convert("RGBA").getchannel("A")
    assert np.array_equal(alpha, np.uint8(255) * visit.shown.answer.mask(SAMA))
    colours = np.asarray(decoded(composite["cut"]["src"]).convert("RGB"))
    assert np.abs(colours - np.array((90, 120, 30))).max() < 6, "the photo's own"
    assert composite["behind"] is None and composite["seq"] == 1


def test_nothing_found_is_a_sentence_on_the_page(studio, photo):
    changes = steps(studio, photo, boxes=[[30.6, 30.6, 30.9, 30.9]])
    told = [change["prompter"].props["status"] for change in changes if "prompter" in change][-1]
    assert told["text"].startswith("Nothing was found in the box")
    assert not told.get("brief"), "it stays to be read"


@pytest.fixture(scope="module")
def api(studio):
    return Api(studio.open, studio.info, str)


def test_the_report_says_what_was_found_and_how_boxes_were_taken(api, photo, monkeypatch):
    monkeypatch.setattr("sama.ui.api_answers.deliver", lambda outputs, names, keep: list(names))
    *_, report = api.segment(FileData(path=str(photo)), boxes=[[200, 30, 60, 170]])
    assert (report["found"], report["boxes"]) == ("object", [[60, 30, 200, 170]])
    assert "taken as the corners 60,30,200,170" in report["notes"][-1]
    *_, report = api.segment(FileData(path=str(photo)), boxes=[[30.6, 30.6, 30.9, 30.9]])
    assert report["found"] == "nothing" and report["finding"].startswith("Nothing was found in the box")


def test_the_api_cuts_out_by_mask_and_keeps_haze(api, photo, monkeypatch):
    made = []
    monkeypatch.setattr(
        "sama.ui.api_answers.deliver", lambda outputs, names, keep: made.append(outputs) or list(names)
    )
    api.predict(FileData(path=str(photo)), boxes=[BOX], cutout_from="mask", haze="kept")
    api.matte(FileData(path=str(photo)), boxes=[BOX])
    by_mask, usual = made
    assert np.array_equal(by_mask.cutout[..., 3], 255 * by_mask.mask) and by_mask.alpha[HAZE].all()
    assert np.array_equal(usual.cutout[..., 3], np.rint(255 * usual.alpha)) and not usual.alpha[HAZE].any()
    with pytest.raises(Exception, match="'cutout_from' is neither 'matte' nor 'mask'"):
        api.composite(FileData(path=str(photo)), boxes=[BOX], cutout_from="scissors")
    assert SAM in usual.answer.union.layers
