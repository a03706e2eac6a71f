"""Alpha from a trimap and a detail, and the branch that tells the trimap."""

import pytest
import torch
from torch.nn import functional as F

from sama.models.fast import fused
from sama.models.trimap_first import FOREGROUND, UNKNOWN, TrimapBranch, alpha_logits
from tests.helpers import enliven_norms, features_of, lively_sama, prompts_for


def test_alpha_is_foreground_and_what_is_seen_of_the_unknown():
    torch.manual_seed(0)
    trimap, detail = 4 * torch.randn(2, 3, 9, 7), 3 * torch.randn(2, 1, 9, 7)
    _, unknown, foreground = trimap.double().softmax(1).split(1, 1)
    expected = foreground + unknown * detail.double().sigmoid()
    assert torch.allclose(alpha_logits(trimap, detail).sigmoid().double(), expected, atol=1e-6)


def test_nothing_is_rounded_where_the_classes_are_sure():
    trimap = torch.tensor([-60.0, 0.0, 60.0]).reshape(1, 3, 1, 1).requires_grad_()
    detail = torch.zeros(1, 1, 1, 1, requires_grad=True)
    logit = alpha_logits(trimap, detail)
    # 1 - alpha is e^-60 / 2 + e^-120, whose logarithm float32 can hold.
    assert logit.item() == pytest.approx(60 + torch.log(torch.tensor(2.0)).item(), rel=1e-4)
    logit.backward()
    assert torch.isfinite(trimap.grad).all() and torch.isfinite(detail.grad).all()


@torch.no_grad()
def test_an_untrained_branch_knows_where_sam_is_sure():
    branch = TrimapBranch(6, 8, 16).eval()
    sam = torch.tensor([[-9.0, -0.5], [0.5, 9.0]])[None, None]
    classes = branch(torch.randn(1, 6, 2, 2), torch.randn(1, 8), sam).argmax(1)
    assert classes.tolist() == [[[0, UNKNOWN], [UNKNOWN, FOREGROUND]]]


@torch.no_grad()
def test_a_model_with_a_trimap_says_it_and_its_quick_twin_says_the_same():
    model = lively_sama(trimap=True)
    enliven_norms(model)
    torch.nn.init.normal_(model.heads["matting"].trimap.weights.layers[-1].weight, std=0.3)
    features, prompts = features_of(model), prompts_for(2, model.backbone.image_size)
    expected = model.decode(features, model.decode_sam(features, prompts))
    assert expected.keys() == {"segmentation", "matting", "trimap", "detail"}
    side = model.alpha_size
    assert expected["matting"].shape == expected["detail"].shape == (2, 1, side, side)
    assert expected["trimap"].shape == (2, 3, side // 4, side // 4)
    whole = F.interpolate(expected["trimap"], (side, side), mode="bilinear", align_corners=False)
    assert torch.allclose(alpha_logits(whole, expected["detail"]), expected["matting"], atol=1e-5)
    assert "trimap" not in model.decode(features, model.decode_sam(features, prompts), ("segmentation",))
    twin = fused(model)
    got = twin.decode(twin.prepare(features), twin.decode_sam(features, prompts))
    for name, maps in expected.items():
        assert torch.allclose(got[name], maps, atol=1e-3 * float(maps.abs().max())), name


@torch.no_grad()
def test_the_heads_follow_masks_from_elsewhere():
    model = lively_sama(trimap=True)
    features, prompts = features_of(model), prompts_for(1, model.backbone.image_size)
    answer = model.decode_sam(features, prompts)
    logits = torch.full_like(answer.base, -9.0)
    logits[..., : logits.shape[-1] // 2] = 9.0
    followed = answer.believing(logits)
    assert torch.equal(followed.base, logits)
    trimap = model.decode(features, followed, ("matting",))["trimap"].argmax(1)
    half = trimap.shape[-1] // 2
    assert (trimap[..., : half - 2] == FOREGROUND).all() and (trimap[..., half + 2 :] == 0).all()
