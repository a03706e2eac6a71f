"""The measures of one photo, live: equal to those of `evaluate` on the same prompts."""

import numpy as np
import pytest
from PIL import Image

from sama.errors import SamaError
from sama.evaluation import evaluate
from sama.evaluation.live import MOST_PIXELS, Truth, entrants, error_of, measure, measured_size, read_truth
from sama.evaluation.methods import Scored, answering
from sama.evaluation.prompting import tight_box
from sama.methods import METHODS
from sama.request.prompts import Prompts
from sama.request.request import Request
from tests.helpers import disc, lively_sama, predictor_of

SIZE = (120, 96)


@pytest.fixture
def files(tmp_path):
    """A photo and a soft matte of it, as a folder for `evaluate`."""
    rng = np.random.default_rng(3)
    soft = np.clip(disc(96, 30).astype(float)[:, :96] * 0.8 + rng.integers(0, 40, (96, 96)), 0, 255)
    matte = np.zeros(SIZE[::-1], np.uint8)
    matte[:, 12:108] = np.where(disc(96, 34) > 0, soft, 0)
    image = rng.integers(0, 256, (*SIZE[::-1], 3), np.uint8)
    for part, picture in (("images", image), ("alphas", matte)):
        (tmp_path / part).mkdir()
        Image.fromarray(picture).save(tmp_path / part / "a.png")
    return tmp_path


def test_they_equal_those_of_evaluate(files):
    pytest.importorskip("py_sod_metrics", reason="the extra eval is not installed")
    predictor = predictor_of(lively_sama())
    results = evaluate(files, methods=["sam", "sama", "solid"], predictor=predictor, progress=False)
    truth = read_truth(files / "alphas" / "a.png", SIZE, "a.png")
    image = np.asarray(Image.open(files / "images" / "a.png"))
    for name in ("sam", "sama", "solid"):
        found = answering(name, image, predictor)(Prompts(boxes=(tight_box(truth.mask),)))
        expected = results["objects"][0]["methods"][name]
        own = measure(found, truth)
        assert own == pytest.approx({each: expected[each] for each in own}, abs=1e-6)
    assert set(own) == {"IoU", "boundary_IoU", "MAE", "SAD", "MSE", "Grad"}


def test_an_answer_that_is_right_has_no_error(files):
    truth = read_truth(files / "alphas" / "a.png", SIZE, "a.png")
    right = Scored(truth.mask, truth.mask.astype(np.float32), truth.alpha)
    assert measure(right, truth) == {"IoU": 1, "boundary_IoU": 1, "MAE": 0, "SAD": 0, "MSE": 0, "Grad": 0}
    assert not error_of(right, truth).any() and not truth.hard
    nothing = Scored(~truth.mask, 1 - truth.mask.astype(np.float32), np.zeros_like(truth.alpha))
    assert measure(nothing, truth)["IoU"] == 0 and measure(nothing, truth)["MAE"] == 1
    assert np.array_equal(error_of(nothing, truth), truth.alpha), "missing is positive"


def test_a_truth_is_a_mask_or_matte_of_this_photo(tmp_path):
    Image.fromarray(disc(40, 12)).save(tmp_path / "mask.png")
    found = read_truth(tmp_path / "mask.png", (40, 40), "photo.png", name="mask.png")
    assert found.hard and np.array_equal(found.mask, disc(40, 12) > 0)
    with pytest.raises(SamaError, match="mask.png is 40 x 40 pixels and the upright photo 80 x 40"):
        read_truth(tmp_path / "mask.png", (80, 40), "photo.png")
    Image.fromarray(disc(40, 1.2)).save(tmp_path / "dot.png")
    with pytest.raises(SamaError, match="fewer than 10 pixels"):
        read_truth(tmp_path / "dot.png", (40, 40), "photo.png")


def test_a_large_photo_is_measured_smaller():
    assert measured_size((2000, 2000)) == (2000, 2000)
    width, height = measured_size((8000, 4000))
    assert width == pytest.approx(2 * height, abs=2) and 0.99 * MOST_PIXELS < width * height <= MOST_PIXELS
    truth = Truth(np.kron(disc(50, 20) / np.float32(255), np.ones((2, 2), np.float32)))
    assert np.array_equal(truth.at((50, 50)).alpha, disc(50, 20) / np.float32(255))


def test_all_methods_take_part_that_can():
    info = predictor_of(lively_sama()).info
    box, click = (Prompts(boxes=((5, 5, 50, 50),)), Prompts(((20, 20, 1),)))

    def names(prompts, **how):
        return [method.name for method in entrants(info, Request.of(prompts, SIZE), **how)]

    assert names(click) == ["sam", "sama", "solid"]
    assert names(click, shown="closed_form") == ["sam", "sama", "solid", "closed_form"]
    assert names(box, slow=True) == ["sam", "sama", "solid", "closed_form", "grabcut"]
    mask = Prompts(mask=np.where(disc(96, 30)[:, :96] > 0, np.float32(9), np.float32(-9)))
    drawn = [each.name for each in entrants(info, Request.of(mask, (96, 96)))]
    assert "painted" in drawn and "from_mask" in drawn, "a mask that somebody drew, as it is"
    assert not METHODS["sam"].slow
