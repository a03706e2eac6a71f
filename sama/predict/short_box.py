"""A box with one side too far in: where the object seems to go on beyond it, SAMA starts from a longer one's mask.

People draw boxes a little too small, and SAM ends its mask near them. Whether a box is short is not seen in the mask
that fills it; so the box is tried again with each side, along which the mask lies and a little beyond, farther out.
Where the object ends at the box, the mask of the longer one does not fill it; where it goes on, it does.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from sama.models.image_features import SamAnswer
from sama.models.prompt_tensors import BOTTOM_RIGHT, TOP_LEFT, PromptTensors
from sama.predict.filling import filling, worth_of

if TYPE_CHECKING:
    from sama.models.sama import ImageFeatures, Sama

LONGER = 0.15  # of the box's width or height: how much farther out a side is tried
BETTER = 0.1  # by so much the longer box's mask has to be worth more, see `worth_of`
BEYOND = 0.03  # of the mask's area: how much the longer box's mask has to have beyond the side
ALONG = 0.1  # of a side's strip: the share in the mask from which the mask lies along it
STRIP = 0.04  # of the box's width or height: how wide that strip is
OUTSIDE = 0.08  # of the box's width or height: how wide the strip outside is, where the mask goes on


def lengthened(
    model: "Sama", features: "ImageFeatures", answer: SamAnswer, prompts: PromptTensors
) -> SamAnswer:
    """SAM's answer to one box, or that to a longer one in its place, which costs a pass of SAM's decoder.

    answer: after `filling`; prompts: what it answers, a batch of one, in pixels of the global view. What is no box
    alone is left as it is: clicks say themselves how far the object goes.
    """
    labels = prompts.labels[0]
    corners = [(labels == corner).nonzero() for corner in (TOP_LEFT, BOTTOM_RIGHT)]
    alone = int((labels >= 0).sum()) == 2 and all(len(corner) == 1 for corner in corners)
    if prompts.masks is not None or len(prompts.labels) > 1 or not alone:
        return answer
    at, side = torch.cat(corners).flatten(), model.backbone.image_size
    box = prompts.coords[0, at].flatten()  # x0, y0, x1, y1
    inside = answer.base[0, 0] > 0
    cells = [round(edge * len(inside) / side) for edge in box.tolist()]
    tried = [n for n in range(4) if _goes_on(inside, cells, n)]
    if not tried:
        return answer
    coords = prompts.coords.repeat(len(tried), 1, 1)
    for row, number in enumerate(tried):
        coords[row, at] = _longer(box, number, side).reshape(2, 2)
    asked = PromptTensors(coords, prompts.labels.expand(len(tried), -1))
    found = filling(model.decode_sam(features, asked), asked, side)
    needed = BEYOND * inside.sum()
    more = [_beyond(found.base[row, 0] > 0, cells, number) >= needed for row, number in enumerate(tried)]
    worth = _worth(found, asked, side).where(torch.stack(more), -torch.inf)
    number = int(worth.argmax())
    if worth[number] <= _worth(answer, prompts, side)[0] + BETTER:
        return answer
    return answer.believing(found.base[number : number + 1])


def _worth(answer: SamAnswer, prompts: PromptTensors, side: int) -> Tensor:
    """(N,): that of the chosen masks."""
    return worth_of(answer, prompts, side).gather(1, answer.chosen[:, None])[:, 0]


def _goes_on(inside: Tensor, box: list[int], number: int) -> bool:
    """Whether a mask (h, w) lies along side `number`, of left, top, right and bottom, of a box in its cells, and has
    something beyond it."""
    along = _strip(inside, box, number, STRIP, outside=False)
    beyond = _strip(inside, box, number, OUTSIDE, outside=True)
    return along.numel() > 0 and float(along.float().mean()) > ALONG and bool(beyond.any())


def _strip(inside: Tensor, box: list[int], number: int, share: float, *, outside: bool) -> Tensor:
    """What a mask has along a side of a box, on one side of it: `share` of the box's width or height."""
    x0, y0, x1, y1 = box
    x1, y1 = max(x1, x0 + 2), max(y1, y0 + 2)
    across = number % 2 == 0
    ends = (x0, x1) if across else (y0, y1)
    wide, edge = max(1, round(share * (ends[1] - ends[0]))), ends[number // 2]
    first = edge - wide if outside == (number < 2) else edge
    part = slice(max(0, first), max(0, first + wide))
    return inside[y0:y1, part] if across else inside[part, x0:x1]


def _beyond(inside: Tensor, box: list[int], number: int) -> Tensor:
    """How many cells a mask (h, w) has beyond side `number` of a box."""
    x0, y0, x1, y1 = box
    return (inside[:, :x0], inside[:y0], inside[:, x1:], inside[y1:])[number].sum()


def _longer(box: Tensor, number: int, side: int) -> Tensor:
    """A box (x0, y0, x1, y1) with one side farther out, within the view."""
    moved = box.clone()
    length = box[2 + number % 2] - box[number % 2]
    moved[number] += LONGER * length * (-1 if number < 2 else 1)
    return moved.clamp(0, side)
