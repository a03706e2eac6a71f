"""Layers on a canvas."""

import numpy as np
from PIL import Image

from sama.training.data import synthesis
from sama.training.data.painting import Painted, Scene, paint
from tests.helpers import disc


def test_layers_occlude_front_to_back():
    rng = np.random.default_rng(1)
    layers = []
    for k in range(5):
        alpha = rng.integers(0, 256, (30, 40), dtype=np.uint8)
        layers.append(synthesis.Layer(np.zeros((30, 40, 3), np.uint8), alpha, 5 * k, 3 * k))
    alphas = synthesis.visible_alphas(layers, (70, 60)).astype(int)
    assert alphas.sum(0).max() <= 255
    assert np.array_equal(alphas[4][layers[4].region], layers[4].alpha)
    front, back = (np.zeros((60, 70)), np.zeros((60, 70)))
    front[layers[4].region] = layers[4].alpha
    back[layers[3].region] = layers[3].alpha
    assert np.abs(alphas[3] - back * (1 - front / 255)).max() <= 1


def test_hidden_objects_are_not_prompted():
    def layer(value, side, at):
        alpha = np.full((side, side), value, np.uint8)
        return synthesis.Layer(np.zeros((side, side, 3), np.uint8), alpha, at, at)

    layers = [layer(255, 40, 20), layer(255, 40, 22), layer(40, 40, 5)]
    alphas = synthesis.visible_alphas(layers, (80, 80))
    # The first is nearly covered; the third is too faint to have a core.
    assert synthesis.worth_prompting(alphas, layers, 0.003) == [1]


def test_white_disc_with_black_hidden_colour_leaves_no_fringe():
    alpha = disc(200, 80)
    rgba = np.dstack([np.where(alpha[..., None] > 0, 255, 0).repeat(3, 2).astype(np.uint8), alpha])
    picture = Image.fromarray(rgba).convert("RGBa")
    white = np.full((160, 160, 3), 255, np.uint8)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        layer = synthesis.place(rng, picture, (160, 160), 61 + 17 * seed, 13.0 * seed)
        assert layer.alpha.max() == 255 and ((layer.alpha > 20) & (layer.alpha < 235)).any()
        assert paint(Scene(white, [Painted(layer)])).min() >= 253


def test_cut_borders_are_pushed_to_the_canvas_border():
    alpha = np.zeros((60, 60), np.uint8)
    alpha[20:, 10:50] = 255
    cut = synthesis.cut_sides(alpha)
    assert cut == (False, False, False, True)
    picture = Image.fromarray(np.repeat(alpha[..., None], 4, 2), "RGBA").convert("RGBa")
    for seed in range(8):
        rng = np.random.default_rng(seed)
        layer = synthesis.place(rng, picture, (150, 120), 50, 20.0, cut)
        assert layer.y + layer.alpha.shape[0] == 120
    assert synthesis.place(rng, picture, (150, 120), 50, 0.0, (True, False, True, False)) is None
