"""The ablation table from results, and the watch over confidence maps."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sama.evaluation.metrics import MASK_METRICS, MATTE_METRICS
from sama.models.local_adapter import LocalAdapter
from sama.models.views import global_view, local_views
from sama.training.ablation import FOLDERS, MEASURES, VARIANTS, ConfidenceWatch, table
from tests.helpers import features_of, prompts_for, small_sama


def results_of(value: float) -> dict:
    """What `evaluate` returns for every folder, all numbers the same."""
    metrics = {metric for rows in MEASURES.values() for _, _, metric, _ in rows}
    methods = {"sam": dict.fromkeys(metrics, 0.5), "sama": dict.fromkeys(metrics, value)}
    return {folder: {"methods": methods} for folder in FOLDERS}


def test_a_row_shows_only_what_it_was_trained_for():
    text = table({"full": results_of(0.9), "segmentation": results_of(0.8), "matting": results_of(12.3)}, 20)
    rows = {
        line.split("|")[1].strip(): line.count("0.") + line.count("12.3") for line in text.splitlines()[4:]
    }
    masks, mattes = len(MEASURES["segmentation"]), len(MEASURES["matting"])
    assert rows == {
        "SAM": masks + mattes,
        "SAMA": masks + mattes,
        "segmentation alone": masks,
        "matting alone": mattes,
    }
    widths = {line.count("|") for line in text.splitlines()[2:]}
    assert widths == {masks + mattes + 2}


@pytest.mark.parametrize("paper", ["", "paper-"])
@pytest.mark.parametrize("name", ["no-mvle", "no-adapter", "neither"])
def test_a_variant_lacks_what_it_says_and_answers(name, paper):
    model = small_sama(**VARIANTS[paper + name].changes)
    names = {key.split(".")[0] for key in model.trainable()}
    assert ("mvle" in names) == (name == "no-adapter")
    assert ("early" in names) == (name == "no-mvle")
    assert any(isinstance(layer, LocalAdapter) for layer in model.adapters) == (name == "no-mvle")
    assert ("fine" in names) == (paper == "")
    assert any(".mix." in key for key in model.trainable()) == (paper == "")
    features, prompts = features_of(model), prompts_for(2, 128)
    with torch.no_grad():
        logits = model.decode(features, model.decode_sam(features, prompts))
    assert all(x.isfinite().all() for x in logits.values())


def variant(name: str):
    """A variant whose modules all have a say, as after training."""
    model = small_sama(**VARIANTS[name].changes)
    torch.manual_seed(3)
    for parameter in (p for p in model.parameters() if p.requires_grad):
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    return model


def answers(model, frame, local):
    features = model.encode_local(model.encode_global(global_view(frame)), local, frame)
    with torch.no_grad():
        return model.decode(features, model.decode_sam(features, prompts_for(2, 128)))["segmentation"]


@pytest.mark.parametrize(
    ("name", "told"),
    [("full", True), ("direct", True), ("no-adapter", True), ("no-mvle", False), ("neither", False)],
)
def test_local_views_have_a_say_where_there_is_an_mvle(name, told):
    model = variant(name)
    frame, other = torch.randn(2, 1, 3, 256, 256)
    with torch.no_grad():
        seen = [[model.backbone.encode(view) for view in local_views(x).unbind(1)] for x in (frame, other)]
        if told:  # whatever the heads see of the photo itself stays the same
            seen[1] = [view._replace(detail=own.detail) for view, own in zip(seen[1], seen[0], strict=True)]
        same, changed = (answers(model, frame, views) for views in seen)
    assert torch.equal(same, changed) != told


def test_without_mvle_the_global_view_s_early_feature_is_read():
    model = variant("no-mvle")
    frame = torch.randn(1, 3, 256, 256)
    features = model.encode_global(global_view(frame))
    single = features.single._replace(early=features.single.early + 1)
    tokens = [model.encode_local(x, [], frame).local for x in (features, replace(features, single=single))]
    assert tokens[0].shape == (1, 4, 64, 32) and not torch.allclose(*tokens)


def test_confidence_is_collected_from_each_adapter():
    model = small_sama()
    for i, adapter in enumerate(model.adapters):
        torch.nn.init.zeros_(adapter.confidence.weight)
        torch.nn.init.constant_(adapter.confidence.bias, float(i))
    features, prompts = features_of(model), prompts_for(2, 128)
    with torch.no_grad(), ConfidenceWatch(model) as watch:
        model.decode(features, model.decode_sam(features, prompts))
    found = [stats["mean"] for stats in watch.results()]
    assert found == pytest.approx([0.5, 1 / (1 + np.exp(-1))], abs=1e-6)
    cells = len(watch.values[0][0])
    with torch.no_grad():
        model.decode(features, model.decode_sam(features, prompts))
    assert sum(map(len, watch.values[0])) == cells  # nothing is kept after the watch has ended


def test_every_measure_is_one_that_evaluate_reports():
    assert {m for _, _, m, _ in MEASURES["segmentation"]} <= set(MASK_METRICS)
    assert {m for _, _, m, _ in MEASURES["matting"]} <= set(MATTE_METRICS)
