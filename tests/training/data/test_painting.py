"""Pictures painted from layers."""

import numpy as np
import torch

from sama.training.data import synthesis
from sama.training.data.painting import Painted, Scene, Shadow, draw_recolouring, paint, recolour
from tests.helpers import pixels


def test_composite_is_alpha_f_plus_rest_b():
    rng = np.random.default_rng(2)
    background = rng.integers(0, 256, (50, 60, 3), dtype=np.uint8)
    alpha = rng.integers(0, 256, (20, 30), dtype=np.uint8)
    colour = rng.integers(0, 256, (20, 30, 3))
    premultiplied = np.round(colour * alpha[..., None] / 255).astype(np.uint8)
    layer = synthesis.Layer(premultiplied, alpha, 12, 9)
    image = pixels(paint(Scene(background, [Painted(layer)])))
    a = alpha[..., None] / 255
    expected = background.astype(float)
    expected[9:29, 12:42] = a * colour + (1 - a) * expected[9:29, 12:42]
    assert np.abs(image - expected).max() <= 0.51  # of the premultiplied colours' rounding
    assert not np.array_equal(image, background)


def test_the_layer_in_front_covers_the_one_behind():
    behind, front = (
        synthesis.Layer(np.full((20, 20, 3), value, np.uint8), np.full((20, 20), 255, np.uint8), at, at)
        for value, at in ((200, 5), (90, 15))
    )
    image = pixels(paint(Scene(np.zeros((50, 50, 3), np.uint8), [Painted(behind), Painted(front)])))
    assert (image[10, 10] == 200).all() and (image[20, 20] == 90).all() and not image[45, 45].any()


def test_a_shadow_darkens_what_is_behind_alone():
    white = np.full((80, 80, 3), 200, np.uint8)
    layer = synthesis.Layer(np.full((20, 20, 3), 90, np.uint8), np.full((20, 20), 255, np.uint8), 50, 50)
    for right, down in ((0.3, 0.3), (5.0, 0.0), (-5.0, 5.0)):  # the last two fall beside the picture
        shadow = Shadow(right, down, softness=0.02, strength=0.5)
        image = pixels(paint(Scene(white, [Painted(layer, shadow=shadow)])))
        assert (image[52:68, 52:68] == 90).all()
        assert image[10, 10].min() > 199
        assert (image[73, 73].max() < 150) == (down == 0.3)


def test_recolouring_keeps_colours_premultiplied():
    alpha = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    opacity = torch.from_numpy(alpha)[None].float()
    before = opacity.expand(3, -1, -1) / 2
    behind = torch.full((3, 64, 256), 200.0)
    for seed in range(6):
        plan = draw_recolouring(np.random.default_rng(seed))
        colour = recolour(plan, before, opacity, behind)
        assert (colour <= opacity).all() and (colour >= 0).all()
        assert not colour[..., 0].any() and not torch.equal(colour, before)
