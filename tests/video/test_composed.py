"""Composed clips: their mattes are exact, measured by what the pictures themselves show."""

import numpy as np
import pytest

from sama.video.composed import compose_clip

pytest.importorskip("cv2")


def thing(colour, seed: int = 0) -> np.ndarray:
    """A round thing with a soft rim and holes (60, 80, 4) uint8."""
    y, x = np.mgrid[:60, :80]
    alpha = np.clip((26 - np.hypot((x - 40) * 0.7, y - 30)) / 8, 0, 1)
    alpha = alpha * (np.hypot(x - 30, y - 25) > 6)
    return np.dstack([np.full((60, 80, 3), colour, np.uint8), np.rint(alpha * 255).astype(np.uint8)])


BLACK, WHITE = (np.full((90, 160, 3), value, np.uint8) for value in (0, 255))


@pytest.mark.parametrize("options", [{}, {"leaves": True}, {"occluder": thing(0)}, {"elastic": 0.0}])
def test_a_white_thing_among_black_ones_is_its_matte(options):
    clip = list(compose_clip([thing(255), thing(0)], BLACK, 5, frames=16, size=(160, 90), **options))
    assert len(clip) == 16
    for rgb, alpha in clip:
        assert rgb.shape == (90, 160, 3) and rgb.dtype == np.uint8 and alpha.dtype == np.float32
        assert np.abs(rgb / 255 - alpha[..., None]).max() <= 0.51 / 255
    seen = np.array([alpha.sum() for _, alpha in clip])
    assert (seen[[0, -1]] > 200).all() and (seen.min() == 0) == ("leaves" in options)
    if "occluder" in options:
        assert seen.min() < 0.9 * seen[0]


def test_the_background_shows_through_by_the_rest():
    on = {
        name: list(compose_clip([thing(90)], each, 7, frames=4))
        for name, each in (("b", BLACK), ("w", WHITE))
    }
    for (black, alpha), (white, same) in zip(on["b"], on["w"], strict=True):
        assert np.array_equal(alpha, same)
        through = (white.astype(float) - black) / 255
        assert np.abs(1 - through - alpha[..., None]).max() <= 1.01 / 255


def test_the_first_frame_shows_it_whole_and_it_moves_smoothly():
    for seed in range(8):
        clip = list(compose_clip([thing(255)], BLACK, seed, frames=24))
        first = clip[0][1]
        assert not first[[0, -1]].any() and not first[:, [0, -1]].any()
        y, x = np.mgrid[:180, :320]
        way = np.array([[(x * a).sum(), (y * a).sum()] / a.sum() for _, a in clip])
        steps = np.hypot(*np.diff(way, axis=0).T)
        assert steps.max() < 20 and steps.sum() > 15
        assert np.abs(np.diff(steps)).max() < 8


def test_the_same_seed_makes_the_same_clip():
    one, same, other = (
        np.stack([rgb for rgb, _ in compose_clip([thing(200)], WHITE, seed, frames=3)]) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_moments_may_be_chosen():
    whole = list(compose_clip([thing(200)], WHITE, 4, frames=5))
    chosen = list(compose_clip([thing(200)], WHITE, 4, times=(0.0, 0.75)))
    for (rgb, alpha), k in zip(chosen, (0, 3), strict=True):
        assert np.array_equal(rgb, whole[k][0]) and np.array_equal(alpha, whole[k][1])
