"""A run as a file: what is trained, from what, on which data and for how long; see recipes/."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from sama.errors import SamaError
from sama.models.config import LITE2
from sama.models.sama import TASKS
from sama.training.data.composites import CUT, DRAWN, Mixture
from sama.training.data.dataset import DataPlan
from sama.training.data.degrade import Rates
from sama.training.data.photographs import Crops
from sama.training.data.procedural import SHAPES
from sama.training.data.sources import Folder, Scenery, sort_of
from sama.training.losses import MATTING_LOSSES, Objective
from sama.training.prompting import Prompting
from sama.training.tables import read_table, read_toml
from sama.weights.records import RECORDS

# The tasks of each stage, whose mixtures a recipe must give.
STAGES = {"mini": ("mini",), "sama": TASKS, "readout": ("readout",)}
EMBEDDED = "embedded"


@dataclass(frozen=True)
class Recipe:
    """One run. Paths of weights are relative to the current folder.

    stage: "mini", "sama" or "readout". init: weights to start from, "embedded" for those that ship; without, mini
    starts from ImageNet's trunk, the others from nothing. backbone: what SAMA or the read-out stands on, one of `sama
    weights`, with the weights `backbone_weights` instead of those it has. The budget is `minutes` of training, or
    `steps`. batch: images a step, or clips; prompts: objects an image, one in a clip; small_size: side of a view in
    pixels for a share `small_share` of the run, the model's own afterwards. frozen_stages, of mini: how many of the
    trunk's seven stages, the stem with them, are left as they are; the backward pass of the first three, strides 2 to
    8, costs a processor more than the rest of a step. State and weights are written every `checkpoint_minutes`;
    `watched` photographs of each folder under val/ are answered every `watch_minutes`. Of SAMA: objective, what it is
    trained for; masked_attention, see `SamaConfig`.
    """

    stage: str
    batch: int
    prompts: int
    learning_rate: float
    data: dict[str, Folder]
    mixture: dict[str, Mixture]
    init: str = ""
    backbone: str = "mini"
    backbone_weights: str = ""
    minutes: float = 60
    steps: int | None = None
    seed: int = 0
    small_size: int | None = None
    small_share: float = 0.75
    frozen_stages: int = 3
    warmup: int = 100
    weight_decay: float = 0.02
    ema_decay: float = 0.998
    clip: float = 1.0
    checkpoint_minutes: float = 4
    watch_minutes: float = 20
    watched: int = 40
    scenery: Scenery = Scenery()
    crops: Crops = Crops()
    degradation: Rates = Rates()
    prompting: Prompting = Prompting()
    objective: Objective = Objective()
    masked_attention: bool = False

    @property
    def plan(self) -> DataPlan:
        """What concerns the data."""
        return DataPlan(self.data, self.mixture, self.scenery, self.crops, self.degradation)

    def absent(self, root: Path) -> list[str]:
        """Folders of the recipe that are not under `root`, or are empty."""
        return [name for name, folder in self.data.items() if sort_of(root / folder.folder) is None]


def read_recipe(path: Path) -> Recipe:
    """Read a recipe; raises SamaError for whatever is wrong with it, in one sentence."""
    recipe = read_table(Recipe, read_toml(path), path.name)
    try:
        check(recipe)
    except SamaError as error:
        raise SamaError(f"{path.name}: {error}") from None
    return recipe


def check(recipe: Recipe) -> None:
    """Raise SamaError for a value that is of the right type and means nothing."""
    if recipe.stage not in STAGES:
        raise SamaError(f"stage is {recipe.stage!r}; use {' or '.join(STAGES)}.")
    if recipe.backbone not in RECORDS:
        raise SamaError(f"backbone is {recipe.backbone!r}; use one of {', '.join(RECORDS)}.")
    for name in ("batch", "prompts", "learning_rate", "minutes", "warmup", "watched"):
        if getattr(recipe, name) <= 0:
            raise SamaError(f"{name} is {getattr(recipe, name)}; it must be above 0.")
    if not 0 <= recipe.frozen_stages <= len(LITE2):
        raise SamaError(
            f"frozen_stages is {recipe.frozen_stages}; use 0 to {len(LITE2)}, all of the trunk's."
        )
    for name, folder in recipe.data.items():
        if folder.band < 0:
            raise SamaError(f"data.{name}.band is {folder.band}; it must be 0 or more pixels.")
        if not 0 < folder.largest <= 1:
            raise SamaError(
                f"data.{name}.largest is {folder.largest}; it is a share of the picture, up to 1."
            )
    for task in STAGES[recipe.stage]:
        if task not in recipe.mixture:
            raise SamaError(f"stage {recipe.stage} needs a table [mixture.{task}]; add it.")
    for task, mixture in recipe.mixture.items():
        _check_mixture(task, mixture, recipe.data.keys())
    _check_shares("scenery.photographs", recipe.scenery.photographs, recipe.data.keys())
    objective = recipe.objective
    if objective.matting not in MATTING_LOSSES:
        raise SamaError(f"objective.matting is {objective.matting!r}; use {' or '.join(MATTING_LOSSES)}.")
    if min(objective.segmentation_weight, objective.matting_weight) <= 0:
        raise SamaError("objective: the weights of both tasks must be above 0.")
    for where in ("crops", "degradation", "prompting"):
        for name, value in vars(getattr(recipe, where)).items():
            if not 0 <= value <= 1:
                raise SamaError(f"{where}.{name} is {value}; it is a share, from 0 to 1.")
    asked = recipe.prompting
    if asked.exact + asked.short + asked.large > 1:
        raise SamaError("prompting: exact, short and large are shares of the same boxes, at most 1 together.")


def _check_mixture(task: str, mixture: Mixture, folders: Iterable[str]) -> None:
    where = f"mixture.{task}"
    _check_shares(f"{where}.photographs", mixture.photographs, folders)
    _check_shares(f"{where}.objects", mixture.objects, {*folders, DRAWN, CUT})
    _check_shares(f"{where}.cut", mixture.cut, folders)
    if mixture.composites < 0 or not 0 <= mixture.crowds <= 1 or not 0 <= mixture.close <= 1:
        raise SamaError(
            f"{where}: composites, crowds and close are shares, of 0 or more, the last two up to 1."
        )
    for name in ("sides", "close_sides"):
        low, high = getattr(mixture, name)
        if not 0 < low <= high:
            raise SamaError(f"{where}.{name} are {low} and {high}; give the smaller first, above 0.")
    if mixture.most < 1 or not mixture.shapes or not set(mixture.shapes) <= SHAPES.keys():
        raise SamaError(f"{where}: most is 1 or more objects, and shapes are some of {', '.join(SHAPES)}.")


def _check_shares(where: str, shares: dict[str, float], names: Iterable[str]) -> None:
    for name, share in shares.items():
        if name not in names:
            raise SamaError(f'{where} names "{name}", which is not among {", ".join(sorted(names))}.')
        if share < 0:
            raise SamaError(f"{where}.{name} is {share}; a share is 0 or more.")


def with_folder(recipe: Recipe, path: Path, weight: float) -> Recipe:
    """The recipe with one more folder, of what is found in it; weight 1 for as much as the folders of its sort have on
    average. Raises SamaError when there is nothing to learn from in it."""
    sort = sort_of(path)
    if sort is None:
        raise SamaError(
            f"{path} holds neither train/ nor images/ with labels/ or alphas/ nor pictures; "
            "give --data one that does."
        )
    name = path.name
    while name in recipe.data:
        name += "+"
    data = recipe.data | {name: Folder(str(path.resolve()))}
    mixture = {task: _joined(each, name, sort, weight) for task, each in recipe.mixture.items()}
    return replace(recipe, data=data, mixture=mixture)


def _joined(mixture: Mixture, name: str, sort: str, weight: float) -> Mixture:
    def joined(shares: dict[str, float], others: Iterable[str]) -> dict[str, float]:
        known = [shares[other] for other in others]
        return shares | {name: weight * (sum(known) / len(known) if known else 1.0)}

    if sort == "backgrounds":
        return mixture
    if sort == "foregrounds":
        return replace(mixture, objects=joined(mixture.objects, mixture.objects.keys() - {DRAWN, CUT}))
    return replace(mixture, photographs=joined(mixture.photographs, mixture.photographs))
