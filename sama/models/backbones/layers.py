"""Layers of the embedded image encoder."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.attention import attend


class ChannelNorm(nn.Module):
    """Layer norm over the channels of (B, C, H, W), fast for channels-last tensors."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, x.shape[-1:], self.weight.to(x.dtype), self.bias.to(x.dtype))
        return x.permute(0, 3, 1, 2)


class ConvBlock(nn.Module):
    """Pre-norm residual block of two 3x3 convolutions, (B, C, H, W) to the same shape."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return x + self.conv2(F.gelu(self.conv1(self.norm(x))))


class AttentionBlock(nn.Module):
    """Self-attention followed by a convolutional MLP, both pre-norm and residual; same shape.

    `split` cuts the map into split x split windows that attend within themselves; 1 is global attention.
    """

    attend = staticmethod(attend)

    def __init__(self, channels: int, heads: int, split: int):
        super().__init__()
        self.heads = heads
        self.split = split
        self.norm1 = ChannelNorm(channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.project = nn.Conv2d(channels, channels, 1)
        self.norm2 = ChannelNorm(channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 1)
        for layer in (self.project, self.conv2):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        x = x + self.project(self._attend(self.qkv(self.norm1(x))))
        return x + self.conv2(F.gelu(self.conv1(self.norm2(x))))

    def _attend(self, qkv: Tensor) -> Tensor:
        """(B, 3C, h, w) -> (B, C, h, w)."""
        b, c, h, w = qkv.shape
        s, d = self.split, c // 3 // self.heads
        windows = qkv.permute(0, 2, 3, 1).reshape(b, s, h // s, s, w // s, 3, self.heads, d)
        windows = windows.permute(5, 0, 1, 3, 6, 2, 4, 7)  # (3, B, s, s, heads, h/s, w/s, d)
        q, k, v = windows.reshape(3, b * s * s * self.heads, h * w // s**2, d)
        out = self.attend(q, k, v)
        out = out.reshape(b, s, s, self.heads, h // s, w // s, d)
        out = out.permute(0, 3, 6, 1, 4, 2, 5)  # (B, heads, d, s, h/s, s, w/s)
        return out.reshape(b, c // 3, h, w).contiguous(memory_format=torch.channels_last)


def position_encoding(channels: int, size: tuple[int, int], device: torch.device) -> Tensor:
    """Sine and cosine of the position relative to the frame, (1, channels, h, w); any size."""
    h, w = size
    frequencies = 2.0 ** torch.linspace(0, 5, channels // 4, device=device) * torch.pi
    rows = (torch.arange(h, device=device) + 0.5) / h
    columns = (torch.arange(w, device=device) + 0.5) / w
    y = (rows[:, None] * frequencies)[:, None].expand(-1, w, -1)  # (h, w, channels/4)
    x = (columns[:, None] * frequencies)[None].expand(h, -1, -1)
    return torch.cat([x.sin(), x.cos(), y.sin(), y.cos()], -1).permute(2, 0, 1)[None]
