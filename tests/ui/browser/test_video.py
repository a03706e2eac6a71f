"""The page's second view in a real browser: a clip is followed, corrected and taken home."""

import time
import zipfile

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from sama.video.settings import FollowSettings
from tests.ui.pretended import Gate, PretendedFollower
from tests.video.films import film

WAIT = 60_000


@pytest.fixture
def told(monkeypatch):
    """What the followers were given, and a gate that holds them."""
    given: list[tuple] = []
    pretend = {"lost": frozenset(), "gate": None}
    monkeypatch.setattr(
        "sama.ui.filming.Filming.follower",
        lambda self, how: (
            pretend.update(how=how) or PretendedFollower(given, pretend["lost"], pretend["gate"])
        ),
    )
    return given, pretend


@pytest.fixture
def opened(visit, told, tmp_path):
    """A visitor with a clip of twelve frames of 64 x 48 pixels open."""
    visitor = visit()
    page = visitor.page
    page.click("[data-view=video]")
    page.locator(".fm-clips button").first.wait_for(timeout=WAIT)
    page.set_input_files(".fm-file", film(tmp_path / "moving.mp4", "-c:v", "mpeg4"))
    page.get_by_text("moving.mp4: 64 × 48, 12 frames").wait_for(timeout=WAIT)
    seen(page, 0, found=False)
    return visitor


def seen(page, index: int, *, found: bool = True):
    """Wait until a frame is on the screen."""
    wanted = f".fm-root[data-shown='{index}'][data-found='{str(found).lower()}']"
    page.locator(wanted).wait_for(timeout=WAIT)


def box(page, x0, y0, x1, y1):
    """Draw a box, in pixels of the frame."""
    area = page.locator(".fm-canvas").bounding_box()
    scale = min(area["width"] / 64, area["height"] / 48)
    left, top = (
        area[at] + (area[side] - n * scale) / 2 for at, side, n in (("x", "width", 64), ("y", "height", 48))
    )
    page.mouse.move(left + x0 * scale, top + y0 * scale)
    page.mouse.down()
    page.mouse.move(left + x1 * scale, top + y1 * scale, steps=3)
    page.mouse.up()


def go(page, frames: str):
    """Follow, and wait for the end."""
    page.click(".fm-go")
    page.locator(".fm-status", has_text=f"Done: frame {frames}").wait_for(timeout=WAIT)


def to(page, index: int):
    """Move along the line of time."""
    page.locator(".fm-at").evaluate(
        "(slider, index) => { slider.value = index; slider.dispatchEvent(new Event('input')); }", index
    )


def test_a_clip_is_followed_corrected_and_taken_home(opened, told):
    page, (given, _) = opened.page, told
    assert page.locator("#work").is_hidden() and page.locator(".fm-go").is_disabled()
    box(page, 8, 8, 24, 32)
    go(page, "12 of 12")
    seen(page, 11)
    to(page, 4)
    seen(page, 4)
    grey = page.locator("[data-film=alpha] canvas").evaluate(
        "c => [10, 14, 26, 30].map(x => c.getContext('2d').getImageData(x, 20, 1, 1).data[0])"
    )
    assert grey == [0, 255, 255, 0], "the matte has moved by four pixels"
    page.locator(".fm-strip img").wait_for(timeout=WAIT)
    given.clear()
    to(page, 6)
    seen(page, 6)
    box(page, 4, 4, 20, 20)
    go(page, "6 of 6")
    assert given[:2] == [("back", 6, 16 * 24), (6, True)] and given[-1] == (11, False)
    page.locator(".fm-kinds input[value=png]").check()
    with page.expect_download(timeout=WAIT) as caught:
        page.click(".fm-make")
    assert caught.value.suggested_filename == "moving_sama.zip"
    with zipfile.ZipFile(caught.value.path()) as file:
        names = file.namelist()
        assert "cutout.webm" in names and sum(name.endswith(".png") for name in names) == 12
    opened.screenshot("video")
    page.click("[data-view=photo]")
    assert page.locator("#work").is_visible() and page.locator("#film").is_hidden()
    assert not opened.errors


def test_how_it_is_followed_is_chosen(opened, told):
    page, (_, pretend) = opened.page, told
    box(page, 8, 8, 24, 32)
    go(page, "12 of 12")
    assert pretend["how"] == FollowSettings()
    page.click(".fm-how summary")
    page.locator(".fm-from").select_option("memory")
    page.locator(".fm-damping").focus()
    page.keyboard.press("ArrowLeft")
    page.locator(".fm-views").check()
    assert page.locator(".fm-how output").inner_text() == "0.5"
    opened.screenshot("video_how")
    go(page, "12 of 12")
    assert pretend["how"] == FollowSettings(views=5, damping=0.5, matte_from="memory")
    assert not opened.errors


def test_cancelled_what_is_done_stays_and_what_is_lost_is_named(opened, told):
    page, (_, pretend) = opened.page, told
    gate = pretend["gate"] = Gate()
    pretend["lost"] = frozenset({1})
    box(page, 8, 8, 24, 32)
    page.click(".fm-go")
    gate.release(3)
    page.get_by_text("frame 1 of 12").wait_for(timeout=WAIT)
    page.click(".fm-cancel")
    gate.release(20)
    page.locator(".fm-go").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Frame 1", exact=True).click()
    seen(page, 1)
    assert "may be lost on 1 frame;" in page.locator(".fm-lost").inner_text()
    assert not opened.errors


def test_a_closed_tab_ends_the_work(opened, told, server):
    page, (_, pretend) = opened.page, told
    gate = pretend["gate"] = Gate()
    box(page, 8, 8, 24, 32)
    page.click(".fm-go")
    gate.release(1)
    page.get_by_text("frame 1 of 12").wait_for(timeout=WAIT)
    reels = [value for value in _states(server[0]) if type(value).__name__ == "Reel" and not value.left]
    opened.context.close()
    until = time.monotonic() + 60
    while not all(reel.left for reel in reels) and time.monotonic() < until:
        time.sleep(0.05)
    gate.release(50)
    assert reels and all(reel.left for reel in reels)
    assert not any(reel.reports for reel in reels)


def _states(blocks):
    """What the server keeps for its visitors."""
    for session in blocks.state_holder.session_data.values():
        for key in list(session.state_data):
            yield session.state_data[key]


def test_a_program_follows_a_clip(client, told, tmp_path):
    clip = handle_file(film(tmp_path / "moving.mp4", "-c:v", "mpeg4"))
    asked = {"clip": clip, "frame": 2, "boxes": [[8, 8, 24, 32]], "files": ["png"]}
    archive, report = client.predict(**asked, api_name="/video")
    with zipfile.ZipFile(archive) as file:
        assert sorted(file.namelist())[-1] == "cutout/00011.png"
    assert [each["frame"] for each in report["frames"]] == list(range(2, 12))
    assert report["frames"][3]["box"] == [11, 8, 27, 32] and report["size"] == [64, 48]
    with pytest.raises(AppError, match="choose from webm, prores, png"):
        client.predict(**{**asked, "files": ["avi"]}, api_name="/video")
