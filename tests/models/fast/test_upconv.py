"""Enlarging and convolving in one step equals doing one after the other."""

import torch
from torch.nn import functional as F

from sama.models.fast.upconv import enlarging_kernel, own_kernel
from sama.models.maps import from_phases, to_phases, up2


def replicated(x):
    return F.pad(x, (1, 1, 1, 1), mode="replicate")


def test_the_kernel_of_an_enlarged_map():
    torch.manual_seed(0)
    x, kernel = torch.randn(2, 5, 6, 7), torch.randn(4, 5, 3, 3)
    expected = F.conv2d(replicated(up2(x)), kernel)
    got = from_phases(F.conv2d(replicated(x), enlarging_kernel(kernel)))
    assert torch.allclose(got, expected, atol=1e-4)


def test_the_kernel_of_a_map_in_phases():
    torch.manual_seed(0)
    x, kernel = torch.randn(2, 5, 12, 14), torch.randn(4, 5, 3, 3)
    expected = F.conv2d(x, kernel, padding=1)[..., 2:-2, 2:-2]
    got = from_phases(F.conv2d(to_phases(x), own_kernel(kernel)))
    assert torch.allclose(got, expected, atol=1e-4)
