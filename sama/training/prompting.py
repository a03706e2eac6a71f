"""Simulated prompts: jittered boxes, clicks, and a click where the last answer is wrong."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.prompt_tensors import (
    BOTTOM_RIGHT,
    NEGATIVE,
    PADDING,
    POSITIVE,
    TOP_LEFT,
    PromptTensors,
)

CLICKS = 3
SHORT, LARGE = 0.25, 0.2  # of a box's side, at most
REACHES = (2, 6, 14)  # in cells of half the grid


@dataclass(frozen=True)
class Prompting:
    """How training asks, [prompting] of a recipe, as shares.

    box: whole objects that get a box, the others get clicks; exact: boxes that are tight, the sides of the others are
    moved by noise of `noise` of the box's side, or, for shares `short` and `large` of all boxes, one side is drawn up
    to 25 % too short, or every side up to 20 % too far out; single: clicked objects that get one click, the others one
    to three; deep: first clicks that lie as deep inside as can be; clicked: boxes that come with clicks; corrected:
    batches that are asked again with a click where the answer is wrong, `with_mask` of these with the answer's mask as
    well; guided: objects whose matte follows a damaged truth, with its box as the prompt, instead of SAM's answer.
    """

    box: float = 0.65
    exact: float = 0.5
    noise: float = 0.07
    short: float = 0.0
    large: float = 0.0
    single: float = 0.4
    deep: float = 0.5
    clicked: float = 0.15
    corrected: float = 0.4
    with_mask: float = 0.3
    guided: float = 0.0


def simulate_prompts(
    target: Tensor,
    part: Tensor,
    size: int,
    generator: torch.Generator,
    plan: Prompting | None = None,
) -> PromptTensors:
    """Draw a prompt for each target (N, 1, g, g) in [0, 1]; `part` (N,) bool marks ambiguous parts.

    Whole objects get a box two times out of three, else one to three clicks; parts get one click. The first click is
    often as deep inside as can be, which is where people and evaluations click.
    Coordinates are pixels of a view of `size`.
    """
    plan = plan or Prompting()
    n, grid = len(target), target.shape[-1]
    device = target.device
    box = tight_boxes(target) * (size / grid)

    def uniform(*shape):
        return torch.rand(*shape, generator=generator).to(device)

    sides = (box[:, 2:] - box[:, :2]).repeat(1, 2)
    noise = torch.randn(n, 4, generator=generator).to(device).clamp(-2, 2) * plan.noise * sides
    kind = uniform(n, 1)
    drawn = torch.where(kind < plan.exact, box, (box + noise).clamp(0, size))
    if plan.short or plan.large:
        drawn = _drawn(box, drawn, kind - plan.exact, plan, uniform).clamp(0, size)
    box = drawn

    object_map = target[:, 0] > 0.5
    inner = F.avg_pool2d(object_map[:, None].float(), 5, stride=1, padding=2)[:, 0] > 0.95
    ring = F.max_pool2d(object_map[:, None].float(), 15, stride=1, padding=7)[:, 0] > 0.5
    coords, labels = [], []
    for i in range(CLICKS):
        # The first click is positive; later ones are as often beside the object as on it.
        negative = (uniform(n) < 0.5) if i else torch.zeros(n, dtype=torch.bool, device=device)
        wanted = torch.where(negative[:, None, None], ring & ~object_map, inner)
        wanted = torch.where(wanted.flatten(1).any(1)[:, None, None], wanted, object_map)
        cell = pick(wanted, generator)
        if i == 0:
            deep = depth(target > 0.5).flatten(1).argmax(1)
            cell = torch.where(uniform(n) < plan.deep, deep, cell)
        label = object_map.flatten(1).gather(1, cell[:, None])[:, 0]
        coords.append(_centre(cell, grid, size))
        labels.append(torch.where(label, POSITIVE, NEGATIVE))
    clicks = torch.stack(labels, 1)  # (N, CLICKS)

    use_box = (uniform(n) < plan.box) & ~part
    count = torch.randint(1, CLICKS + 1, (n,), generator=generator).to(device)
    count = torch.where(part | (uniform(n) < plan.single), 1, count)
    extra = uniform(n) < plan.clicked
    count = torch.where(use_box, torch.where(extra, count, 0), count)
    keep = torch.arange(CLICKS, device=device)[None] < count[:, None]
    clicks = torch.where(keep, clicks, PADDING)
    corners = torch.where(use_box[:, None], torch.tensor([[TOP_LEFT, BOTTOM_RIGHT]], device=device), PADDING)
    return PromptTensors(
        torch.cat([box.reshape(n, 2, 2), torch.stack(coords, 1)], 1), torch.cat([corners, clicks], 1)
    )


def _drawn(box: Tensor, usual: Tensor, kind: Tensor, plan: Prompting, uniform) -> Tensor:
    """Boxes (N, 4) as people draw them: where `kind` (N, 1) is in [0, short) one side of `box` too short, in [short,
    short + large) all too far out, elsewhere `usual`."""
    inward = torch.tensor([1.0, 1.0, -1.0, -1.0], device=box.device)
    sides = (box[:, 2:] - box[:, :2]).repeat(1, 2) * inward
    one = (uniform(len(box), 1) * 4).long() == torch.arange(4, device=box.device)
    short = box + one * SHORT * uniform(len(box), 1) * sides
    large = box - LARGE * uniform(len(box), 4) * sides
    wrong = torch.where(kind < plan.short, short, large)
    return torch.where((kind >= 0) & (kind < plan.short + plan.large), wrong, usual)


def boxed(prompts: PromptTensors, rows: Tensor, masks: Tensor, size: int) -> PromptTensors:
    """The prompts, with nothing but a box around the masks (N, 1, g, g) > 0.5 where rows (N,) bool are true; in pixels
    of a view of `size`."""
    box = tight_boxes(masks) * (size / masks.shape[-1])
    coords, labels = torch.zeros_like(prompts.coords), torch.full_like(prompts.labels, PADDING)
    coords[:, :2] = box.reshape(-1, 2, 2).to(coords)
    labels[:, :2] = torch.tensor([TOP_LEFT, BOTTOM_RIGHT], device=labels.device)
    return replace(
        prompts,
        coords=torch.where(rows[:, None, None], coords, prompts.coords),
        labels=torch.where(rows[:, None], labels, prompts.labels),
    )


def error_click(logits: Tensor, target: Tensor, known: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Click the middle of the largest error of logits (N, 1, g, g); returns coords (N, 2), labels (N,)."""
    truth = target > 0.5
    error = ((logits > 0) != truth) & (known > 0.5)
    grid = target.shape[-1]
    cell = depth(error).flatten(1).argmax(1)
    label = truth.flatten(1).gather(1, cell[:, None])[:, 0]
    labels = torch.where(label, POSITIVE, NEGATIVE)
    return _centre(cell, grid, size), torch.where(error.flatten(1).any(1), labels, PADDING)


def depth(region: Tensor) -> Tensor:
    """How deep inside a region (N, 1, g, g) bool its cells lie and how large it is there, of the same shape, 0 outside:
    the region's share of windows of several sizes."""
    share = F.avg_pool2d(region.float(), 3, stride=1, padding=1)
    half = F.avg_pool2d(region.float(), 2)
    for reach in REACHES:
        seen = F.avg_pool2d(half, 2 * reach + 1, stride=1, padding=reach)
        share = share + F.interpolate(seen, scale_factor=2, mode="bilinear", align_corners=False)
    return share * region


def tight_boxes(target: Tensor) -> Tensor:
    """Boxes (N, 4) x0, y0, x1, y1 in cells around target (N, 1, g, g) > 0.5; the whole grid where it is empty."""
    mask = target[:, 0] > 0.5
    grid = mask.shape[-1]
    out = []
    for seen in (mask.any(1), mask.any(2)):  # columns, rows
        index = torch.arange(grid, device=mask.device)
        low = torch.where(seen, index, grid).amin(1)
        high = torch.where(seen, index + 1, 0).amax(1)
        empty = high == 0
        out.append((torch.where(empty, 0, low), torch.where(empty, grid, high)))
    (x0, x1), (y0, y1) = out
    return torch.stack([x0, y0, x1, y1], 1).float()


def pick(mask: Tensor, generator: torch.Generator) -> Tensor:
    """Return (N,) one random flat index where mask (N, g, g) is true; any index where it is empty."""
    noise = torch.rand(mask.flatten(1).shape, generator=generator).to(mask.device)
    return (mask.flatten(1) * (noise + 1e-3)).argmax(1)


def _centre(cell: Tensor, grid: int, size: int) -> Tensor:
    x = (cell % grid + 0.5) * (size / grid)
    y = (torch.div(cell, grid, rounding_mode="floor") + 0.5) * (size / grid)
    return torch.stack([x, y], 1)
