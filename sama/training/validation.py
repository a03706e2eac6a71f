"""What a person watches while a model learns: the same held-out photographs again and again, as a sheet and numbers."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.prompt_tensors import BOTTOM_RIGHT, TOP_LEFT, PromptTensors
from sama.models.views import Frame, make_frame
from sama.training.stages.mini import normalise_batch
from sama.training.stages.sama import encode_frames

TILE = 192


def load_samples(root: Path, size: int, per_folder: int) -> list[dict]:
    """Read the first photos of every folder under root/val: their largest object as the target.

    Returns batches of one: image (1, 3, size, size) uint8, height, width, target (1, 1, size, size) in [0, 1].
    """
    samples = []
    for folder in sorted(p for p in (root / "val").glob("*") if (p / "images").is_dir()):
        names = sorted((folder / "images").iterdir())
        stride = max(1, len(names) // per_folder)
        for path in names[::stride][:per_folder]:
            samples.append(_sample(path, folder, size))
    return samples


def _sample(path: Path, folder: Path, size: int) -> dict:
    image = np.asarray(Image.open(path).convert("RGB"))
    label_file = folder / "labels" / f"{path.stem}.png"
    if label_file.exists():
        labels = np.asarray(Image.open(label_file)).astype(np.int64)
        # Clothing labels are parts of one person; elsewhere an id is an object.
        target = labels > 0 if "ccp" in folder.name else labels == np.bincount(labels[labels > 0]).argmax()
        target = target.astype(np.float32)
    else:
        target = np.asarray(Image.open(folder / "alphas" / f"{path.stem}.png")).astype(np.float32) / 255
    frame = Frame(image.shape[1], image.shape[0], size)
    height, width = frame.extent()
    mask = make_frame(torch.from_numpy(target * 255)[None].expand(3, -1, -1), size)[:1] / 255
    ys, xs = np.nonzero(target > 0.5)
    box = torch.tensor([[xs.min(), ys.min()], [xs.max() + 1, ys.max() + 1]], dtype=torch.float32)
    return {
        "folder": folder.name,
        "exact": not label_file.exists(),
        "image": make_frame(torch.from_numpy(image.copy()).permute(2, 0, 1), size)[None].round().byte(),
        "height": torch.tensor([height]),
        "width": torch.tensor([width]),
        "target": mask[None],
        "box": frame.to_frame(box)[None],
    }


def box_prompt(box: Tensor) -> PromptTensors:
    """Box corners (1, 2, 2) in view pixels as a prompt."""
    return PromptTensors(box, torch.tensor([[TOP_LEFT, BOTTOM_RIGHT]], device=box.device))


def iou(alpha: Tensor, target: Tensor) -> float:
    """IoU of two soft maps, cut at one half."""
    p, y = alpha > 0.5, target > 0.5
    return ((p & y).sum() / (p | y).sum().clamp(min=1)).item()


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
    """The samples under root/val, at frames of `size`, and where the sheet of the first `shown` a folder goes."""

    def __init__(self, root: Path, out: Path, size: int, per_folder: int = 12, shown: int = 4):
        self.out, self.shown = out, shown
        self.samples = load_samples(root, size, per_folder)


class MiniWatch(_Watch):
    """Box IoU of `mini` on held-out photographs, and a sheet of photo, target and answer."""

    @torch.no_grad()
    def __call__(self, module: nn.Module) -> dict:
        """Return {"val_FOLDER": mean IoU} and write sheet.png."""
        board = _Board(self.shown)
        for sample, batch in _on_device(self.samples, module):
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
                {"iou": iou(alpha, batch["target"])},
                [batch["image"][0], batch["target"][0], alpha[0]],
            )
        return board.finish(self.out)


class SamaWatch(_Watch):
    """IoU of SAM's and SAMA's mask and mean absolute error of SAM's mask and SAMA's alpha, and a sheet of photo,
    target, SAM's mask, SAMA's mask and alpha."""

    @torch.no_grad()
    def __call__(self, module: nn.Module) -> dict:
        """Return {"val_FOLDER_NUMBER": mean} and write sheet.png."""
        board = _Board(self.shown)
        for sample, batch in _on_device(self.samples, module):
            module.resize(sample["image"].shape[-1] // 2)
            frame, target = normalise_batch(module.backbone, batch), batch["target"]
            with torch.autocast(frame.device.type, torch.bfloat16):
                features = encode_frames(module, frame)
                prompts = box_prompt(batch["box"] / 2)  # the frame has twice the side of a view
                answer = module.decode_sam(features, prompts)
                logits = module.decode(features, answer)
            sam = (_enlarge(answer.base.float(), target) > 0).float()
            mask, alpha = (
                _enlarge(torch.sigmoid(logits[task].float()), target) for task in ("segmentation", "matting")
            )
            numbers = {"iou_sam": iou(sam, target), "iou_sama": iou(mask, target)}
            if sample["exact"]:
                numbers |= {"mad_sam": mad(sam, target), "mad_sama": mad(alpha, target)}
            pictures = [batch["image"][0], target[0], sam[0], (mask[0] > 0.5).float(), alpha[0]]
            board.add(sample["folder"], numbers, pictures)
        return board.finish(self.out)


def mad(alpha: Tensor, target: Tensor) -> float:
    """Mean absolute difference over the frame."""
    return (alpha - target).abs().mean().item()


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
            told = " ".join(f"{v:.2f}" for v in numbers.values())
            self.captions.append(f"{folder} {told}")

    def finish(self, out: Path) -> dict[str, float]:
        if self.rows:
            write_sheet(out / "sheet.png", self.rows, self.captions)
        return {name: round(float(np.mean(v)), 4) for name, v in self.numbers.items()}


def _on_device(samples: list[dict], module: nn.Module):
    device = next(module.parameters()).device
    for sample in samples:
        yield sample, {k: v.to(device) for k, v in sample.items() if isinstance(v, Tensor)}


def _enlarge(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[-2:], mode="bilinear", align_corners=False)
