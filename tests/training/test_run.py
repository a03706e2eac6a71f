"""Weights a run starts from."""

import pickle
from dataclasses import replace
from functools import partial

import pytest
import torch

from sama.errors import SamaError
from sama.models.backbones.mini import MiniBackbone
from sama.training.batches import Batches, Plan
from sama.training.recipe import read_recipe
from sama.training.run import Workplace, _make_data, run, start_from
from sama.weights.readouts import load_readout
from sama.weights.zoo import load_model
from tests.helpers import RECIPES, SMALL, small_sama, write_training


def test_training_starts_from_a_smaller_sama():
    old = small_sama(fine=(), guides=(), mixing=False)
    for parameter in old.heads.parameters():
        torch.nn.init.normal_(parameter)
    new = small_sama()
    fresh = new.heads["matting"].mix.conv1.weight.clone()
    start_from(new.trainable(), old.trainable(), "old.safetensors")
    mine, theirs = new.heads["matting"].stages[1], old.heads["matting"].stages[1]
    assert torch.equal(mine.conv.weight, theirs.conv.weight)
    assert torch.equal(mine.base.weight[:, :1], theirs.base.weight)
    assert not mine.base.weight[:, 1:].any()
    assert torch.equal(new.heads["matting"].mix.conv1.weight, fresh)
    with pytest.raises(SamaError, match="mini.safetensors holds nothing"):
        start_from(new.trainable(), new.backbone.state_dict(), "mini.safetensors")


def test_mini_starts_from_a_smaller_mini():
    old, new = (MiniBackbone(replace(SMALL, blocks=n, prior_mixing=n > 1)) for n in (1, 2))
    fresh = new.sam.image_encoder.blocks[1].qkv.weight.clone()
    start_from(new.state_dict(), old.state_dict(), "old.safetensors")
    assert torch.equal(new.sam.image_encoder.blocks[0].qkv.weight, old.sam.image_encoder.blocks[0].qkv.weight)
    assert torch.equal(new.sam.image_encoder.blocks[1].qkv.weight, fresh)
    prior, x = new.sam.prompt_encoder.prior, torch.rand(1, SMALL.prior_widths[1], 8, 8)
    assert torch.equal(prior.mix8(x), x), "new blocks change nothing at first"


def test_a_readout_is_trained_from_a_recipe(tmp_path):
    """One step of one small clip on the embedded backbone; what is written belongs to it."""
    write_training(tmp_path)
    recipe = replace(read_recipe(RECIPES / "readout.toml"), steps=1, batch=1, small_size=64)
    place = Workplace(tmp_path, tmp_path / "runs" / "readout", workers=0)
    path = run(recipe, place)
    assert path.name == "mini_readout.safetensors" and path.stat().st_size < 2e6
    readout = load_readout(path, load_model("mini"))
    assert sum(each.numel() for each in readout.parameters()) == 882_178
    with pytest.raises(SamaError, match="There is no file lost"):
        run(replace(recipe, init="lost"), place)
    with pytest.raises(SamaError, match="vit_b has one size"):
        run(replace(recipe, backbone="vit_b"), place)


def test_data_travels_to_processes_that_are_not_forked(tmp_path):
    """Windows and macOS start them anew, and later Pythons everywhere: what they work on is pickled."""
    write_training(tmp_path)
    recipe = read_recipe(RECIPES / "mini_4.toml")
    make_data = partial(_make_data, recipe, Workplace(tmp_path, tmp_path / "run"))
    plan = Plan(Batches(make_data, 1), ("mini",), 64, 0, 2)
    there = pickle.loads(pickle.dumps(plan))
    assert torch.equal(there[1]["image"], plan[1]["image"]) and there[1]["image"].shape == (1, 3, 64, 64)
