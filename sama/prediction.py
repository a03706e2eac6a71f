"""What a predictor says: about its progress, about itself, and about a photo."""

from dataclasses import dataclass

import numpy as np


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
    then SAMA's; `trained` is False when SAMA's modules are untrained; `notes` are limits worth telling."""

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


@dataclass(frozen=True)
class Prediction:
    """One answer, at the photo's size (H, W) unless another was asked for.

    sam_masks (N, H, W) bool, SAM's candidates, one or three; sam_scores (N,) float32, SAM's own estimate of their IoU;
    chosen, the candidate that SAMA refined; sam_logits (H, W) float32 of the chosen candidate; sama_mask (H, W) bool,
    alpha (H, W) float32 in [0, 1], sama_logits (H, W) float32: None when only SAM was asked; seconds by step.
    """

    sam_masks: np.ndarray
    sam_scores: np.ndarray
    chosen: int
    sam_logits: np.ndarray
    sama_mask: np.ndarray | None
    alpha: np.ndarray | None
    sama_logits: np.ndarray | None
    seconds: dict[str, float]

    @property
    def sam_mask(self) -> np.ndarray:
        """(H, W) bool, the chosen candidate."""
        return self.sam_masks[self.chosen]
