"""Where a background picture lies: on the page's pad as in Python."""

import numpy as np
import pytest

from sama.matting import Background

FRAME = {"width": 200, "height": 100}
LIMITS = {"offsets": [-1, 1], "sizes": [0.25, 4]}


@pytest.fixture(scope="module")
def run(scripts):
    return scripts("scene/pad.js")


@pytest.mark.parametrize(
    ("size", "place", "expected"),
    [
        ((100, 100), ("cover", 0, 0, 1), [0, -50, 200, 200]),
        ((100, 100), ("contain", 0, 0, 1), [50, 0, 100, 100]),
        ((100, 100), ("contain", 0.25, -0.5, 2), [50, -100, 200, 200]),
        ((40, 10), ("contain", 0, 0, 0.5), [50, 37.5, 100, 25]),
        ((40, 10), ("cover", -0.25, 0.1, 0.5), [-50, 35, 200, 50]),
    ],
)
def test_a_picture_lies_where_python_puts_it(run, size, place, expected):
    fit, x, y, scale = place
    picture = {"width": size[0], "height": size[1]}
    found = run("placed(a, b, c)", FRAME, picture, {"fit": fit, "x": x, "y": y, "scale": scale})
    assert found == pytest.approx(expected)

    white = np.full((size[1], size[0], 3), 255, np.uint8)
    background = Background("", "image", picture=white, fit=fit, offset=(x, y), scale=scale)
    rendered = background.render(np.zeros((100, 200, 3), np.uint8), np.zeros((100, 200), np.float32))
    rows, columns = np.nonzero(rendered[..., 0] > 0.5)
    left, top, width, height = expected
    seen = [max(left, 0), max(top, 0), min(left + width, 200), min(top + height, 100)]
    edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert edges == pytest.approx(seen, abs=0.5)  # Python's edges lie between whole pixels


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ([0.25, -0.5], {"x": 0.75, "y": 0, "scale": 2}),
        ([0, 0, 1.5], {"x": 0.5, "y": 0.5, "scale": 3}),
        ([9, -9, 9], {"x": 1, "y": -1, "scale": 4}),
        ([0, 0, 0.01], {"x": 0.5, "y": 0.5, "scale": 0.25}),
    ],
)
def test_a_picture_is_moved_within_limits(run, step, expected):
    assert run("shifted({ x: 0.5, y: 0.5, scale: 2 }, a, b)", step, LIMITS) == expected


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ([400, 300], [64 * 4 / 3, 64]),
        ([300, 400], [48, 64]),
        ([12000, 3000], [180, 45]),
        ([12000, 800], [180, 14]),  # a panorama
        ([800, 12000], [14, 64]),
    ],
)
def test_the_pad_has_the_photo_s_shape_and_never_blows_up_the_bar(run, shape, expected):
    assert run("padSize(a)", shape) == pytest.approx(expected)
