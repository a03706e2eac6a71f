"""The composite that the page makes itself, against `sama.matting.composite`."""

import numpy as np
import pytest

from sama.matting import composite, to_uint8
from sama.ui.checkerboard import CELL, checkerboard, checks
from sama.ui.pictures import grey_url, matte_url

SIZE = (60, 90)  # rows and columns
PLACE = 8, 5  # columns and rows to the left and above what is sent of the object

SHOWN = """(async ({ checks, cut, behind, matte, grounds }) => {
  const composing = Composing(checks);
  const pixels = c => c && [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data];
  const early = composing.on({ kind: 'colour', colour: '#123456' });
  const first = composing.take(await composing.load({ cut, behind }, await loadPicture(matte)));
  const found = [early, first, ...grounds.map(ground => composing.on(ground))].map(pixels);
  composing.forget();
  return [...found, pixels(composing.on(grounds[0])), first.naturalWidth];
})(a)"""


@pytest.fixture(scope="module")
def run(scripts):
    return scripts("viewer/composing.js")


@pytest.fixture(scope="module")
def object_():
    """Its colours (h, w, 3) and alpha (h, w), bytes, on the whole picture; colours beyond PLACE are not sent."""
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (*SIZE, 3), np.uint8)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    alpha = np.clip(300 - 12 * np.hypot(x - 45, y - 30), 0, 255).astype(np.uint8)
    return colours, alpha


def shown(run, object_, *grounds, behind=None, own=None):
    """What is seen before and after the object has come, on every background, and when it is forgotten."""
    colours, alpha = object_
    x, y = PLACE
    cut = {"src": grey_url(colours[y:, x:]), "x": x, "y": y, "alpha": own}
    sent = {"checks": checks(), "cut": cut, "behind": behind, "matte": matte_url(alpha), "grounds": grounds}
    *found, width = run(SHOWN, sent)
    assert width == SIZE[1]
    return [None if each is None else np.array(each, np.uint8).reshape(*SIZE, 4) for each in found]


def expected(colours, alpha, backdrop) -> np.ndarray:
    return to_uint8(composite(colours / np.float32(255), alpha / np.float32(255), backdrop))


def same(found, wanted):
    """Both are rounded to bytes once, the page's cut-out, whose colours are kept times alpha, once more."""
    assert (found[..., 3] == 255).all()
    assert np.abs(found[..., :3].astype(int) - wanted).max() <= 2


def test_it_is_what_python_makes_of_the_same_colours_and_alpha(run, object_):
    plain = [{"kind": "colour", "colour": "#0a6414"}, {"kind": "transparent"}]
    early, first, green, checked, forgotten = shown(run, object_, *plain)
    assert early is None and forgotten is None, "there is nothing to compose"
    backdrop = np.broadcast_to(np.array((10, 100, 20), np.float32) / 255, (*SIZE, 3))
    same(green, expected(*object_, backdrop))
    same(checked, expected(*object_, checkerboard(SIZE, CELL)))
    early_colour = np.broadcast_to(np.array((0x12, 0x34, 0x56), np.float32) / 255, (*SIZE, 3))
    same(first, expected(*object_, early_colour))


def test_what_the_server_paints_is_behind_once_it_has_come(run, object_):
    picture = np.random.default_rng(1).integers(0, 256, (*SIZE, 3), np.uint8)
    blur = {"kind": "blur"}
    *_, green, blurred, _ = shown(run, object_, {"kind": "colour", "colour": "#00ff00"}, blur)
    assert green is not None and blurred is None, "the server has to say more first"
    colours, alpha = object_
    cut = {"src": grey_url(colours), "x": 0, "y": 0, "alpha": None}
    sent = {"checks": checks(), "cut": cut, "behind": grey_url(picture), "matte": matte_url(alpha)}
    late = """(async ({ checks, cut, behind, matte }) => {
      const composing = Composing(checks);
      composing.on({ kind: 'blur' });
      const made = composing.take(await composing.load({ cut, behind }, await loadPicture(matte)));
      return [...made.getContext('2d').getImageData(0, 0, made.width, made.height).data];
    })(a)"""
    found = np.array(run(late, sent), np.uint8).reshape(*SIZE, 4)
    same(found, expected(colours, alpha, picture / np.float32(255)))


def test_a_cut_may_have_an_alpha_of_its_own(run, object_):
    colours, alpha = object_
    hard = np.where(alpha > 127, np.uint8(255), np.uint8(0))
    *_, white, _ = shown(run, object_, {"kind": "colour", "colour": "#ffffff"}, own=matte_url(hard))
    same(white, expected(colours, hard, np.ones((*SIZE, 3), np.float32)))
