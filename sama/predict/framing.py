"""Between a photo's pixels and the model's frame: prompts on their way in, logits on their way out."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.prompt_tensors import BOTTOM_RIGHT, PADDING, TOP_LEFT, PromptTensors
from sama.models.views import Frame
from sama.request.prompts import Prompts

MASK_PROMPT_LOGIT = 8.0


def prompt_tensors(groups: list[Prompts], frame: Frame, side: int, device: torch.device) -> PromptTensors:
    """Groups of prompts as one batch in pixels of the global view, padded to the same number of tokens.

    frame: where the photo lies in the global view; side: of the square in which a mask prompt is embedded.
    """
    coords, labels = [], []
    for group in map(_with_box, groups):
        xy = [corner for b in group.boxes for corner in ((b[0], b[1]), (b[2], b[3]))]
        xy += [(x, y) for x, y, _ in group.points]
        label = [TOP_LEFT, BOTTOM_RIGHT] * len(group.boxes) + [p[2] for p in group.points]
        if not group.boxes:  # SAM marks the missing box with a padding token
            xy.append((0, 0))
            label.append(PADDING)
        coords.append(torch.tensor(xy, dtype=torch.float32).reshape(-1, 2))
        labels.append(torch.tensor(label))
    most = max(len(x) for x in labels)
    coords = torch.stack([F.pad(c, (0, 0, 0, most - len(c))) for c in coords])
    labels = torch.stack([F.pad(x, (0, most - len(x)), value=PADDING) for x in labels])
    tensors = PromptTensors(frame.to_frame(coords).to(device), labels.to(device))
    mask = groups[0].mask
    return tensors if mask is None else tensors.with_masks(_mask_prompt(mask, frame, side).to(device))


def _with_box(prompts: Prompts) -> Prompts:
    """Prompts with the box around their mask, where there is a mask without a box.

    SAM was taught with masks that come beside clicks or boxes, never alone; by itself a mask says too little, and to
    `mini`, whose prior draws clicks and boxes, nothing.
    """
    if prompts.mask is None or prompts.boxes:
        return prompts
    inside = prompts.mask > 0
    columns, rows = np.flatnonzero(inside.any(0)), np.flatnonzero(inside.any(1))
    box = float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
    return Prompts(prompts.points, (box,), prompts.mask)


def _mask_prompt(mask: np.ndarray, frame: Frame, side: int) -> Tensor:
    """Photo-sized mask or logits to (1, 1, side, side) logits."""
    logits = np.where(mask, MASK_PROMPT_LOGIT, -MASK_PROMPT_LOGIT) if mask.dtype == bool else mask
    height, width = frame.extent(side)
    logits = torch.from_numpy(np.ascontiguousarray(logits, np.float32))[None, None]
    small = F.interpolate(logits, (height, width), mode="bilinear", antialias=True)
    return F.pad(small, (0, side - width, 0, side - height), value=-MASK_PROMPT_LOGIT)


def union(logits: Tensor, frame: Frame) -> Tensor:
    """Union over prompts of (N, 1, s, s) logits, without the padding, as (1, 1, h, w) float32 on the CPU.

    Only the small map leaves the device.
    """
    height, width = frame.extent(logits.shape[-1])
    return logits.float().amax(0, keepdim=True)[..., :height, :width].cpu()


def to_photo(logits: Tensor, frame: Frame, size: tuple[int, int]) -> np.ndarray:
    """`union` of (N, 1, s, s) logits at `size` (height, width), as float32."""
    return resized(union(logits, frame), size)[0, 0].numpy()


def resized(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps (N, C, h, w) at `size` (height, width); the same tensor where they have it."""
    height, width = maps.shape[-2:]
    if (height, width) == tuple(size):
        return maps
    # Antialiasing matters when a small photo was enlarged for the model; upwards it changes nothing but the time.
    return F.interpolate(maps, size, mode="bilinear", antialias=size[0] < height or size[1] < width)
