"""Looking closer at small boxes: where to cut, how answers come back, and what is encoded for it."""

import pickle

import numpy as np
import pytest

import sama.predict.open_photo
from sama.errors import PromptError
from sama.models.fast import fused
from sama.predict.answer import ALPHA, SAM, SAMA, ObjectAnswer
from sama.predict.close_up import LARGEST, MARGIN, OUTSIDE, SMALLEST, Region, placed, region_of
from sama.predict.loading import Predictor
from sama.request.prompts import Prompts
from tests.helpers import ask, asked, predictor_of, small_sama

SIZE = (900, 600)
BOX = Prompts(boxes=((300, 200, 340, 230),))
MODEL = fused(small_sama())


def predictor(model: str = "mini") -> Predictor:
    return predictor_of(MODEL, model)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, SIZE[::-1] + (3,), dtype=np.uint8)


@pytest.fixture
def calls(monkeypatch) -> list[tuple]:
    """Shapes the image encoder was called with."""
    seen = []
    encode = MODEL.backbone.encode
    monkeypatch.setattr(MODEL.backbone, "encode", lambda x: seen.append(tuple(x.shape)) or encode(x))
    return seen


def maps(values: np.ndarray) -> ObjectAnswer:
    """An answer all of whose maps are `values`."""
    layers = {SAM: values, SAMA: values, ALPHA: values}
    return ObjectAnswer(BOX, values[None] > 0, np.ones(1, np.float32), 0, layers)


@pytest.mark.parametrize("seed", range(40))
def test_the_cut_holds_all_that_is_marked_and_lies_in_the_picture(seed):
    rng = np.random.default_rng(seed)
    size = tuple(int(x) for x in rng.integers(200, 3000, 2))
    middle = rng.uniform(0.1, 0.9, 2) * size
    x0, y0 = np.clip(middle + rng.uniform(-40, 20, 2), 0, np.array(size) - 2)
    x1, y1 = np.clip((x0, y0) + rng.uniform(2, 60, 2), 0, size)
    points = tuple((*np.clip(middle + rng.normal(0, 30, 2), 0, np.array(size) - 1), 1) for _ in range(3))
    prompts = Prompts(points, ((x0, y0, x1, y1),))
    region = region_of(prompts, size)
    if region is None:
        assert max(size) < (MARGIN * 2**0.25 * 240 + 1) / LARGEST, "only small pictures need no closer look"
        return
    assert 0 <= region.left < region.right <= size[0] and 0 <= region.top < region.bottom <= size[1]
    assert min(size[0], SMALLEST) <= region.size[0] <= LARGEST * max(size)
    inside = region.prompts(prompts.validate(size)).validate(region.size)
    corner = np.array([region.left, region.top])
    assert np.allclose(np.array(inside.boxes[0]) + [*corner, *corner], prompts.boxes[0])
    assert np.allclose(np.array(inside.points)[:, :2] + corner, np.array(points)[:, :2])


def test_the_cut_leaves_room_around_the_box_and_moves_in_steps():
    for width in range(30, 250):
        region = region_of(Prompts(boxes=((420 - width / 2, 290, 420 + width / 2, 310),)), SIZE)
        side = region.size[0]
        assert 0.999 * MARGIN <= side / width <= 1.2 * MARGIN or side == SMALLEST
        room = min(420 - width / 2 - region.left, region.right - 420 - width / 2)
        assert room >= 0.4 * width, "of the box's width on either side"
    cuts = {region_of(Prompts(boxes=((x, 200, x + 100, 260),)), SIZE) for x in range(300, 340)}
    assert 1 < len(cuts) <= 3


@pytest.mark.parametrize(
    "prompts",
    [
        Prompts(points=((320, 215, 1),)),
        Prompts(boxes=((100, 100, 500, 400),)),
        Prompts(((880, 20, 1),), ((10, 500, 50, 560),)),
        Prompts((), BOX.boxes, np.zeros(SIZE[::-1], bool)),
    ],
    ids=["click", "large box", "positive click far away", "mask"],
)
def test_the_whole_picture_is_looked_at_where_a_part_will_not_do(prompts):
    assert region_of(prompts, SIZE) is None


def test_a_click_outside_the_cut_widens_it():
    near, far, removed = (345, 215, 1), (520, 215, 1), (520, 215, 0)
    alone = region_of(BOX, SIZE)
    assert region_of(Prompts((near,), BOX.boxes), SIZE) == alone
    wider = region_of(Prompts((far,), BOX.boxes), SIZE)
    assert alone.right < 520 < wider.right
    assert wider.size[0] > alone.size[0]
    both = Prompts((near, removed), BOX.boxes)
    assert region_of(both, SIZE) == alone, "nothing is kept there in any case"
    assert [label for *_, label in alone.prompts(both).points] == [1]


@pytest.mark.parametrize("size", [SIZE, (450, 300), (333, 222), (1350, 900), (2000, 1333)])
def test_an_answer_returns_to_its_place_at_any_size(size):
    region = Region(301, 97, 430, 226, *SIZE)
    width, height = region.detail(size)
    x, y = (np.arange(width) + 0.5) / width * 129 + 301, (np.arange(height) + 0.5) / height * 129 + 97
    ramp = (x[None] + 2 * y[:, None]).astype(np.float32)  # the picture's coordinates, seen through the cut
    answer = placed(maps(ramp), BOX, region, size)
    alpha = answer.layers[ALPHA]
    assert alpha.shape == answer.masks[0].shape == size[::-1]
    columns, rows = (np.arange(n) + 0.5 for n in size)
    x, y = columns * SIZE[0] / size[0], rows * SIZE[1] / size[1]
    pixel = SIZE[0] / size[0]
    inside = ((x > 301 + 1.5 * pixel) & (x < 430 - 1.5 * pixel))[None] & (
        (y > 97 + 1.5 * pixel) & (y < 226 - 1.5 * pixel)
    )[:, None]
    expected = x[None] + 2 * y[:, None]
    assert np.abs(answer.layers[SAM] - expected)[inside].max() < 0.05 * pixel, "of an output pixel"
    outside = ((x < 301) | (x > 430))[None] | ((y < 97) | (y > 226))[:, None]
    assert (alpha[outside] == 0).all()
    assert (answer.layers[SAMA][outside] == OUTSIDE).all()
    assert not answer.mask(SAMA)[outside].any() and not answer.mask(SAM)[outside].any()
    if size == SIZE:
        assert np.array_equal(alpha[97:226, 301:430], ramp), "nothing is interpolated at the photo's size"


def test_a_tiny_answer_is_possible():
    region = Region(301, 97, 365, 161, *SIZE)
    for size in ((1, 1), (3, 2), (13, 11)):
        width, height = region.detail(size)
        whole = placed(maps(np.ones((height, width), np.float32)), BOX, region, size)
        assert whole.layers[ALPHA].shape == size[::-1]


def test_a_small_box_is_answered_on_the_part_around_it(photo, calls):
    ours = predictor()
    list(ours.set_image(photo))
    assert len(calls) == 5
    assert ours.pending(asked(ours, BOX))
    answer = ask(ours, BOX, keep_haze=True)  # what is haze is looked for on the whole photo
    assert len(calls) == 10
    assert not ours.pending(asked(ours, BOX))
    region = region_of(BOX, SIZE)
    other = predictor()
    list(other.set_image(region.cut(photo)))
    expected = ask(other, region.prompts(BOX), keep_haze=True)
    inside = np.s_[region.top : region.bottom, region.left : region.right]
    for name in (ALPHA, SAM, SAMA):
        whole, part = answer.layer(name), expected.layer(name)
        assert whole.shape == SIZE[::-1]
        assert np.array_equal(whole[inside], part)
        whole = whole.copy()
        whole[inside] = whole[0, 0]
        assert (whole == whole[0, 0]).all(), "nothing is found outside"
    assert answer.seconds["closer"] > 0


def test_corrections_in_the_same_part_encode_nothing(photo, calls):
    ours = predictor()
    list(ours.set_image(photo))
    ask(ours, BOX)
    first = len(calls)
    ask(ours, Prompts(((325, 212, 0),), BOX.boxes))
    ask(ours, Prompts(boxes=((301, 200, 340, 230),)))
    assert len(calls) == first
    ask(ours, Prompts(boxes=((10, 200, 50, 230),)))
    assert len(calls) == first + 5
    ask(ours, BOX)
    assert len(calls) == first + 5, "the part looked at before is in the cache"


def test_another_object_does_not_change_the_first(photo, calls):
    ours = predictor()
    list(ours.set_image(photo))
    far, large = (800, 500, 850, 560), (100, 20, 700, 590)
    alone = [ask(ours, Prompts(boxes=(box,))) for box in (BOX.boxes[0], far, large)]
    encoded = len(calls)
    assert encoded == 15, "the large one is answered on the whole photo"
    both = ask(ours, Prompts(boxes=(BOX.boxes[0], far)))
    every = ask(ours, Prompts(boxes=(BOX.boxes[0], far, large)))
    assert len(calls) == encoded
    for name in ("alpha", "sam", "sama"):
        parts = [answer.layer(name) for answer in alone]
        assert np.array_equal(both.layer(name), np.maximum(*parts[:2]))
        assert np.array_equal(every.layer(name), np.maximum.reduce(parts))
    assert np.array_equal(both.mask("sama"), alone[0].mask("sama") | alone[1].mask("sama"))
    assert np.array_equal(both.union.masks, alone[0].union.masks | alone[1].union.masks)
    assert [each.prompts.boxes for each in both.objects] == [(BOX.boxes[0],), (far,)]
    assert both.union.scores == pytest.approx(np.mean([a.union.scores for a in alone[:2]]))
    assert both.union.chosen == 0
    with pytest.raises(PromptError, match="1 candidate"):
        ask(ours, Prompts(boxes=(BOX.boxes[0], far)), candidate=1)
    click = (450, 40, 1)
    loose = ask(ours, Prompts((click,), (BOX.boxes[0], far)))
    lone = ask(ours, Prompts((click,)))
    assert np.array_equal(loose.layer("sam"), np.maximum(both.layer("sam"), lone.layer("sam")))


def test_sam_alone_needs_one_more_view_and_none_on_the_whole_photo(photo, calls):
    ours = predictor()
    list(ours.set_image(photo))
    whole = ask(ours, BOX, method="sam", closer=False)
    assert len(calls) == 5
    assert ours.pending(asked(ours, BOX))
    closer = ask(ours, BOX, method="sam")
    assert len(calls) == 6
    assert not np.array_equal(whole.layer("sam"), closer.layer("sam"))
    ask(ours, BOX)
    assert len(calls) == 10


def test_official_models_answer_on_the_whole_photo(photo, calls):
    ours = predictor("vit_b")
    list(ours.set_image(photo))
    assert not ours.pending(asked(ours, BOX))
    assert np.array_equal(ask(ours, BOX).alpha, ask(ours, BOX, closer=False).alpha)
    assert len(calls) == 5


def test_another_photo_is_another_part(photo, calls):
    ours = predictor()
    assert not ours.pending(asked(ours, BOX)), "there is no photo"
    list(ours.set_image(photo))
    first = ask(ours, BOX).alpha
    list(ours.set_image(photo[::-1].copy()))
    assert ours.pending(asked(ours, BOX))
    assert not np.array_equal(first, ask(ours, BOX).alpha)
    with pytest.raises(PromptError):
        asked(ours, Prompts(boxes=((950, 0, 980, 10),)))


def test_the_part_travels_through_pickle(photo, calls):
    shared = predictor()
    ours = shared.fork()
    list(ours.set_image(photo))
    expected = ask(ours, BOX).alpha
    there = pickle.loads(pickle.dumps(ours)).attach(shared)
    shared.whole.cache = None  # nothing to fall back on
    encoded = len(calls)
    assert not there.pending(asked(there, BOX))
    assert np.array_equal(ask(there, BOX).alpha, expected)
    assert len(calls) == encoded


def test_a_part_that_only_sam_has_looked_at_is_encoded_again_after_the_trip(photo, calls):
    shared = predictor()
    ours = shared.fork()
    list(ours.set_image(photo))
    ask(ours, BOX, method="sam")
    there = pickle.loads(pickle.dumps(ours)).attach(shared)
    assert there.pending(asked(there, BOX))
    assert ask(there, BOX).alpha.shape == SIZE[::-1]


def test_a_photo_larger_than_the_copy_kept_of_it(photo, monkeypatch):
    monkeypatch.setattr(sama.predict.open_photo, "PHOTO_PIXELS", SIZE[0] * SIZE[1])
    large = photo.repeat(3, 0).repeat(3, 1)
    ours, same = predictor(), predictor()
    list(ours.set_image(large))
    list(same.set_image(photo))
    prompts = Prompts(((960, 630, 1),), tuple(tuple(3 * v for v in box) for box in BOX.boxes))
    answer = ask(ours, prompts)
    assert answer.alpha.shape == (1800, 2700)
    region = region_of(BOX, SIZE)
    assert not answer.alpha[: 3 * region.top].any() and not answer.alpha[3 * region.bottom :].any()
    small = ask(same, Prompts(((320, 210, 1),), BOX.boxes)).alpha
    inside = np.s_[region.top + 2 : region.bottom - 2, region.left + 2 : region.right - 2]
    found = answer.alpha[1::3, 1::3][inside]
    assert np.abs(found - small[inside]).mean() < 0.1 * small[inside].std()
