"""Weights a run starts from."""

from dataclasses import replace

import pytest
import torch

from sama.errors import SamaError
from sama.models.backbones.mini import MiniBackbone
from sama.training.run import start_from
from tests.helpers import SMALL, small_sama


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
