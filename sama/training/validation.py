"""What a person watches while a model learns: the same held-out photographs again and again, as a sheet and numbers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.backbones.mini import MiniBackbone
from sama.models.prompt_tensors import BOTTOM_RIGHT, TOP_LEFT, PromptTensors
from sama.models.sama import Sama
from sama.models.views import Frame, make_frame
from sama.training.data.sources import Folder, open_photo, pairs_of, sort_of
from sama.training.stages.mini import normalise_batch
from sama.training.stages.sama import encode_frames

TILE = 192


def watched_files(root: Path, per_folder: int) -> list[tuple[Path, Path]]:
    """(photo, truth) of `per_folder` photos of every folder under root/val, evenly spread over it."""
    chosen = []
    for folder in sorted((root / "val").glob("*")):
        sort = sort_of(folder)
        if sort not in ("labels", "alphas"):
            continue
        pairs = pairs_of(folder, sort)  # a folder of mattes may hold labels too
        stride = max(1, len(pairs) // per_folder)
        chosen += pairs[::stride][:per_folder]
    return chosen


def read_sample(photo: Path, truth: Path, size: int) -> dict | None:
    """Read one photograph with its largest object as the target; None when it shows none.

    Returns a batch of one: image (1, 3, size, size) uint8, height, width, target (1, 1, size, size) in [0, 1] and known
    of the same shape, 0 where the label says that nobody decided.
    """
    folder = truth.parent.parent.name
    # Clothing labels are parts of one person; elsewhere an id is an object.
    given = open_photo(photo, truth, Folder("", union="ccp" in folder))
    if not given.labels.any():
        return None
    if given.alpha is not None:
        target = given.alpha.astype(np.float32) / 255
    elif given.folder.union:
        target = (given.labels > 0).astype(np.float32)
    else:
        target = (given.labels == np.bincount(given.labels[given.labels > 0]).argmax()).astype(np.float32)
    image = np.array(given.rgb)
    frame = Frame(image.shape[1], image.shape[0], size)
    height, width = frame.extent()
    void = np.zeros(target.shape, bool) if given.void is None else given.void
    ys, xs = np.nonzero(target > 0.5)
    box = torch.tensor([[xs.min(), ys.min()], [xs.max() + 1, ys.max() + 1]], dtype=torch.float32)
    return {
        "folder": folder,
        "exact": given.alpha is not None,
        "image": make_frame(torch.from_numpy(image).permute(2, 0, 1), size)[None].round().byte(),
        "height": torch.tensor([height]),
        "width": torch.tensor([width]),
        "target": _framed(target, size),
        "known": (_framed(void.astype(np.float32), size) < 0.5).float(),
        "box": frame.to_frame(box)[None],
    }


def _framed(x: np.ndarray, size: int) -> Tensor:
    """(h, w) in [0, 1] as (1, 1, size, size)."""
    return make_frame(torch.from_numpy(x * 255)[None].expand(3, -1, -1), size)[None, :1] / 255


def box_prompt(box: Tensor) -> PromptTensors:
    """Box corners (1, 2, 2) in view pixels as a prompt."""
    return PromptTensors(box, torch.tensor([[TOP_LEFT, BOTTOM_RIGHT]], device=box.device))


def iou(alpha: Tensor, target: Tensor, known: Tensor) -> float:
    """IoU of two soft maps, cut at one half, where `known`."""
    p, y = (alpha > 0.5) & (known > 0.5), (target > 0.5) & (known > 0.5)
    return ((p & y).sum() / (p | y).sum().clamp(min=1)).item()


def mse(alpha: Tensor, target: Tensor, known: Tensor) -> float:
    """Mean squared difference where `known`."""
    return (((alpha - target) ** 2 * known).sum() / known.sum().clamp(min=1)).item()


def mad(alpha: Tensor, target: Tensor, known: Tensor) -> float:
    """Mean absolute difference where `known`."""
    return (((alpha - target).abs() * known).sum() / known.sum().clamp(min=1)).item()


def write_sheet(path: Path, rows: list[list[Tensor]], captions: list[str]) -> None:
    """Write rows of pictures, (3, h, w) uint8 or (1, h, w) in [0, 1], as one PNG, two rows side by side."""
    columns = max(len(row) for row in rows)
    sheet = Image.new("RGB", (2 * columns * TILE, (len(rows) + 1) // 2 * TILE), "white")
    draw = ImageDraw.Draw(sheet)
    for i, (row, caption) in enumerate(zip(rows, captions, strict=True)):
        left, top = (i % 2) * columns * TILE, i // 2 * TILE
        for x, picture in enumerate(row):
            sheet.paste(_tile(picture), (left + x * TILE, top))
        draw.text((left + 4, top + 2), caption, fill="yellow", stroke_width=1, stroke_fill="black")
    sheet.save(path)


def _tile(picture: Tensor) -> Image.Image:
    values = picture.float() if picture.dtype == torch.uint8 else picture.float() * 255
    small = F.interpolate(values[None], (TILE, TILE), mode="area")[0].clamp(0, 255).byte()
    return Image.fromarray(small.expand(3, -1, -1).permute(1, 2, 0).cpu().numpy())


class _Watch:
    """The photos under root/val, at frames of `size`, and where the sheet of the first `shown` a folder goes.

    They are read again each time: all of them at once would fill the memory that training needs.
    """

    def __init__(self, root: Path, out: Path, size: int, per_folder: int = 40, shown: int = 4):
        self.out, self.size, self.shown = out, size, shown
        self.files = watched_files(root, per_folder)

    def samples(self, module: nn.Module) -> Iterator[tuple[dict, dict[str, Tensor]]]:
        """Each photo with its tensors on the module's device."""
        device = next(module.parameters()).device
        for photo, truth in self.files:
            sample = read_sample(photo, truth, self.size)
            if sample is not None:
                yield sample, {k: v.to(device) for k, v in sample.items() if isinstance(v, Tensor)}


class MiniWatch(_Watch):
    """Box IoU of `mini` on held-out photographs, and a sheet of photo, target and answer."""

    @torch.no_grad()
    def __call__(self, module: MiniBackbone) -> dict:
        """Return {"val_FOLDER": mean IoU} and write sheet.png."""
        board = _Board(self.shown)
        for sample, batch in self.samples(module):
            module.resize(sample["image"].shape[-1])
            view = normalise_batch(module, batch)
            with torch.autocast(view.device.type, torch.bfloat16):
                encoded = module.encode(view)
                context = module.prior_context(view, encoded)
                embedded = module.embed_prompts(box_prompt(batch["box"]), context)
                logits, _ = module.decode(encoded.embedding, embedded)
            alpha = _enlarge(torch.sigmoid(logits[:, :1].float()), batch["target"])
            board.add(
                sample["folder"],
                {"iou": iou(alpha, batch["target"], batch["known"])},
                [batch["image"][0], batch["target"][0], alpha[0]],
            )
        return board.finish(self.out)


class SamaWatch(_Watch):
    """IoU of SAM's and SAMA's mask, mean absolute and squared error of SAM's mask and SAMA's alpha, by folder SAMA's
    minus SAM's of each, and a sheet of photo, target, SAM's mask, SAMA's mask and alpha."""

    @torch.no_grad()
    def __call__(self, module: Sama) -> dict:
        """Return {"val_FOLDER_NUMBER": mean} and write sheet.png. NUMBER is `iou_sam`, `iou_sama` and, SAMA's minus
        SAM's, `iou_difference`; where mattes are exact the same of `mad` and `mse`, for which less is better."""
        board = _Board(self.shown)
        for sample, batch in self.samples(module):
            module.resize(sample["image"].shape[-1] // 2)
            frame = normalise_batch(module.backbone, batch)
            target, known = batch["target"], batch["known"]
            with torch.autocast(frame.device.type, torch.bfloat16):
                features = encode_frames(module, frame)
                prompts = box_prompt(batch["box"] / 2)  # the frame has twice the side of a view
                answer = module.decode_sam(features, prompts)
                logits = module.decode(features, answer)
            sam = (_enlarge(answer.base.float(), target) > 0).float()
            mask, alpha = (
                _enlarge(torch.sigmoid(logits[task].float()), target) for task in ("segmentation", "matting")
            )
            numbers = _compared("iou", iou, sam, mask, target, known)
            if sample["exact"]:
                numbers |= _compared("mad", mad, sam, alpha, target, known)
                numbers |= _compared("mse", mse, sam, alpha, target, known)
            pictures = [batch["image"][0], target[0], sam[0], (mask[0] > 0.5).float(), alpha[0]]
            board.add(sample["folder"], numbers, pictures)
        return board.finish(self.out)


def _compared(name: str, measure: Callable, sam: Tensor, sama: Tensor, target: Tensor, known: Tensor) -> dict:
    first, second = measure(sam, target, known), measure(sama, target, known)
    return {f"{name}_sam": first, f"{name}_sama": second, f"{name}_difference": second - first}


class _Board:
    """Collects numbers and pictures of one round."""

    def __init__(self, shown: int):
        self.shown = shown
        self.numbers: dict[str, list[float]] = {}
        self.rows: list[list[Tensor]] = []
        self.captions: list[str] = []
        self.count: dict[str, int] = {}

    def add(self, folder: str, numbers: dict[str, float], pictures: list[Tensor]) -> None:
        for name, value in numbers.items():
            self.numbers.setdefault(f"val_{folder}_{name}", []).append(value)
        self.count[folder] = self.count.get(folder, 0) + 1
        if self.count[folder] <= self.shown:
            self.rows.append(pictures)
            told = " ".join(f"{v:.2f}" for k, v in numbers.items() if not k.endswith("_difference"))
            self.captions.append(f"{folder} {told}")

    def finish(self, out: Path) -> dict[str, float]:
        if self.rows:
            write_sheet(out / "sheet.png", self.rows, self.captions)
        return {name: round(float(np.mean(v)), 4) for name, v in self.numbers.items()}


def _enlarge(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[-2:], mode="bilinear", align_corners=False)
