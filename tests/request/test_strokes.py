"""Strokes of brush and eraser: what they cover, what SAM makes of them, and whose they are."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from sama.errors import PromptError
from sama.request.listing import Listing
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.request.strokes import MAX_STROKES, Stroke, clicks_of, coverage, draw, stroke_of, with_strokes

SIZE = (60, 40)
LINE = Stroke(1, 4.0, ((10.0, 10.0), (40.0, 12.0), (42.0, 30.0)))


def whole(stroke: Stroke, shape=(40, 60), share=1.0) -> np.ndarray:
    window, found = coverage(stroke, SIZE, shape, share)
    result = np.zeros(shape, np.float32)
    result[window] = found
    return result


def test_a_stroke_covers_what_a_thick_line_of_another_library_does():
    times = 8
    picture = Image.new("L", (SIZE[0] * times, SIZE[1] * times))
    pen = ImageDraw.Draw(picture)
    places = [(x * times, y * times) for x, y in LINE.path]
    pen.line(places, fill=255, width=int(2 * LINE.radius * times))
    for x, y in places:
        r = LINE.radius * times
        pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
    expected = np.asarray(picture.resize(SIZE, Image.Resampling.BOX), np.float32) / 255
    assert np.abs(whole(LINE) - expected).max() < 0.2 and np.abs(whole(LINE) - expected).mean() < 0.01
    larger = whole(LINE, (80, 120))
    assert larger.sum() == pytest.approx(4 * expected.sum(), rel=0.02)
    assert whole(LINE, share=0.5).sum() < 0.6 * expected.sum()


def test_what_lies_beside_the_photo_is_left_out():
    beside = Stroke(1, 5.0, ((-20.0, 20.0), (5.0, 20.0)))
    assert whole(beside)[20, :8].min() == 1 and whole(beside).sum() < 110
    assert not whole(Stroke(1, 5.0, ((-20.0, 20.0), (-30.0, 20.0)))).any()


def test_drawing_twice_is_drawing_once_and_the_later_stroke_lies_on_top():
    erases = Stroke(0, 3.0, ((40.0, 12.0),))
    values = np.full((40, 60), 0.5, np.float32)
    for stroke in (LINE, erases):
        draw(values, stroke, SIZE, is_share=True)
    assert values[11, 40] == 0 and values[11, 20] == 1 and values[35, 5] == 0.5
    again = values.copy()
    draw(again, erases, SIZE, is_share=True)
    assert np.array_equal(again, values)
    mask = with_strokes(None, (LINE, erases), SIZE)
    assert mask.dtype == bool and mask[11, 20] and not mask[11, 40]
    soft = np.full((40, 60), -2, np.float32)
    logits = with_strokes(soft, (LINE,), SIZE)
    assert logits.dtype == np.float32 and logits[35, 5] == -2 and logits[11, 20] == 8


def test_sam_sees_clicks_along_a_stroke_but_not_what_was_taken_back():
    clicks = clicks_of((LINE,), SIZE)
    assert len(clicks) == 3 and all(label == 1 and LINE.covers(x, y) for x, y, label in clicks)
    dab = clicks_of((Stroke(1, 6.0, ((20.0, 20.0),)),), SIZE)
    assert len(dab) == 2, "a lone click would mean a part or the whole"
    taken = clicks_of((LINE, Stroke(0, 6.0, ((41.0, 25.0),))), SIZE)
    assert {label for *_, label in taken} == {0, 1} and len([c for c in taken if c[2]]) == 2
    many = tuple(Stroke(1, 1.0, ((x, y), (x + 4, y))) for x in range(2, 52, 7) for y in range(2, 38, 9))
    assert len(clicks_of(many, SIZE)) == 12


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([1, 4, 5], "x and y of at least one place"),
        ([2, 4, 5, 5], "1 (brush) or 0 (eraser)"),
        ([1, 0, 5, 5], "above 0"),
        ([1, 4, float("nan"), 5], "NaN"),
        ("ink", "list of numbers"),
        ([1, 500, 5, 5], "longer side, 60"),
        ([1, 4, 500, 5], "outside the photo of 60 x 40"),
    ],
)
def test_what_is_no_stroke_gets_a_sentence(value, told):
    with pytest.raises(PromptError) as error:
        Prompts(strokes=(value,)).validate(SIZE)
    assert told in str(error.value)


def test_too_many_and_none_to_erase_from():
    with pytest.raises(PromptError, match="limit is 500"):
        Prompts(strokes=(LINE,) * (MAX_STROKES + 1)).validate(SIZE)
    with pytest.raises(PromptError, match="nothing to erase from"):
        Prompts(strokes=(LINE._replace(label=0),)).validate(SIZE)
    with pytest.raises(PromptError, match="neither a box nor a click"):
        Request.of(
            Prompts(boxes=((0, 0, 9, 9),), strokes=(LINE._replace(label=0),)),
            SIZE,
            listing=Listing(brushed=(1,)),
        )


def test_strokes_go_to_files_and_back():
    prompts = Prompts(boxes=((1, 2, 30, 40),), strokes=(LINE,), order=("stroke", "box"))
    plain = prompts.to_dict()
    assert plain["strokes"] == [[1, 4.0, 10.0, 10.0, 40.0, 12.0, 42.0, 30.0]]
    assert Prompts.from_dict(plain) == prompts and prompts != Prompts(boxes=prompts.boxes)
    assert "strokes" not in Prompts(boxes=prompts.boxes).to_dict()
    assert stroke_of(LINE.flat) == LINE


def test_whose_a_stroke_is():
    boxes = ((0, 0, 30, 20), (30, 0, 60, 40))
    erases = Stroke(0, 2.0, ((50.0, 30.0),))
    asked = Request.of(Prompts(boxes=boxes, strokes=(LINE, erases)), SIZE)
    assert [each.strokes for each in asked.objects] == [(LINE, erases), (erases,)], "where it begins; all"
    own = Request.of(Prompts(boxes=boxes, strokes=(LINE, erases)), SIZE, listing=Listing(brushed=(2, 1)))
    assert [each.strokes for each in own.objects] == [(), (erases,), (LINE,)]
    assert own.objects[2].only_strokes and not own.objects[1].only_strokes
    assert Listing.from_dict(own.listing.to_dict()) == own.listing
    with pytest.raises(PromptError, match="owners of 1 strokes"):
        Request.of(Prompts(boxes=boxes, strokes=(LINE, erases)), SIZE, listing=Listing(brushed=(1,)))


def test_the_order_of_clicks_and_strokes_is_kept_in_groups():
    boxes = ((0, 0, 30, 20), (30, 0, 60, 40))
    prompts = Prompts(
        ((5, 5, 1), (40, 20, 0)), boxes, strokes=(LINE,), order=("box", "point", "stroke", "box", "point")
    )
    first, second = Request.of(prompts, SIZE).objects
    assert first.order == ("box", "point", "stroke", "point") and second.order == ()
