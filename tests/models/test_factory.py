"""What the factory puts in a module's place, and what may not change: the names and the order of what is trained."""

from itertools import groupby

import pytest
import torch

from sama.models import ablations
from sama.models.backbones import BACKBONES, OFFICIAL, build_backbone, default_config
from sama.models.config import SamaConfig
from sama.models.fine_stream import FineStream
from sama.models.local_adapter import LocalAdapter
from sama.models.mvle import MultiViewLocalizationEncoder
from sama.models.views import FourViews, MergedViews
from tests.helpers import small_sama


@pytest.mark.parametrize(
    ("changes", "views", "mvle", "adapter", "join"),
    [
        ({}, FourViews, MultiViewLocalizationEncoder, LocalAdapter, MergedViews),
        ({"mvle": False}, ablations.GlobalViewAlone, ablations.NoMvle, LocalAdapter, MergedViews),
        (
            {"local_adapter": False},
            FourViews,
            MultiViewLocalizationEncoder,
            ablations.NoAdapter,
            MergedViews,
        ),
        (
            {"local_adapter": False, "join_local": False},
            FourViews,
            MultiViewLocalizationEncoder,
            ablations.PlainAdapter,
            ablations.StreamAlone,
        ),
        (
            {"mvle": False, "local_adapter": False, "join_local": False},
            ablations.GlobalViewAlone,
            ablations.NoMvle,
            ablations.NoAdapter,
            ablations.StreamAlone,
        ),
    ],
)
def test_each_ablation_is_other_modules_in_the_same_places(changes, views, mvle, adapter, join):
    model = small_sama(**changes)
    assert type(model.views) is views and type(model.mvle) is mvle and type(model.join) is join
    assert [type(layer) for layer in model.adapters] == [adapter, adapter]
    assert isinstance(model.early, torch.nn.Conv2d) == (adapter is LocalAdapter)
    assert type(model.fine) is FineStream
    assert type(small_sama(**changes, fine=()).fine) is ablations.BackboneDetail


def test_what_is_trained_has_its_names_and_its_order():
    """A run's optimiser knows its parameters by their order alone, and weights are stored by name."""
    model = small_sama(fine=())
    names = [name for name, p in model.named_parameters() if p.requires_grad]
    assert [name for name, _ in groupby(n.split(".")[0] for n in names)] == [
        "tokens", "mvle", "early", "adapters", "heads"
    ]  # fmt: skip
    head = [n.removeprefix("heads.matting.") for n in names if n.startswith("heads.matting.")]
    assert [n for n in head if n.startswith("stages.2.")] == [
        f"stages.2.{n}"
        for n in (
            "conv.weight",
            "conv.bias",
            "base.weight",
            "detail.weight",
            "image.weight",
            "norm.weight",
            "norm.bias",
        )
    ]
    assert [name for name, _ in groupby(n.split(".")[0] for n in head)] == ["stages", "mix", "weights"]
    whole = [name for name, _ in groupby(n.split(".")[0] for n, _ in small_sama().named_parameters())]
    assert whole == ["tokens", "backbone", "mvle", "early", "adapters", "fine", "heads"]


def test_a_configuration_of_an_earlier_version_still_says_what_it_said():
    old = {
        "backbone": "mini", "residual": True, "mvle": False, "local_adapter": False, "join_local": False,
        "pool_ratios": [2, 4], "fine": [], "mini": {"image_size": 128, "blocks": 1},
    }  # fmt: skip
    config = SamaConfig.from_dict(old)
    assert (config.mvle, config.local_adapter, config.join_local) == (False, False, False)
    assert config.pool_ratios == (2, 4) and config.mini.image_size == 128


def test_the_table_of_backbones_says_all_that_depends_on_one():
    assert OFFICIAL == ("vit_b", "vit_l", "vit_h")
    for name, kind in BACKBONES.items():
        assert kind.default.backbone == name
        assert default_config(name) is kind.default
        with torch.device("meta" if name in OFFICIAL else "cpu"):
            backbone = build_backbone(kind.default)
        assert hasattr(backbone, "resize") == kind.any_size
    assert BACKBONES["mini"].shape_in_file
