"""Enlarging and convolving in one step equals doing one after the other."""

import pytest
import torch
from torch.nn import functional as F

from sama.models.backbones.layers import up2
from sama.models.beliefs import Beliefs, make_guides
from sama.models.heads import PredictionHead, entry
from sama.models.stage import Stage, bordered
from sama.models.upconv import enlarging_kernel, from_phases, own_kernel, to_phases


def replicated(x):
    return F.pad(x, (1, 1, 1, 1), mode="replicate")


def test_phases_are_the_pixels_of_each_cell():
    x = torch.arange(2 * 3 * 4 * 6.0).reshape(2, 3, 4, 6)
    phases = to_phases(x)
    assert phases.shape == (2, 12, 2, 3)
    assert torch.equal(phases[:, 3:6], x[..., ::2, 1::2])  # row 0, column 1 of each cell
    assert torch.equal(from_phases(phases), x)


def test_the_kernel_of_an_enlarged_map():
    torch.manual_seed(0)
    x, kernel = torch.randn(2, 5, 6, 7), torch.randn(4, 5, 3, 3)
    expected = F.conv2d(replicated(up2(x)), kernel)
    got = from_phases(F.conv2d(replicated(x), enlarging_kernel(kernel)))
    assert torch.allclose(got, expected, atol=1e-4)


def test_the_kernel_of_a_map_in_phases():
    torch.manual_seed(0)
    x, kernel = torch.randn(2, 5, 12, 14), torch.randn(4, 5, 3, 3)
    expected = F.conv2d(x, kernel, padding=1)[..., 2:-2, 2:-2]
    got = from_phases(F.conv2d(to_phases(x), own_kernel(kernel)))
    assert torch.allclose(got, expected, atol=1e-4)


@pytest.fixture
def stage() -> Stage:
    torch.manual_seed(0)
    stage = Stage(6, 4, beliefs=2, detail=5, image=True, enlarge=True)
    torch.nn.init.uniform_(stage.norm.weight, 0.5, 2)
    torch.nn.init.normal_(stage.norm.bias)
    stage.norm.running_mean.normal_()
    stage.norm.running_var.uniform_(0.5, 2)
    return stage


@pytest.mark.parametrize("training", [True, False])
def test_a_stage_is_enlarging_convolution_batch_norm_and_gelu(stage, training):
    stage.train(training)
    x, belief = torch.randn(2, 6, 40, 50), torch.rand(2, 2, 40, 50)
    image, detail = torch.randn(2, 3, 80, 100), torch.randn(2, 5, 80, 100)
    y = F.conv2d(replicated(up2(x)), stage.conv.weight, stage.conv.bias)
    y = y + F.conv2d(replicated(up2(belief)), stage.base.weight)
    y = y + F.conv2d(image, stage.image.weight, padding=1) + stage.detail(detail)
    expected = F.gelu(stage.norm(y))
    stage.norm.num_batches_tracked.zero_()
    with torch.set_grad_enabled(training):
        side = stage.side(detail, image, (80, 100))
        got = stage.whole(stage(bordered([x, belief, side.image]), side, stage.kernel()))
    # What the image is beyond its border is another matter, and in training the border has a part in the statistics.
    inner = (..., slice(2, -2), slice(2, -2))
    assert torch.allclose(got[inner], expected[inner], atol=5e-2 if training else 1e-4)


@pytest.mark.parametrize("details", [(3,), (3, 2)])
def test_every_parameter_of_a_head_learns(details):
    torch.manual_seed(0)
    colours = len(details) == 1
    head = PredictionHead(
        8, (6, 5, 4, 4), 16, details=details, image=colours, beliefs=2, mixing=True, residual=True
    ).train()
    torch.nn.init.normal_(head.weights.layers[-1].weight)
    torch.nn.init.normal_(head.mix.conv2.weight)
    image = torch.randn(2, 3, 64, 64)
    maps = tuple(torch.randn(2, c, 32 << i, 32 << i) for i, c in enumerate(details))
    sides = head.sides(maps, image, (8, 8))
    base = torch.randn(2, 1, 16, 16)
    beliefs = Beliefs(base, make_guides(image, ((2, 1e-3),)), torch.float32)
    x = entry(torch.randn(2, 8, 8, 8), beliefs)
    logits = head(x, torch.randn(2, 8), base, beliefs, sides)
    assert logits.shape == (2, 1, 64, 64)
    logits.square().mean().backward()
    still = [n for n, p in head.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == [], still
