"""The model without any trained weights: identities, gradients, budgets."""

import pytest
import torch
from torch.nn import functional as F

from sama.models.backbones import default_config
from sama.models.fast import fused
from sama.models.prompt_tensors import PromptTensors
from sama.models.sama import TASKS, Sama
from sama.models.views import global_view
from tests.helpers import features_of, prompts_for, small_sama

TWINS = pytest.mark.parametrize("twin", [lambda model: model, fused], ids=["plain", "quick"])


@TWINS
def test_untrained_sama_returns_sams_logits_exactly(twin):
    model = twin(small_sama())
    features, prompts = features_of(model), prompts_for(2, 128)
    with torch.no_grad():
        answer = model.decode_sam(features, prompts)
        logits = model.decode(features, answer)
    for task in TASKS:
        expected = F.interpolate(answer.base, logits[task].shape[-2:], mode="bilinear", align_corners=False)
        assert torch.equal(logits[task], expected)


@TWINS
def test_paper_mode_answers_without_sams_logits(twin):
    model = twin(small_sama(residual=False))
    features, prompts = features_of(model), prompts_for(2, 128)
    with torch.no_grad():
        answer = model.decode_sam(features, prompts)
        logits = model.decode(features, answer)
    assert logits["segmentation"].shape == (2, 1, 64, 64)
    assert logits["matting"].shape == (2, 1, 256, 256)
    assert not torch.allclose(logits["matting"], torch.zeros_like(logits["matting"]))


@pytest.mark.parametrize("residual", [True, False])
def test_every_trainable_tensor_gets_a_gradient_within_three_steps(residual):
    model = small_sama(residual=residual)
    prompts = prompts_for(4, 128)
    seen: set[str] = set()
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    for step in range(6):
        task = TASKS[step % 2]
        model.train_task(task)
        features = features_of(model, batch=2)
        answer = model.decode_sam(features, prompts)
        logits = model.decode(features, answer, (task,))[task]
        target = (torch.rand_like(logits) > 0.5).float()
        optimiser.zero_grad(set_to_none=True)
        F.binary_cross_entropy_with_logits(logits, target).backward()
        seen |= {k for k, p in model.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
        optimiser.step()
    wanted = {k for k, _ in model.named_parameters() if not k.startswith("backbone.")}
    assert wanted - seen == set()
    assert not any(k.startswith("backbone.") for k in seen)


def test_segmentation_step_leaves_the_matting_head_alone():
    model = small_sama()
    before = {k: v.clone() for k, v in model.heads["matting"].state_dict().items()}
    frozen = {k: v.clone() for k, v in model.backbone.state_dict().items()}
    model.train_task("segmentation")
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.1)
    prompts, features = prompts_for(4, 128), features_of(model, batch=2)
    answer = model.decode_sam(features, prompts)
    model.decode(features, answer, ("segmentation",))["segmentation"].sum().backward()
    optimiser.step()
    assert all(torch.equal(v, before[k]) for k, v in model.heads["matting"].state_dict().items())
    assert all(torch.equal(v, frozen[k]) for k, v in model.backbone.state_dict().items())
    moved = model.heads["segmentation"].stages[0].norm.running_mean
    assert moved.abs().sum() > 0


@TWINS
def test_both_tasks_in_one_pass_equal_two_passes(twin):
    model = small_sama()
    for head in model.heads.values():  # away from the identity, so that there is something to compare
        torch.nn.init.normal_(head.weights.layers[-1].weight, std=0.1)
    for adapter in model.adapters:
        torch.nn.init.normal_(adapter.global_out.weight, std=0.1)
    model = twin(model)
    features, prompts = features_of(model), prompts_for(2, 128)
    with torch.no_grad():
        answer = model.decode_sam(features, prompts)
        both = model.decode(features, answer)
        for task in TASKS:
            alone = model.decode(features, answer, (task,))[task]
            assert torch.allclose(both[task], alone, atol=1e-5)


def test_parameter_budget_on_vit_b():
    model = Sama(default_config("vit_b"))
    ours = sum(p.numel() for k, p in model.named_parameters() if not k.startswith("backbone."))
    sam = sum(p.numel() for p in model.backbone.parameters())
    assert sam == 93_735_472
    assert 0.0175 <= ours / sam <= 0.0185
    assert not any(p.requires_grad for p in model.backbone.parameters())


@TWINS
def test_batched_images_equal_single_images(twin):
    model = twin(small_sama())
    features, prompts = features_of(model, batch=2), prompts_for(4, 128)
    with torch.no_grad():
        together = model.decode_sam(features, prompts)
        torch.manual_seed(1)
        frame = torch.randn(2, 3, 256, 256)
        second = model.encode_global(global_view(frame[1:]))
        alone = model.decode_sam(second, PromptTensors(prompts.coords[2:], prompts.labels[2:]))
    # The colour model repeats its rounding through many sweeps.
    assert torch.allclose(together.logits[2:], alone.logits, atol=2e-3)
