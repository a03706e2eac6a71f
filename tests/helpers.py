"""What several test modules share; tests import helpers from here alone, never from one another."""

import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from sama.methods import answer
from sama.models.backbones.mini import MiniBackbone
from sama.models.config import MiniConfig, SamaConfig
from sama.models.fast import fused
from sama.models.fast.sama import QuickSama
from sama.models.heads import Stage
from sama.models.memory_readout import MemoryReadout, ReadoutConfig
from sama.models.prompt_tensors import PromptTensors
from sama.models.sama import Sama
from sama.models.views import ALL_VIEWS, global_view, local_views
from sama.predict.answer import Answer
from sama.predict.cache import FeatureCache
from sama.predict.closer_look import CloserPredictor
from sama.predict.loading import Predictor
from sama.predict.predictor import SamaPredictor
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.training.data.dataset import DataPlan
from sama.training.recipe import read_recipe
from sama.training.stages.mini import MiniStage
from sama.training.stages.sama import SamaStage
from sama.weights.records import RECORDS
from sama.weights.zoo import LoadedModel

SMALL = MiniConfig(
    image_size=128,
    trunk=((1, 3, 1, 1, 8), (1, 3, 2, 2, 8), (1, 3, 2, 2, 16), (1, 3, 2, 2, 16), (1, 5, 2, 2, 24)),
    embed_dim=32,
    width=32,
    blocks=1,
    heads=2,
    detail=16,
    decoder_mlp=64,
    decoder_heads=4,
    prior_widths=(8, 16, 24),
)


def small_sama(**changes) -> Sama:
    torch.manual_seed(0)
    config = SamaConfig(
        mini=SMALL,
        pool_ratios=(2, 4),
        segmentation_channels=(16, 8, 8),
        matting_channels=(16, 8, 8, 8, 8),
        attention_heads=4,
        **({"fine": (16, 8, 4), "fine_blocks": 1, "guides": ((1, 1e-3),), "mixing": True} | changes),
    )
    model = Sama(config)
    # A fresh mini answers with its prior alone; let its decoder have a say too, as after training.
    for mlp in model.backbone.sam.mask_decoder.output_hypernetworks_mlps:
        torch.nn.init.normal_(mlp.layers[-1].weight, std=0.3)
    return model


def features_of(model: Sama, batch: int = 1, views: tuple[int, ...] = ALL_VIEWS):
    torch.manual_seed(1)
    size = model.backbone.image_size
    frame = torch.randn(batch, 3, 2 * size, 2 * size)
    features = model.encode_global(global_view(frame))
    local = [
        model.backbone.encode(view) if m in views else None
        for m, view in enumerate(local_views(frame).unbind(1))
    ]
    return model.encode_local(features, local, frame)


def prompts_for(n: int, size: int) -> PromptTensors:
    torch.manual_seed(2)
    labels = torch.tensor([[2, 3, 1, 0], [-1, -1, 1, -1]]).repeat(n, 1)[:n]
    return PromptTensors(torch.rand(n, 4, 2) * size, labels)


def lively_sama(**changes) -> Sama:
    """A SAMA whose every part has a say."""
    model = small_sama(**changes)
    torch.manual_seed(3)
    for adapter in model.adapters:
        for name, parameter in adapter.named_parameters():
            if name in ("global_out.weight", "local_out.weight", "project.weight"):
                torch.nn.init.normal_(parameter, std=0.3)
    for head in model.heads.values():
        torch.nn.init.normal_(head.weights.layers[-1].weight, std=0.3)
    return model


def enliven_norms(module: torch.nn.Module) -> None:
    """Give batch norms statistics and weights as after training."""
    torch.manual_seed(4)
    for norm in module.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(norm.weight, 0.5, 2)
            torch.nn.init.normal_(norm.bias)
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2)


def lively_stage(enlarge: bool = True) -> Stage:
    """A head's stage of 6 to 4 channels with two beliefs; if it enlarges, with five channels of detail and colours."""
    torch.manual_seed(0)
    stage = Stage(6, 4, beliefs=2, detail=5 if enlarge else 0, image=enlarge, enlarge=enlarge)
    enliven_norms(stage)
    return stage


class Told:
    """Beliefs that are the same map at any size."""

    def __init__(self, belief: torch.Tensor | None):
        self.belief = belief

    def at(self, size: tuple[int, int]) -> torch.Tensor | None:
        return self.belief


def disc(size: int, radius: float, centre: tuple[float, float] | None = None) -> np.ndarray:
    """(size, size) uint8, 255 inside."""
    x0, y0 = centre or ((size - 1) / 2, (size - 1) / 2)
    y, x = np.mgrid[:size, :size]
    return (np.hypot(x - x0, y - y0) < radius).astype(np.uint8) * 255


def save_photo(folder, name, labels, rng):
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8))
    coarse.resize(labels.shape[::-1], Image.Resampling.BICUBIC).save(
        folder / "images" / f"{name}.jpg", quality=95
    )
    Image.fromarray(labels).save(folder / "labels" / f"{name}.png")


def write_training(root):
    """Two photographs of each folder, one foreground of each kind and a background."""
    rng = np.random.default_rng(5)
    person = np.zeros((160, 110), np.uint8)
    person[30:140, 35:75] = 1
    person[20:45, 42:68] = 19
    person[60:100, 35:75] = 24
    cats = (disc(150, 30, (45, 50)) > 0) * np.uint8(1) + (disc(150, 28, (110, 95)) > 0) * np.uint8(2)
    everyday = np.zeros((120, 160), np.uint8)
    everyday[20:90, 15:90] = 1
    everyday[50:110, 100:150] = 2
    everyday[2:5, 2:5] = 3
    for k in range(2):
        save_photo(root / "train" / "ccp", f"{k}", person, rng)
        save_photo(root / "train" / "cats", f"{k}", cats, rng)
        save_photo(root / "train" / "coco", f"{k}", everyday, rng)
    foregrounds = root / "train" / "foregrounds"
    names = {"fluent": "0000", "noto": "0000", "renders": "hair_10_tuft"}
    for kind, name in names.items():
        (foregrounds / kind).mkdir(parents=True)
        rgba = np.dstack([rng.integers(0, 256, (96, 96, 3), dtype=np.uint8), disc(96, 42)])
        Image.fromarray(rgba).save(foregrounds / kind / f"{name}.webp", lossless=True)
    (root / "train" / "backgrounds").mkdir()
    Image.fromarray(rng.integers(0, 256, (100, 200, 3), dtype=np.uint8)).save(
        root / "train" / "backgrounds" / "0.jpg"
    )


def write_validation(root):
    """Two folders as in the real data: labels, and exact alphas."""
    for folder, answers in (("things", "labels"), ("mattes", "alphas")):
        for kind in ("images", answers):
            (root / "val" / folder / kind).mkdir(parents=True)
        for i in range(2):
            item = Discs(96)[i]
            image = item["image"].permute(1, 2, 0).numpy()
            truth = item["targets"][0].numpy()
            truth = truth // 255 if answers == "labels" else truth
            Image.fromarray(image).save(root / "val" / folder / "images" / f"{i}.png")
            Image.fromarray(truth).save(root / "val" / folder / answers / f"{i}.png")


def encode(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


RECIPES = Path(__file__).parents[1] / "recipes"


def plan_of(task: str, **changes) -> DataPlan:
    """The data that the shipped weights were trained on, for one task, with changes to its mixture."""
    plan = read_recipe(RECIPES / ("mini.toml" if task == "mini" else "sama_mini.toml")).plan
    return replace(plan, mixture=plan.mixture | {task: replace(plan.mixture[task], **changes)})


def pixels(image: torch.Tensor) -> np.ndarray:
    """(3, h, w) as (h, w, 3)."""
    return image.permute(1, 2, 0).numpy()


class Discs(torch.utils.data.Dataset):
    """Items like the real pipeline's: one disc on a plain ground."""

    def __init__(self, size: int):
        self.size = size

    def __len__(self):
        return 10**6

    def __getitem__(self, index: int) -> dict:
        rng = np.random.default_rng(index)
        y, x = np.mgrid[: self.size, : self.size]
        cx, cy = rng.uniform(0.3, 0.7, 2) * self.size
        disc = ((x - cx) ** 2 + (y - cy) ** 2) < (0.25 * self.size) ** 2
        image = np.where(disc[..., None], rng.integers(0, 255, 3), rng.integers(0, 255, 3))
        alpha = torch.from_numpy(disc.astype(np.uint8) * 255)[None].expand(2, -1, -1)
        return {
            "image": torch.from_numpy(image.astype(np.uint8)).permute(2, 0, 1),
            "height": self.size,
            "width": self.size,
            "targets": alpha,
            "known": torch.ones_like(alpha),
            "part": torch.tensor([False, False]),
            "exact": True,
        }


def mini_stage() -> MiniStage:
    torch.manual_seed(0)
    return MiniStage(MiniBackbone(SMALL), full_size=128)


def small_readout(*, lively: bool = False) -> MemoryReadout:
    """A memory read-out for `small_sama`, as at the start of a run; lively: it has a say."""
    torch.manual_seed(0)
    readout = MemoryReadout(ReadoutConfig(channels=32, key=8, group=4, value=8, stem=(4, 8)))
    if lively:
        for layer in (readout.out, readout.width, readout.selection):
            torch.nn.init.normal_(layer.weight, std=0.3)
    return readout


def sama_stage() -> SamaStage:
    return SamaStage(small_sama())


def predictor_of(model: Sama, name: str = "mini", *, sama: str | None = "1" * 64, metadata=None) -> Predictor:
    """A predictor over a model with random weights that passes for the trained `name`, as `load` makes it: the model
    becomes its quick twin, unless it is one. sama: the digest of SAMA's weights, None for a model without them."""
    quick = model if isinstance(model, QuickSama) else fused(model)
    loaded = LoadedModel(quick, RECORDS[name], "0" * 64, sama, metadata or {})
    predictor = SamaPredictor(loaded, dtype=torch.float32, cache=FeatureCache())
    return CloserPredictor(predictor) if loaded.record.looks_closer else predictor


def asked(predictor, prompts: Prompts, **how) -> Request:
    """A request about the predictor's open photo; about a large one where there is none."""
    return Request.of(prompts, predictor.photo_size or (10_000, 10_000), **how)


def ask(predictor, prompts: Prompts, progress=None, **how) -> Answer:
    """Answer prompts on the predictor's open photo; how: see `Request.of`."""
    return answer(predictor, asked(predictor, prompts, **how), progress)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_file(
    samples: np.ndarray, depth: int, colour: int, before=(), after=(), interlaced: bool = False
) -> bytes:
    """A PNG of samples (H, W[, C]) with chunks (kind, body) before and after the pixels; source: PNG, chapters 7-11."""
    samples = samples.reshape(*samples.shape[:2], -1)
    height, width = samples.shape[:2]
    passes = [(0, 0, 1, 1)]
    if interlaced:  # Adam7: first column and row, and steps
        passes = [
            (0, 0, 8, 8),
            (4, 0, 8, 8),
            (0, 4, 4, 8),
            (2, 0, 4, 4),
            (0, 2, 2, 4),
            (1, 0, 2, 2),
            (0, 1, 1, 2),
        ]
    rows = b""
    for x, y, across, down in passes:
        for line in samples[y::down, x::across] if samples[y::down, x::across].size else ():
            bits = (line.reshape(-1, 1) >> np.arange(depth - 1, -1, -1)) & 1
            rows += b"\0" + np.packbits(bits.astype(np.uint8)).tobytes()
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    chunks = [(b"IHDR", header), *before, (b"IDAT", zlib.compress(rows)), *after, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def page_of(studio, visit, data, scene=None, backdrop=None, choice=None, event=None):
    """What a handler of the page is given, with the page's own values at the start where none is said."""
    from sama.ui.candidates import ChoiceData
    from sama.ui.handlers.page import Page
    from sama.ui.scene import SceneData

    return Page(studio, visit, data, scene or SceneData(), backdrop, choice or ChoiceData(), event)


def studio_of(predictor, examples=None, keep=str):
    """What all visitors of a page over a predictor share."""
    from functools import partial

    from sama.ui.handlers.page import Studio
    from sama.ui.visit import Visit

    return Studio(partial(Visit, predictor), predictor.info, examples or {}, keep)
