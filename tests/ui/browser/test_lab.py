"""The lab of the page in a real browser: closed it asks for nothing."""


def test_closed_it_asks_for_nothing(visit, counts):
    visitor = visit()
    sent, answers = len(visitor.sent), counts.answers
    visitor.click(0.5, 0.5)
    assert visitor.page.locator(".lb-body").is_hidden()
    assert len(visitor.sent) == sent + 1 and counts.answers - answers <= 2
    assert not visitor.errors
