"""Words become boxes, and boxes objects."""

from collections.abc import Iterator

from sama.errors import SamaError
from sama.methods.words import find
from sama.request.listing import Listing
from sama.ui.finder import FinderData
from sama.ui.handlers.page import Changes, Page
from sama.ui.prompter import PromptData, Prompter
from sama.ui.telling import warn

LOOKING = "Looking for {text} ..."


def find_words(page: Page, finder: FinderData) -> Iterator[Changes]:
    """Look for what the words name; the boxes replace all marks, an object for each, called by its words. Where nothing
    is found, or words will not do, the marks stay and a sentence says so."""
    data = page.data
    if data.path is None or not finder.text.strip():
        return
    yield {"prompter": Prompter(status={"text": LOOKING.format(text=finder.text.strip())})}
    try:
        page = page.opened()
        visit = page.here
        found = find(visit.preview, finder.text, visit.size)
    except SamaError as error:
        warn(error)
        yield {"prompter": Prompter(status={})}
        return
    names = tuple(each.words for each in found)
    listed = PromptData.listed(Listing(names), len(found)) if len(found) > 1 else {}
    boxes = [list(each.box) for each in found]
    value = PromptData(image=data.image, boxes=boxes, seq=data.seq + 1, side=data.side, **listed)
    yield {"visit": visit, "prompter": Prompter(value=value, status={})}
