"""What a prompt says about every pixel before any decoder has run: the dense prompt prior of `mini`.

SAM's decoder gets clicks and boxes as tokens only, and learns very slowly from scratch. Here the same prompt is also
drawn as maps (box, relative position in it, clicks), together with two guesses that need no training: a colour model
of inside against outside, re-estimated as in GrabCut (Rother et al. 2004) but with histograms and no graph cut, and a
comparison of learned descriptors, each pixel attending to the pixels that the prompt calls object or background. The
maps are embedded and added to SAM's dense prompt embedding; ZIM's prompt-aware attention has the same aim.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.backbones.layers import ChannelNorm
from sama.models.prompt_tensors import BOTTOM_RIGHT, NEGATIVE, POSITIVE, TOP_LEFT, PromptTensors

BINS = 16
ROUNDS = 3
MAPS = 13


@dataclass(frozen=True)
class PriorContext:
    """What the prior needs of B images, computed once: all at stride 4 but `descriptors`.

    colours (B, 3, g, g) normalised; bins (B, g*g) int, colour bin of each pixel; valid (B, 1, g, g), 0 in the
    padding; descriptors (B, heads, h*w, d), unit length, at the embedding's resolution.
    """

    colours: Tensor
    bins: Tensor
    valid: Tensor
    descriptors: Tensor


class PromptPrior(nn.Module):
    """Embed prompts densely: `context` once per image, `forward` per prompt."""

    def __init__(self, *, image_size: int, embed_dim: int, heads: int):
        super().__init__()
        self.image_size = image_size
        self.heads = heads
        self.describe = nn.Conv2d(embed_dim, 32 * heads, 1)
        self.sharpness = nn.Parameter(torch.full((heads, 1, 1), 3.0))
        self.embed = nn.Sequential(
            nn.Conv2d(MAPS, 32, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(32, 64, 2, stride=2),
            ChannelNorm(64),
            nn.Conv2d(64, 64, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(64, 128, 2, stride=2),
            nn.GELU(),
        )
        self.fuse = nn.Sequential(
            nn.Conv2d(128 + 2 * heads, embed_dim, 1), nn.GELU(), nn.Conv2d(embed_dim, embed_dim, 1)
        )

    def context(self, view: Tensor, embedding: Tensor) -> PriorContext:
        """Prepare normalised global views (B, 3, S, S) and their embeddings (B, C, h, w)."""
        colours = F.avg_pool2d(view.float(), 4)
        valid = F.avg_pool2d((view != 0).any(1, keepdim=True).float(), 4)
        level = ((colours * 0.225 + 0.45) * BINS).long().clamp(0, BINS - 1)  # (B, 3, g, g)
        bins = (level[:, 0] * BINS + level[:, 1]) * BINS + level[:, 2]
        described = self.describe(embedding)
        b, _, h, w = described.shape
        descriptors = described.reshape(b, self.heads, 32, h * w).transpose(2, 3)  # (B, heads, hw, 32)
        return PriorContext(colours, bins.flatten(1), valid, F.normalize(descriptors.float(), dim=-1))

    def forward(self, context: PriorContext, prompts: PromptTensors) -> Tensor:
        """Return (N, C, h, w), to be added to SAM's dense prompt embedding."""
        n, images = len(prompts.labels), len(context.bins)
        each = n // images
        valid = context.valid.repeat_interleave(each, 0)  # (N, 1, g, g)
        with torch.no_grad(), torch.autocast(valid.device.type, enabled=False):
            maps, inside, outside, box = draw_prompts(prompts, valid.shape[-1], self.image_size)
            inside, outside = inside * valid, outside * valid
            bins = context.bins.repeat_interleave(each, 0)
            appearance = colour_posterior(bins, inside, outside, box)
        side = int(context.descriptors.shape[2] ** 0.5)
        alike = self._alike(context.descriptors, inside, outside, box, each, side)
        colours = context.colours.repeat_interleave(each, 0)
        planes = torch.cat([maps, 2 * appearance - 1, valid, colours], 1)  # (N, 13, g, g)
        return self.fuse(torch.cat([self.embed(planes), alike.to(planes.dtype)], 1))

    def _alike(self, descriptors, inside, outside, box, each, side) -> Tensor:
        """Log ratio of likeness to inside and to outside, (N, 2 heads, h, w): first guess and re-estimate."""
        pool = inside.shape[-1] // side
        inside, outside, box = (F.avg_pool2d(m, pool) for m in (inside, outside, box))
        with torch.no_grad():
            first = self._compare(descriptors, inside, outside, each)
            belief = torch.sigmoid(2 * first.mean(1, keepdim=True))
            inside = inside * belief
            outside = outside + 0.5 * box * (1 - belief)
        return torch.cat([first, self._compare(descriptors, inside, outside, each)], 1)

    def _compare(self, descriptors: Tensor, inside: Tensor, outside: Tensor, each: int) -> Tensor:
        """One comparison, (N, heads, h, w); every pixel attends to all, the values are the prompt's weights."""
        b, heads, cells, _ = descriptors.shape
        weights = torch.cat([m / (m.mean((2, 3), keepdim=True) + 1e-4) for m in (inside, outside)], 1)
        values = weights.reshape(b, each * 2, cells).transpose(1, 2)  # (B, hw, 2 each)
        queries = descriptors * self.sharpness.exp()
        likeness = torch.softmax(queries @ descriptors.transpose(2, 3), -1) @ values[:, None]
        likeness = likeness.reshape(b, heads, cells, each, 2).clamp(min=1e-3).log()
        ratio = likeness[..., 0] - likeness[..., 1]  # (B, heads, hw, each)
        side = inside.shape[-1]
        return ratio.permute(0, 3, 1, 2).reshape(b * each, heads, side, side)


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
    outside = has_box * (1 - box) + (1 - has_box) * 0.3 * far + 3 * near[2] + 0.1 * near[3]
    allowed = torch.where(has_box > 0, box, 1.0)
    position = [m.clamp(-2, 2).expand_as(box) * has_box for m in (u, v)]
    maps = torch.stack([box, edge, *position, *near], 1)
    return maps, inside[:, None], outside[:, None], allowed[:, None]


def colour_posterior(bins: Tensor, inside: Tensor, outside: Tensor, allowed: Tensor) -> Tensor:
    """Probability (N, 1, g, g) that a pixel's colour is the object's, from weights of the same shape.

    bins (N, g*g) are joint colour bins. Histograms are smoothed over neighbouring colours, the answer over
    neighbouring pixels, and both are estimated again from the answer, `ROUNDS` times.
    """
    start_in, start_out = inside, outside
    for _ in range(ROUNDS):
        p_in = _colour_density(bins, inside)
        p_out = _colour_density(bins, outside)
        odds = (p_in / p_out).log().reshape(inside.shape)
        odds = F.avg_pool2d(odds, 5, stride=1, padding=2, count_include_pad=False)
        belief = torch.sigmoid(1.5 * odds) * allowed
        inside = start_in * belief
        outside = start_out + 0.5 * allowed * (1 - belief) * (start_out.amax((2, 3), keepdim=True) > 0)
    return belief


def _colour_density(bins: Tensor, weights: Tensor) -> Tensor:
    """Smoothed histogram density of each pixel's colour, (N, g*g)."""
    n = len(bins)
    flat = weights.flatten(1)
    histogram = torch.zeros(n, BINS**3, device=bins.device).scatter_add_(1, bins, flat)
    histogram = histogram / (flat.sum(1, keepdim=True) + 1e-6)
    kernel = histogram.new_tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    cube = histogram.reshape(n, 1, BINS, BINS, BINS)
    for axis in range(3):
        shape = [1, 1, 1, 1, 1]
        shape[2 + axis] = 5
        pad = [0, 0, 0]
        pad[axis] = 2
        cube = F.conv3d(cube, kernel.reshape(shape), padding=pad)
    return cube.reshape(n, -1).gather(1, bins) + 1e-4
