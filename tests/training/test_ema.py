"""The moving average."""

import torch

from sama.training.ema import Ema
from tests.helpers import mini_stage


def test_average_swaps_in_and_out():
    stage = mini_stage()
    module = stage.module
    ema = Ema(module, 0.5)
    weight = module.sam.image_encoder.neck[1].weight
    start = weight.detach().clone()
    with torch.no_grad():
        weight += 1
    ema.update(module, step=1000)
    module.train()
    with ema.swapped_in(module):
        assert torch.allclose(weight, start + 0.5) and not module.training
    assert torch.allclose(weight, start + 1) and module.training
