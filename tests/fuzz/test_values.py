"""Damaged masks, names and words, and prompts that are odd but right: an answer, or one sentence."""

import base64
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pycocotools import mask as coco

from sama.errors import SamaError
from sama.export.outputs import Outputs
from sama.matting import parse_background
from sama.methods import METHODS, answer
from sama.photo.opening import open_image
from sama.request.prompts import Prompts, parse_box, parse_point
from sama.request.request import Request
from sama.request.settings import Settings
from tests.fuzz.conduct import in_time, kept, refusing, tries
from tests.fuzz.damage import damages
from tests.helpers import encode, png_chunk, png_file, predictor_of, small_sama
from tests.ui.browser.fake_predictor import FakePredictor

WIDTH, HEIGHT = SIZE = 40, 30
RNG = np.random.default_rng(7)
INSIDE = RNG.integers(0, 2, (HEIGHT, WIDTH), np.uint8)
VAST = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)) + png_chunk(b"IDAT", b"")
MASKS = [
    encode(Image.fromarray(INSIDE > 0), "PNG"),
    encode(Image.fromarray(INSIDE * 255), "PNG"),
    encode(Image.fromarray(INSIDE).convert("P"), "PNG"),
    encode(Image.fromarray(np.dstack([INSIDE * 255] * 4)), "PNG"),
    png_file(INSIDE.astype(np.uint16) * 65535, 16, 0),
    png_file(INSIDE * 3, 2, 0, interlaced=True),
    b"\x89PNG\r\n\x1a\n" + VAST,
]


@tries(0.08)
@given(data=st.sampled_from(MASKS), damage=damages, whole=st.integers(0, 3))
def test_a_mask(data, damage, whole):
    data = damage.done(data) if whole else data
    with kept("mask.png", data), in_time(), refusing():
        prompts = Prompts.from_dict({"mask": base64.b64encode(data).decode()}, size=SIZE)
        request = Request.of(prompts, SIZE)
        mask = request.prompts.mask  # grey where damage has made greys
        assert mask.shape == (HEIGHT, WIDTH) and mask.dtype in (bool, np.float32) and (mask > 0).any()


_WORDS = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from("0123456789.,-+eE: ;%#naif()xblurhsltransparent"), max_size=24).map("".join),
    st.sampled_from(["rgb(%s)", "hsl(%s)", "blur:%s", "#%s", "%s,%s", "%s,%s,%s,%s"]).flatmap(
        lambda form: st.tuples(*[st.text("0123456789.,-%eE_ ", max_size=9)] * form.replace("%s)", "%s").count("%s"))
        .map(lambda parts: form % parts)
    ),
)  # fmt: skip


@tries(0.05)
@given(words=_WORDS)
def test_words(words):
    for read in (parse_point, parse_box, parse_background):
        with in_time(), refusing():
            if read is parse_background and words.strip().startswith("image:"):
                continue
            value = read(words)
            if read is parse_background:
                assert all(0 <= part <= 255 for part in value.colour)
            else:
                assert all(np.isfinite(value))


@pytest.fixture(scope="module")
def found():
    """An answer, for files that are called after anything."""
    data = encode(Image.fromarray(RNG.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)), "PNG")
    predictor = FakePredictor()
    list(predictor.set_image(open_image(data).rgb))
    request = Request.of(Prompts(boxes=((5, 5, 30, 25),)), SIZE)
    return data, answer(predictor, request), request, predictor.info


@tries(0.05)
@given(name=st.text(max_size=120))
def test_a_name_in_coco_and_session(found, name):
    data, answered, request, info = found
    photo = open_image(data, name=name)
    outputs = Outputs(photo, answered, request, Settings.from_dict({}, methods=METHODS), info)
    with in_time():
        (annotation,) = json.loads(json.dumps(outputs.coco()).encode("utf-8"))["annotations"]
        np.testing.assert_array_equal(coco.decode(annotation["segmentation"]) > 0, outputs.mask)
        assert json.loads(json.dumps(outputs.session.to_dict()).encode("utf-8"))["image_name"] == photo.name


@pytest.fixture(scope="module")
def predictor():
    return predictor_of(small_sama())


_side = st.sampled_from([1, 2, 3, 7, 33, 64, 65, 200, 1500])
_share = st.sampled_from([0.0, 1e-9, 0.001, 0.25, 0.5, 0.999, 1.0])
_prompts = st.tuples(
    st.lists(st.tuples(_share, _share, st.sampled_from([0, 1, 1])), max_size=4),
    st.lists(st.tuples(_share, _share, _share, _share), max_size=3),
    st.sampled_from([name for name, method in METHODS.items() if not method.slow]),
)


@tries(0.02)
@given(size=st.tuples(_side, _side), prompts=_prompts)
def test_odd_photos_and_prompts_are_answered(predictor, size, prompts):
    (width, height), (points, boxes, method) = size, prompts
    if width * height > 60_000:
        height = min(height, 33)
    rgb = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    asked = Prompts(
        tuple((x * width, y * height, label) for x, y, label in points),
        tuple((a * width, b * height, c * width, d * height) for a, b, c, d in boxes),
    )
    with in_time(), refusing():
        list(predictor.set_image(rgb))
        request = Request.of(asked, (width, height), method=method)
        answered = answer(predictor, request)
        for layer in answered.union.layers.values():
            assert layer.shape == (height, width) and np.isfinite(layer).all()


def test_a_picture_of_a_session_is_no_bomb():
    """Refused by its header: nothing of this size is decoded."""
    vast = base64.b64encode(b"\x89PNG\r\n\x1a\n" + VAST).decode()
    picture = {"picture": vast, "fit": "cover", "margin": "#000000", "offset": [0, 0], "scale": 1}
    with pytest.raises(SamaError, match="megapixels"):
        Settings.from_dict({"background": picture}, methods=METHODS)
