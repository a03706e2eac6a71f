"""What a canvas shows again and again is drawn once, and looks the same."""

import numpy as np
import pytest

DRAW = """
const canvas = document.createElement('canvas'), ctx = canvas.getContext('2d');
Object.assign(canvas, { width: 40, height: 30 });
const things = [...Array(12)].map(() => ({}));
let painted = 0;
function draw(thing, zoom, soon) {
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.fillStyle = '#fff';
  ctx.fillRect(0, 0, 40, 30);
  ctx.setTransform(zoom, 0, 0, zoom, 3.5, 2);
  drawKept(ctx, [things[thing]], c => {
    painted += 1;
    c.fillStyle = `rgb(${20 * thing} 10 30 / .6)`;
    c.fillRect(1, 1, 8, 5);
  }, soon);
  return [[...ctx.getImageData(0, 0, 40, 30).data], painted];
}
"""


@pytest.fixture
def run(scripts):
    page = scripts()
    page.page.add_script_tag(content=DRAW)
    return page


def test_the_third_time_it_is_a_copy_of_the_same_pixels(run):
    (first, _), (second, _), (third, painted) = [run("draw(1, 1.5)") for _ in range(3)]
    assert np.abs(np.subtract(first, second)).max() <= 1 and second == third and painted == 2
    other, painted = run("draw(1, 2)")
    assert np.abs(np.subtract(first, other)).max() > 50 and painted == 3, "another view"
    assert run("draw(1, 1.5)") == [second, 3]
    assert run("draw(2, 1.5)")[0] != first, "another thing"


def test_what_takes_long_is_kept_at_once_and_little_is_kept(run):
    assert run("draw(1, 1, true)")[0] == run("draw(1, 1, true)")[0]
    assert run("draw(1, 1, true)")[1] == 1
    for thing in range(2, 11):
        run(f"draw({thing}, 1, true)")
    assert run("draw(1, 1, true)")[1] == 11, "eight others came meanwhile"
