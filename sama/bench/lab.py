"""What the benchmarks share: settings, and models, which get random weights where no checkpoint is at hand."""

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from segment_anything import SamPredictor, sam_model_registry

from sama.models.backbones import default_config
from sama.models.graphs.graph import settled
from sama.models.sama import Sama
from sama.predict.allocator import reuse_memory
from sama.predict.devices import resolve_device, resolve_dtype
from sama.predict.loading import Predictor, load
from sama.weights.checkpoints import sama_metadata, save_checkpoint
from sama.weights.hub import HubFile, cached
from sama.weights.records import record_of
from sama.weights.zoo import load_backbone

SIZES = {"1mp": (1155, 866), "12mp": (4000, 3000), "50mp": (8660, 5770)}  # (width, height)


@dataclass(frozen=True)
class Files:
    """An official backbone's checkpoint, SAMA's modules for it, and what they are in words."""

    checkpoint: Path
    sama_weights: Path
    caption: str


@dataclass
class Lab(AbstractContextManager):
    """device, dtype: as for `sama.load`. checkpoint: of the official backbone, instead of the one in the hub's cache.
    side: of the square photo that is encoded, in pixels. sizes: (width, height) by name, for what runs at a photo's
    full size. progress is called with a line for every step."""

    device: str = "auto"
    dtype: str = "auto"
    repeats: int = 3
    checkpoint: Path | None = None
    side: int = 1024
    sizes: dict[str, tuple[int, int]] = field(default_factory=lambda: dict(SIZES))
    progress: Callable[[str], None] = lambda text: None

    def __post_init__(self):
        reuse_memory()  # as the app does, for both sides
        """Raises DeviceError."""
        self.place = resolve_device(self.device)
        self.format = resolve_dtype(self.dtype, self.place)
        self._folder = tempfile.TemporaryDirectory(prefix="sama-bench-")
        self._files: dict[str, Files] = {}

    def __exit__(self, *_):
        self._folder.cleanup()

    @property
    def captions(self) -> list[str]:
        """Which weights the official models had, for those that were used."""
        return [files.caption for files in self._files.values()]

    def load(self, model: str, dtype: torch.dtype | None = None) -> Predictor:
        """Load a model without a feature cache, so that a photo is encoded every time; raises WeightsError."""
        checkpoint = sama_weights = None
        if record_of(model).backbone_file is None:
            mine = self._official(model)
            checkpoint, sama_weights = mine.checkpoint, mine.sama_weights
        name = str(dtype or self.format).removeprefix("torch.")
        loaded = load(
            model,
            device=self.device,
            dtype=name,
            checkpoint=checkpoint,
            sama_weights=sama_weights,
            cache_bytes=0,
        )
        settled()  # what is compiled meanwhile would be measured, too
        return loaded

    def stock(self, ours: Predictor) -> SamPredictor:
        """Return segment_anything's own predictor in float32, with the weights of `ours`, an official model."""
        sam = sam_model_registry[ours.info.backbone]()
        sam.load_state_dict(ours.model.backbone.sam.state_dict())
        return SamPredictor(sam.eval().to(self.place))

    def _official(self, model: str) -> Files:
        if model not in self._files:
            self._files[model] = self._make_files(model)
        return self._files[model]

    def _make_files(self, model: str) -> Files:
        self.progress(f"weights of {model}")
        torch.manual_seed(0)
        published = record_of(model).hub_file
        found = self.checkpoint or (cached(HubFile.of(published)) if published else None)
        folder = Path(self._folder.name)
        checkpoint = found or folder / f"{model}.pth"
        sama = Sama(default_config(model))
        if found is None:
            torch.save(sama.backbone.sam.state_dict(), checkpoint)
            caption = f"{model}: random weights"
        else:
            load_backbone(sama.backbone, checkpoint)
            caption = f"{model}: {checkpoint.name}, and random weights for SAMA's modules"
        metadata = sama_metadata(
            sama.config.to_dict(),
            step=0,
            data="none: random weights",
            licence="none needed",
            backbone_file=checkpoint,
            backbone=sama.backbone,
        )
        weights = folder / f"sama_{model}.safetensors"
        save_checkpoint(weights, sama.trainable(), metadata)
        return Files(checkpoint, weights, caption)
