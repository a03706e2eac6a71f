"""Examples answered ahead: a first visit asks neither encoder nor decoder."""

from tests.ui.browser.conftest import Visitor


def test_a_first_visit_runs_no_model_and_the_first_change_encodes(browser, stored):
    url, counts = stored
    views, answers = counts.views, counts.answers  # of other files' visitors
    visitor = Visitor(browser, url)
    try:
        assert (counts.views, counts.answers) == (views, answers)
        visitor.page.get_by_text("stored with the example").wait_for()
        before = visitor.seq
        visitor.page.locator(".pr-examples button").nth(1).click()
        visitor.answered(before)
        visitor.page.get_by_text("640 × 427").wait_for()
        assert (counts.views, counts.answers) == (views, answers)
        visitor.screenshot("example")
        visitor.click(0.5, 0.5)
        assert counts.views == views + 5
        assert counts.answers > answers
        assert visitor.page.get_by_text("stored with the example").count() == 0
        assert not visitor.errors
    finally:
        visitor.context.close()
