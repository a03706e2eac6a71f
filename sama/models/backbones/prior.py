"""What a prompt says about every pixel before SAM's decoder has run: the dense prompt prior of `mini`.

SAM's decoder gets clicks and boxes as tokens only, and learns very slowly from scratch. Here the same prompt is also
drawn as maps (box, relative position in it, clicks), together with two guesses: a colour model of inside against
outside, which needs no training, and a comparison of learned descriptors, each pixel attending to those that the prompt
calls object or background. The maps meet the image in a small U-shaped network. Its deepest features are added to SAM's
dense prompt embedding, its finest to SAM's logits, where they start as the colour model's odds. ZIM's prompt-aware
attention has the same aim.
"""

from dataclasses import dataclass, fields
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.backbones.colour_model import colour_bins, colour_posterior, contrast_affinity
from sama.models.backbones.layers import AttentionBlock, ChannelNorm, ConvBlock
from sama.models.backbones.prompt_maps import draw_prompts
from sama.models.maps import up2
from sama.models.prompt_tensors import PromptTensors

MAPS = 13


@dataclass(frozen=True)
class PriorContext:
    """What the prior needs of B images, computed once; all at stride 4 but `image` and `descriptors`.

    colours (B, 3, g, g) normalised; bins (B, g*g) int, colour bin of each pixel; valid (B, 1, g, g), 0 in the
    padding; affinity (8, B, 1, g, g), how alike each pixel is to its neighbours; detail (B, ., g, g);
    image (B, ., h, w); descriptors (B, heads, h*w, d), unit length.
    """

    colours: Tensor
    bins: Tensor
    valid: Tensor
    affinity: Tensor
    detail: Tensor
    image: Tensor
    descriptors: Tensor

    def only(self, rows: slice) -> "PriorContext":
        """The same of some of the images."""
        parts = {each.name: getattr(self, each.name)[rows] for each in fields(self)}
        return PriorContext(**{**parts, "affinity": self.affinity[:, rows]})


class Prior(NamedTuple):
    """dense (N, C, h, w), to be added to SAM's dense prompt embedding; fine (N, 1, 4h, 4w), to be added to SAM's
    logits; likeness (N, 1, h, w), what the descriptors alone say, which stage one supervises too."""

    dense: Tensor
    fine: Tensor
    likeness: Tensor


class PromptPrior(nn.Module):
    """Embed prompts densely: `context` once per image, `forward` per prompt."""

    def __init__(
        self,
        *,
        image_size: int,
        embed_dim: int,
        detail_channels: int,
        heads: int,
        widths: tuple[int, int, int],
        mixing: bool,
    ):
        super().__init__()
        self.image_size = image_size
        self.heads = heads
        w4, w8, w16 = widths  # at strides 4, 8 and 16
        self.describe = nn.Conv2d(embed_dim, 32 * heads, 1)
        self.sharpness = nn.Parameter(torch.full((heads, 1, 1), 3.0))
        self.detail = nn.Conv2d(detail_channels, w4, 1)
        self.image = nn.Conv2d(embed_dim, w16, 1)
        self.alike = nn.Conv2d(2 * heads, w16, 1)
        self.down4 = nn.Conv2d(MAPS, w4, 3, padding=1)
        self.down8 = nn.Sequential(
            nn.Conv2d(w4, w8, 2, stride=2), ChannelNorm(w8), nn.Conv2d(w8, w8, 3, padding=1), nn.GELU()
        )
        self.down16 = nn.Conv2d(w8, w16, 2, stride=2)
        # Prompt and image meet here: pixels that the prompt says nothing about learn from those it does.
        self.blocks = nn.Sequential(
            ConvBlock(w16),
            *(AttentionBlock(w16, max(1, w16 // 64), 1) for _ in range(2)),
            ConvBlock(w16),
        )
        self.dense = nn.Sequential(ChannelNorm(w16), nn.Conv2d(w16, embed_dim, 1))
        self.to8 = nn.Conv2d(w16, w8, 1)
        self.up8 = nn.Sequential(ChannelNorm(w8), nn.Conv2d(w8, w8, 3, padding=1), nn.GELU())
        self.mix8 = ConvBlock(w8) if mixing else nn.Identity()
        self.to4 = nn.Conv2d(w8, w4, 1)
        self.up4 = nn.Sequential(ChannelNorm(w4), nn.Conv2d(w4, w4, 3, padding=1), nn.GELU())
        self.fine = nn.Conv2d(w4, 1, 1)
        self.trust = nn.Parameter(torch.ones(1))
        nn.init.zeros_(self.fine.weight)
        nn.init.zeros_(self.fine.bias)

    def context(self, view: Tensor, embedding: Tensor, detail: Tensor) -> PriorContext:
        """Prepare normalised global views (B, 3, S, S), their embeddings (B, C, h, w) and details (B, D, 4h, 4w)."""
        colours = F.avg_pool2d(view.float(), 4)
        valid = F.avg_pool2d((view != 0).any(1, keepdim=True).float(), 4).round()
        described = self.describe(embedding)
        b, _, h, w = described.shape
        descriptors = described.reshape(b, self.heads, 32, h * w).transpose(2, 3)  # (B, heads, hw, 32)
        return PriorContext(
            colours,
            colour_bins(colours),
            valid,
            contrast_affinity(colours, valid),
            self.detail(detail),
            self.image(embedding),
            F.normalize(descriptors.float(), dim=-1),
        )

    def forward(self, context: PriorContext, prompts: PromptTensors) -> Prior:
        """Answer N prompts, the same number for each of the context's images."""
        n, images = len(prompts.labels), len(context.bins)

        def each(x, dim=0):
            return x.repeat_interleave(n // images, dim)

        valid = each(context.valid)  # (N, 1, g, g)
        with torch.no_grad(), torch.autocast(valid.device.type, enabled=False):
            maps, inside, outside, box = draw_prompts(prompts, valid.shape[-1], self.image_size)
            if prompts.known is not None:
                inside, outside = prompts.known.split(1, 1)
            inside, outside, box = inside * valid, outside * valid, box * valid
            affinity = each(context.affinity, 1)
            appearance = colour_posterior(each(context.bins), inside, outside, box, affinity)
            odds = torch.logit(appearance, eps=0.02)
        alike = self._alike(context.descriptors, inside, outside, box, n // images)
        planes = torch.cat([maps, 2 * appearance - 1, valid, each(context.colours)], 1)  # (N, 13, g, g)
        fine, dense = self.meet(planes, alike, each(context.detail), each(context.image))
        return Prior(dense, fine + self.trust * odds, alike.mean(1, keepdim=True))

    def meet(self, planes: Tensor, alike: Tensor, detail: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        """Where prompts (N, 13, g, g) and likeness (N, 2 heads, h, w) meet the image, detail (N, ., g, g) and
        image (N, ., h, w): what is added to the colours' odds (N, 1, g, g), and the dense embedding (N, C, h, w)."""
        x4 = F.gelu(self.down4(planes) + detail)
        x8 = self.down8(x4)
        x16 = self.blocks(self.down16(x8) + self.alike(alike) + image)
        y8 = self.mix8(self.up8(x8 + up2(self.to8(x16))))
        y4 = self.up4(x4 + up2(self.to4(y8)))
        return self.fine(y4), self.dense(x16)

    def _alike(self, descriptors, inside, outside, box, each) -> Tensor:
        """Log ratio of likeness to inside and to outside, (N, 2 heads, h, w): first guess and re-estimate."""
        side = int(descriptors.shape[2] ** 0.5)
        pool = inside.shape[-1] // side
        inside, outside, box = (F.avg_pool2d(m, pool) for m in (inside, outside, box))
        queries = descriptors * self.sharpness.exp()
        attention = torch.softmax(queries @ descriptors.transpose(2, 3), -1)  # (B, heads, hw, hw)
        first = _compared(attention, inside, outside, each)
        with torch.no_grad():
            belief = torch.sigmoid(2 * first.mean(1, keepdim=True))
            inside = inside * belief
            outside = outside + 0.5 * box * (1 - belief)
        return torch.cat([first, _compared(attention, inside, outside, each)], 1)


def _compared(attention: Tensor, inside: Tensor, outside: Tensor, each: int) -> Tensor:
    """One comparison, (N, heads, h, w); every pixel attends to all, the values are the prompt's weights."""
    b, heads, cells, _ = attention.shape
    weights = torch.cat([m / (m.mean((2, 3), keepdim=True) + 1e-4) for m in (inside, outside)], 1)
    values = weights.reshape(b, each * 2, cells).transpose(1, 2)  # (B, hw, 2 each)
    likeness = (attention @ values[:, None]).reshape(b, heads, cells, each, 2).clamp(min=1e-3).log()
    ratio = likeness[..., 0] - likeness[..., 1]  # (B, heads, hw, each)
    side = inside.shape[-1]
    return ratio.permute(0, 3, 1, 2).reshape(b * each, heads, side, side)
