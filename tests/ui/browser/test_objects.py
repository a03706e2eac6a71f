"""Several objects on one photo, in a real browser: the list, its keys, fingers, views, sessions and files."""

import json
import zipfile

from tests.ui.browser.conftest import download
from tests.ui.browser.test_viewer import becomes

FIRST, SECOND = [12, 14, 510, 512], ((0.6, 0.6), (0.8, 0.9))


def two(visitor, first: str = "", second: str = ""):
    """A second box beside the example's; both are given names."""
    visitor.drag(*SECOND)
    visitor.page.locator(".ob-list li").nth(1).wait_for()
    for number, name in enumerate((first, second)):
        if name:
            called(visitor, number, name)
    return visitor


def called(visitor, number: int, name: str):
    before = visitor.seq
    field = visitor.page.locator(f".ob-list [data-number='{number}'] .ob-name")
    field.fill(name)
    field.press("Enter")
    visitor.answered(before)


def act(visitor, number: int, control: str):
    before = visitor.seq
    visitor.page.locator(f".ob-list [data-number='{number}'] .ob-{control}").click()
    visitor.answered(before)


def order(visitor) -> list[str]:
    return visitor.page.eval_on_selector_all(
        ".ob-list li", "all => all.map(li => li.querySelector('.ob-name').value)"
    )


def test_a_second_box_is_a_second_object_with_a_name_a_colour_and_a_score(visit, counts):
    visitor = visit()
    assert visitor.page.locator(".ob-list li").count() == 1 and visitor.page.locator(".ob-views").is_hidden()
    two(visitor, "cat", "dog")
    rows = visitor.page.locator(".ob-list li")
    assert order(visitor) == ["cat", "dog"] and rows.locator(".ob-score").all_inner_texts() == [
        "0.90",
        "0.90",
    ]
    colours = rows.evaluate_all("all => all.map(li => getComputedStyle(li).getPropertyValue('--own'))")
    assert len(set(colours)) == 2
    assert [each["name"] for each in visitor.prompts()["objects"]] == ["cat", "dog"]
    visitor.screenshot("objects")
    answers = counts.answers
    act(visitor, 0, "down")
    assert order(visitor) == ["dog", "cat"] and visitor.prompts()["front"] == [1, 0]
    act(visitor, 0, "eye")
    assert [each["hidden"] for each in visitor.prompts()["objects"]] == [True, False]
    assert counts.answers == answers, "no model is asked for names, order and what is hidden"
    for expected in ([1, 0], [0, 1]):  # undo goes back through the list's changes as through any others
        before = visitor.seq
        visitor.page.locator(".pr-stage").focus()
        visitor.page.keyboard.press("Control+z")
        visitor.answered(before)
        assert visitor.prompts()["front"] == expected
    assert not visitor.errors


def test_hidden_objects_leave_the_panels(visit):
    visitor = two(visit())
    spot = 0.15, 0.5  # of the first object alone
    white, black = [255, 255, 255], [0, 0, 0]
    becomes(visitor, lambda: visitor.pixel("alpha", *spot)[:3] == white)
    act(visitor, 0, "eye")
    becomes(visitor, lambda: visitor.pixel("alpha", *spot)[:3] == black)
    assert visitor.pixel("alpha", 0.7, 0.75)[:3] == white
    act(visitor, 1, "eye")
    becomes(visitor, lambda: visitor.pixel("alpha", 0.7, 0.75)[:3] == black)
    visitor.page.click("#export")
    visitor.page.get_by_text("All objects are hidden").wait_for()
    assert not visitor.errors


def test_clicks_belong_to_the_selected_object_and_panels_may_show_it_alone(visit):
    visitor = two(visit())
    page = visitor.page
    one = page.locator(".ob-views [data-view=one]")
    assert one.is_disabled()
    act(visitor, 1, "pick")
    visitor.click(0.15, 0.4)
    assert visitor.prompts()["owners"] == [1] and len(visitor.prompts()["points"]) == 1
    becomes(visitor, lambda: page.locator(".cd-list button").count() == 1)
    before = visitor.seq
    one.click()
    visitor.answered(before)
    becomes(visitor, lambda: visitor.pixel("alpha", 0.35, 0.5)[:3] == [0, 0, 0])
    assert visitor.pixel("alpha", 0.7, 0.75)[:3] == [255, 255, 255]
    before = visitor.seq
    page.locator(".ob-views [data-view=stack]").click()
    visitor.answered(before)
    becomes(visitor, lambda: len(set(visitor.pixel("alpha", 0.35, 0.5)[:3])) > 1)  # in its colour
    assert not visitor.errors


def test_new_begins_another_object_of_clicks_with_candidates_of_its_own(visit):
    visitor = visit()
    visitor.clear()
    assert visitor.page.locator(".pr-objects").is_hidden(), "nothing is marked"
    visitor.page.mouse.click(*visitor.at(0.2, 0.2))
    visitor.answered()
    visitor.page.click(".ob-new")
    visitor.click(0.7, 0.7)
    sent = visitor.prompts()
    assert visitor.page.locator(".ob-list li").count() == len(sent["objects"]) == 2
    assert sent["owners"] == [None, 1]
    act(visitor, 1, "pick")
    becomes(visitor, lambda: visitor.page.locator(".cd-list button").count() == 3)
    before = visitor.seq
    visitor.page.locator(".cd-list button").nth(2).click()
    visitor.answered(before)
    assert [each["candidate"] for each in visitor.prompts()["objects"]] == [None, 2]
    assert not visitor.errors


def test_the_list_by_keyboard(visit):
    visitor = two(visit(), "cat", "dog")
    page = visitor.page
    page.locator(".pr-stage").focus()
    for expected in (0, 1, None):
        before = visitor.seq
        page.keyboard.press("o")
        visitor.answered(before)
        assert visitor.prompts()["selected"] == expected
    page.locator("[data-number='1'] .ob-pick").focus()
    before = visitor.seq
    page.keyboard.press("Alt+ArrowUp")
    visitor.answered(before)
    assert order(visitor) == ["dog", "cat"]
    assert page.evaluate("document.activeElement.closest('li').dataset.number") == "1", (
        "the focus moves along"
    )
    page.locator("[data-number='0'] .ob-name").focus()
    seq = visitor.seq
    page.keyboard.type("o n b")  # words, no shortcuts
    assert visitor.seq == seq
    page.locator("[data-number='0'] .ob-delete").focus()
    page.keyboard.press("Enter")
    becomes(visitor, lambda: visitor.prompts()["boxes"] != [] and len(visitor.prompts()["boxes"]) == 1)
    assert visitor.prompts()["boxes"][0] != FIRST and visitor.prompts()["objects"][0]["name"] == "dog"
    assert not visitor.errors


def test_the_list_under_a_finger(visit):
    visitor = visit(has_touch=True)
    two(visitor)
    before = visitor.seq
    visitor.page.locator("[data-number='1'] .ob-eye").tap()
    visitor.answered(before)
    assert visitor.prompts()["objects"][1]["hidden"]
    before = visitor.seq
    visitor.page.locator("[data-number='0'] .ob-pick").tap()
    visitor.answered(before)
    assert visitor.prompts()["selected"] == 0
    assert not visitor.errors


def test_sessions_and_zips_keep_the_list(visit, tmp_path, without_figures):
    visitor = two(visit(), "cat", "dog")
    act(visitor, 1, "up")
    path = tmp_path / "all.zip"
    download(visitor).save_as(path)
    with zipfile.ZipFile(path) as archive:
        names = {name.split("/")[1] for name in archive.namelist() if name.startswith("objects/")}
        session = archive.read("session.json")
        annotations = json.loads(archive.read("coco.json"))["annotations"]
    assert names == {"1_dog", "2_cat"} and [each["name"] for each in annotations] == ["dog", "cat"]
    (tmp_path / "session.json").write_bytes(session)
    other = visit()
    before = other.seq
    other.page.set_input_files(".pr-file", tmp_path / "session.json")
    other.answered(before)
    becomes(other, lambda: order(other) == ["dog", "cat"])
    before = other.seq
    other.page.click(".ob-together")
    other.answered(before)
    becomes(other, lambda: other.page.locator(".ob-list").is_hidden())
    assert other.prompts()["together"] and not other.errors
