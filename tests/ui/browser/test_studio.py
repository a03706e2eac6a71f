"""The whole page in a real browser, over a fake model."""

import json
import threading
import urllib.request

import pytest

from tests.ui.browser.conftest import EXAMPLES, SCREENSHOTS, serve
from tests.ui.browser.fake_predictor import Counts, FakePredictor

# The accessible name of what has the focus, roughly as a browser computes it, and whether a person can see where it is.
NAME_OF_FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const by = id => document.getElementById(id)?.textContent ?? '';
  const images = [...e.querySelectorAll('img')].map(image => image.alt).join(' ');
  const label = [...(e.labels || [])].map(l => l.textContent).join(' ');
  const others = (e.getAttribute('aria-labelledby') || '').split(' ').map(by).join(' ').trim();
  const name = e.getAttribute('aria-label') || others || label || e.textContent || images || e.title || '';
  const box = (e.closest('label') || e).getBoundingClientRect();
  return [name.trim(), box.width > 4 && box.height > 4];
}"""


def test_a_visitor_is_greeted_with_an_answered_example(visit, server):
    visitor = visit()
    page = visitor.page
    assert visitor.pixel("alpha") == [255, 255, 255, 255]
    assert visitor.pixel("alpha", 0.5, 0.5) != visitor.pixel("composite", 0.5, 0.5)
    for words in ("A fake for tests", "0123456789ab", "Apache-2.0", "cpu, float32", "Limits"):
        assert page.get_by_text(words, exact=True).is_visible(), words
    assert page.locator(".st-banner").count() == 0
    assert page.locator(".pr-examples button").count() >= 8
    assert visitor.hosts == {server[1].split("/")[2]}, "the page loads something from outside"
    assert not visitor.errors
    visitor.screenshot("light")


def test_dark_theme(visit):
    visitor = visit(color_scheme="dark")
    background = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, background[4:-1].split(","))) < 60
    visitor.screenshot("dark")


@pytest.mark.parametrize(
    ("name", "size", "options"),
    [
        ("phone", (390, 844), {"has_touch": True, "is_mobile": True, "color_scheme": "dark"}),
        ("screen_4k", (3840, 2160), {}),
    ],
)
def test_the_page_fits_every_screen(browser, server, name, size, options):
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    try:
        page = context.new_page()
        page.goto(server[1])
        page.locator("#viewer [data-seq]").wait_for(timeout=60_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [page.locator(selector).bounding_box() for selector in (".pr-stage", "#viewer", "#scene")]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
        if name == "screen_4k":  # canvases use the screen, and everything that matters is on it at once
            assert boxes[0]["height"] > 0.6 * height and boxes[1]["x"] + boxes[1]["width"] > 0.95 * width
            assert boxes[2]["y"] + boxes[2]["height"] < height
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    finally:
        context.close()


def test_tab_visits_every_control_by_name_in_the_page_s_order(visit):
    visitor = visit()
    page, stops, nowhere = visitor.page, [], 0
    page.evaluate("document.activeElement.blur()")
    while nowhere < 2 and len(stops) < 200:
        page.keyboard.press("Tab")
        stop = page.evaluate(NAME_OF_FOCUSED)
        if stop is None:  # once behind Gradio's dropdown, which takes its open list away, and at the end
            nowhere += 1
        elif stops and stop == stops[0]:
            break
        else:
            stops.append(stop)
    names = [name for name, _ in stops]
    assert all(names), names
    assert all(visible for _, visible in stops), [name for name, visible in stops if not visible]
    expected = "Video|Talk mode|Open photo|Keep|Remove|Photo: click|Astronaut|Panels|Candidate 1"
    expected += "|Transparent|Black|White|Grey|Green|Another colour|Blur|Estimated F|Download"
    expected = expected.split("|")
    places = [next((i for i, name in enumerate(names) if part in name), None) for part in expected]
    assert None not in places, (list(zip(expected, places, strict=True)), names)
    assert places == sorted(places), names


def test_clicks_encode_nothing_and_stay_small(visit, counts):
    visitor = visit()
    encoded, sent = counts.views, len(visitor.sent)
    for x in (0.4, 0.5, 0.6):
        visitor.click(x, 0.5)
    assert counts.views == encoded
    assert len(visitor.sent) - sent == 3
    assert max(map(len, visitor.sent[sent:])) < 1100


def test_a_burst_of_clicks_collapses_and_ends_with_the_last(visit, counts):
    visitor = visit()
    answers, started = counts.answers, visitor.seq
    counts.held = threading.Event()  # the first answer takes as long as all the clicks
    try:
        for i in range(10):
            visitor.page.mouse.click(*visitor.at(0.3 + 0.04 * i, 0.5))
    finally:
        counts.held.set()
        counts.held = None
    visitor.answered(started + 9)
    assert visitor.seq == started + 10
    assert len(visitor.prompts()["points"]) == 10
    assert counts.answers - answers < 2 * 10, "SAM's mask and the rest, for few of the clicks"


def test_visitors_do_not_meet(visit):
    one, two = visit(), visit()
    two.page.get_by_role("button", name="Example: Flower").click()
    two.page.get_by_text("640 × 427").wait_for()
    two.answered()
    one.click(0.5, 0.5)
    two.click(0.4, 0.4)
    assert one.page.get_by_text("512 × 512").is_visible()
    assert two.page.get_by_text("640 × 427").is_visible()
    assert one.prompts()["image"]["path"] != two.prompts()["image"]["path"]
    assert one.prompts()["boxes"] != two.prompts()["boxes"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("notes.png", b"not a picture", "notes.png cannot be read as a photo"),
        ("empty.jpg", b"", "empty.jpg is empty"),
        ("half.jpg", None, "half.jpg is damaged or incomplete"),
    ],
)
def test_a_file_that_is_no_photo_changes_nothing(visit, tmp_path, name, content, sentence):
    if content is None:
        data = (EXAMPLES / "flower.jpg").read_bytes()
        content = data[: len(data) // 2]
    (tmp_path / name).write_bytes(content)
    visitor = visit()
    visitor.page.set_input_files(".pr-file", tmp_path / name)
    visitor.page.get_by_text(sentence).first.wait_for()
    visitor.page.get_by_text("Uploading").wait_for(state="hidden")
    assert visitor.page.get_by_text("512 × 512").is_visible()
    visitor.click(0.5, 0.5)
    prompts = visitor.prompts()
    assert prompts["boxes"] == [[12, 14, 510, 512]]
    assert len(prompts["points"]) == 1
    assert not visitor.errors


def test_a_mistaken_prompt_is_one_sentence(visit):
    visitor = visit()
    visitor.clear()
    visitor.page.mouse.click(*visitor.at(0.5, 0.5), button="right")
    visitor.page.get_by_text("There are only negative clicks; add a positive click or a box.").wait_for()
    visitor.page.mouse.click(*visitor.at(0.6, 0.5))
    visitor.answered()


def test_an_expired_visit_is_opened_again(visit, server, counts):
    visitor = visit()
    holder = server[0].state_holder
    for session in list(holder.session_data):
        holder.delete_state(session)
    views = counts.views
    visitor.click(0.5, 0.5)
    assert counts.views == views + 5
    assert visitor.prompts()["boxes"] == [[12, 14, 510, 512]]


def test_sam_answers_before_the_local_views_are_encoded(browser):
    gate = threading.Semaphore(0)
    studio, url = serve(FakePredictor(Counts(gate)))
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    drawn = """name => {
      const c = document.querySelector(`[data-panel=${name}] canvas`);
      return c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data[3];
    }"""
    try:
        page = context.new_page()
        page.goto(url)
        page.get_by_text("Encoding global view").wait_for()
        assert page.evaluate(drawn, "sam") == 0
        gate.release()
        page.get_by_text("Encoding local view 1 of 4").wait_for()
        page.wait_for_function(f"({drawn})('sam') === 255")
        gate.release(2)
        page.get_by_text("Encoding local view 3 of 4").wait_for()
        assert page.evaluate(drawn, "sama") == 0
        gate.release(2)
        page.locator("#viewer [data-seq]").wait_for()
        assert page.evaluate(drawn, "sama") == 255
    finally:
        gate.release(10)
        context.close()
        studio.close()


def test_untrained_weights_are_announced(browser):
    studio, url = serve(FakePredictor(trained=False))
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(url)
        assert "untrained" in page.locator(".st-banner").inner_text()
    finally:
        context.close()
        studio.close()


def test_a_request_that_names_a_server_path_gets_nothing(visit, server):
    visitor = visit()
    url = server[1].rstrip("/")
    secret = EXAMPLES.parent / "app.py"
    config = json.loads(urllib.request.urlopen(f"{url}/config").read())
    prompter = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "prompter")
    fn = next(
        d for d in config["dependencies"] if any(t == [prompter, "upload"] for t in map(list, d["targets"]))
    )
    image = {"path": str(secret), "meta": {"_type": "gradio.FileData"}}
    body = {
        "data": [{"image": image, "points": [[9, 9, 1]], "boxes": [], "seq": 1}, None],
        "fn_index": fn["id"],
        "session_hash": "stranger",
        "trigger_id": prompter,
    }
    request = urllib.request.Request(
        f"{url}/gradio_api/queue/join", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request)
    events = urllib.request.urlopen(f"{url}/gradio_api/queue/data?session_hash=stranger", timeout=20)
    lines = [line for line in events.read().decode().splitlines() if "process_completed" in line]
    assert lines
    assert not json.loads(lines[-1].removeprefix("data: "))["success"]
    assert visitor.page.get_by_text("512 × 512").is_visible()
