"""SAM's candidates in a real browser: three for a lone click, and SAMA refines the one that is chosen."""

import pytest

from tests.ui.browser.conftest import Visitor

SPOT = (0.5, 0.4)  # of the photo's canvas: where the lone click goes


@pytest.fixture(scope="module")
def tab(browser, server):
    visitor = Visitor(browser, server[1])
    visitor.clear()
    visitor.page.mouse.click(*visitor.at(*SPOT))
    visitor.answered()
    yield visitor
    visitor.context.close()


def thumbnails(visitor):
    return visitor.page.locator("#candidates .cd-list button")


def pressed(visitor) -> list[bool]:
    return [b.get_attribute("aria-pressed") == "true" for b in thumbnails(visitor).all()]


def matte_share(visitor) -> float:
    """Share of the matte's canvas that is white."""
    return visitor.page.evaluate(
        """() => {
          const c = document.querySelector('[data-panel=alpha] canvas');
          const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
          let white = 0;
          for (let i = 0; i < data.length; i += 4) white += data[i] > 127;
          return white / (c.width * c.height);
        }"""
    )


def test_choosing_a_candidate_makes_sama_refine_it(tab, counts):
    assert thumbnails(tab).count() == 3
    assert pressed(tab) == [False, True, False]
    assert [b.inner_text() for b in thumbnails(tab).all()] == ["0.70", "0.90", "0.80"]
    share, views = matte_share(tab), counts.views
    thumbnails(tab).nth(2).focus()
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_function(
        "document.querySelectorAll('#candidates .cd-list button')[2].ariaPressed === 'true'"
    )
    tab.page.wait_for_timeout(100)
    deadline = 100
    while matte_share(tab) < 2 * share and deadline:
        tab.page.wait_for_timeout(50)
        deadline -= 1
    assert matte_share(tab) > 2 * share
    assert pressed(tab) == [False, False, True]
    # The keyboard's place is not lost when the thumbnails are drawn again.
    assert tab.page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(
        "Candidate 3 of 3"
    )
    assert counts.views == views
    tab.screenshot("candidates")


def test_the_next_prompt_resets_the_choice(tab):
    tab.click(0.6, 0.5)
    assert thumbnails(tab).count() == 1
    tab.page.keyboard.press("Control+z")
    tab.page.wait_for_function("document.querySelectorAll('#candidates .cd-list button').length === 3")
    assert pressed(tab) == [False, True, False]


def test_the_training_free_matte_is_one_switch_away(tab, counts):
    title = tab.page.locator("[data-panel=alpha] figcaption b")
    assert title.inner_text() == "Alpha matte"
    share, views = matte_share(tab), counts.views
    tab.page.click("[data-matte=closed_form]")
    tab.page.get_by_text("Training-free matte", exact=True).wait_for()
    tab.page.wait_for_function("document.querySelector('[data-matte=closed_form]').ariaPressed === 'true'")
    assert matte_share(tab) < share  # the fake's training-free edge is wider
    assert counts.views == views
    tab.screenshot("training_free")
    tab.page.click("[data-matte=sama]")
    tab.page.locator("[data-panel=alpha] b", has_text="Alpha matte").wait_for()
    assert abs(matte_share(tab) - share) < 0.005


def test_an_object_can_be_said_to_be_solid(tab, counts):
    share, views = matte_share(tab), counts.views
    tab.page.click("[data-matte=solid]")
    tab.page.get_by_text("Solid matte", exact=True).wait_for()
    tab.page.wait_for_function("document.querySelector('[data-matte=solid]').ariaPressed === 'true'")
    assert matte_share(tab) > share  # the fake's solid edge is narrower
    assert counts.views == views
    tab.page.click("[data-matte=sama]")
    tab.page.locator("[data-panel=alpha] b", has_text="Alpha matte").wait_for()


def test_haze_has_a_switch(tab, counts):
    haze, asked, views = tab.page.locator(".cd-haze"), counts.answers, counts.views
    for pressed_after in ("true", "false"):
        haze.focus()
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_function(f"document.querySelector('.cd-haze').ariaPressed === '{pressed_after}'")
    deadline = 200
    while counts.answers < asked + 1 and deadline:
        tab.page.wait_for_timeout(50)
        deadline -= 1
    assert counts.answers > asked and counts.views == views, "answered anew, and nothing is encoded"


def test_without_prompts_there_is_nothing_to_choose(tab):
    tab.clear()
    tab.page.locator("#candidates .cd-root").wait_for(state="hidden")  # the answer brings it
    assert not tab.errors
