"""What a predictor says: about its progress, about itself, and about a photo."""

from dataclasses import dataclass

import numpy as np

# Where a matte may come from; see `SamaPredictor.predict`.
SAMA_MATTES = ("sama", "solid")
MATTES = (*SAMA_MATTES, "closed_form")


@dataclass(frozen=True)
class Progress:
    """One encoded view: stage `global` or `local`, how many of how many views are done, seconds since the start."""

    stage: str
    done: int
    total: int
    seconds: float

    @property
    def text(self) -> str:
        """For people: `global view` or `local view 2 of 4`."""
        return "global view" if self.stage == "global" else f"local view {self.done} of {self.total}"


@dataclass(frozen=True)
class ModelInfo:
    """What runs, and where. `weights_digest` is the first 12 hex digits of the sha256 of the weights' files, SAM's
    then SAMA's; `trained` is False when there are no SAMA weights: then one view is encoded instead of five, SAMA's
    mask is never shown and the matte is training-free; `cache_bytes` bounds what photos' features may occupy on the
    device; `notes` are limits worth telling."""

    name: str
    title: str
    backbone: str
    weights_digest: str
    licence: str
    device: str
    dtype: str
    input_size: int
    alpha_size: int
    trained: bool
    notes: tuple[str, ...] = ()
    cache_bytes: int = 0

    @property
    def running(self) -> str:
        """For people: device, number format, and how much of photos is remembered."""
        return (
            f"on {self.device} in {self.dtype}, photos' features in up to {self.cache_bytes / 2**20:.0f} MiB"
        )

    @property
    def views(self) -> int:
        """How many views of a photo are encoded, and so how many `Progress` there are."""
        return 5 if self.trained else 1

    @property
    def matte_method(self) -> str:
        """Where the matte comes from unless another is asked for: `sama` or `closed_form`."""
        return "sama" if self.trained else "closed_form"


@dataclass(frozen=True)
class Prediction:
    """One answer, at the photo's size (H, W) unless another was asked for.

    sam_masks (N, H, W) bool, SAM's candidates, one or three; sam_scores (N,) float32, SAM's own estimate of their IoU;
    chosen, the candidate that SAMA refined; sam_logits (H, W) float32 of the chosen candidate; sama_mask (H, W) bool
    and sama_logits (H, W) float32: None when only SAM was asked or SAMA has no weights; alpha (H, W) float32 in [0, 1]:
    None when only SAM was asked; matte_method, where alpha comes from: `sama`, `solid` (SAMA's, opaque inside),
    `closed_form` (without training, from SAM's mask), None without alpha; seconds by step.
    """

    sam_masks: np.ndarray
    sam_scores: np.ndarray
    chosen: int
    sam_logits: np.ndarray
    sama_mask: np.ndarray | None
    alpha: np.ndarray | None
    sama_logits: np.ndarray | None
    seconds: dict[str, float]
    matte_method: str | None = None

    @property
    def sam_mask(self) -> np.ndarray:
        """(H, W) bool, the chosen candidate."""
        return self.sam_masks[self.chosen]
