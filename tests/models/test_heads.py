"""A prediction head's stages against their definition in words, and what learns in a head."""

import pytest
import torch
from torch.nn import functional as F

from sama.models.beliefs import Beliefs, make_guides
from sama.models.fast import learning
from sama.models.heads import PredictionHead, Stage
from sama.models.maps import up2
from tests.helpers import Told, lively_stage


@pytest.mark.parametrize("training", [True, False])
def test_a_stage_is_enlarging_convolution_batch_norm_and_gelu(training):
    stage = lively_stage().train(training)
    x, belief = torch.randn(2, 6, 40, 50), torch.rand(2, 2, 40, 50)
    image, detail = torch.randn(2, 3, 80, 100), torch.randn(2, 5, 80, 100)
    replicated, mirrored = (
        lambda m, mode=mode: F.pad(m, (1, 1, 1, 1), mode=mode) for mode in ("replicate", "reflect")
    )
    y = F.conv2d(replicated(up2(x)), stage.conv.weight, stage.conv.bias)
    y = y + F.conv2d(replicated(up2(belief)), stage.base.weight)
    y = y + F.conv2d(mirrored(image), stage.image.weight) + stage.detail(detail)
    expected = F.gelu(stage.norm(y))
    got = stage(x, Told(belief), stage.shown(detail, image, (80, 100)))
    assert torch.allclose(got, expected, atol=1e-4)


def test_the_first_stage_enlarges_nothing():
    stage = Stage(6, 4, beliefs=0, detail=0, image=False, enlarge=False).eval()
    assert stage.shown(None, None, (9, 7)) is None
    assert stage(torch.randn(2, 6, 9, 7), Told(None), None).shape == (2, 4, 9, 7)


@pytest.mark.parametrize("prepare", [lambda head: head, learning])
@pytest.mark.parametrize("details", [(3,), (3, 2)])
@pytest.mark.parametrize("trimap", [False, True])
def test_every_parameter_of_a_head_learns(details, prepare, trimap):
    torch.manual_seed(0)
    colours = len(details) == 1
    head = PredictionHead(
        8,
        (6, 5, 4, 4),
        16,
        details=details,
        image=colours,
        beliefs=2,
        mixing=True,
        residual=True,
        trimap=trimap,
    ).train()
    if trimap:
        torch.nn.init.normal_(head.trimap.weights.layers[-1].weight)
    torch.nn.init.normal_(head.weights.layers[-1].weight)
    torch.nn.init.normal_(head.mix.conv2.weight)
    head = prepare(head)
    image = torch.randn(2, 3, 64, 64)
    maps = tuple(torch.randn(2, c, 32 << i, 32 << i) for i, c in enumerate(details))
    base = torch.randn(2, 1, 16, 16)
    beliefs = Beliefs(base, make_guides(image, ((2, 1e-3),)), torch.float32)
    shown = head.shown(maps, image, (8, 8))
    maps = head(torch.randn(2, 8, 8, 8), torch.randn(2, 8), base, beliefs, shown)
    assert (maps.trimap is not None) == (maps.detail is not None) == trimap
    logits = maps.logits
    assert logits.shape == (2, 1, 64, 64)
    logits.square().mean().backward()
    still = [n for n, p in head.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == [], still
