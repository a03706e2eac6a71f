"""The soak's visitors, at a page over the fake model: what they do, and that they notice what is wrong."""

import pytest

from sama.bench.soak import _rows, _well
from sama.bench.start import click_first
from sama.bench.tab import Refused, Tab
from sama.bench.visitor import Found, Visitor
from sama.commands.cli import main
from tests.ui.browser.conftest import serve
from tests.ui.browser.fake_predictor import FakePredictor


@pytest.fixture(scope="module")
def url():
    studio, url = serve(FakePredictor())
    yield url
    studio.close()


@pytest.fixture
def opened(url):
    """A visitor with an open photo: (visitor, tab, values of the page)."""
    visitor = Visitor(url, 3, 5, Found())
    tab = Tab(url)
    values = {"scene": {"kind": "transparent"}, "candidates": {"seq": -1, "index": 0, "matte": "sama"}}
    image = tab.upload(visitor.name, visitor.photo)
    values["prompter"] = {"image": image, "points": [], "boxes": [visitor.box], "seq": 2, "side": 400}
    tab.call("prompter", "upload", values)
    yield visitor, tab, values
    tab.close()


def test_a_visitor_clicks_waits_for_slow_mattes_and_sends_garbage(opened):
    visitor, tab, values = opened
    path = values["prompter"]["image"]["path"]
    visitor._check(tab.call("prompter", "input", values), path, 2, "click")
    values["candidates"]["matte"] = "closed_form"
    first = tab.call("prompter", "input", values)
    assert first["viewer"]["layers"]["solve"] and "alpha" not in first["viewer"]["layers"]
    visitor._check(tab.call("viewer", "solve", values), path, 2, "slow matte")
    for _ in range(4):
        visitor._send_garbage(tab, values)
    visitor._use_the_api()
    found = visitor.found
    assert not found.errors and not found.mixed
    assert found.done == {"click": 1, "slow matte": 1, "garbage refused": 4, "API": 1}


def test_the_first_click_of_the_start_is_answered(url):
    photo = Visitor(url, 2, 5, Found()).photo
    tab = Tab(url)
    click_first(tab, photo)
    tab.close()


def test_another_s_answer_is_noticed(opened):
    visitor, tab, values = opened
    changed = tab.call("prompter", "input", values)
    visitor._check(changed, "another's path", 2, "click")
    visitor._check(changed, values["prompter"]["image"]["path"], 1, "click")
    visitor.colour = (0, 0, 0)
    visitor._check(changed, values["prompter"]["image"]["path"], 2, "click")
    assert len(visitor.found.mixed) == 3
    rows = {row["what"]: row["end"] for row in _rows(visitor.found, (0,) * 4, (2**20,) * 4, "")}
    assert rows["answers of another photo"] == 3 and rows["resident memory, MiB"] == 1


def test_what_is_well():
    small, large = (100 * 2**20, 9, 9, 9), (300 * 2**20, 9, 9, 9)
    assert _well(Found(), small, small, "") and not _well(Found(), small, large, "")
    assert not _well(Found(), small, small, "Traceback (most recent call last)")
    found = Found()
    found.errors["something"] += 1
    assert not _well(found, small, small, "")


def test_errors_of_the_server_are_told(opened):
    _, tab, values = opened
    with pytest.raises(Refused, match="has a value of another kind"):
        tab.call("prompter", "input", {**values, "prompter": 5})


@pytest.mark.parametrize(
    ("flags", "remedy"),
    [
        (["--visitors", "3"], "say for how many minutes"),
        (["--soak", "1", "--ui"], "leave out the other flags"),
        (["--soak", "0"], "correct them"),
        (["--soak", "1", "--visitors", "101"], "from 1 to 100"),
    ],
)
def test_wrong_flags_get_a_sentence(flags, remedy, capsys):
    assert main(["bench", *flags]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("sama: ") and remedy in said.err and not said.out
