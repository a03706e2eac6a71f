"""Prompts drawn on a grid of cells."""

import torch
from torch import Tensor

from sama.models.prompt_tensors import BOTTOM_RIGHT, NEGATIVE, POSITIVE, TOP_LEFT, PromptTensors

BOX_REACH = 0.3  # in half sides of the box


def draw_prompts(prompts: PromptTensors, grid: int, image_size: int) -> tuple[Tensor, ...]:
    """Draw N prompts on a grid of cells.

    Returns maps (N, 8, g, g): box, distance to its edge, relative position x and y, positive clicks at two scales,
    negative clicks at two scales; then inside, outside (N, 1, g, g), weights of what the prompt surely or probably
    calls object and background; then box (N, 1, g, g), 1 where the object may be.
    """
    cell = image_size / grid
    centres = (torch.arange(grid, device=prompts.coords.device) + 0.5) * cell
    x, y = centres[None, None, :], centres[None, :, None]
    coords, labels = prompts.coords.float(), prompts.labels

    def corner(label):
        return (coords * (labels == label)[..., None]).sum(1)[..., None, None]  # (N, 2, 1, 1)

    low, high = corner(TOP_LEFT), corner(BOTTOM_RIGHT)
    has_box = (labels == TOP_LEFT).any(1)[:, None, None].float()
    half = ((high - low) / 2).clamp(min=cell / 2)
    u = (x - (low + high)[:, 0] / 2) / half[:, 0]
    v = (y - (low + high)[:, 1] / 2) / half[:, 1]
    edge = (1 - torch.maximum(u.abs(), v.abs())).clamp(-1, 1) * has_box
    box = (edge > 0).float() * has_box

    squared = (x[..., None] - coords[:, None, None, :, 0]) ** 2
    squared = squared + (y[..., None] - coords[:, None, None, :, 1]) ** 2  # (N, g, g, T)

    def clicks(label, sigma):
        blobs = torch.exp(-squared / (2 * (sigma * image_size) ** 2))
        return (blobs * (labels == label)[:, None, None]).amax(-1)

    near = [clicks(label, sigma) for label in (POSITIVE, NEGATIVE) for sigma in (0.015, 0.06)]
    centred = torch.exp(-(u**2 + v**2)) * box
    far = (1 - clicks(POSITIVE, 0.3)) * (labels == POSITIVE).any(1)[:, None, None]
    inside = has_box * (0.2 * box + centred) + (1 + 9 * has_box) * near[0] + 0.1 * near[1]
    inside = inside * (1 - near[2])
    # What lies just outside a box is what lies behind the object in it.
    away = torch.exp(-(torch.maximum(u.abs(), v.abs()) - 1).clamp(min=0) / BOX_REACH)
    outside = has_box * (1 - box) * away + (1 - has_box) * 0.3 * far + 3 * near[2] + 0.1 * near[3]
    allowed = torch.where(has_box > 0, box, 1.0)
    position = [m.clamp(-2, 2).expand_as(box) * has_box for m in (u, v)]
    maps = torch.stack([box, edge, *position, *near], 1)
    return maps, inside[:, None], outside[:, None], allowed[:, None]
