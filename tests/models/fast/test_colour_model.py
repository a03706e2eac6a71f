"""The colour model's quick twin, beside the definition."""

import pytest
import torch

from sama.models.backbones.colour_model import BINS, colour_posterior
from sama.models.fast import colour_model


@pytest.mark.parametrize("images", [1, 2])
def test_the_twin_equals_the_definition(images):
    generator = torch.Generator().manual_seed(images)
    n, g = 3 * images, 16
    some = torch.randint(BINS**3, (40,), generator=generator)
    some[:3] = torch.tensor([0, BINS**3 - 1, BINS - 1])  # at the ends of the histogram, too
    bins = some[torch.randint(40, (images, g * g), generator=generator)]
    inside, outside, allowed = torch.rand(3, n, 1, g, g, generator=generator)
    affinity = 0.1 * torch.rand(8, images, 1, g, g, generator=generator)
    given = bins, inside * (inside > 0.8), outside * (outside > 0.5), (allowed > 0.2).float(), affinity
    kept = [x.clone() for x in given]
    expected, found = colour_posterior(*given), colour_model.colour_posterior(*given)
    assert all(torch.equal(a, b) for a, b in zip(given, kept, strict=True)), "what is given stays as it is"
    assert expected.std() > 0.05
    assert torch.allclose(found, expected, atol=2e-5)
    alone = colour_posterior(bins[:1], *(x[:3] for x in given[1:4]), affinity[:, :1])
    assert torch.allclose(found[:3], alone, atol=2e-5), "an image's prompts are its own"
