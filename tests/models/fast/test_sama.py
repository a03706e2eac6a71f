"""The quick twin gives the same answers: shared layers, prepared features, bands, skipped views."""

import copy
from dataclasses import fields, replace

import pytest
import torch

from sama.models.fast import FUSED, LEARNING, fused, heads, learning
from sama.models.fast.sama import PreparedFeatures, QuickSama, SharedAnswer
from sama.models.fast.stage import LearningStage
from sama.models.heads import PredictionHead
from sama.models.image_features import SamAnswer
from sama.models.sama import TASKS, Sama
from tests.helpers import enliven_norms, features_of, lively_sama, prompts_for, small_sama


@pytest.fixture(scope="module")
def plain() -> Sama:
    model = lively_sama()
    enliven_norms(model)
    return model


@pytest.fixture(scope="module")
def model(plain) -> QuickSama:
    return fused(copy.deepcopy(plain))


@pytest.fixture(scope="module")
def features(model):
    with torch.no_grad():
        return features_of(model, batch=2)


def answers(model, views: tuple[int, ...] = (0, 1, 2, 3)) -> dict[str, torch.Tensor]:
    """What SAM and SAMA say to four prompts of two photos."""
    features = features_of(model, batch=2, views=views)
    answer = model.decode_sam(features, prompts_for(4, model.backbone.image_size))
    return {"logits": answer.logits, "scores": answer.scores} | model.decode(model.prepare(features), answer)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"adapter_pool": 2},
        {"residual": False},
        {"fine": (), "guides": (), "mixing": False},
        {"mvle": False},
        {"local_adapter": False},
        {"local_adapter": False, "join_local": False},
        {"mvle": False, "local_adapter": False, "join_local": False},
    ],
    ids=lambda changes: " ".join(changes) or "full",
)
@torch.no_grad()
def test_the_quick_twin_equals_the_definition(changes):
    model = lively_sama(**changes)
    enliven_norms(model)
    expected, got = answers(model), answers(fused(copy.deepcopy(model)))
    for name, value in expected.items():
        assert torch.allclose(got[name], value, atol=2e-4 * max(1, float(value.abs().max()))), name


@torch.no_grad()
def test_the_quick_twin_equals_the_definition_where_a_view_is_missing(plain, model):
    expected, got = answers(plain, views=(0, 2)), answers(model, views=(0, 2))
    for name, value in expected.items():
        assert torch.allclose(got[name], value, atol=2e-4 * max(1, float(value.abs().max()))), name


def test_every_module_that_has_a_twin_becomes_it_and_keeps_its_tensors(plain):
    before = plain.state_dict()
    model = fused(copy.deepcopy(plain))
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert not {type(layer) for layer in model.modules()} & set(FUSED)
    assert not any(p.requires_grad for p in model.parameters())
    for twins in (FUSED, LEARNING):
        assert all(issubclass(twin, plain) for plain, twin in twins.items())
    with pytest.raises(ValueError, match="already"):
        fused(model)


@torch.no_grad()
def test_a_model_that_was_learning_has_the_same_twin(plain, model):
    expected, got = answers(model), answers(fused(learning(copy.deepcopy(plain))))
    assert all(torch.equal(got[name], value) for name, value in expected.items())


@torch.no_grad()
def test_products_are_held_in_their_number_format(plain):
    model = fused(copy.deepcopy(plain), torch.bfloat16)
    stage = model.heads["matting"].stages[2]
    assert {stage.kernel.dtype, stage.shift.dtype, stage.detail_kernel.dtype} == {torch.bfloat16}
    assert model.adapters[0].global_proj.weight.dtype == torch.bfloat16
    assert model.tokens.dtype == stage.norm.weight.dtype == torch.float32
    exact = answers(plain)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = answers(model)
    for task in TASKS:
        near = (rounded[task] - exact[task]).abs().mean()
        assert near < 0.1 * exact[task].abs().mean()


def test_a_model_that_learns_quicker_learns_the_same(plain):
    answered, gradients = [], []
    for prepare in (lambda model: model, learning):
        model = prepare(copy.deepcopy(plain))
        model.train_task("matting")
        with torch.no_grad():
            features = features_of(model, batch=2)
            answer = model.decode_sam(features, prompts_for(4, 128))
        features = features_of(model, batch=2)
        logits = model.decode(features, answer, ("matting",))["matting"]
        logits.square().mean().backward()
        answered.append(logits.detach())
        gradients.append({name: p.grad for name, p in model.named_parameters() if p.grad is not None})
    assert {type(layer) for layer in model.modules()} & set(LEARNING) == set()
    assert type(model) is Sama and type(model.heads["matting"]) is PredictionHead
    assert isinstance(model.heads["matting"].stages[1], LearningStage)
    scale = float(answered[0].abs().max())
    assert torch.allclose(*answered, atol=1e-3 * scale)
    assert gradients[0].keys() == gradients[1].keys()
    for name, gradient in gradients[0].items():
        if "stages" in name and name.endswith("conv.bias"):
            continue  # a batch norm takes out what it adds: its gradient is rounding alone
        assert torch.allclose(gradients[1][name], gradient, atol=1e-5 + 5e-3 * float(gradient.abs().max())), (
            name
        )


@torch.no_grad()
def test_the_first_layer_is_shared_and_nothing_changes(model, features):
    prompts = prompts_for(4, 128)
    answer = model.decode_sam(features, prompts)
    assert isinstance(answer, SharedAnswer)
    logits, scores = model.backbone.decode(features.embedding, answer.embedded)
    assert torch.allclose(answer.logits, logits, atol=1e-4)
    assert torch.allclose(answer.scores, scores, atol=1e-5)
    shared = model.decode(features, answer)
    own = model.decode(features, SamAnswer(*(getattr(answer, f.name) for f in fields(SamAnswer))))
    for task in TASKS:
        assert torch.allclose(shared[task], own[task], atol=1e-4)


def test_with_gradients_every_pass_runs_its_own_first_layer(plain, model, features):
    """Else SAMA's tokens would learn nothing through it: the definition, which is trained, shares none."""
    with torch.no_grad():
        answer = model.decode_sam(features, prompts_for(2, 128))
    poisoned = replace(answer, first=tuple(torch.full_like(x, torch.nan) for x in answer.first))
    logits = plain.decode(features_of(plain, batch=2), poisoned)["matting"]
    assert logits.isfinite().all()
    (gradient,) = torch.autograd.grad(logits.square().mean(), plain.tokens)
    assert gradient.any()


@pytest.mark.parametrize("residual", [True, False])
@torch.no_grad()
def test_prepared_features_give_the_same_answers(residual):
    model = fused(lively_sama(residual=residual, adapter_pool=2))
    features, prompts = features_of(model, batch=2), prompts_for(4, 128)
    prepared = model.prepare(features)
    assert isinstance(prepared, PreparedFeatures)
    assert prepared.image is None and prepared.detail is None
    answer = model.decode_sam(features, prompts)
    expected, got = model.decode(features, answer), model.decode(prepared, answer)
    for task in TASKS:
        assert torch.allclose(expected[task], got[task], atol=1e-5)


@pytest.mark.parametrize("band_bytes", [1, 40_000])
@torch.no_grad()
def test_heads_in_bands_equal_heads_at_once(model, features, monkeypatch, band_bytes):
    answer = model.decode_sam(features, prompts_for(2, 128))
    monkeypatch.setattr(heads, "BAND_BYTES", 2**40)
    whole = model.decode(features, answer)
    monkeypatch.setattr(heads, "BAND_BYTES", band_bytes)
    banded = model.decode(features, answer)
    for task in TASKS:
        assert torch.allclose(whole[task], banded[task], atol=1e-4)


def test_positions_follow_the_grid_and_the_encoding():
    model = fused(small_sama())
    before = model.positions()
    assert model.positions() is before
    layer = model.backbone.sam.prompt_encoder.pe_layer
    with torch.no_grad():
        layer.positional_encoding_gaussian_matrix.mul_(2)
    assert torch.equal(model.positions().pos[0], layer((8, 8)))
    assert not torch.equal(model.positions().pos, before.pos)
    model.backbone.resize(192)
    assert model.positions().local_pos.shape[-2:] == (24, 24)
