"""Clips, as the page's handlers answer."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.errors import ClipError
from sama.export.palette import SAMA_COLOUR
from sama.ui.film import FILES, FilmData, HowData, MarkData
from sama.ui.filming import Filming
from sama.ui.handlers import film_files, filming
from sama.ui.model_thread import ModelThread
from sama.ui.prompter import PromptData
from sama.video.settings import FollowSettings
from tests.helpers import page_of, studio_of
from tests.ui.browser.fake_predictor import FakePredictor
from tests.ui.pretended import PretendedFollower
from tests.video.films import film

BOX = MarkData(frame=2, boxes=[[8, 8, 24, 32]], order=["box"])


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return str(film(tmp_path_factory.mktemp("clip") / "clip.mp4", "-c:v", "mpeg4"))


@pytest.fixture
def given(monkeypatch, tmp_path):
    given: list[tuple] = []
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    monkeypatch.setattr("sama.ui.handlers.filming.PAUSE", 0)
    monkeypatch.setattr(
        "sama.ui.filming.Filming.follower",
        lambda self, how: given.append(how) or PretendedFollower(given, frozenset({5})),
    )
    return given


@pytest.fixture
def page(given):
    studio = replace(studio_of(FakePredictor()), filming=filming_of(FakePredictor(), ModelThread()))
    return page_of(studio, None, PromptData())


@pytest.fixture
def data(clip):
    return FilmData(clip=FileData(path=clip, orig_name="mine.mp4"), work="one", marks=[BOX])


@pytest.fixture
def reel(page, data):
    reel = filming.bring(page, None, data)["reel"]
    yield reel
    reel.leave()


def filming_of(predictor, thread=None) -> Filming:
    return Filming(predictor, thread)


def news(steps) -> list[dict]:
    return [step["film"].props["news"] for step in steps]


def pixels(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGBA"))


def test_a_clip_is_opened_in_the_place_of_the_one_before(page, data, reel, monkeypatch):
    changes = filming.bring(page, reel, data)
    shown = changes["film"].props["reel"]
    assert shown["name"] == "mine.mp4" and shown["frames"] == 12
    assert (shown["width"], shown["height"], shown["rate"]) == (64, 48, 25)
    item = changes["film"].props["frame"]["item"]
    assert item["index"] == 0 and "cut" not in item and pixels(item["src"]).shape == (48, 64, 4)
    assert reel.left and not changes["reel"].left
    changes["reel"].leave()
    said = []
    monkeypatch.setattr("sama.ui.handlers.filming.warn", lambda error: said.append(str(error)))
    refused = filming.bring(page, None, FilmData(example="nowhere"))
    assert set(refused) == {"film"} and said == ["No clip is open; open one."]


def test_each_frame_is_told_with_its_pictures_and_the_end_names_what_is_lost(page, data, reel):
    told = news(filming.follow(page, reel, data))
    items = [item for each in told for item in each.get("items", ())]
    assert [item["index"] for item in items] == list(range(2, 12))
    assert told[1]["text"].startswith("frame 1 of 10, ") and told[1]["begun"] == 2
    cut, mask = pixels(items[3]["cut"]), pixels(items[3]["sama"])
    inside = np.zeros((48, 64), bool)
    inside[8:32, 11:27] = True
    assert np.array_equal(cut[..., 3] > 0, inside) and np.array_equal(mask[..., 3] > 0, inside)
    assert tuple(mask[20, 20, :3]) == SAMA_COLOUR
    assert told[-1]["over"] and told[-1]["done"] == [2, 11]
    assert [each["frame"] for each in told[-1]["lost"]] == [5]


def test_it_is_followed_as_was_chosen(page, data, reel, given, monkeypatch):
    said = []
    monkeypatch.setattr("sama.ui.handlers.filming.warn", lambda error: said.append(str(error)))
    how = HowData(views=5, damping=0.2, matte_from="memory")
    list(filming.follow(page, reel, data.model_copy(update={"how": how})))
    assert given[0] == FollowSettings(views=5, damping=0.2, matte_from="memory")
    for wrong in (HowData(views=3), HowData(damping=float("nan")), HowData(matte_from="hat")):
        told = news(filming.follow(page, reel, data.model_copy(update={"how": wrong})))
        assert told[-1]["failed"] == said.pop() and not said


def test_a_work_is_ended_by_its_name_and_goes_on(page, data, reel, given):
    steps = filming.follow(page, reel, data)
    seen = [next(steps) for _ in range(4)]
    filming.halt(page, reel, data.model_copy(update={"halted": ["another", "one"]}))
    rest = news(steps)
    assert len(news(seen)) == 4 and rest[-1]["over"] and len(reel.reports) < 6
    count = len(reel.reports)
    told = news(filming.follow(page, reel, data.model_copy(update={"work": "two"})))
    assert told[1]["begun"] == 2 + count and len(reel.reports) == 10


def test_a_frame_that_is_looked_at_has_what_was_found(page, data, reel):
    list(filming.follow(page, reel, data))
    item = filming.seek(page, reel, data.model_copy(update={"at": 5}))["film"].props["frame"]["item"]
    assert item["index"] == 5 and item["cut"] and item["lost"].startswith("Frame 5")
    assert "cut" not in filming.seek(page, reel, data)["film"].props["frame"]["item"]
    again = filming.seek(page, None, data.model_copy(update={"at": 1}))
    assert again["reel"].clip.frames == 12, "an expired clip is opened again"
    again["reel"].leave()


def test_the_alpha_of_a_row_over_time(page, data, reel):
    assert filming.strip(page, reel, data) == {}
    list(filming.follow(page, reel, data))
    shown = filming.strip(page, reel, data.model_copy(update={"row": 20}))["film"].props["strip_shown"]
    assert (shown["row"], shown["from"], shown["count"]) == (20, 2, 10)
    picture = pixels(shown["src"])[..., 0]
    assert picture.shape == (64, 10)
    assert [int(np.argmax(column)) for column in picture.T] == list(range(8, 18))


def test_what_fails_ends_in_one_sentence(page, data, reel, monkeypatch):
    said = []
    monkeypatch.setattr("sama.ui.handlers.filming.warn", lambda error: said.append(str(error)))
    told = news(filming.follow(page, reel, data.model_copy(update={"marks": []})))
    assert told[-1]["over"] and told[-1]["failed"] == said[0] and "Nothing is marked" in said[0]
    monkeypatch.setattr("sama.ui.film.pictures.mask_url", lambda *_: 1 / 0)
    steps = filming.follow(page, reel, data)
    next(steps)
    assert news([next(steps)])[0]["failed"] == "The server could not go on; try again."
    with pytest.raises(ZeroDivisionError):
        next(steps)


def test_files_hold_what_is_done_between_the_marks(page, data, reel, tmp_path):
    list(filming.follow(page, reel, data))
    wanted = data.model_copy(update={"files": ["png"], "start": 4, "end": 6})
    last = list(film_files.take(page, reel, wanted))[-1]
    assert last["film"].props["making"]["over"]
    assert last["film_taken"].props["file"]["name"] == "mine_sama.zip"
    out = tmp_path / "out"
    how = {"background": "transparent", "foreground": False}
    assert list(film_files.written(reel, wanted, out, lambda: False, **how)) == [(1, 3), (2, 3), (3, 3)]
    made = sorted(path.name for path in out.rglob("*.png"))
    assert made == ["00004.png", "00005.png", "00006.png"]
    assert np.asarray(Image.open(out / "cutout" / "00004.png"))[20, :, 3].nonzero()[0].tolist() == list(
        range(10, 26)
    )
    with pytest.raises(ClipError, match="No frame between the marks"):
        film_files.frames_of(reel, data.model_copy(update={"start": 2, "end": 1}))


def test_without_packages_or_weights_it_says_how_to_get_them(page, monkeypatch):
    monkeypatch.setattr("sama.ui.filming.find_spec", lambda name: None)
    offered = filming.begin(page, None, FilmData())["film"].props["offered"]
    assert "pip install 'sama-studio[video]'" in offered["missing"] and not offered["examples"]
    monkeypatch.undo()
    bare = filming_of(FakePredictor(trained=False))
    assert "SAMA's weights" in (bare.missing() or "")
    with pytest.raises(ClipError, match="SAMA's weights"):
        bare.open("clip.mp4")


def test_the_page_offers_files_that_can_be_written():
    from sama.video.files import FILES as WRITTEN

    assert set(FILES) <= set(WRITTEN)
