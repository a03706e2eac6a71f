"""A stage as one convolution equals the stage, up to its border."""

import pytest
import torch

from sama.models.fast import learning
from sama.models.fast.stage import QuickStage, bordered
from sama.models.heads import Stage
from tests.helpers import Told, lively_stage


def given(stage: Stage) -> tuple[torch.Tensor, ...]:
    """x, belief, image and detail for `lively_stage`."""
    torch.manual_seed(1)
    side = 2 if stage.enlarge else 1
    x, belief = torch.randn(2, 6, 40, 50), torch.rand(2, 2, 40, 50)
    return x, belief, torch.randn(2, 3, side * 40, side * 50), torch.randn(2, 5, side * 40, side * 50)


@torch.no_grad()
def test_a_folded_stage_equals_the_stage():
    stage = lively_stage().eval()
    x, belief, image, detail = given(stage)
    expected = stage(x, Told(belief), stage.shown(detail, image, (80, 100)))
    stage.__class__ = QuickStage
    stage.fold(torch.float32)
    side = stage.side(detail, image, (80, 100))
    got = stage.whole(stage(bordered([x, belief, side.image]), side))
    assert torch.allclose(got, expected, atol=1e-4)


@torch.no_grad()
def test_a_folded_first_stage_equals_the_stage():
    stage = lively_stage(enlarge=False).eval()
    x, belief, *_ = given(stage)
    expected = stage(x, Told(belief), None)
    stage.__class__ = QuickStage
    stage.fold(torch.float32)
    got = stage.whole(stage(bordered([x, belief]), stage.side(None, None, (40, 50))))
    assert torch.allclose(got, expected, atol=1e-4)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("enlarge", [True, False])
def test_a_stage_that_learns_in_one_step_equals_the_stage(training, enlarge):
    answers, gradients, averages = [], [], []
    for prepare in (lambda stage: stage, learning):
        stage = prepare(lively_stage(enlarge=enlarge).train(training))
        x, belief, image, detail = given(stage)
        shown = stage.shown(detail, image, detail.shape[-2:]) if enlarge else None
        y = stage(x.requires_grad_(), Told(belief), shown)
        weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(2))
        (y * weights).mean().backward()
        answers.append(y.detach())
        gradients.append([x.grad, *(p.grad for p in stage.parameters())])
        averages.append((stage.norm.running_mean, stage.norm.running_var))
    assert type(stage) is not Stage
    assert torch.allclose(*answers, atol=1e-4)
    for plain, ours in zip(*gradients, strict=True):
        assert torch.allclose(plain, ours, atol=1e-5 + 1e-4 * float(plain.abs().max()))
    for plain, ours in zip(*averages, strict=True):
        assert torch.allclose(plain, ours, atol=1e-5)


def test_maps_are_bordered_by_their_own_cells():
    maps = [torch.randn(2, 3, 4, 5), torch.randn(2, 1, 4, 5)]
    whole = torch.nn.functional.pad(torch.cat(maps, 1), (1, 1, 1, 1), mode="replicate")
    assert torch.equal(bordered(maps), whole)
    assert torch.equal(bordered(maps, (False, True)), whole[..., 1:, :])
