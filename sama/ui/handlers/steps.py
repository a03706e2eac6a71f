"""What several handlers change on the page: encoding under way, SAM's answer, no answer."""

from collections.abc import Iterator
from contextlib import suppress

from sama.errors import PromptError
from sama.export.palette import SAM_COLOUR, SAMA_COLOUR
from sama.predict.answer import SAM, SAMA, Answer, ModelInfo
from sama.request.request import Request
from sama.ui import words
from sama.ui.candidates import Candidates, offer
from sama.ui.handlers.page import Changes, Page
from sama.ui.pictures import mask_url
from sama.ui.prompter import PromptData, Prompter
from sama.ui.scene import Scene
from sama.ui.shown import mask_at
from sama.ui.viewer import Viewer
from sama.ui.visit import Visit


def encode(page: Page, visit: Visit, data: PromptData) -> Iterator[Changes]:
    """Report every view; answer with SAM alone as soon as the global view is there."""
    info = page.studio.info
    for progress in visit.encode():
        changed: Changes = {}
        if progress.stage == "global" and data.marked:
            with suppress(PromptError):  # the complete answer, which follows, says what is wrong
                changed = as_sam(page, visit, data, visit.request(data.prompts, listing=data.listing))
        changed["prompter"] = Prompter(status=encoding_line(info, visit.views_done))
        yield {"visit": visit, "run": words.run_panel(info, visit), **changed}


def as_sam(
    page: Page, visit: Visit, data: PromptData, request: Request, *, to_solve: bool = False
) -> Changes:
    """SAM's answer alone, at once; to_solve: the page is to ask for the matte, which takes seconds."""
    found = visit.answer_sam(request)
    layers = layers_of(page, visit, data, data.shows.of(found)) | ({"solve": True} if to_solve else {})
    return {"viewer": Viewer(layers=layers), "candidates": offer_of(page, visit, data, found)}


def ahead(page: Page, visit: Visit, data: PromptData, request: Request) -> Changes:
    """SAM's mask alone; the rest, candidates too, follows by itself in a moment, until when all else stays as it is."""
    layers = layers_of(page, visit, data, data.shows.of(visit.answer_sam(request)))
    return {"visit": visit, "viewer": Viewer(layers={**layers, "first": True})}


def cleared() -> Changes:
    """No answer."""
    return {
        "viewer": Viewer(layers=None, composite=None),
        "candidates": Candidates(offer=None),
        "scene": Scene(residual=None),
    }


def encoding_line(info: ModelInfo, done: int) -> dict:
    """The status line while view number `done` + 1 is being encoded."""
    names = ["global view", *(f"local view {i} of 4" for i in range(1, info.views)), "views"]
    return {"text": f"Encoding {names[done]} ...", "done": done, "total": info.views}


def offer_of(page: Page, visit: Visit, data: PromptData, found: Answer) -> Candidates:
    """found: all objects; SAM's candidates are those of the selected one."""
    several, number = len(found.objects) > 1, data.selected
    if several and number is not None and number < len(found.objects):
        found = found.only(number)
    about = offer(found, visit.path, data.seq, trained=page.studio.info.trained)
    return Candidates(offer={**about, "object": number if several else None, "several": several})


def objects_of(visit: Visit, data: PromptData, found: Answer) -> dict | None:
    """The prompter's prop `found`: each object's mask in its colour, and its score; None where there is but one."""
    if len(found.objects) < 2:
        return None
    items = []
    for number, each in enumerate(found.objects):
        mask = mask_at(each.layers[SAMA if SAMA in each.layers else SAM], data.side)
        colours = data.shows.colours
        items.append({"src": mask_url(mask, colours[number % len(colours)])})
        if len(each.scores):
            items[-1]["score"] = round(float(each.scores[each.chosen]), 3)
    return {"key": visit.path, "seq": data.seq, "items": items}


def layers_of(page: Page, visit: Visit, data: PromptData, found: Answer) -> dict:
    layers = {"key": visit.path, "seq": data.seq, "chosen": found.union.chosen}
    # Before there is a matte it is nobody's.
    layers |= {
        "matte": found.method if found.alpha is not None else None,
        "trained": page.studio.info.trained,
    }
    layers["sam"] = mask_url(mask_at(found.union.layers[SAM], data.side), SAM_COLOUR)
    sama = found.layer(SAMA)
    if sama is not None:
        layers["sama"] = mask_url(mask_at(sama, data.side), SAMA_COLOUR)
    return layers
