"""What teaches the matting head."""

import torch

from sama.training.stages.sama import matting_weight


def test_soft_edges_teach_more_where_exact_and_nothing_where_drawn():
    target = torch.zeros(2, 1, 64, 64)
    target[..., :, 32:] = 1
    target[..., :, 30:34] = 0.5
    weight = matting_weight(target, torch.ones_like(target), torch.tensor([True, False]))
    assert weight[0, 0, 5, 32] > weight[0, 0, 5, 2] == 1
    assert weight[1, 0, 5, 32] == 0 and weight[1, 0, 5, 2] == weight[1, 0, 5, 63] == 1
