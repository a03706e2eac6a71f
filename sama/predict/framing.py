"""Between a photo's pixels and the model's frame: prompts on their way in, logits on their way out."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.prompt_tensors import BOTTOM_RIGHT, PADDING, TOP_LEFT, PromptTensors
from sama.models.views import Frame
from sama.request.masks import SURE, given_logits
from sama.request.prompts import Prompts


def prompt_tensors(groups: list[Prompts], frame: Frame, side: int, device: torch.device) -> PromptTensors:
    """Groups of prompts as one batch in pixels of the global view, padded to the same number of tokens.

    frame: where the photo lies in the global view; side: of the square in which a mask prompt is embedded.
    """
    coords, labels = [], []
    # SAM was taught with masks that come beside clicks or boxes, never alone; to `mini`, whose prior draws clicks and
    # boxes, a mask alone says nothing.
    for group in (each.boxed() for each in groups):
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
    return tensors if mask is None else tensors.with_masks(mask_logits(mask, frame, side).to(device))


def mask_logits(mask: np.ndarray, frame: Frame, side: int) -> Tensor:
    """Photo-sized mask (H, W), bool or logits, to (1, 1, side, side) logits."""
    logits = given_logits(mask)
    height, width = frame.extent(side)
    logits = torch.from_numpy(np.ascontiguousarray(logits))[None, None]
    small = F.interpolate(logits, (height, width), mode="bilinear", antialias=True)
    return F.pad(small, (0, side - width, 0, side - height), value=-SURE)


def union(logits: Tensor, frame: Frame) -> Tensor:
    """Union over prompts of (N, 1, s, s) logits, without the padding, as (1, 1, h, w) float32 on the CPU.

    Only the small map leaves the device.
    """
    height, width = frame.extent(logits.shape[-1])
    return logits.float().amax(0, keepdim=True)[..., :height, :width].cpu()


def to_photo(logits: Tensor, frame: Frame, size: tuple[int, int]) -> np.ndarray:
    """`union` of (N, 1, s, s) logits at `size` (height, width), as float32."""
    return resized(union(logits, frame), size)[0, 0].numpy()


def shown_masks(prompts: PromptTensors) -> list[int]:
    """Numbers of SAM's masks worth showing: its three for one click, else the one for unambiguous prompts."""
    return [1, 2, 3] if bool(prompts.ambiguous[0]) else [0]


def candidate_masks(
    logits: Tensor, shown: list[int], index: int, frame: Frame, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Of SAM's (N, K, s, s) logits those numbered `shown`, as masks (len(shown), height, width) bool at `size` (height,
    width), and the logits of number `index` of them, (height, width) float32."""
    masks, chosen = np.empty((len(shown), *size), bool), None
    for n, i in enumerate(shown):  # one after another: at 50 megapixels each has 200 MB of logits
        one = to_photo(logits[:, i : i + 1], frame, size)
        np.greater(one, 0, out=masks[n])
        chosen = one if n == index else chosen
    if chosen is None:
        raise ValueError("the chosen candidate is none of those that are shown")
    return masks, chosen


def resized(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps (N, C, h, w) at `size` (height, width); the same tensor where they have it."""
    height, width = maps.shape[-2:]
    if (height, width) == tuple(size):
        return maps
    # Antialiasing matters when a small photo was enlarged for the model; upwards it changes nothing but the time.
    return F.interpolate(maps, size, mode="bilinear", antialias=size[0] < height or size[1] < width)
