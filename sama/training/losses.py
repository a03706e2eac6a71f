"""Losses. Every one takes `known` (1 = supervise, 0 = ignore), of the target's shape.

Targets are soft in [0, 1]; shapes are (N, 1, H, W) unless said; results are (N,), one number a sample.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.trimap_first import BACKGROUND, CLASSES, FOREGROUND, UNKNOWN
from sama.training.correlation import filter_axis

ZIM_GRADIENT = 10.0
SURE = 0.04  # how far alpha may be from 0 or 1 for a pixel that is known to be the object's or not


def weighted_mean(x: Tensor, weight: Tensor) -> Tensor:
    """Mean of x over each sample, weighted."""
    return (x * weight).flatten(1).sum(1) / weight.flatten(1).sum(1).clamp(min=1)


def bce(logits: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """Binary cross-entropy."""
    return weighted_mean(F.binary_cross_entropy_with_logits(logits, target, reduction="none"), known)


def soft_iou(logits: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """1 - soft intersection over union, with +1 above and below; the paper names the loss but not its form."""
    p, y = torch.sigmoid(logits) * known, target * known
    both = (p * y).flatten(1).sum(1)
    return 1 - (both + 1) / (p.flatten(1).sum(1) + y.flatten(1).sum(1) - both + 1)


def dice(logits: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """1 - Dice coefficient (Milletari et al. 2016), as SAM's training uses it."""
    p, y = torch.sigmoid(logits) * known, target * known
    both = (p * y).flatten(1).sum(1)
    return 1 - (2 * both + 1) / (p.flatten(1).sum(1) + y.flatten(1).sum(1) + 1)


def ssim(p: Tensor, y: Tensor, known: Tensor) -> Tensor:
    """1 - structural similarity: Gaussian window of 11, sigma 1.5, C1 = .01^2, C2 = .03^2 (Wang et al. 2004)."""
    p, y = p * known, y * known
    taps = torch.exp(-((torch.arange(11.0) - 5) ** 2) / (2 * 1.5**2))
    taps = taps / taps.sum()

    def blur(x):
        return filter_axis(filter_axis(x, taps, 2), taps, 3)

    mp, my = blur(p), blur(y)
    vp, vy = blur(p * p) - mp * mp, blur(y * y) - my * my
    cov = blur(p * y) - mp * my
    c1, c2 = 0.01**2, 0.03**2
    similar = (2 * mp * my + c1) * (2 * cov + c2) / ((mp**2 + my**2 + c1) * (vp + vy + c2))
    return weighted_mean(1 - similar, known)


def gradient(p: Tensor, y: Tensor, known: Tensor) -> Tensor:
    """L1 between Sobel gradients plus a small penalty on gradients (Dai et al. 2022, as in ViTMatte)."""
    slope, smooth = torch.tensor([-1.0, 0.0, 1.0]), torch.tensor([1.0, 2.0, 1.0]) / 4

    def steepness(x: Tensor) -> Tensor:
        down, across = (filter_axis(filter_axis(x, slope, axis), smooth, 5 - axis) for axis in (2, 3))
        return (down.abs() + across.abs()) / 2

    return weighted_mean(steepness(p - y) + 0.01 * steepness(p), known)


def laplacian(p: Tensor, y: Tensor, known: Tensor, levels: int = 5) -> Tensor:
    """L1 between Laplacian pyramids, level l weighted by 2^l (Hou & Liu 2019), divided by the number of levels."""
    difference = (p - y) * known  # the pyramid is linear
    taps = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    total = torch.zeros(len(p), device=p.device, dtype=p.dtype)
    for level in range(levels):
        down = filter_axis(filter_axis(difference, taps, 2), taps, 3)[..., ::2, ::2]
        up = F.interpolate(down, difference.shape[-2:], mode="bilinear", align_corners=False)
        total = total + 2**level * (difference - up).abs().flatten(1).mean(1)
        difference = down
    return total / levels


def segmentation_loss(logits: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """BCE + IoU + SSIM, weights 1 (paper, "Training objective")."""
    return (
        bce(logits, target, known)
        + soft_iou(logits, target, known)
        + ssim(torch.sigmoid(logits), target, known)
    )


def matting_loss(logits: Tensor, target: Tensor, known: Tensor, *, doubt: float) -> Tensor:
    """L1 + SSIM + Grad + Lap, weights 1 (paper, eq. 10), and `doubt` times BCE.

    The paper's terms act through the sigmoid: where SAM is sure and wrong, in the gaps of a fence, they have next to
    no gradient, so a run begins with BCE. It ends without: BCE says how sure it is, and objects stay grey inside.
    """
    alpha = torch.sigmoid(logits)
    return (
        doubt * bce(logits, target, known)
        + weighted_mean((alpha - target).abs(), known)
        + ssim(alpha, target, known)
        + gradient(alpha, target, known)
        + laplacian(alpha, target, known)
    )


def zim_loss(logits: Tensor, target: Tensor, known: Tensor, *, doubt: float) -> Tensor:
    """L1 + 10 Grad (ZIM, arXiv 2411.00626) in the place of `matting_loss`, with the same `doubt`."""
    alpha = torch.sigmoid(logits)
    return (
        doubt * bce(logits, target, known)
        + weighted_mean((alpha - target).abs(), known)
        + ZIM_GRADIENT * gradient(alpha, target, known)
    )


MATTING_LOSSES = {"paper": matting_loss, "zim": zim_loss}


@dataclass(frozen=True)
class Objective:
    """What SAMA is trained for: which of MATTING_LOSSES teaches the matting head, and the weights of the two tasks,
    which the paper leaves open; their batches come in turn, so only the proportion counts."""

    matting: str = "paper"
    segmentation_weight: float = 1.0
    matting_weight: float = 1.0

    def weight(self, task: str) -> float:
        """The task's weight, the mean of both being 1."""
        weights = {"segmentation": self.segmentation_weight, "matting": self.matting_weight}
        return 2 * weights[task] / sum(weights.values())


def trimap_classes(target: Tensor, known: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """What a trimap should say of a matte (N, 1, H, W): classes (N, side, side) of `trimap_first`, and whether they are
    known, the same shape, 0 or 1. A cell is known to be the object's or not where it and its neighbours are all that,
    so that a trimap enlarged between its cells says so rightly."""
    factor = target.shape[-1] // side

    def highest(x: Tensor) -> Tensor:
        return F.max_pool2d(F.max_pool2d(x, factor), 3, stride=1, padding=1)[:, 0]

    classes = torch.full_like(target[:, 0, ::factor, ::factor], UNKNOWN, dtype=torch.long)
    classes[highest(target) < SURE] = BACKGROUND
    classes[highest(1 - target) < SURE] = FOREGROUND
    return classes, (-F.max_pool2d(-known, factor)[:, 0] > 0).float()


def trimap_loss(trimap: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """Cross-entropy of logits (N, 3, h, w) and what `trimap_classes` makes of the matte and its `known` (N, 1, H, W).
    Half of the weight is shared alike between the classes that a sample has, so that a thin unknown is not drowned."""
    classes, seen = trimap_classes(target, known, trimap.shape[-1])
    each = F.one_hot(classes, CLASSES).movedim(-1, 1) * seen[:, None]  # (N, 3, h, w)
    count = each.flatten(2).sum(2)  # (N, 3)
    total, there = count.sum(1, keepdim=True), (count > 0).sum(1, keepdim=True).clamp(min=1)
    share = 0.5 + 0.5 * total / there / count.clamp(min=1)  # (N, 3)
    weight = (each * share[..., None, None]).sum(1)
    return weighted_mean(F.cross_entropy(trimap, classes, reduction="none"), weight)


def prompt_loss(logits: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """BCE around the object + Dice, for each of M candidates: logits (N, M, H, W) -> (N, M).

    Pixels far from the object count a tenth, so that small objects are not drowned.
    """
    n, m = logits.shape[:2]
    near = F.max_pool2d((target > 0.5).float(), 17, stride=1, padding=8)
    weight = known * (0.1 + near)

    def each(x):
        return x.expand(-1, m, -1, -1).reshape(n * m, 1, *x.shape[-2:])

    flat = logits.reshape(n * m, 1, *logits.shape[-2:])
    return (bce(flat, each(target), each(weight)) + dice(flat, each(target), each(known))).reshape(n, m)


def mask_iou(logits: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """Intersection over union of logits > 0 and target > 0.5 for each candidate: (N, M, H, W) -> (N, M)."""
    p, y = (logits > 0) & (known > 0.5), (target > 0.5) & (known > 0.5)
    both = (p & y).flatten(2).sum(2).float()
    return both / (p | y).flatten(2).sum(2).clamp(min=1)
