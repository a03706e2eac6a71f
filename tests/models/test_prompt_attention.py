"""Prompt-aware masked attention: the mask and the attention by hand, and what it leaves alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from segment_anything.modeling.transformer import Attention

from sama.models.config import SamaConfig
from sama.models.fast import fused
from sama.models.prompt_attention import NEVER, SIGMA, for_tokens, prompt_bias, read_image
from sama.models.prompt_tensors import PromptTensors
from sama.models.sama import TASKS
from tests.helpers import SMALL, features_of, lively_sama


def prompts(coords, labels) -> PromptTensors:
    return PromptTensors(torch.tensor([coords], dtype=torch.float32), torch.tensor([labels]))


def test_a_box_is_binary_over_the_cells_that_it_touches():
    box = prompts([[17, 33], [47, 95], [0, 0]], [2, 3, -1])
    by_hand = np.full((8, 8), NEVER)
    by_hand[2:6, 1:3] = 0  # of 128 pixels in 8 cells of 16
    assert np.array_equal(prompt_bias(box, (8, 8), 128)[0].reshape(8, 8).numpy(), by_hand)
    turned = prompts([[47, 95], [17, 33]], [2, 3])
    assert torch.equal(prompt_bias(turned, (8, 8), 128), prompt_bias(box, (8, 8), 128))
    with_click = prompts([[17, 33], [47, 95], [120, 5]], [2, 3, 1])
    assert torch.equal(prompt_bias(with_click, (8, 8), 128), prompt_bias(box, (8, 8), 128))
    assert not prompt_bias(prompts([[500, 500], [600, 600]], [2, 3]), (8, 8), 128).any()


def test_clicks_are_the_largest_of_their_gaussians():
    clicks = prompts([[20, 40], [100, 70], [0, 0]], [1, 0, -1])
    found = prompt_bias(clicks, (8, 8), 128)[0].reshape(8, 8).exp().numpy()
    sigma = SIGMA * 8
    for y, x in ((2, 1), (0, 0), (7, 7), (4, 6)):
        expected = max(
            np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * sigma**2)) for cx, cy in ((1, 2), (6, 4))
        )
        assert found[y, x] == pytest.approx(expected, rel=1e-5)
    assert not prompt_bias(prompts([[0, 0]], [-1]), (8, 8), 128).any(), "nothing asked, nothing masked"


def test_the_attention_is_the_softmax_of_logits_and_bias():
    torch.manual_seed(0)
    layer = Attention(16, 4, downsample_rate=2)
    q, k, v = torch.randn(2, 3, 16), torch.randn(2, 10, 16), torch.randn(2, 10, 16)
    bias = torch.where(torch.rand(2, 3, 10) > 0.5, 0.0, NEVER) + torch.randn(2, 3, 10)
    bias[..., 0] = 0
    a, b, c = (
        f(x).unflatten(2, (4, 2)) for f, x in ((layer.q_proj, q), (layer.k_proj, k), (layer.v_proj, v))
    )
    expected = torch.zeros(2, 3, 4, 2)
    for n in range(2):
        for t in range(3):
            for h in range(4):
                logits = torch.stack([a[n, t, h] @ b[n, u, h] for u in range(10)]) / 2**0.5 + bias[n, t]
                expected[n, t, h] = torch.softmax(logits, 0) @ c[n, :, h]
    expected = layer.out_proj(expected.flatten(2))
    torch.testing.assert_close(read_image(layer, q, k, v, bias), expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(read_image(layer, q, k, v, bias * 0), layer(q, k, v), atol=1e-5, rtol=1e-4)
    assert torch.equal(read_image(layer, q, k, v, None), layer(q, k, v))


def test_only_samas_tokens_are_masked_where_they_only_read():
    bias = torch.arange(6.0).reshape(2, 3)
    each = for_tokens(bias, 4, 1)
    assert not each[:, :3].any() and torch.equal(each[:, 3], bias)
    assert torch.equal(for_tokens(bias, 2, None), bias[:, None].expand(2, 2, 3))
    assert for_tokens(None, 4, 1) is None


@torch.no_grad()
def test_without_the_switch_everything_is_as_it_was_and_weights_fit_either():
    plain, masked = lively_sama(), lively_sama(masked_attention=True)
    assert "masked_attention" in SamaConfig(mini=SMALL).to_dict()
    old = {k: v for k, v in plain.config.to_dict().items() if k != "masked_attention"}
    assert SamaConfig.from_dict(old) == plain.config
    masked.load_state_dict(plain.state_dict())
    asked = prompts([[20, 20], [60, 70]], [2, 3])
    features = features_of(plain)
    before, after = plain.decode_sam(features, asked), masked.decode_sam(features, asked)
    assert before.bias is None and after.bias is not None
    assert torch.equal(before.logits, after.logits), "SAM's answer is SAM's"
    without = plain.decode(features, before)
    assert all(torch.equal(x, without[k]) for k, x in masked.decode(features, before).items())
    different = masked.decode(features, after)
    assert any(not torch.allclose(different[task], without[task]) for task in TASKS)


@torch.no_grad()
@pytest.mark.parametrize("residual", [True, False])
def test_the_quick_twin_masks_alike(residual):
    model = lively_sama(masked_attention=True, residual=residual)
    features = features_of(model)
    asked = prompts([[20, 20], [60, 70]], [2, 3])
    expected = model.decode(features, model.decode_sam(features, asked))
    quick = fused(model)
    answer = quick.decode_sam(features, asked)
    for prepared in (features, quick.prepare(features)):
        for each in (answer, replace(answer)):
            found = quick.decode(prepared, each)
            for task in TASKS:
                torch.testing.assert_close(found[task], expected[task], atol=2e-3, rtol=1e-3)


def test_training_with_it_reaches_samas_modules():
    from sama.training.losses import Objective
    from sama.training.stages.sama import SamaStage
    from tests.helpers import Discs

    stage = SamaStage(lively_sama(masked_attention=True), objective=Objective("zim", 1.0, 2.0))
    items = [Discs(256)[i] for i in range(2)]
    batch = {k: torch.stack([x[k] for x in items]) for k in ("image", "targets", "known", "part")} | {
        "exact": torch.tensor([True, True]),
        "height": torch.tensor([256, 256]),
        "width": torch.tensor([256, 256]),
    }
    loss, _ = stage.loss(batch, "matting", torch.Generator().manual_seed(0), 0.9)
    loss.backward()
    assert stage.model.tokens.grad.abs().sum() > 0
