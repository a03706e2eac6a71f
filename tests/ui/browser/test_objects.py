"""Several objects of a photo in a real browser: list, views, what is exported, what a session brings back."""

import json
import zipfile

import pytest

from tests.ui.browser.conftest import download

FIRST, SECOND = ((0.35, 0.2), (0.55, 0.6)), ((0.45, 0.4), (0.7, 0.8))


@pytest.fixture
def tab(visit):
    """A visitor with two boxes that overlap."""
    visitor = visit()
    visitor.clear()
    for corners in (FIRST, SECOND):
        visitor.page.mouse.move(*visitor.at(*corners[0]))
        visitor.page.mouse.down()
        visitor.page.mouse.move(*visitor.at(*corners[1]), steps=3)
        visitor.page.mouse.up()
        visitor.answered()
    visitor.page.locator(".ob-list li").nth(1).wait_for()
    visitor.page.wait_for_function("document.querySelectorAll('.ob-score')[1]?.textContent")
    return visitor


def act(tab, work, *what):
    """Do something that asks the server again, and return what was sent."""
    before = tab.seq
    work(*what)
    tab.answered(before)
    return tab.prompts()


def row(tab, number: int):
    return tab.page.locator(f".ob-list li[data-number='{number}']")


def shown(tab) -> list[str]:
    return tab.page.locator(".ob-list li").evaluate_all("items => items.map(i => i.dataset.number)")


def test_a_list_names_orders_hides_and_deletes(tab, counts):
    assert [score.inner_text() for score in tab.page.locator(".ob-score").all()] == ["0.90", "0.90"]
    answers = counts.answers
    field = row(tab, 1).locator(".ob-name")
    field.fill("ball")
    sent = act(tab, field.press, "Enter")
    assert [each["name"] for each in sent["objects"]] == ["", "ball"]
    assert len({each["colour"] for each in sent["objects"]}) == 2
    sent = act(tab, row(tab, 1).locator(".ob-up").click)
    assert sent["front"] == [1, 0] and shown(tab) == ["1", "0"]
    sent = act(tab, row(tab, 1).locator(".ob-name").press, "Alt+ArrowDown")
    assert sent["front"] == [0, 1] and shown(tab) == ["0", "1"]
    assert tab.pixel("alpha", 0.62, 0.6)[3] == 255 and tab.pixel("alpha", 0.62, 0.6)[0] > 200
    sent = act(tab, row(tab, 1).locator(".ob-eye").click)
    assert [each["hidden"] for each in sent["objects"]] == [False, True]
    assert counts.answers == answers, "names, order and hiding need no model"
    sent = act(tab, row(tab, 0).locator(".ob-delete").click)
    assert len(sent["boxes"]) == 1 and sent["objects"][0]["name"] == "ball"
    assert tab.pixel("alpha", 0.62, 0.6)[0] == 0, "all that is left is hidden"
    tab.page.locator(".pr-stage").focus()
    sent = act(tab, tab.page.keyboard.press, "Control+z")
    assert len(sent["boxes"]) == 2 and [each["name"] for each in sent["objects"]] == ["", "ball"]
    assert not tab.errors


def test_the_selected_object_gets_the_clicks_and_views_show_what_they_say(tab):
    sent = act(tab, row(tab, 1).locator(".ob-pick").click)
    assert sent["selected"] == 1
    tab.click(0.5, 0.5)  # in both boxes
    assert tab.prompts()["owners"] == [1]
    views = tab.page.locator(".ob-views")
    inside = 0.42, 0.35  # of the first object alone
    assert tab.pixel("alpha", *inside)[:3] == [255] * 3
    act(tab, views.get_by_role("button", name="Stack").click)
    assert tab.pixel("alpha", *inside)[:3] == [0, 158, 115]
    act(tab, views.get_by_role("button", name="Selected").click)
    assert tab.pixel("alpha", *inside)[:3] == [0] * 3
    act(tab, views.get_by_role("button", name="All").click)
    sent = act(tab, tab.page.locator(".ob-together").click)
    assert sent["together"] and tab.page.locator(".ob-list").is_hidden()
    sent = act(tab, tab.page.locator(".ob-together").click)
    tab.page.locator(".ob-new").click()
    tab.click(0.2, 0.2)
    assert tab.prompts()["owners"] == [1, 2] and len(tab.prompts()["objects"]) == 3
    assert not tab.errors


def test_what_is_taken_home_keeps_objects_apart_and_a_session_brings_the_list_back(tab, tmp_path):
    field = row(tab, 1).locator(".ob-name")
    field.fill("ball")
    act(tab, field.press, "Enter")
    act(tab, row(tab, 1).locator(".ob-up").click)
    download(tab).save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as zipped:
        folders = {name.split("/")[1] for name in zipped.namelist() if name.startswith("objects/")}
        assert folders == {"1_ball", "2"} and "mask.png" in zipped.namelist()
        annotations = json.loads(zipped.read("coco.json"))["annotations"]
        assert [(each["name"], each["score"]) for each in annotations] == [("ball", 0.9), ("", 0.9)]
        (tmp_path / "session.json").write_bytes(zipped.read("session.json"))
    tab.clear()
    tab.page.set_input_files(".pr-file", tmp_path / "session.json")
    tab.answered()
    row(tab, 1).wait_for()
    assert shown(tab) == ["1", "0"] and row(tab, 1).locator(".ob-name").input_value() == "ball"
    assert not tab.errors
