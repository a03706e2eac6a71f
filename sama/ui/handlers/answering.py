"""What happens when a visitor does something: every handler of the page, without its layout.

Handlers that answer on the canvases are generators of steps, see `step`. Mistakes a visitor can mend become one
sentence in the page's corner.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import gradio as gr
from gradio.data_classes import FileData

from sama.errors import PhotoError, PromptError, SamaError
from sama.export.palette import SAM_COLOUR, SAMA_COLOUR
from sama.matting import to_uint8
from sama.ui import words
from sama.ui.candidates import Candidates, ChoiceData, offer
from sama.ui.examples import Example
from sama.ui.handlers.hints import hint
from sama.ui.handlers.scenery import residual_of
from sama.ui.model_call import on_gpu
from sama.ui.model_thread import ModelThread
from sama.ui.pictures import alpha_url, composite_url, mask_url, photo_url
from sama.ui.prompter import PromptData, Prompter
from sama.ui.scene import Scene, SceneData
from sama.ui.scene.backdrop import Backdrop
from sama.ui.shown import Shown, mask_at
from sama.ui.talk import Talk, encode_ahead
from sama.ui.viewer import Viewer
from sama.ui.visit import Visit

if TYPE_CHECKING:
    from sama.predict.prediction import Prediction
    from sama.predict.predictor import SamaPredictor

Step = tuple

SKIP = gr.skip()
CLOSER = {"text": "Looking closer ..."}
SOLVING = {"text": "Solving the training-free matte, without SAMA ..."}
READY = {"text": "Ready: click the object, or draw a box around all of it.", "brief": True}


def step(visit, *, prompter=SKIP, viewer=SKIP, run=SKIP, candidates=SKIP, scene=SKIP) -> Step:
    """What a handler changes on the page, in the order of the studio's `canvases`."""
    return visit, prompter, viewer, run, candidates, scene


class Actions:
    """The handlers, over one shared model; what belongs to a visitor comes and goes as an argument."""

    def __init__(
        self,
        predictor: "SamaPredictor",
        examples: dict[str, Example],
        keep: Callable[[str], str],
        thread: ModelThread | None = None,
    ):
        """keep: copies a file to where the page may fetch it, and returns the copy's path; thread: where the model
        runs, by default in the threads of whoever asks."""
        self.open = partial(Visit, predictor, run=on_gpu(predictor, thread=thread))
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
            opened = self.open(data.path)
        except PhotoError as error:
            gr.Warning(str(error))
            refused = {"path": data.path, "seq": data.seq}
            yield step(SKIP, prompter=Prompter(refused=refused, status={}))
            return
        yield from self._show(opened, visit, data, None)

    def _open_example(self, name: str, now: PromptData, visit: Visit | None) -> Iterator[Step]:
        example = self.examples[name]
        path, prompts = self.keep(str(example.path)), example.prompts.to_dict()
        image = FileData(path=path, orig_name=example.path.name)
        # Numbered on from what the page has, or its answer would count as a late one.
        marks = {"points": prompts["points"], "boxes": prompts["boxes"]}
        data = PromptData(image=image, **marks, seq=now.seq + 1, side=now.side)
        opened = self.open(path)
        answer = example.answer(opened.digest, self.info, opened.preview_size)
        if answer is not None:
            opened.remember(example.prompts, answer)
        yield from self._show(opened, visit, data, name)

    def _show(self, visit: Visit, old: Visit | None, data: PromptData, example: str | None) -> Iterator[Step]:
        if old is not None:
            old.close()
        width, height = visit.size
        photo = {"key": visit.path, "width": width, "height": height, "example": example or ""}
        photo["preview"] = photo_url(visit.preview)
        known = example is not None and visit.recall(data.prompts) is not None
        changed = {"photo": photo, "status": {} if known else self._encoding(0)}
        prompter = Prompter(value=data, **changed) if example else Prompter(**changed)
        yield step(visit, prompter=prompter, run=words.run_panel(self.info, visit), **_cleared())
        if not known:
            yield from self._encode(visit, data)

    def _encode(self, visit: Visit, data: PromptData) -> Iterator[Step]:
        """Report every view; answer with SAM alone as soon as the global view is there."""
        for progress in visit.encode():
            changed = {}
            if progress.stage == "global" and data.marked:
                with suppress(PromptError):  # the complete answer, which follows, says what is wrong
                    changed = self._sam(visit, data, None)
            changed["prompter"] = Prompter(status=self._encoding(visit.views_done))
            yield step(visit, run=words.run_panel(self.info, visit), **changed)

    def encode_ahead(self) -> Iterator[Talk]:
        """Encode all examples for talk mode."""
        yield from encode_ahead(self.examples, self.open)

    # ---- prompts

    def answer(
        self,
        data: PromptData,
        visit: Visit | None,
        scene: SceneData,
        backdrop: Backdrop | None,
        choice: ChoiceData,
    ) -> Iterator[Step]:
        """Answer the prompts: masks, matte and composite in one step.

        A visit that has expired is opened again from the uploaded file. While the local views are
        still being encoded by another call, SAM answers alone; that call is followed by another
        answer.
        """
        if data.path is None:
            return
        try:
            if visit is None or not visit.holds(data.path):
                visit = self.open(data.path)
            candidate = choice.candidate(data.seq)
            matte = choice.method(self.info)
            known = data.marked and visit.recall(data.prompts, candidate, matte) is not None
            if not (known or visit.encoded or visit.encoding):
                yield from self._encode(visit, data)
            if not data.marked:
                visit.forget_answer()
                ready = READY if visit.encoded else self._encoding(visit.views_done)
                yield step(visit, prompter=Prompter(status=ready), **_cleared())
                return
            if not (known or visit.encoded):
                if visit.views_done:
                    yield step(visit, **self._sam(visit, data, candidate))
                return
            slow = None if known else SOLVING if matte == "closed_form" else self._closer(visit, data)
            if slow is not None:
                yield step(visit, prompter=Prompter(status=slow), **self._sam(visit, data, candidate))
            wanted = {"candidate": candidate, "matte": matte, "side": data.side}
            prediction = visit.answer(data.prompts, data.seq, **wanted)
            shown = visit.shown
            if shown is None:
                return  # the visitor has left
            layers = self._layers(visit, data, prediction)
            layers["alpha"] = alpha_url(to_uint8(shown.fitted.alpha))
            background = scene.background(backdrop, max(shown.fitted.alpha.shape))
            layers["composite"] = composite_url(shown.on(background, scene.estimated))
            yield step(
                visit,
                prompter=Prompter(status=_advice(data, visit, shown)),
                viewer=Viewer(layers=layers),
                candidates=self._offer(visit, data, prediction),
            )
            # What the panels need not wait for; Gradio sends the last step of a generator twice, so it is small.
            residual = Scene(residual=residual_of(shown, scene.estimated))
            yield step(visit, scene=residual)
            yield step(visit, run=words.run_panel(self.info, visit))
        except SamaError as error:
            gr.Warning(str(error))
            yield step(visit, prompter=Prompter(status={}))

    def _closer(self, visit: Visit, data: PromptData) -> dict | None:
        """The status line while a part of the photo is encoded; raises PromptError."""
        return CLOSER if visit.looks_closer(data.prompts) else None

    def _sam(self, visit: Visit, data: PromptData, candidate: int | None) -> dict:
        """SAM's answer alone, for `step`; raises PromptError."""
        prediction = visit.answer(data.prompts, data.seq, sama=False, candidate=candidate)
        viewer = Viewer(layers=self._layers(visit, data, prediction))
        return {"viewer": viewer, "candidates": self._offer(visit, data, prediction)}

    def _offer(self, visit: Visit, data: PromptData, prediction: "Prediction") -> Candidates:
        return Candidates(offer=offer(prediction, visit.path, data.seq, trained=self.info.trained))

    def _layers(self, visit: Visit, data: PromptData, prediction: "Prediction") -> dict:
        layers = {"key": visit.path, "seq": data.seq, "chosen": prediction.chosen}
        layers |= {"matte": prediction.matte_method, "trained": self.info.trained}
        layers["sam"] = mask_url(mask_at(prediction.sam_logits, data.side), SAM_COLOUR)
        if prediction.sama_logits is not None:
            layers["sama"] = mask_url(mask_at(prediction.sama_logits, data.side), SAMA_COLOUR)
        return layers

    def _encoding(self, done: int) -> dict:
        """The status line while view number `done` + 1 is being encoded."""
        names = ["global view", *(f"local view {i} of 4" for i in range(1, self.info.views)), "views"]
        return {"text": f"Encoding {names[done]} ...", "done": done, "total": self.info.views}


def _advice(data: PromptData, visit: Visit, shown: Shown) -> dict:
    """The status line beside an answer: what to do about a box that is too small."""
    text = hint(shown.prediction.alpha, data.prompts.validate(visit.size), visit.size)
    return {"text": text} if text else {}


def _cleared() -> dict:
    """No answer, for `step`."""
    return {
        "viewer": Viewer(layers=None, composite=None),
        "candidates": Candidates(offer=None),
        "scene": Scene(residual=None),
    }
