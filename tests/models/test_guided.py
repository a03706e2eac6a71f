"""The guided filter against its definition, and what the heads get of it."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from sama.models.beliefs import Beliefs, make_guides
from sama.models.guided import apply, follow, make_guide, window_mean


def by_definition(image: np.ndarray, p: np.ndarray, radius: int, smoothness: float) -> np.ndarray:
    """Ridge regression of p (h, w) on the colours (3, h, w) in every window, then the mean of all windows' fits."""
    h, w = p.shape

    def window(x, y):
        rows = np.clip(np.arange(y - radius, y + radius + 1), 0, h - 1)
        columns = np.clip(np.arange(x - radius, x + radius + 1), 0, w - 1)
        return np.ix_(rows, columns)

    fits = np.zeros((h, w, 4))
    for y in range(h):
        for x in range(w):
            at = window(x, y)
            colours = np.stack([c[at].ravel() for c in image])
            values = p[at].ravel()
            centred = colours - colours.mean(1, keepdims=True)
            covariance = centred @ centred.T / values.size + smoothness * np.eye(3)
            slope = np.linalg.solve(covariance, centred @ (values - values.mean()) / values.size)
            fits[y, x] = *slope, values.mean() - slope @ colours.mean(1)
    out = np.zeros((h, w))
    for y in range(h):
        for x in range(w):
            *slope, constant = fits[window(x, y)].reshape(-1, 4).mean(0)
            out[y, x] = np.dot(slope, image[:, y, x]) + constant
    return out.clip(0, 1)


@pytest.mark.parametrize("radius", [1, 3])
def test_the_filter_is_a_regression_in_every_window(radius):
    rng = np.random.default_rng(0)
    image, p = rng.normal(size=(3, 11, 13)), rng.random((11, 13))
    expected = by_definition(image, p, radius, 0.01)
    tensor = torch.tensor(image)[None]
    guide = make_guide(tensor, radius, 0.01)
    got = apply(follow(guide, torch.tensor(p)[None, None]), tensor)
    assert np.allclose(got[0, 0].numpy(), expected, atol=1e-8)


def test_the_mean_of_a_window_repeats_the_border():
    x = torch.rand(2, 3, 7, 9)
    padded = F.pad(x, (2, 2, 2, 2), mode="replicate").flatten(0, 1)[:, None]
    expected = F.conv2d(padded, torch.full((1, 1, 5, 5), 1 / 25))
    assert torch.allclose(window_mean(x, 2), expected.unflatten(0, (2, 3))[:, :, 0], atol=1e-6)


def test_a_blurred_edge_snaps_to_the_edge_of_the_photo():
    image = torch.zeros(1, 3, 256, 256)
    image[..., 120:] = 1
    logits = torch.linspace(-8, 8, 32).expand(
        1, 1, 32, 32
    )  # its edge is at column 128, eight columns too far
    beliefs = Beliefs(logits, make_guides(image, ((3, 1e-4),)), torch.float32)
    own, guided = beliefs.at((128, 128))[0, :, 64]
    assert own.diff().max() < 0.05
    assert guided.diff().max() > 0.3
    assert guided.diff().argmax() == 59  # between columns 119 and 120 of 256


def test_every_prompt_of_a_photo_is_guided_by_it():
    torch.manual_seed(0)
    image, logits = torch.randn(2, 3, 64, 64), torch.randn(4, 1, 16, 16)
    guides = make_guides(image, ((2, 1e-3), (1, 1e-3)))
    together = Beliefs(logits, guides.per_prompt(2), torch.float32).at((32, 32))
    for i in range(4):
        alone = make_guides(image[i // 2 : i // 2 + 1], ((2, 1e-3), (1, 1e-3)))
        assert torch.allclose(
            together[i], Beliefs(logits[i : i + 1], alone, torch.float32).at((32, 32))[0], atol=1e-5
        )
