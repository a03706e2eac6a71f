"""The lab with a truth: the measures of every method after every click, and the click race."""

from collections.abc import Callable, Iterator
from itertools import count

from sama.errors import SamaError
from sama.evaluation.live import (
    MOST_PIXELS,
    Truth,
    entrants,
    error_of,
    measure,
    measured_size,
    read_truth,
)
from sama.evaluation.methods import Scored
from sama.evaluation.prompting import first_click
from sama.evaluation.race import CLICKS, Curve, race
from sama.methods import Method
from sama.predict.close_up import scaled
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.ui.handlers.masks import method_of
from sama.ui.handlers.page import Changes, Page
from sama.ui.handlers.stopping import failed
from sama.ui.lab import Lab, LabData
from sama.ui.pictures import error_url
from sama.ui.shown import fitted
from sama.ui.state import State
from sama.ui.telling import warn
from sama.ui.visit import Visit

_ERROR_SIDE = 640  # longer side of an error picture
_races = count(1)


def truth_of(page: Page, lab: LabData) -> Truth | None:
    """The truth of the photo on the page, which is read once; None without one. Raises SamaError."""
    visit = page.here
    file = lab.truth_of(visit.path)
    if file is None:
        return None
    if visit.kept.get("truth file") != file.path:
        read = read_truth(file.path, visit.size, visit.name, name=file.orig_name)
        visit.kept |= {"truth": read.at(measured_size(visit.size)), "truth file": file.path}
    return visit.kept["truth"]


def asked(page: Page, method: str, size: tuple[int, int]) -> Request:
    """What the page asks for, of one method, answered at a size (width, height). Raises PromptError."""
    data, choice = page.data, page.choice
    return Request.of(
        data.prompts,
        page.here.size,
        method=method,
        candidate=choice.candidate(data.seq),
        keep_haze=choice.keep_haze,
        listing=data.listing,
        output_size=size,
    )


def measures(page: Page, lab: LabData) -> Iterator[Changes]:
    """Measure every method that answers the page's prompts, the quick ones first; stops at a newer answer, and leaves
    prompts to it that are not those of the answer on the panels."""
    visit, shown = page.visit, page.shown
    if visit is None or shown is None or shown.seq != page.data.seq:
        return
    try:
        truth = truth_of(page, lab)
        if truth is None:
            return
        own = method_of(page)
        methods = list(entrants(page.studio.info, asked(page, own, truth.size), slow=lab.slow, shown=own))
    except SamaError as error:
        warn(error)
        yield {"lab": Lab(table={"key": visit.path, "refused": str(error)})}
        return
    table = {"key": visit.path, "seq": shown.seq, "hard": truth.hard, "size": truth.size}
    table["small"] = truth.size != visit.size and MOST_PIXELS // 1_000_000
    rows = []
    for method in sorted(methods, key=lambda each: bool(each.slow)):
        row = {"name": method.name, "label": method.label, "slow": bool(method.slow)}
        try:
            found = Scored.of(visit.aside(request=asked(page, method.name, truth.size)), method)
        except SamaError as error:
            rows.append(row | {"why": str(error)})
        else:
            values = measure(found, truth)
            error = error_url(fitted(error_of(found, truth), _ERROR_SIDE))
            rows.append(row | {"values": list(values.values()), "error": error})
        if visit.shown is not shown:
            return
        yield {"lab": Lab(table={**table, "rows": list(rows), "done": len(rows) == len(methods)})}


def click_race(page: Page, lab: LabData) -> Iterator[Changes]:
    """Let every method that takes clicks race to the truth; `stop_race`, another photo and leaving end it."""
    visit = page.visit
    try:
        truth = None if visit is None else truth_of(page, lab)
        if visit is None or truth is None:
            return
        number = visit.kept["race"] = next(_races)
        first = Request.of(Prompts((first_click(truth.mask),)), truth.size)
        own = method_of(page) if page.data.marked else ""
        methods = list(entrants(page.studio.info, first, slow=lab.slow, shown=own))
        answers = {each.name: _answering(visit, each, truth) for each in methods}
        state = {"key": visit.path, "number": number, "count": CLICKS}
        labels = {each.name: each.label for each in methods}
        curves: dict[str, Curve] = {}
        yield {"lab": Lab(race_state={**state, "curves": [], "done": False})}
        for curves in race(answers, truth.mask):
            if visit.kept.get("race") != number or visit.state in (State.CLOSED, State.LEFT):
                break
            yield {"lab": Lab(race_state={**state, "curves": _drawn(curves, labels), "done": False})}
        yield {"lab": Lab(race_state={**state, "curves": _drawn(curves, labels), "done": True})}
    except SamaError as error:
        warn(error)
        yield failed()


def stop_race(page: Page) -> Changes:
    """End the race after the click that is being answered."""
    if page.visit is not None:
        page.visit.kept["race"] = next(_races)
    return {}


def _answering(visit: Visit, method: Method, truth: Truth) -> Callable[[Prompts], Scored]:
    """The method as a function of prompts in the truth's pixels."""
    scale = (visit.size[0] / truth.size[0], visit.size[1] / truth.size[1])

    def answer(prompts: Prompts) -> Scored:
        asked = prompts if truth.size == visit.size else scaled(prompts, *scale)
        request = Request.of(asked, visit.size, method=method.name, output_size=truth.size)
        return Scored.of(visit.aside(request=request), method)

    return answer


def _drawn(curves: dict[str, Curve], labels: dict[str, str]) -> list[dict]:
    return [
        {"name": name, "label": labels[name], "ious": each.ious, "nocs": each.nocs}
        for name, each in curves.items()
    ]
