"""What the photo itself shows at strides 4, 2 and 1 of the frame, for the prediction heads.

A convolutional stream from the image down and back up, joined at stride 4 with what the backbone saw of the local
views; ViTMatte's detail capture module and ZIM's hierarchical decoder are the models. No prompt takes part, so it runs
once per photo and may be deeper than what runs at every click. It never works at stride 1: the pixels of a 2 x 2 block
are channels at stride 2, which processors like better.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.backbones.layers import ConvBlock
from sama.models.maps import from_phases, to_phases, up2


class FineStream(nn.Module):
    """Maps of `widths` channels at strides 4, 2 and 1 from an image and the backbone's detail map."""

    def __init__(self, detail: int, widths: tuple[int, int, int], blocks: int):
        super().__init__()
        w4, w2, w1 = widths
        self.stem = nn.Conv2d(4 * 3, w2, 3, padding=1)
        self.down4 = nn.Conv2d(w2, w4, 4, stride=2, padding=1)
        self.detail = nn.Conv2d(detail, w4, 1)
        nn.init.dirac_(self.detail.weight)  # starts as what the backbone saw
        nn.init.zeros_(self.detail.bias)
        self.blocks = nn.Sequential(*(ConvBlock(w4) for _ in range(blocks)))
        self.up2 = nn.Conv2d(w4, w2, 1)
        self.join2 = nn.Conv2d(w2, w2, 3, padding=1)
        self.out1 = nn.Conv2d(w2, 4 * w1, 3, padding=1)

    def forward(self, image: Tensor, detail: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """image (B, 3, s, s) normalised, detail (B, D, s/4, s/4): maps at s/4, s/2 and s."""
        fine4, fine2, phases = self.in_phases(image, detail)
        return fine4, fine2, from_phases(phases)

    def in_phases(self, image: Tensor, detail: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The same with the last map in phases, see `to_phases`."""
        at2 = F.gelu(self.stem(to_phases(image)))
        fine4 = self.blocks(self.down4(at2) + self.detail(detail))
        fine2 = F.gelu(self.join2(at2 + up2(self.up2(fine4))))
        return fine4, fine2, self.out1(fine2)
