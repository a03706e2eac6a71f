"""What a prompt says about every pixel before any decoder has run: the dense prompt prior of `mini`.

SAM's decoder gets clicks and boxes as tokens only, and learns very slowly from scratch. Here the same prompt is also
drawn as maps (box, relative position in it, clicks), together with two guesses: a colour model of inside against
outside, re-estimated as in GrabCut (Rother et al. 2004) but with histograms and mean-field sweeps, which needs no
training, and a comparison of learned descriptors, each pixel attending to those that the prompt calls object or
background. The maps meet the image embedding in a few blocks and are added to SAM's dense prompt embedding; ZIM's
prompt-aware attention has the same aim.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.backbones.layers import AttentionBlock, ChannelNorm, ConvBlock
from sama.models.prompt_tensors import BOTTOM_RIGHT, NEGATIVE, POSITIVE, TOP_LEFT, PromptTensors

BINS = 48
ROUNDS = 2
SWEEPS = 8
SMOOTHNESS = 2.0
MAPS = 13
WIDTH = 128


@dataclass(frozen=True)
class PriorContext:
    """What the prior needs of B images, computed once; all at stride 4 but the last two.

    colours (B, 3, g, g) normalised; bins (B, g*g) int, colour bin of each pixel; valid (B, 1, g, g), 0 in the
    padding; affinity (8, B, 1, g, g), how alike each pixel is to its neighbours; embedding (B, C, h, w);
    descriptors (B, heads, h*w, d), unit length.
    """

    colours: Tensor
    bins: Tensor
    valid: Tensor
    affinity: Tensor
    embedding: Tensor
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
            nn.Conv2d(64, WIDTH, 2, stride=2),
        )
        self.image = nn.Conv2d(embed_dim, WIDTH, 1)
        self.alike = nn.Conv2d(2 * heads, WIDTH, 1)
        # Prompt and image meet here: pixels that the prompt says nothing about learn from those it does.
        self.blocks = nn.Sequential(ConvBlock(WIDTH), AttentionBlock(WIDTH, 4, 1), ConvBlock(WIDTH))
        self.fuse = nn.Sequential(ChannelNorm(WIDTH), nn.Conv2d(WIDTH, embed_dim, 1))

    def context(self, view: Tensor, embedding: Tensor) -> PriorContext:
        """Prepare normalised global views (B, 3, S, S) and their embeddings (B, C, h, w)."""
        colours = F.avg_pool2d(view.float(), 4)
        valid = F.avg_pool2d((view != 0).any(1, keepdim=True).float(), 4).round()
        level = ((colours * 0.225 + 0.45) * BINS).long().clamp(0, BINS - 1)  # (B, 3, g, g)
        bins = (level[:, 0] * BINS + level[:, 1]) * BINS + level[:, 2]
        described = self.describe(embedding)
        b, _, h, w = described.shape
        descriptors = described.reshape(b, self.heads, 32, h * w).transpose(2, 3)  # (B, heads, hw, 32)
        return PriorContext(
            colours,
            bins.flatten(1),
            valid,
            contrast_affinity(colours, valid),
            embedding,
            F.normalize(descriptors.float(), dim=-1),
        )

    def forward(self, context: PriorContext, prompts: PromptTensors) -> tuple[Tensor, Tensor]:
        """Return (N, C, h, w), to be added to SAM's dense prompt embedding, and the likeness (N, 1, h, w), a first
        guess of the logits that training supervises."""
        n, images = len(prompts.labels), len(context.bins)

        def each(x, dim=0):
            return x.repeat_interleave(n // images, dim)

        valid = each(context.valid)  # (N, 1, g, g)
        with torch.no_grad(), torch.autocast(valid.device.type, enabled=False):
            maps, inside, outside, box = draw_prompts(prompts, valid.shape[-1], self.image_size)
            inside, outside, box = inside * valid, outside * valid, box * valid
            affinity = each(context.affinity, 1)
            appearance = colour_posterior(each(context.bins), inside, outside, box, affinity)
        alike = self._alike(context.descriptors, inside, outside, box, n // images)
        planes = torch.cat([maps, 2 * appearance - 1, valid, each(context.colours)], 1)  # (N, 13, g, g)
        x = self.embed(planes) + self.alike(alike) + each(self.image(context.embedding))
        return self.fuse(self.blocks(x)), alike.mean(1, keepdim=True)

    def _alike(self, descriptors, inside, outside, box, each) -> Tensor:
        """Log ratio of likeness to inside and to outside, (N, 2 heads, h, w): first guess and re-estimate."""
        side = int(descriptors.shape[2] ** 0.5)
        pool = inside.shape[-1] // side
        inside, outside, box = (F.avg_pool2d(m, pool) for m in (inside, outside, box))
        first = self._compare(descriptors, inside, outside, each)
        with torch.no_grad():
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


def contrast_affinity(colours: Tensor, valid: Tensor) -> Tensor:
    """How strongly each pixel of (B, 3, g, g) is tied to its eight neighbours, (8, B, 1, g, g) in [0, 1].

    exp(-d^2 / 2 mean(d^2)) of the colour difference d over the distance, as in GrabCut's smoothness term; 0 across the
    border of the padding.
    """
    squared = ((_neighbours(colours) - colours) ** 2).sum(2, keepdim=True)
    both = _neighbours(valid) * valid
    mean = (squared * both).sum((0, 2, 3, 4)) / both.sum((0, 2, 3, 4)).clamp(min=1)
    distance = colours.new_tensor([2, 1, 2, 1, 1, 2, 1, 2]).sqrt().reshape(8, 1, 1, 1, 1)
    return torch.exp(-squared / (2 * mean.reshape(1, -1, 1, 1, 1) + 1e-6)) * both / distance


def _neighbours(x: Tensor) -> Tensor:
    """The eight neighbours of (B, C, g, g), 0 outside: (8, B, C, g, g), row by row."""
    h, w = x.shape[-2:]
    padded = F.pad(x, (1, 1, 1, 1))
    steps = [(dy, dx) for dy in range(3) for dx in range(3) if (dy, dx) != (1, 1)]
    return torch.stack([padded[..., dy : dy + h, dx : dx + w] for dy, dx in steps])


def colour_posterior(
    bins: Tensor, inside: Tensor, outside: Tensor, allowed: Tensor, affinity: Tensor
) -> Tensor:
    """Probability (N, 1, g, g) that a pixel is the object's, from weights of the same shape.

    bins (N, g*g) are joint colour bins, affinity (8, N, 1, g, g) ties neighbours. Histograms give each pixel its odds,
    mean-field sweeps (Krahenbuhl & Koltun 2011, here with neighbours only) smooth them along similar colours, and the
    histograms are estimated again from the answer, `ROUNDS` times.
    """
    weights = inside, outside
    for _ in range(ROUNDS):
        odds = (_colour_density(bins, weights[0]) / _colour_density(bins, weights[1])).log()
        odds = odds.reshape(inside.shape)
        belief = torch.sigmoid(odds) * allowed
        for _ in range(SWEEPS):
            agreed = (affinity * (2 * _neighbours(belief) - 1)).sum(0)
            belief = torch.sigmoid(odds + SMOOTHNESS * agreed) * allowed
        weights = inside * belief, outside + allowed * (1 - belief)
    return belief


def _colour_density(bins: Tensor, weights: Tensor) -> Tensor:
    """Smoothed histogram density of each pixel's colour, (N, g*g)."""
    n = len(bins)
    flat = weights.flatten(1)
    histogram = torch.zeros(n, BINS**3, device=bins.device).scatter_add_(1, bins, flat)
    cube = (histogram / (flat.sum(1, keepdim=True) + 1e-6)).reshape(n, BINS, BINS, BINS)
    for axis in (1, 2, 3):
        for _ in range(2):
            cube = _smooth(cube, axis)
    return cube.reshape(n, -1).gather(1, bins) + 1e-6


def _smooth(cube: Tensor, axis: int) -> Tensor:
    """Weights 1/4, 1/2, 1/4 along an axis, 0 outside; slices are much faster here than a convolution."""
    size = cube.shape[axis]
    out = cube / 2
    out.narrow(axis, 1, size - 1).add_(cube.narrow(axis, 0, size - 1), alpha=0.25)
    out.narrow(axis, 0, size - 1).add_(cube.narrow(axis, 1, size - 1), alpha=0.25)
    return out
