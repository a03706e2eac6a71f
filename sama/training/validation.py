"""What a person watches while a model learns: the same held-out photographs again and again, as a sheet and numbers."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.prompt_tensors import BOTTOM_RIGHT, TOP_LEFT, PromptTensors
from sama.models.views import Frame, make_frame

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
    """Write rows of pictures, (3, h, w) uint8 or (1, h, w) in [0, 1], as one PNG."""
    columns = max(len(row) for row in rows)
    sheet = Image.new("RGB", (columns * TILE, len(rows) * TILE), "white")
    draw = ImageDraw.Draw(sheet)
    for y, (row, caption) in enumerate(zip(rows, captions, strict=True)):
        for x, picture in enumerate(row):
            sheet.paste(_tile(picture), (x * TILE, y * TILE))
        draw.text((4, y * TILE + 2), caption, fill="yellow", stroke_width=1, stroke_fill="black")
    sheet.save(path)


def _tile(picture: Tensor) -> Image.Image:
    values = picture.float() if picture.dtype == torch.uint8 else picture.float() * 255
    small = F.interpolate(values[None], (TILE, TILE), mode="area")[0].clamp(0, 255).byte()
    return Image.fromarray(small.expand(3, -1, -1).permute(1, 2, 0).cpu().numpy())


class MiniWatch:
    """Box IoU of `mini` on held-out photographs, and a sheet of photo, target and answer."""

    def __init__(self, stage, root: Path, out: Path, size: int, per_folder: int = 12, shown: int = 4):
        self.stage, self.out, self.shown = stage, out, shown
        self.samples = load_samples(root, size, per_folder)

    @torch.no_grad()
    def __call__(self, module: nn.Module, step: int) -> dict:
        """Return {"val_FOLDER": mean IoU} and write sheet.png."""
        from sama.training.mini_stage import normalise_batch

        scores: dict[str, list[float]] = {}
        rows, captions = [], []
        for sample in self.samples:
            device = next(module.parameters()).device
            module.resize(sample["image"].shape[-1])
            batch = {k: v.to(device) for k, v in sample.items() if isinstance(v, Tensor)}
            view = normalise_batch(module, batch)
            with torch.autocast(device.type, torch.bfloat16):
                encoded = module.encode(view)
                context = module.prior_context(view, encoded.embedding)
                logits, _ = module.decode(encoded.embedding, box_prompt(batch["box"]), context)
            alpha = torch.sigmoid(logits[:, :1].float())
            alpha = F.interpolate(alpha, batch["target"].shape[-2:], mode="bilinear")
            scores.setdefault(sample["folder"], []).append(iou(alpha, batch["target"]))
            if len(scores[sample["folder"]]) <= self.shown:
                rows.append([batch["image"][0], batch["target"][0], alpha[0]])
                captions.append(f"{sample['folder']} {scores[sample['folder']][-1]:.2f}")
        if rows:
            half = (len(rows) + 1) // 2
            pairs = [sum(rows[i::half], []) for i in range(half)]
            write_sheet(self.out / "sheet.png", pairs, captions[:half])
        return {f"val_{name}": round(float(np.mean(v)), 4) for name, v in scores.items()}
