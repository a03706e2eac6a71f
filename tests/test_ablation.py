"""The ablation table from results, and the watch over confidence maps."""

import numpy as np
import pytest
import torch

from sama.evaluation.metrics import MASK_METRICS, MATTE_METRICS
from sama.training.ablation import FOLDERS, MEASURES, VARIANTS, ConfidenceWatch, table
from tests.test_models import features_of, prompts_for, small_sama


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
    assert ("adapters" in names) == (name == "no-mvle")
    assert ("fine" in names) == (paper == "")
    assert any(".mix." in key for key in model.trainable()) == (paper == "")
    features, prompts = features_of(model), prompts_for(2, 128)
    with torch.no_grad():
        logits = model.decode(features, model.decode_sam(features, prompts))
    assert all(x.isfinite().all() for x in logits.values())


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
