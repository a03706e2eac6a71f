"""Whether a box was drawn too small: the matte goes on where the box has ended.

A box that leaves out part of the object costs much, and the answer does not look like a wrong box; docs/notebook.md has
the figures.
"""

import numpy as np

from sama.request.prompts import Prompts

REACH = 0.25  # of the box's side, how far outside is looked
SHARE = 0.05  # of the matte inside the box that one side has to have outside
WHERE = ("to the left of", "above", "to the right of", "below")


def hint(alpha: np.ndarray, prompts: Prompts, size: tuple[int, int]) -> str:
    """Advice for a matte (h, w) in [0, 1] that answers valid prompts on a photo of `size` (width, height).

    Empty where the object ends with its box, and for clicks or several boxes: whoever uses them may mean what lies
    outside a box.
    """
    if len(prompts.boxes) != 1 or prompts.points:
        return ""
    (box,) = prompts.boxes
    height, width = alpha.shape
    x0, y0, x1, y1 = (
        round(value * scale)
        for value, scale in zip(box, (width / size[0], height / size[1]) * 2, strict=True)
    )
    across, down = max(1, round(REACH * (x1 - x0))), max(1, round(REACH * (y1 - y0)))
    outside = (
        alpha[y0:y1, max(0, x0 - across) : x0],
        alpha[max(0, y0 - down) : y0, x0:x1],
        alpha[y0:y1, x1 : x1 + across],
        alpha[y1 : y1 + down, x0:x1],
    )
    least = SHARE * max(float(alpha[y0:y1, x0:x1].sum()), 1.0)
    sides = [where for where, strip in zip(WHERE, outside, strict=True) if float(strip.sum()) > least]
    if not sides:
        return ""
    return f"The object may go on {' and '.join(sides)} the box; draw it around all of the object."
