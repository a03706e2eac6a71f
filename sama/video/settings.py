"""How an object is followed: numbers that were measured, see docs/video.md."""

from dataclasses import dataclass

from sama.errors import SamaError

SEPARATE, MEMORY = "frame", "memory"
NONE = "none"


@dataclass(frozen=True)
class FollowSettings:
    """size: the side in pixels of what the model sees of a frame, a multiple of 128; 0 for the model's own.
    views: of every frame after a prompted one, 1 or 5. cut: the side of what is looked at over the longer side of
    the object. box: how much farther than the moved mask the box goes that SAM is asked with, over its sides.
    flow, likeness, colour: how much the moved mask, the descriptors and the colours of the memory count, as logits;
    reach: how far from the moved mask the object may be, over its longer side.
    matte_from: SEPARATE, the matte is decoded from the frame's own features with the followed mask as prompt (the
    memory-separated decoding of MAM2), or MEMORY, together with the mask. damping: how much of the matte before, moved
    along the flow, is in the matte where it is between; 0 for none. edges: whether maps follow the frame's edges.
    readout: a file of `sama train` with a learned memory read-out that the mask is decoded with, or NONE.
    """

    size: int = 384
    views: int = 1
    cut: float = 1.7
    box: float = 0.06
    flow: float = 4.0
    likeness: float = 0.7
    colour: float = 0.5
    reach: float = 0.25
    matte_from: str = SEPARATE
    damping: float = 0.6
    edges: bool = True
    readout: str = NONE

    def __post_init__(self) -> None:
        if self.views not in (1, 5):
            raise SamaError(f"--views is {self.views}: give 1, or 5 for a closer look at every frame.")
        if self.matte_from not in (SEPARATE, MEMORY):
            raise SamaError(f"matte_from is {self.matte_from!r:.40}: give {SEPARATE!r} or {MEMORY!r}.")
        if not 0 <= self.damping < 1:
            raise SamaError(f"The damping is {self.damping:g}: give a number from 0 to 0.9.")
        if not 1.1 <= self.cut <= 6:
            raise SamaError(f"The cut is {self.cut:g} times the object: give a number from 1.1 to 6.")
