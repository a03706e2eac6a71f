"""When an object counts as lost: who follows it has to say so, and to ask."""

from dataclasses import dataclass

import numpy as np

from sama.video.flow import Motion

DOUBT = 0.5  # SAM's own estimate of its mask's IoU, below which it is not believed
JUMP = 3.0  # from one frame to the next, and from what it has usually been, an area grows or shrinks less
APART = 0.6  # of the moved mask, where the flow's two ways disagree
UNLIKE = 0.2  # IoU of what was found with the moved mask
PACE = 0.2  # how quickly the usual area follows the last one


@dataclass(frozen=True)
class Trace:
    """What is known of the frames before: the usual area of the mask in pixels, and for how many frames it was lost."""

    area: float = 0.0
    missing: int = 0

    def after(self, mask: np.ndarray, score: float) -> "Trace":
        """The trace after a frame that was not lost."""
        area = float(np.count_nonzero(mask > 0))
        return Trace(area if not self.area else self.area + PACE * (area - self.area))


def why_lost(
    trace: Trace, index: int, mask: np.ndarray, moved: np.ndarray, score: float, motion: Motion
) -> tuple[Trace, str | None]:
    """The trace after a frame, and why its object is thought lost, or None.

    mask, moved: logits (H, W) of what was found and of the mask before, moved by the flow.
    """
    area = float(np.count_nonzero(mask > 0))
    before = moved > 0
    sure = motion.sure_at(mask.shape)
    apart = 1 - float(sure[before].mean()) if before.any() else 1.0
    either = np.count_nonzero((mask > 0) | before)
    alike = np.count_nonzero((mask > 0) & before) / max(either, 1)
    reason = None
    if area < 1:
        reason = "nothing of the object is seen"
    elif score < DOUBT:
        reason = "the mask is hardly believed"
    elif not trace.area / JUMP < area < trace.area * JUMP:
        reason = "the object is suddenly much " + ("larger" if area > trace.area else "smaller")
    elif apart > APART and alike < 0.5:
        reason = "the motion cannot be followed"
    elif alike < UNLIKE:
        reason = "the object is not where it moved to"
    if reason is None:
        return trace.after(mask, score), None
    sentence = f"Frame {index}: {reason}, so it may be lost; click on it here, or draw a box around it."
    return Trace(trace.area, trace.missing + 1), sentence
