"""What a predictor says: about its progress, about itself, and about a photo."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from sama.matting.stack import stacked
from sama.request.listing import Listing
from sama.request.prompts import Prompts

# Names of layers. Those of masks hold logits, positive inside; ALPHA is in [0, 1].
SAM, SAMA, ALPHA, ALPHA_LOGITS = "sam", "sama", "alpha", "alpha_logits"
# What a matting head that begins with a trimap has told on the way, see `sama.predict.trimap_layers`.
TRIMAP, DETAIL = "trimap", "detail"
NOTHING = -16  # logit of what is not there


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
    device; `runtime` runs what is slow, torch or openvino; `notes` are what must be told before anybody trusts a
    result, `limits` what is worth knowing."""

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
    limits: tuple[str, ...] = ()
    runtime: str = "torch"

    @property
    def running(self) -> str:
        """For people: device, number format, and how much of photos is remembered."""
        by = "" if self.runtime == "torch" else f" by {self.runtime}"
        kept = f"photos' features in up to {self.cache_bytes / 2**20:.0f} MiB"
        return f"on {self.device} in {self.dtype}{by}, {kept}"

    @property
    def views(self) -> int:
        """How many views of a photo are encoded, and so how many `Progress` there are."""
        return 5 if self.trained else 1


@dataclass(frozen=True, eq=False)
class ObjectAnswer:
    """What was found for one object, everything (H, W) of the size that was asked for.

    masks (N, H, W) bool, SAM's candidates, one or three, none where SAM was not asked; scores (N,) float32, SAM's own
    estimate of their IoU; chosen, the candidate that was refined; layers (H, W) float32 by name: SAM, the chosen
    candidate's logits, SAMA, its mask's, ALPHA, the matte in [0, 1], ALPHA_LOGITS where they were to be kept, TRIMAP,
    0, 0.5 where it is unknown and 1, and DETAIL in [0, 1], how much is seen of the unknown and the trimap itself
    elsewhere, of models that make them, and whatever else a method makes.
    """

    prompts: Prompts
    masks: np.ndarray
    scores: np.ndarray
    chosen: int
    layers: dict[str, np.ndarray]

    def mask(self, name: str) -> np.ndarray | None:
        """(H, W) bool, the mask in a layer; None where there is no such layer."""
        return self.layers[name] > 0 if name in self.layers else None


@dataclass(frozen=True, eq=False)
class Answer:
    """An answer of one object or several; `method` is the name of what made ALPHA, or the mask where there is none;
    seconds by step; listing: what the objects are called, which is in front, and which are hidden."""

    method: str
    objects: tuple[ObjectAnswer, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    listing: Listing = Listing()

    @property
    def seen(self) -> tuple[int, ...]:
        """The numbers of the objects that are not hidden, from front to back."""
        return self.listing.seen(len(self.objects))

    @cached_property
    def union(self) -> ObjectAnswer:
        """All objects that are not hidden as one: the highest value of each layer; several objects have one candidate
        together, whose score is their mean. Nothing where all are hidden."""
        if not self.seen:
            return _nothing(self.objects[0])
        if len(self.seen) == 1:
            return self.objects[self.seen[0]]
        objects = [self.objects[number] for number in sorted(self.seen)]
        first = objects[0]
        layers = {name: np.maximum.reduce([each.layers[name] for each in objects]) for name in first.layers}
        scores = [each.scores[each.chosen] for each in objects if len(each.scores)]
        return ObjectAnswer(
            _together([each.prompts for each in objects]),
            layers[SAM][None] > 0 if SAM in layers else np.empty((0, *_shape(layers)), bool),
            np.array([np.mean(scores)] if scores else [], np.float32),
            0,
            layers,
        )

    @property
    def stack(self) -> tuple[np.ndarray, ...]:
        """The mattes of `seen`, (H, W) float32 each, as they are seen behind one another: together never above 1."""
        return tuple(stacked([self.objects[number].layers[ALPHA] for number in self.seen]))

    def only(self, number: int) -> "Answer":
        """One of the objects alone."""
        name = self.listing.name(number)
        return replace(self, objects=(self.objects[number],), listing=Listing((name,) if name else ()))

    def as_listed(self, listing: Listing) -> "Answer":
        """The same objects, or one of all of them, as a listing has them."""
        if not listing.together or len(self.objects) == 1:
            return replace(self, listing=listing)
        one = replace(self, listing=Listing()).union
        return replace(self, objects=(one,), listing=Listing(listing.names[:1]))

    def layer(self, name: str) -> np.ndarray | None:
        """(H, W) float32 of all objects together; None where there is no such layer."""
        return self.union.layers.get(name)

    def mask(self, name: str) -> np.ndarray | None:
        """(H, W) bool of all objects together; None where there is no such layer."""
        return self.union.mask(name)

    @property
    def alpha(self) -> np.ndarray | None:
        """The matte (H, W) float32 in [0, 1]; None where there is none."""
        return self.layer(ALPHA)


def merged_seconds(each: list[dict[str, float]]) -> dict[str, float]:
    """Seconds by step, summed over objects."""
    total: dict[str, float] = {}
    for seconds in each:
        for name, value in seconds.items():
            total[name] = total.get(name, 0.0) + value
    return total


def _together(prompts: list[Prompts]) -> Prompts:
    """Clicks that remove belong to all objects; they are kept once."""
    points = tuple(dict.fromkeys(point for each in prompts for point in each.points))
    strokes = tuple(dict.fromkeys(stroke for each in prompts for stroke in each.strokes))
    return Prompts(points, tuple(box for each in prompts for box in each.boxes), strokes=strokes)


def _nothing(like: ObjectAnswer) -> ObjectAnswer:
    """An object of which there is nothing, with the layers of another one."""
    empty = {ALPHA: 0, TRIMAP: 0, DETAIL: 0}
    layers = {name: np.full_like(layer, empty.get(name, NOTHING)) for name, layer in like.layers.items()}
    return ObjectAnswer(like.prompts, like.masks[:0], like.scores[:0], 0, layers)


def _shape(layers: dict[str, np.ndarray]) -> tuple[int, ...]:
    return next(iter(layers.values())).shape
