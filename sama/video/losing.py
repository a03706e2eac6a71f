"""When an object counts as lost: who follows it has to say so, and to ask."""

from dataclasses import dataclass

import numpy as np

from sama.video.flow import Motion

DOUBT = 0.5  # SAM's own estimate of its mask's IoU, below which it is not believed
JUMP = 3.0  # from one frame to the next, and from what it has usually been, an area grows or shrinks less
APART = 0.6  # of the moved mask, where the flow's two ways disagree
UNLIKE = 0.2  # IoU of what was found with the moved mask
STRANGE, FAMILIAR = 0.0, 0.5  # mean log odds of the memory: not the object; the object, found again
PACE = 0.2  # how quickly the usual area follows the last one


@dataclass(frozen=True)
class Trace:
    """What is known of the frames before: the usual area of the mask in pixels."""

    area: float = 0.0

    def after(self, mask: np.ndarray) -> "Trace":
        """The trace after a frame on which the object was not lost."""
        area = float(np.count_nonzero(mask > 0))
        return Trace(area if not self.area else self.area + PACE * (area - self.area))


def why_lost(
    trace: Trace, mask: np.ndarray, moved: np.ndarray | None, score: float, known: float, motion: Motion
) -> str | None:
    """Why the object of a mask is thought lost, or None.

    mask: logits (H, W) of what was found; moved: the mask before, moved by the flow, None where it was looked for
    without; known: mean log odds by which the memory knows what was found.
    """
    area = float(np.count_nonzero(mask > 0))
    if area < 1:
        return "nothing of the object is seen"
    if known < STRANGE or (moved is None and known < FAMILIAR):
        return "what is there does not look like the object"
    if score < DOUBT:
        return "the mask is hardly believed"
    if not trace.area / JUMP < area < trace.area * JUMP:
        return "the object is suddenly much " + ("larger" if area > trace.area else "smaller")
    if moved is None:
        return None
    before = moved > 0
    apart = 1 - float(motion.sure_at(mask.shape)[before].mean())
    alike = np.count_nonzero((mask > 0) & before) / np.count_nonzero((mask > 0) | before)
    if alike < UNLIKE or (apart > APART and alike < 2 * UNLIKE):
        return "the motion cannot be followed"
    return None


def sentence(index: int, reason: str) -> str:
    """For who follows: what happened on a frame, and what helps."""
    return f"Frame {index}: {reason}, so it may be lost; click on it here, or draw a box around it."
