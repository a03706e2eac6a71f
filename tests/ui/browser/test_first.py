"""SAM's mask is painted before SAMA's answer is there, in a real browser."""

import threading

from tests.ui.browser.test_viewer import becomes

SPOT = 0.5, 0.5  # in the example's ellipse


def test_sams_panel_is_repainted_first_and_the_others_stay_until_the_rest_is_there(visit, counts):
    visitor = visit()
    panels = ("sam", "sama", "alpha", "composite")
    before = {name: visitor.pixel(name, *SPOT) for name in panels}
    seq = visitor.page.locator("#viewer [data-seq]").get_attribute("data-seq")
    counts.held = threading.Event()
    try:
        visitor.page.mouse.click(*visitor.at(*SPOT), button="right")
        becomes(visitor, lambda: visitor.pixel("sam", *SPOT) != before["sam"])
        assert {name: visitor.pixel(name, *SPOT) for name in panels[1:]} == {n: before[n] for n in panels[1:]}
        assert visitor.page.locator("#viewer [data-seq]").get_attribute("data-seq") == seq
        assert "Waiting" not in visitor.page.locator("#viewer").inner_text()
    finally:
        counts.held.set()
        counts.held = None
    becomes(visitor, lambda: visitor.pixel("alpha", *SPOT) != before["alpha"])
    becomes(visitor, lambda: visitor.pixel("sama", *SPOT) != before["sama"])
    assert not visitor.errors
