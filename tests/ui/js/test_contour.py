"""Masks that are seen on any colour."""

import numpy as np
import pytest

from sama.export.palette import SAM_COLOUR, SAMA_COLOUR
from sama.ui.page.colours import MEANINGS
from sama.ui.pictures import mask_url

SAM = [MEANINGS["sam"], MEANINGS["samother"]]
SAMA = [MEANINGS["sama"], MEANINGS["samaother"]]


@pytest.fixture(scope="module")
def run(scripts):
    return scripts("viewer/panels.js", "viewer/full.js")


@pytest.mark.parametrize(
    ("pixels", "tints", "which"),
    [
        ([[200, 60, 30]] * 10, SAMA, 1),  # a tomato
        ([[230, 130, 50]] * 10, SAMA, 1),  # an orange
        ([list(SAMA_COLOUR)] * 3 + [[20, 20, 20]] * 7, SAMA, 1),  # three tenths of the object
        ([list(SAMA_COLOUR)] * 2 + [[20, 20, 20]] * 8, SAMA, 0),  # two tenths
        ([[120, 160, 60]] * 10, SAMA, 0),
        ([[128, 128, 128]] * 10, SAMA, 0),
        ([[60, 110, 220]] * 10, SAM, 1),  # a blue car
        ([list(SAM_COLOUR)] * 10, SAM, 1),
        ([[200, 60, 30]] * 10, SAM, 0),
        ([], SAMA, 0),
    ],
)
def test_the_second_tint_is_taken_where_the_first_is_not_seen(run, pixels, tints, which):
    assert run("tintFor(a, b)", pixels, tints) == tints[which]


def test_distances_are_those_of_oklab(run):
    assert run("oklab([255, 255, 255])") == pytest.approx([1, 0, 0], abs=1e-3)
    assert run("oklab([255, 0, 0])") == pytest.approx([0.628, 0.2249, 0.1258], abs=1e-3)
    assert run("oklab([0, 0, 255])") == pytest.approx([0.452, -0.0325, -0.3115], abs=1e-3)


LINE = """(zoom => {
  const canvas = document.createElement('canvas'), ctx = canvas.getContext('2d');
  Object.assign(canvas, { width: 100, height: 60 });
  ctx.setTransform(zoom, 0, 0, zoom, 0, 0);
  const size = { width: 100 / zoom, height: 60 / zoom };
  outline(ctx, size, c => c.fillRect(0, 0, 50 / zoom, 60 / zoom), { of: [zoom] });
  return [47, 50, 51, 52, 56].map(x => [...ctx.getImageData(x, 30, 1, 1).data]);
})"""


@pytest.mark.parametrize("zoom", [1, 10])
def test_a_line_runs_outside_the_mask_and_is_as_wide_at_any_zoom(run, zoom):
    inside, light, _, dark, away = run(LINE + "(a)", zoom)
    assert inside[3] == away[3] == 0
    assert light[3] > 200 and min(light[:3]) > 200
    assert dark[3] > 40 and max(dark[:3]) < 128


SAME = """(async ({ src, zoom, x, y }) => {
  const mask = await loadPicture(src);
  const size = { width: 300, height: 200 }; // of the photo
  const lines = of => {
    const canvas = document.createElement('canvas'), ctx = canvas.getContext('2d');
    Object.assign(canvas, { width: 120, height: 80 });
    ctx.setTransform(zoom, 0, 0, zoom, x, y);
    outline(ctx, size, c => c.drawImage(mask, 0, 0, size.width, size.height), { of });
    return [...ctx.getImageData(0, 0, 120, 80).data];
  };
  return [lines([mask]), lines([mask, 'and something else'])];
})(a)"""


@pytest.mark.parametrize(
    ("zoom", "x", "y", "seen"),
    [(0.4, 0, 0, True), (0.4, -20, 15, True), (3, -400, -200, True), (3, 0, 0, False)],
)
def test_where_a_mask_lies_is_looked_for_once_for_all_views(run, zoom, x, y, seen):
    """A mask alone against a list of which nothing is known before it is drawn."""
    mask = np.zeros((100, 150), bool)
    mask[35:80, 70:120] = True
    mask[34, 100] = mask[20:24, 71] = True  # thin things count
    known, drawn = run(SAME, {"src": mask_url(mask, (9, 9, 9)), "zoom": zoom, "x": x, "y": y})
    assert known == drawn and any(known) is seen
    empty = run(SAME, {"src": mask_url(mask & False, (9, 9, 9)), "zoom": zoom, "x": x, "y": y})
    assert not any(empty[0] + empty[1])


def test_the_next_panel_alone(run):
    names = ["sam", "sama", "alpha"]
    assert run("nextAlone(a, null, 1, false)", names) == "sam"
    assert run("nextAlone(a, 'alpha', 1, false)", names) is None
    assert run("nextAlone(a, null, -1, false)", names) == "alpha"
    assert run("nextAlone(a, 'alpha', 1, true)", names) == "sam"
