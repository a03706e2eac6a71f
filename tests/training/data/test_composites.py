"""Composites follow their mixture."""

import numpy as np
import pytest

from sama.training.data.composites import cut_object, synthetic_sample
from sama.training.data.sources import Sources
from tests.helpers import plan_of, write_training

SIZE = 128


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    write_training(root)
    return root


def test_pasted_cuts_ignore_their_edges(root):
    plan = plan_of("mini", objects={"cut": 1.0})
    sources = Sources(plan.data, root, {"cats"})
    rng = np.random.default_rng(4)
    assert cut_object(rng, sources.labelled("cats", rng), None).mode == "RGBa"
    inexact = 0
    for _ in range(30):
        sample = synthetic_sample(rng, sources, plan.mixture["mini"], SIZE)
        if sample is not None:
            assert not sample.exact
            inexact += 1
            soft = (sample.targets > 10) & (sample.targets < 245)
            assert not (soft & sample.known).any()
    assert inexact > 10


def test_crowds_are_several_cut_objects_in_front_of_each_other(root):
    plan = plan_of("mini", objects={"fluent": 1.0}, crowds=1.0)
    sources, rng = Sources(plan.data, root, {"cats"}), np.random.default_rng(6)
    samples = [synthetic_sample(rng, sources, plan.mixture["mini"], SIZE) for _ in range(30)]
    samples = [sample for sample in samples if sample is not None]
    assert len(samples) > 15
    assert not any(sample.exact for sample in samples)
    assert sum(len(sample.targets) > 1 for sample in samples) > len(samples) / 3
    for sample in samples:
        assert sample.targets.astype(int).sum(0).max() <= 255, "what is in front hides what is behind"
