"""The lab of the page: measures by a truth, the race, doubt, blind votes and the inspector, as handlers."""

import shutil

import gradio as gr
import numpy as np
import orjson
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.evaluation.live import measure, read_truth
from sama.evaluation.methods import answering
from sama.evaluation.prompting import first_click
from sama.evaluation.race import CLICKS
from sama.methods import METHODS
from sama.request.prompts import Prompts
from sama.request.session import Session
from sama.ui.handlers.answering import answer
from sama.ui.handlers.doubting import ballot, how_sure, look_inside, vote
from sama.ui.handlers.exports import download
from sama.ui.handlers.measuring import click_race, measures, stop_race
from sama.ui.handlers.page import Wiring
from sama.ui.handlers.sessions import restore
from sama.ui.lab import LabData
from sama.ui.prompter import PromptData
from sama.ui.visit import Visit
from tests.helpers import disc, page_of, studio_of
from tests.ui.browser.fake_predictor import FakePredictor

SIDE = 80
BOX = (10, 10, 70, 70)


@pytest.fixture
def told(monkeypatch) -> list[str]:
    """Sentences in the page's corner."""
    said = []
    for name in ("Info", "Warning"):
        monkeypatch.setattr(gr, name, lambda text, **_: said.append(text))
    return said


@pytest.fixture
def bench(tmp_path):
    """A page with an answer, and a lab that has the truth."""
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(
        tmp_path / "a.png"
    )
    Image.fromarray(disc(SIDE, 25)).save(tmp_path / "truth.png")
    predictor = FakePredictor()
    visit = Visit(predictor, str(tmp_path / "a.png"))
    list(visit.encode())
    data = PromptData(image=FileData(path=visit.path), boxes=[list(BOX)], seq=3)
    studio = studio_of(predictor, keep=lambda path: str(shutil.copy(path, tmp_path / "kept.json")))
    page = page_of(studio, visit, data)
    list(answer(page))
    truth = FileData(path=str(tmp_path / "truth.png"), orig_name="truth.png")
    return page, LabData(truth=truth, truth_for=visit.path), predictor


def test_every_method_is_measured_as_evaluate_does(bench, tmp_path):
    page, lab, predictor = bench
    steps = [step["lab"].props["table"] for step in measures(page, lab)]
    assert [len(step["rows"]) for step in steps] == list(range(1, len(steps) + 1))
    assert [step["done"] for step in steps] == [False] * (len(steps) - 1) + [True]
    last = steps[-1]
    assert (last["key"], last["seq"], last["hard"], last["small"]) == (page.visit.path, 3, True, False)
    image = np.asarray(Image.open(page.visit.path))
    truth = read_truth(tmp_path / "truth.png", (SIDE, SIDE), "a.png")
    fresh = predictor.fork()
    list(fresh.set_image(image))
    rows = {row["name"]: row for row in last["rows"]}
    assert {"sam", "sama", "solid"} <= rows.keys() and "closed_form" not in rows
    for name in ("sam", "sama", "solid"):
        expected = measure(answering(name, image, fresh)(Prompts(boxes=(BOX,))), truth)
        assert rows[name]["values"] == pytest.approx(list(expected.values()), abs=1e-6)
        assert rows[name]["error"].startswith("data:image/png")
    slow = [*measures(page, lab.model_copy(update={"slow": True}))][-1]["lab"].props["table"]["rows"]
    assert "closed_form" in {row["name"] for row in slow}


def test_a_new_method_is_measured_and_races_by_itself(bench, monkeypatch):
    page, lab, _ = bench

    class Another(type(METHODS["solid"])):
        name, label = "another", "Another one"

    monkeypatch.setitem(METHODS, "another", Another())
    monkeypatch.setitem(FakePredictor.answer.__globals__["STEEPNESS"], "another", 9)
    table = [*measures(page, lab)][-1]["lab"].props["table"]
    assert "Another one" in {row["label"] for row in table["rows"]}
    state = [*click_race(page, lab)][-1]["lab"].props["race_state"]
    assert "Another one" in {curve["label"] for curve in state["curves"]}


def test_the_race_begins_with_what_a_click_by_hand_gives(bench):
    page, lab, _ = bench
    race = [*click_race(page, lab)][-1]["lab"].props["race_state"]
    ((x, y, label),) = (first_click(disc(SIDE, 25) > 0),)
    by_hand = page.data.model_copy(update={"boxes": [], "points": [[x, y, label]], "seq": 4})
    clicked = page_of(page.studio, page.visit, by_hand)
    list(answer(clicked))
    rows = {row["name"]: row for row in [*measures(clicked, lab)][-1]["lab"].props["table"]["rows"]}
    assert len(race["curves"]) >= 3
    for curve in race["curves"]:
        assert rows[curve["name"]]["values"][0] == pytest.approx(curve["ious"][0], abs=1e-6)


def test_without_a_truth_or_an_answer_nothing_is_computed(bench):
    page, lab, predictor = bench
    answers = predictor.counts.answers
    assert [*measures(page, LabData())] == [*click_race(page, LabData())] == []
    assert [*measures(page, lab.model_copy(update={"truth_for": "another photo"}))] == []
    page.visit.forget_answer()
    assert [*measures(page, lab)] == []
    assert predictor.counts.answers == answers


def test_a_newer_answer_ends_measuring(bench):
    page, lab, _ = bench
    steps = measures(page, lab)
    next(steps)
    page.visit.shown = None
    assert list(steps) == []


def test_a_handler_with_nothing_to_say_empties_nothing(bench):
    page, lab, _ = bench
    parts = dict.fromkeys((*Wiring.READ, "lab"))
    called = Wiring(page.studio, parts).connect(lambda steps, *_, **__: steps, measures, "lab", extra=(None,))
    values = (page.visit, page.data.model_copy(update={"seq": 4}), page.scene, None, page.choice)
    assert list(called(*values, lab)) == [gr.skip()], "Gradio would take no step at all for an empty value"
    assert len(list(called(page.visit, page.data, *values[2:], lab))) >= 3


def test_prompts_that_are_not_answered_yet_are_left_to_their_answer(bench):
    page, lab, predictor = bench
    answers = predictor.counts.answers
    newer = page.data.model_copy(update={"boxes": [[20, 20, 60, 60]], "seq": 4})
    assert list(measures(page_of(page.studio, page.visit, newer), lab)) == []
    assert predictor.counts.answers == answers


def test_a_truth_of_another_size_is_one_sentence(bench, told, tmp_path):
    page, lab, _ = bench
    Image.fromarray(disc(40, 12)).save(tmp_path / "truth.png")
    (step,) = measures(page, lab)
    assert "40 x 40 pixels and the upright photo 80 x 80" in step["lab"].props["table"]["refused"]
    assert len(told) == 1


def test_the_race_goes_on_until_it_is_stopped(bench):
    page, lab, _ = bench
    states = [step["lab"].props["race_state"] for step in click_race(page, lab)]
    assert states[0]["curves"] == [] and states[-1]["done"] and not states[-2]["done"]
    curves = {each["name"]: each for each in states[-1]["curves"]}
    assert {"sam", "sama", "solid"} <= curves.keys() and "grabcut" not in curves, "it takes boxes only"
    assert all(1 <= len(each["ious"]) <= CLICKS for each in curves.values())
    assert set(curves["sam"]["nocs"]) == {"NoC@85", "NoC@90"}
    steps = click_race(page, lab)
    next(steps), next(steps)
    stop_race(page)
    (last,) = steps
    assert last["lab"].props["race_state"]["done"]
    steps = click_race(page, lab)
    next(steps)
    page.visit.close()
    assert len(list(steps)) == 1, "another photo was opened"


def test_how_sure_says_where_to_click_next(bench, told):
    page, _, _ = bench
    doubt = how_sure(page)["lab"].props["doubt"]
    assert 0.5 < doubt["sure"] < 1 and doubt["src"].startswith("data:image/png") and doubt["seq"] == 3
    assert doubt["next"] is None or all(0 < each < SIDE for each in doubt["next"])
    nothing = page_of(page.studio, page.visit, PromptData(image=page.data.image))
    assert "failed" in how_sure(nothing)["lab"].props
    assert told == ["Nothing is cut out yet; click an object first."]


def test_a_ballot_tells_no_names_before_the_vote(bench):
    page, lab, _ = bench
    pair = ballot(page, lab)["lab"].props["pair"]
    assert set(pair) == {"key", "id", "left", "right"}
    assert pair["left"].startswith("data:image/webp")
    names = page.visit.kept["ballot"]
    late = page_of(page.studio, page.visit, page.data, event={"id": pair["id"], "side": 1})
    voted = vote(late)["lab"].props["voted"]
    assert (voted["winner"], voted["loser"]) == (names[1], names[0])
    assert vote(late) == {}, "once"
    assert vote(page_of(page.studio, page.visit, page.data, event={"id": 1, "side": 7})) == {}


def test_what_the_page_is_sent_is_numbers(bench):
    page, lab, _ = bench
    sent = [*measures(page, lab), *click_race(page, lab), how_sure(page), look_inside(page)]
    for step in sent:  # Gradio would send numpy's numbers as texts
        orjson.dumps(
            {name: step["lab"].props.get(name) for name in ("table", "race_state", "doubt", "inside")}
        )


def test_votes_travel_in_the_session_file(bench, told):
    page, lab, _ = bench
    lab = lab.model_copy(update={"votes": [["sama", "sam"], ["sam", "solid"]]})
    made = download(page, "session.json", lab)
    assert Session.load(made["taken"].props["file"]["path"]).settings["votes"] == [
        ["sama", "sam"],
        ["sam", "solid"],
    ]
    session = FileData(path=made["taken"].props["file"]["path"])
    changed = restore(page_of(page.studio, page.visit, page.data.model_copy(update={"session": session})))
    assert changed["lab"].props["brought"] == [["sama", "sam"], ["sam", "solid"]]
    with pytest.raises(ValueError, match="pairs of methods"):
        LabData(votes=[["sama", "<b>"]])


def test_the_inspector_shows_what_there_is(bench):
    page, _, _ = bench
    inside = look_inside(page)["lab"].props["inside"]
    titles = [each["title"] for each in inside["pictures"]]
    assert titles[:5] == ["Global view", *(f"Local view {i}" for i in range(1, 5))]
    assert titles[-2:] == ["Matte along the photo's edges", "Matte as the head gives it"]
    assert any(name == "decode_sam" for name, _ in inside["steps"])
