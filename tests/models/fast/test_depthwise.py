"""Depthwise convolutions that learn in float32 equal the plain ones."""

import copy

import pytest
import torch

from sama.models.backbones.efficientnet import SameConv
from sama.models.fast.depthwise import LearningConv


def twins(groups: int, stride: int) -> tuple[SameConv, SameConv]:
    torch.manual_seed(0)
    plain = SameConv(12, 12, 5, stride, groups)
    quick = copy.deepcopy(plain)
    quick.__class__ = LearningConv
    return plain, quick


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("groups", [1, 12])
def test_it_learns_the_same(groups, stride):
    plain, quick = twins(groups, stride)
    seen = torch.randn(2, 12, 16, 16)
    results = []
    for layer in (plain, quick):
        x = seen.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            y = layer(x)
        y.float().square().sum().backward()
        results.append((y, x.grad, layer.weight.grad, layer.bias.grad))
    for one, other in zip(*results, strict=True):
        assert one.dtype == other.dtype and one.shape == other.shape
        assert (one.float() - other.float()).norm() < 0.02 * one.float().norm()


def test_without_gradients_it_is_the_plain_one():
    plain, quick = twins(12, 1)
    seen = torch.randn(2, 12, 16, 16)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(quick(seen), plain(seen))
    for frozen in (plain, quick):
        frozen.requires_grad_(False)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(quick(seen), plain(seen))
