"""Boxes with one side too far in, over a decoder of rectangles."""

from types import SimpleNamespace

import pytest
import torch

from sama.models.backbones.base import EmbeddedPrompts
from sama.models.image_features import SamAnswer
from sama.models.prompt_tensors import PromptTensors
from sama.predict.short_box import LONGER, lengthened

SIDE, CELLS = 128, 128  # of the view in pixels, of the masks
NOTHING = torch.zeros(1, 0, 4)


class Decoder:
    """A model that finds as much of an object as a box, (x0, y0, x1, y1), lets it see, and `more` pixels around."""

    def __init__(self, object_: tuple[int, int, int, int], score: float = 0.9, more: int = 2):
        self.object, self.score, self.more, self.asked = object_, score, more, []
        self.backbone = SimpleNamespace(image_size=SIDE)

    def decode_sam(self, features: object, prompts: PromptTensors) -> SamAnswer:
        logits = torch.full((len(prompts.labels), 2, CELLS, CELLS), -3.0)
        for row, box in enumerate(prompts.coords[:, :2].flatten(1).tolist()):
            self.asked.append(box)
            x0, y0 = (round(max(a - self.more, b)) for a, b in zip(box[:2], self.object[:2], strict=True))
            x1, y1 = (round(min(a + self.more, b)) for a, b in zip(box[2:], self.object[2:], strict=True))
            logits[row, :, y0:y1, x0:x1] = 3
        scores = torch.full(logits.shape[:2], self.score)
        chosen = torch.zeros(len(logits), dtype=torch.long)
        return SamAnswer(logits, scores, chosen, EmbeddedPrompts(NOTHING, NOTHING, None, None))


def prompts(box: tuple[float, float, float, float], *clicks: tuple[float, float, int]) -> PromptTensors:
    coords = [[*box[:2]], [*box[2:]], *([x, y] for x, y, _ in clicks)]
    return PromptTensors(torch.tensor([coords]), torch.tensor([[2, 3, *(label for *_, label in clicks)]]))


def answered(model: Decoder, asked: PromptTensors) -> tuple[SamAnswer, SamAnswer]:
    """What SAM says, and what SAMA starts from."""
    first = model.decode_sam(None, asked)
    model.asked.clear()
    return first, lengthened(model, None, first, asked)  # pyright: ignore[reportArgumentType]


OBJECT = (20, 30, 100, 90)


@pytest.mark.parametrize(
    "short",
    [
        (30.0, 30.0, 100.0, 90.0),
        (20.0, 38.0, 100.0, 90.0),
        (20.0, 30.0, 90.0, 90.0),
        (20.0, 30.0, 100.0, 82.0),
    ],
)
def test_a_box_that_ends_too_early_gets_the_whole_object(short):
    first, found = answered(Decoder(OBJECT, score=0.9), prompts(short))
    assert int((first.base > 0).sum()) < 80 * 60
    # The longer box's mask fills it as well, so something has to speak for it.
    assert found is first
    model = Decoder(OBJECT)
    first = model.decode_sam(None, prompts(short))
    first = SamAnswer(first.logits, first.scores - 0.2, first.chosen, first.embedded)
    found = lengthened(model, None, first, prompts(short))  # pyright: ignore[reportArgumentType]
    assert int((found.base > 0).sum()) == 80 * 60


def test_a_box_around_all_of_an_object_keeps_its_answer():
    model = Decoder(OBJECT)
    first, found = answered(model, prompts((20.0, 30.0, 100.0, 90.0)))
    assert found is first and not model.asked


def test_a_mask_that_ends_at_its_box_is_not_asked_about_again():
    model = Decoder(OBJECT, more=0)
    first, found = answered(model, prompts((30.0, 30.0, 100.0, 90.0)))
    assert found is first and not model.asked


def test_only_sides_beyond_which_the_mask_goes_on_are_tried():
    model = Decoder((20, 30, 70, 60))
    answered(model, prompts((10.0, 20.0, 60.0, 90.0)))  # room to the left, above and below
    assert model.asked == [[10.0, 20.0, pytest.approx(60 + LONGER * 50), 90.0]]
    answered(model, prompts((10.0, 20.0, 90.0, 90.0)))
    assert model.asked == []


def test_the_view_ends_where_it_ends():
    model = Decoder((0, 0, 128, 128))
    answered(model, prompts((2.0, 2.0, 126.0, 126.0)))
    assert model.asked == [[0.0, 2, 126, 126], [2, 0.0, 126, 126], [2, 2, 128.0, 126], [2, 2, 126, 128.0]]


@pytest.mark.parametrize(
    "asked",
    [
        prompts((30.0, 30.0, 100.0, 90.0), (50.0, 50.0, 1)),
        prompts((30.0, 30.0, 100.0, 90.0)).with_masks(torch.zeros(1, 1, 32, 32)),
        PromptTensors(torch.tensor([[[50.0, 50.0], [0.0, 0.0]]]), torch.tensor([[1, -1]])),
    ],
)
def test_clicks_and_masks_say_themselves_how_far_an_object_goes(asked):
    model = Decoder(OBJECT)
    first, found = answered(model, asked)
    assert found is first and not model.asked
