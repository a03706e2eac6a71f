"""The film: a clip, marks on its frames, and what is followed through them; a `gr.HTML` component, the page's second
view. It asks the server for nothing before it is opened.

Its value is {clip, example, at, marks, start, end, row, work, halted, files, how}: the uploaded clip or the name of an
example; the frame that is seen; marks, a list of {frame, points, boxes, order}; the first frame and the last one, null
for the clip's; the row of pixels whose alpha is wanted; what the page calls the work, and the works that nobody wants
any more; the names of files to make; how the object is followed, {views, damping, matte_from}. Events: `begin`, when
the view is opened first; `bring` (a clip); `seek` (the frame `at`); `follow` and `take`, long works; `halt`; `strip`
(the `row`).

Props that the server sets: `offered` {missing, examples}, a sentence where clips cannot be read here, and {name, title,
thumb} of clips that ship; `reel` {key, name, width, height, frames, rate, notes}, the clip it has opened; `refused`, a
new number for one it has not; `frame` {key, item}, an item being {index, src, sam, sama, cut, lost}: the frame, and
where it is done its masks, the cut-out, and why the object may be lost, or null; `news` {work, key, text, share, items,
begun, over}, at its end with `lost`, a list of {frame, text}, and `done`, the first and the last frame, or `failed`;
`strip_shown` {key, row, from, count, src}; `making` {work, text, share, over}. Props that never change: `kinds` of
files and `mattes`, {name, title}, `clip_files` that may be opened, `titles` of the panels.
"""

from typing import Any

from gradio.data_classes import FileData, GradioModel
from pydantic import Field

from sama.errors import PromptError
from sama.request.prompts import Prompts
from sama.ui.checkerboard import checks
from sama.ui.component import DataComponent
from sama.ui.component.data import LONGEST, Whole
from sama.ui.component.names import LAYERS
from sama.video.settings import MEMORY, SEPARATE, FollowSettings

CLIP_FILES = "video/*,image/gif,image/apng,.mkv,.mov,.webm,.avi"
FILES = {  # what is offered of `sama.video.files.FILES`, which needs packages that may be absent
    "webm": "WebM with alpha",
    "prores": "ProRes 4444 with alpha",
    "png": "PNG sequence",
    "green": "Green, and the matte",
    "composite": "On the background",
}
MATTES = {SEPARATE: "of each frame alone", MEMORY: "with memory"}
DEFAULT = FollowSettings()
_MOST = 1000  # marked frames


class MarkData(GradioModel):
    """The marks on one frame."""

    frame: Whole
    points: list[list[float]] = []
    boxes: list[list[float]] = []
    order: list[str] = []


class HowData(GradioModel):
    """How the object is followed, see `sama.video.settings.FollowSettings`."""

    views: int = DEFAULT.views
    damping: float = DEFAULT.damping
    matte_from: str = DEFAULT.matte_from

    @property
    def settings(self) -> FollowSettings:
        """The settings; raises SamaError for values that are none."""
        return FollowSettings(views=self.views, damping=self.damping, matte_from=self.matte_from)


class FilmData(GradioModel):
    """What travels between page and server."""

    clip: FileData | None = None
    example: str = ""
    at: Whole = 0
    marks: list[MarkData] = Field(default=[], max_length=_MOST)
    start: Whole = 0
    end: Whole | None = None
    row: Whole = 0
    work: str = Field(default="", max_length=LONGEST)
    halted: list[str] = Field(default=[], max_length=4)
    files: list[str] = []
    how: HowData = HowData()

    @property
    def prompts(self) -> dict[int, Prompts]:
        """The prompts by the number of their frame, not yet checked against it; raises PromptError."""
        found = {}
        for each in self.marks:
            if each.frame < 0:
                raise PromptError("Frames are numbered from 0; reload the page.")
            if each.points or each.boxes:
                plain = {"points": each.points, "boxes": each.boxes, "order": each.order}
                found[each.frame] = Prompts.from_dict(plain)
        return found

    @property
    def before(self) -> int | None:
        """Before which frame to end."""
        return None if self.end is None else self.end + 1


class Film(DataComponent):
    """The view."""

    NAME = "film"
    STYLES = ("film.css", "panels.css")
    SCRIPTS = ("reel.js", "stage.js", "panels.js", "time.js", "film.js", "works.js", "how.js", "told.js")
    CONSTANTS: dict[str, Any] = {
        "clip_files": CLIP_FILES,
        "titles": {name: LAYERS[name] for name in ("sam", "sama", "alpha", "composite")},
        "checks": checks(),
        "kinds": [{"name": name, "title": title} for name, title in FILES.items()],
        "mattes": [{"name": name, "title": title} for name, title in MATTES.items()],
    }
    data_model = FilmData
