"""What runs as graphs gives the answers of what does not."""

import copy
from functools import cache

import pytest
import torch

from sama.models.fast import fused
from sama.models.fast.graphed import GraphedMini, GraphedPrior, GraphedSama, GraphedSamVit, graphed
from sama.models.fast.sama import QuickSama
from sama.models.graphs import runtime
from sama.models.graphs.graph import Graph
from sama.models.graphs.store import Store
from sama.models.prompt_tensors import PromptTensors
from sama.models.sama import TASKS, Sama
from tests.helpers import enliven_norms, features_of, lively_sama, prompts_for
from tests.models.fast.test_encoder import backbone as small_vit

pytestmark = pytest.mark.skipif(not runtime.available(), reason="OpenVINO does not run here")
vit = small_vit


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("graphs")


@pytest.fixture(scope="module")
def both(folder):
    """A function from changes of a configuration to a quick twin and the same run as graphs, made once."""

    @cache
    def made(dtype: torch.dtype = torch.float32, **changes) -> tuple[QuickSama, QuickSama]:
        model = lively_sama(**changes)
        enliven_norms(model)
        quick = fused(model, dtype)
        run = copy.deepcopy(quick)
        assert graphed(run, dtype, Store(folder, repr(changes)))
        return quick, run

    return made


def answers(
    model: Sama, n: int = 1, batch: int = 1, views: tuple[int, ...] = (0, 1, 2, 3)
) -> dict[str, torch.Tensor]:
    """What SAM and SAMA say to n prompts of a photo, and what was remembered of it."""
    features = features_of(model, batch=batch, views=views)
    answer = model.decode_sam(features, prompts_for(n, model.backbone.image_size))
    said = model.decode(model.prepare(features), answer)
    return {
        "embedding": features.embedding,
        "local": features.local,
        "logits": answer.logits,
        "scores": answer.scores,
    } | said


def assert_alike(got: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    for name, value in expected.items():
        assert got[name].shape == value.shape, name
        assert torch.allclose(got[name], value, atol=5e-4 * max(1, float(value.abs().max()))), name


@pytest.mark.parametrize(
    "changes",
    [
        {"trimap": True},
        {"fine": (), "guides": (), "mixing": False},
        {"mvle": False, "residual": False},
    ],
    ids=" ".join,
)
@torch.no_grad()
def test_graphs_equal_the_quick_twin(both, changes):
    quick, run = both(**changes)
    assert type(run) is GraphedSama and type(run.backbone) is GraphedMini
    assert type(run.backbone.sam.prompt_encoder.prior) is GraphedPrior
    assert_alike(answers(run), answers(quick))


@pytest.mark.parametrize(
    ("n", "batch", "views"), [(3, 1, (0, 1, 2, 3)), (4, 2, (0, 1, 2, 3)), (1, 1, (0, 2))]
)
@torch.no_grad()
def test_several_prompts_photos_and_missing_views(both, n, batch, views):
    quick, run = both(trimap=True)
    assert_alike(answers(run, n, batch, views), answers(quick, n, batch, views))


@torch.no_grad()
def test_products_in_bfloat16_are_as_near_to_the_definition(both):
    quick, run = both(torch.bfloat16, trimap=True)
    model = lively_sama(trimap=True)
    enliven_norms(model)
    exact = answers(model)
    with torch.autocast("cpu", torch.bfloat16):
        rounded, graphs = answers(quick), answers(run)
    for name in ("embedding", "local", *TASKS):
        off, graph_off = ((found[name] - exact[name]).abs().mean() for found in (rounded, graphs))
        assert graph_off < 4 * off + 1e-3, name  # a model with random weights makes much of little


@torch.no_grad()
def test_a_twin_for_views_of_another_size(both):
    models = both(trimap=True)
    others = []
    for model in models:
        shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
        others.append(copy.deepcopy(model, shared))
        others[-1].resize(256)
    quick, run = others
    assert type(run) is GraphedSama and run.backbone.graph is models[1].backbone.graph
    assert_alike(answers(run), answers(quick))
    quick, run = models
    assert_alike(answers(run), answers(quick))  # and the first goes on as before


@torch.no_grad()
def test_what_learns_runs_without_graphs(both, monkeypatch):
    quick, run = both(trimap=True)
    expected = answers(quick)
    monkeypatch.setattr(Graph, "__call__", lambda *_: pytest.fail("a graph has no gradient"))
    with torch.enable_grad():
        got = answers(run)
    assert_alike(got, expected)


@torch.no_grad()
def test_the_official_encoder_as_a_graph(folder, vit):
    run = copy.deepcopy(vit)
    model = Sama.__new__(Sama)  # one that has an encoder alone
    torch.nn.Module.__init__(model)
    model.backbone = run
    assert graphed(model, torch.float32, Store(folder, "vit"))
    assert type(run) is GraphedSamVit
    views = torch.randn(2, 3, 96, 96)
    got, expected = run.encode(views), vit.encode(views)
    assert got.detail is None
    assert torch.allclose(got.embedding, expected.embedding, atol=1e-4)
    assert torch.allclose(got.early, expected.early, atol=1e-4)


def test_large_encoders_are_graphs_where_that_is_asked_for(folder, vit, monkeypatch):
    monkeypatch.setattr("sama.models.fast.graphed.LARGE", 1)
    model = Sama.__new__(Sama)
    torch.nn.Module.__init__(model)
    model.backbone = copy.deepcopy(vit)
    assert not graphed(model, torch.float32, Store(folder, "vit"))
    assert type(model.backbone) is type(vit)
    assert graphed(model, torch.float32, Store(folder, "vit"), large=True)


def test_prompts_of_a_clip_that_are_known_from_elsewhere(both):
    quick, run = both(trimap=True)
    known = torch.rand(1, 2, 32, 32)
    prompts = PromptTensors(torch.rand(1, 2, 2) * 128, torch.tensor([[2, 3]]), known=known)
    with torch.no_grad():
        said = [model.decode_sam(features_of(model), prompts).logits for model in (quick, run)]
    assert torch.allclose(*said, atol=1e-3 * float(said[0].abs().max()))
