"""Which of SAM's masks SAMA starts from for a box."""

import torch

from sama.models.backbones.base import EmbeddedPrompts
from sama.models.image_features import SamAnswer
from sama.models.prompt_tensors import PromptTensors
from sama.predict.filling import filling

SIDE, CELLS = 64, 16  # of the view in pixels, of the masks
BOX = [[8.0, 16.0], [40.0, 56.0]]


def answer(*boxes: tuple[int, int, int, int], scores: tuple[float, ...]) -> SamAnswer:
    """SAM's answer with a rectangle for each mask, in cells; chosen is the first."""
    logits = torch.full((1, len(boxes), CELLS, CELLS), -3.0)
    for k, (x0, y0, x1, y1) in enumerate(boxes):
        logits[0, k, y0:y1, x0:x1] = 3
    nothing = torch.zeros(1, 0, 4)
    return SamAnswer(
        logits, torch.tensor([scores]), torch.tensor([0]), EmbeddedPrompts(nothing, nothing, None, None)
    )


def prompts(*clicks: tuple[float, float, int], box: bool = True) -> PromptTensors:
    coords = [*(BOX if box else []), *([x, y] for x, y, _ in clicks)]
    labels = [*([2, 3] if box else []), *(label for *_, label in clicks)]
    return PromptTensors(torch.tensor([coords]), torch.tensor([labels]))


FULL, HALF, EMPTY = (2, 4, 10, 14), (2, 4, 6, 14), (0, 0, 0, 0)  # the box in cells, its left half, nothing


def test_a_mask_that_fills_the_box_goes_before_one_that_does_not():
    found = answer(HALF, FULL, EMPTY, scores=(0.9, 0.8, 0.95))
    assert filling(found, prompts(), SIDE).chosen.tolist() == [1]
    # 0.9 + 0.5 against 0.3 + 1: not worth it
    unsure = answer(HALF, FULL, scores=(0.9, 0.3))
    assert filling(unsure, prompts(), SIDE).chosen.tolist() == [0]
    even = answer(FULL, FULL, scores=(0.9, 0.91))
    assert filling(even, prompts(), SIDE).chosen.tolist() == [0]


def test_clicks_speak_against_masks_that_do_not_obey_them():
    found = answer(HALF, FULL, scores=(0.9, 0.8))
    right = (32.0, 30.0)
    assert filling(found, prompts((*right, 0)), SIDE).chosen.tolist() == [0]
    assert filling(found, prompts((*right, 1)), SIDE).chosen.tolist() == [1]


def test_without_a_box_sams_choice_stays():
    found = answer(HALF, FULL, scores=(0.1, 0.9))
    assert filling(found, prompts((20.0, 30.0, 1), (5.0, 5.0, 0), box=False), SIDE) is found


def test_each_prompt_of_a_batch_is_judged_alone():
    one, two = answer(HALF, FULL, scores=(0.9, 0.8)), answer(FULL, HALF, scores=(0.9, 0.9))
    both = SamAnswer(
        *(torch.cat([getattr(one, n), getattr(two, n)]) for n in ("logits", "scores", "chosen")), one.embedded
    )
    asked = prompts()
    asked = PromptTensors(asked.coords.expand(2, -1, -1), asked.labels.expand(2, -1))
    assert filling(both, asked, SIDE).chosen.tolist() == [1, 0]
