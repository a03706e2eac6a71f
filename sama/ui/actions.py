"""What happens when a visitor does something: every handler of the page, without its layout.

Handlers that answer on the canvases are generators of (visit, prompter, viewer, run panel); what they leave
alone is `gr.skip()`. Mistakes a visitor can mend become one sentence in the page's corner.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
from gradio.data_classes import FileData
from PIL import Image

from sama.errors import PhotoError, PromptError, SamaError
from sama.matting import Background, to_uint8
from sama.ui import chrome
from sama.ui.backdrop import Backdrop, background_of, open_backdrop
from sama.ui.examples import Example
from sama.ui.pictures import alpha_url, mask_url, photo_url
from sama.ui.prompter import PromptData, Prompter
from sama.ui.viewer import Viewer
from sama.ui.visit import Visit

if TYPE_CHECKING:
    from sama.predictor import SamaPredictor

SAM_COLOUR = (58, 122, 254)
SAMA_COLOUR = (240, 90, 40)
VIEWS = 5

Step = tuple  # (visit, prompter, viewer, run panel)


class Actions:
    """The handlers, over one shared model; what belongs to a visitor comes and goes as an argument."""

    def __init__(
        self,
        predictor: "SamaPredictor",
        examples: dict[str, Example],
        keep: Callable[[str], str],
    ):
        """keep: copies a file to where the page may fetch it, and returns the copy's path."""
        self.predictor = predictor
        self.info = predictor.info
        self.examples = examples
        self.keep = keep

    # ---- photos

    def open_first(self, data: PromptData, visit: Visit | None) -> Iterator[Step]:
        """Greet a visitor with the first example, already prompted."""
        name = next(iter(self.examples), None)
        if name is not None:
            yield from self._open_example(name, data, visit)

    def open_example(self, data: PromptData, visit: Visit | None, event: gr.EventData) -> Iterator[Step]:
        """Open the example whose thumbnail was clicked; unknown names do nothing."""
        name = event._data.get("name") if isinstance(event._data, dict) else None
        if isinstance(name, str) and name in self.examples:
            yield from self._open_example(name, data, visit)

    def open_photo(self, data: PromptData, visit: Visit | None) -> Iterator[Step]:
        """Open an uploaded photo; one that cannot be opened leaves everything as it was."""
        if data.path is None:
            return
        try:
            opened = Visit(self.predictor, data.path)
        except PhotoError as error:
            gr.Warning(str(error))
            refused = {"path": data.path, "seq": data.seq}
            yield gr.skip(), Prompter(refused=refused, status={}), gr.skip(), gr.skip()
            return
        yield from self._show(opened, visit, data, None)

    def _open_example(self, name: str, now: PromptData, visit: Visit | None) -> Iterator[Step]:
        example = self.examples[name]
        path, prompts = self.keep(str(example.path)), example.prompts.to_dict()
        image = FileData(path=path, orig_name=example.path.name)
        # Numbered on from what the page has, or its answer would count as a late one.
        data = PromptData(image=image, points=prompts["points"], boxes=prompts["boxes"], seq=now.seq + 1)
        yield from self._show(Visit(self.predictor, path), visit, data, name)

    def _show(self, visit: Visit, old: Visit | None, data: PromptData, example: str | None) -> Iterator[Step]:
        if old is not None:
            old.close()
        width, height = visit.size
        photo = {"key": visit.path, "width": width, "height": height, "example": example or ""}
        photo["preview"] = photo_url(visit.preview)
        changed = {"photo": photo, "status": _encoding(0)}
        prompter = Prompter(value=data, **changed) if example else Prompter(**changed)
        cleared = Viewer(layers=None, composite=None)
        yield visit, prompter, cleared, chrome.run_panel(self.info, visit)
        yield from self._encode(visit, data)

    def _encode(self, visit: Visit, data: PromptData) -> Iterator[Step]:
        """Report every view; answer with SAM alone as soon as the global view is there."""
        for progress in visit.encode():
            layers = gr.skip()
            if progress.stage == "global" and data.marked:
                with suppress(PromptError):  # the complete answer, which follows, says what is wrong
                    layers = Viewer(layers=self._layers(visit, data, sama=False))
            status = Prompter(status=_encoding(visit.views_done))
            yield visit, status, layers, chrome.run_panel(self.info, visit)

    # ---- prompts

    def answer(
        self,
        data: PromptData,
        visit: Visit | None,
        kind: str,
        colour: str,
        fit: str,
        blur: float,
        backdrop: Backdrop | None,
    ) -> Iterator[Step]:
        """Answer the prompts: masks and matte first, then the composite.

        A visit that has expired is opened again from the uploaded file. While the local views are
        still being encoded by another call, SAM answers alone; that call is followed by another
        answer.
        """
        if data.path is None:
            return
        try:
            if visit is None or visit.path != data.path:
                visit = Visit(self.predictor, data.path)
            if not visit.encoded and not visit.encoding:
                yield from self._encode(visit, data)
            if not data.marked:
                visit.forget_answer()
                ready = Prompter(status=READY if visit.encoded else _encoding(visit.views_done))
                yield visit, ready, Viewer(layers=None, composite=None), gr.skip()
                return
            if not visit.encoded:
                if visit.views_done:
                    yield visit, gr.skip(), Viewer(layers=self._layers(visit, data, sama=False)), gr.skip()
                return
            layers = Viewer(layers=self._layers(visit, data, sama=True))
            yield visit, Prompter(status={}), layers, gr.skip()
            background = background_of(kind, colour, fit, blur, backdrop, max(visit.preview_size))
            yield visit, gr.skip(), self._composite(visit, background), gr.skip()
            # Gradio sends the last step of a generator twice, so the last one is small.
            yield visit, gr.skip(), gr.skip(), chrome.run_panel(self.info, visit)
        except SamaError as error:
            gr.Warning(str(error))
            yield visit, Prompter(status={}), gr.skip(), gr.skip()

    def _layers(self, visit: Visit, data: PromptData, *, sama: bool) -> dict:
        prediction = visit.answer(data.prompts, data.seq, sama=sama)
        layers = {"key": visit.path, "seq": data.seq}
        layers["score"] = round(float(prediction.sam_scores[prediction.chosen]), 3)
        layers["sam"] = mask_url(prediction.sam_mask, SAM_COLOUR)
        if sama:
            layers["sama"] = mask_url(prediction.sama_mask, SAMA_COLOUR)
            layers["alpha"] = alpha_url(to_uint8(prediction.alpha))
        return layers

    # ---- background and download

    def _composite(self, visit: Visit, background: Background):
        pixels = visit.composite(background)
        if pixels is None:
            return gr.skip()
        return Viewer(composite={"key": visit.path, "seq": visit.seq, "src": photo_url(pixels)})

    def recompose(
        self,
        data: PromptData,
        visit: Visit | None,
        kind: str,
        colour: str,
        fit: str,
        blur: float,
        backdrop: Backdrop | None,
    ):
        """Put the last answer on another background; the model is not asked again."""
        if visit is None or visit.path != data.path:
            return gr.skip()  # expired: the next click brings it back
        try:
            background = background_of(kind, colour, fit, blur, backdrop, max(visit.preview_size))
            return self._composite(visit, background)
        except SamaError as error:
            gr.Warning(str(error))
            return gr.skip()

    def take_backdrop(self, path: str | None):
        """Open an uploaded background picture and switch to it."""
        if path is None:
            return gr.skip(), gr.skip()
        try:
            return open_backdrop(path), "Picture"
        except PhotoError as error:
            gr.Warning(str(error))
            return gr.skip(), gr.skip()

    def download(self, data: PromptData, visit: Visit | None):
        """Compute the cut-out at the photo's size and return (visit, the file)."""
        try:
            if data.path is None or not data.marked:
                raise PromptError("Nothing is cut out yet; click an object first.")
            if visit is None or visit.path != data.path:
                visit = Visit(self.predictor, data.path)
            if not visit.encoded:
                for _ in visit.encode():
                    pass
            pixels = visit.cutout(data.prompts)
        except SamaError as error:
            gr.Warning(str(error))
            return visit, gr.skip()
        file = Path(tempfile.mkdtemp(prefix="sama-")) / f"{Path(visit.name).stem}_cutout.png"
        Image.fromarray(pixels).save(file, compress_level=4)
        kept = self.keep(str(file))
        shutil.rmtree(file.parent)
        return visit, kept


READY = {"text": "Ready: click the object, or draw a box around it.", "brief": True}


def _encoding(done: int) -> dict:
    """The status line while view number `done` + 1 is being encoded."""
    names = ["global view", *(f"local view {i} of 4" for i in range(1, 5)), "views"]
    return {"text": f"Encoding {names[done]} ...", "done": done, "total": VIEWS}
