"""The prompter: a photo on a canvas, with clicks and boxes; a `gr.HTML` component without a build step.

Its value is {image, points, boxes, strokes, order, mask, seq, side} in the photo's own pixels; `strokes` are flat lists
as in `sama.request.strokes`, and `painted` whether they are taken as they are; `order` is that in which points, boxes
and strokes were drawn, see `sama.request.order`; `mask` is the file of a mask that was dropped on it, if any; `side` is
the longer side, in pixels of the screen, at which the viewer's panels show the photo. The photo is uploaded once; an
event carries its path and coordinates only. Events: `upload` (another photo, or a mask of this one), `input` (other
prompts), `glance` {key, seq, place, x, y, number}, when the pointer rests, `example` (a thumbnail), `session` (a
session file, with which alone the value has a `session`), `sharpen` {key, side}, when the canvas enlarges beyond the
picture it has, `find` {work}, for everything in the photo, `collect` {work}, for the files of the value's `row`, and
`enough` {work}, when nobody wants more of either.

With several objects the value also has `objects`, a list of {name, hidden, candidate, colour} by number (see
`sama.request.listing`), their numbers from `front` to back, the `owners` of clicks, those of strokes in `brushed`,
whether they are one `together`, the `selected` one and the `view` of the panels (`sama.ui.views`).

Props that the server sets: `photo` {key, width, height, preview, example, transparent}, the photo it
has accepted; `sharp` {key, path}, a larger picture of it; `glance` {key, seq, place, src}, what a click would give;
`status` {text, done, total, brief}, what it is doing; `refused` {path, seq}, an upload it could not open; `found`
{key, seq, items}, each object's mask {src, score} by number where there are several; `everything` {work, key, done,
total, items, over}, what a search has found by now, see `sama.ui.handlers.finding`; `collected` {work, done, total,
path, over}, how far the row's files are. The
canvas shows accepted photos only, so a refused file leaves it as it was. Props that never change: `examples`, a list of
{name, title, thumb}; `max_megabytes` of an upload; `photo_files`, what may be opened; `object_colours`, in turn;
`longest_name` of an object, in letters; `most_objects` that "Add all" makes of a photo.
"""

from dataclasses import replace
from typing import Any

from gradio.data_classes import FileData, GradioModel

from sama.export.palette import OBJECT_COLOURS
from sama.request.listing import MAX_NAME, Listing
from sama.request.masks import open_mask
from sama.request.prompts import Prompts
from sama.ui.component import DataComponent, asset
from sama.ui.component.data import Whole
from sama.ui.component.names import PHOTO_FILES
from sama.ui.page.colours import hexadecimal
from sama.ui.views import KINDS, UNION, View

MOST_OBJECTS = 40  # that are added together: each is decoded by itself
# Runs in the browser before a visitor is greeted.
RESTORE = asset("prompter/restore.js").rstrip().removesuffix(";")


class ObjectData(GradioModel):
    """What is known of one object beside its prompts."""

    name: str = ""
    hidden: bool = False
    candidate: Whole | None = None
    colour: Whole = 0


class PromptData(GradioModel):
    """What travels between page and server."""

    image: FileData | None = None
    points: list[list[float]] = []
    boxes: list[list[float]] = []
    strokes: list[list[float]] = []
    painted: bool = False
    order: list[str] = []
    mask: FileData | None = None
    lost: str = ""  # what a mask was called that is gone after a reload
    seq: Whole = 0
    side: Whole = 512
    session: FileData | None = None
    objects: list[ObjectData] = []
    front: list[Whole] = []
    owners: list[Whole | None] = []
    brushed: list[Whole | None] = []
    together: bool = False
    selected: Whole | None = None
    view: str = UNION
    row: list["PromptData"] = []  # photos of a row, with their marks, whose files are wanted together

    @property
    def path(self) -> str | None:
        """The uploaded file."""
        return self.image.path if self.image else None

    @property
    def name(self) -> str | None:
        """What the visitor calls the photo's file; the uploaded one may have another name."""
        return self.image.orig_name if self.image else None

    @property
    def marked(self) -> bool:
        """Whether there is any prompt."""
        return bool(self.points or self.boxes or self.mask or self.strokes)

    @property
    def prompts(self) -> Prompts:
        """The prompts, not yet checked against the photo; raises PromptError, PhotoError for a mask that is gone."""
        plain = {"points": self.points, "boxes": self.boxes, "strokes": self.strokes, "order": self.order}
        prompts = Prompts.from_dict(plain)
        return prompts if self.mask is None else replace(prompts, mask=open_mask(self.mask.path))

    @property
    def listing(self) -> Listing:
        """The list of the objects; raises PromptError."""
        return Listing.from_dict(
            {
                "names": [each.name for each in self.objects],
                "order": self.front,
                "hidden": [number for number, each in enumerate(self.objects) if each.hidden],
                "candidates": [each.candidate for each in self.objects],
                "owners": self.owners,
                "brushed": self.brushed,
                "together": self.together,
            }
        )

    @property
    def shows(self) -> View:
        """What the panels show of the objects."""
        count = len(OBJECT_COLOURS)
        colours = tuple(OBJECT_COLOURS[each.colour % count] for each in self.objects) or OBJECT_COLOURS
        selected = self.selected if self.selected is None or self.selected >= 0 else None
        return View(self.view if self.view in KINDS else UNION, selected, colours)

    @staticmethod
    def listed(listing: Listing, count: int) -> dict[str, Any]:
        """The fields that mean a listing of `count` objects."""
        objects = [
            ObjectData(
                name=listing.name(n), hidden=n in listing.hidden, candidate=listing.candidate(n), colour=n
            )
            for n in range(count)
        ]
        own = {"owners": list(listing.owners), "brushed": list(listing.brushed)}
        front = list(listing.ordered(count))
        return {"objects": objects, "front": front, **own, "together": listing.together}


class Prompter(DataComponent):
    """Photo, points and boxes."""

    NAME = "prompter"
    STYLES = ("prompter.css", "stage.css", "row.css", "objects.css", "everything.css", "brush.css")
    SCRIPTS = (
        "marks.js",
        "strokes.js",
        "objects.js",
        "list.js",
        "overlay.js",
        "found.js",
        "everything.js",
        "history.js",
        "hand.js",
        "own.js",
        "pointing.js",
        "crosshair.js",
        "brush.js",
        "glance.js",
        "painting.js",
        "row.js",
        "collect.js",
        "files.js",
        "arriving.js",
        "examples.js",
        "status.js",
        "sharp.js",
        "keep.js",
        "keyboard.js",
        "scenes.js",
        "drawing.js",
        "prompter.js",
        "controls.js",
    )
    CONSTANTS = {
        "photo_files": PHOTO_FILES,
        "object_colours": [hexadecimal(colour) for colour in OBJECT_COLOURS],
        "longest_name": MAX_NAME,
        "most_objects": MOST_OBJECTS,
    }
    data_model = PromptData
