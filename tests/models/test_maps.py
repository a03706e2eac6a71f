"""Pixels as channels of one cell."""

import torch

from sama.models.maps import from_phases, to_phases


def test_phases_are_the_pixels_of_each_cell():
    x = torch.arange(2 * 3 * 4 * 6.0).reshape(2, 3, 4, 6)
    phases = to_phases(x)
    assert phases.shape == (2, 12, 2, 3)
    assert torch.equal(phases[:, 3:6], x[..., ::2, 1::2])  # row 0, column 1 of each cell
    assert torch.equal(from_phases(phases), x)
