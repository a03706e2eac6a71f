"""Prompts and session files: what is accepted, what is refused, and that a round trip is exact."""

import dataclasses
import json
import math

import numpy as np
import pytest
from PIL import Image

from sama.errors import PromptError, SamaError
from sama.matting import Background, parse_background
from sama.methods import METHODS
from sama.photo.opening import Photo, image_digest
from sama.request.masks import mask_of
from sama.request.prompts import Prompts, parse_box, parse_point
from sama.request.session import Session
from sama.request.settings import Settings

SIZE = (40, 30)


def photo_of(rgb: np.ndarray) -> Photo:
    return Photo(rgb, None, "horse.jpg", image_digest(rgb), (), None)


@pytest.fixture
def photo() -> Photo:
    return photo_of(np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8))


def session_for(photo: Photo, prompts: Prompts) -> Session:
    return Session(photo.digest, photo.size, photo.name, prompts, "mini", {"background": "#102030"})


def test_validate_orders_clips_and_converts():
    prompts = Prompts(
        points=[[np.int64(3), np.float32(4.5), True + 0], (40, 30, 0.0)],
        boxes=np.array([[50, 20, -5, 10]]),
    )
    clean = prompts.validate(SIZE)
    assert clean == Prompts(((3.0, 4.5, 1), (40.0, 30.0, 0)), ((0.0, 10.0, 40.0, 20.0),))
    assert all(type(v) is float for v in (*clean.boxes[0], *clean.points[0][:2]))
    assert type(clean.points[1][2]) is int
    assert clean.validate(SIZE) == clean


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        (Prompts(), "Nothing is marked"),
        (Prompts(((1, 1, 0),)), "only negative"),
        (Prompts(((math.nan, 1, 1),)), "NaN"),
        (Prompts(((1, math.inf, 1),)), "infinity"),
        (Prompts(((10**400, 1, 1),)), "infinity"),
        (Prompts(((1, 1, 2),)), "label"),
        (Prompts(((1, 1, -1),)), "label"),
        (Prompts(((1, 1),)), "3 numbers"),
        (Prompts((("1", 1, 1),)), "numbers"),
        (Prompts(((1, 1, True),)), "numbers"),
        (Prompts("abc"), "list"),
        (Prompts(((40.5, 1, 1),)), "outside the photo of 40 x 30"),
        (Prompts(((1, -0.5, 0),), ((0, 0, 5, 5),)), "outside"),
        (Prompts(boxes=((5, 5, 5, 9),)), "no area"),
        (Prompts(boxes=((40, 0, 60, 9),)), "outside"),
        (Prompts(boxes=((-9, -9, -1, -1),)), "outside"),
        (Prompts(boxes=((1, 2, math.nan, 4),)), "NaN"),
        (Prompts(mask=np.ones((40, 30), bool)), "size, 40 x 30"),
        (Prompts(mask=np.ones((30, 40, 1), bool)), "size"),
        (Prompts(mask=np.ones((30, 40), np.uint8)), "booleans"),
        (Prompts(mask=np.full((30, 40), np.nan, np.float32)), "NaN"),
        (Prompts(mask=np.full((30, 40), -3.0, np.float32)), "no pixel"),
        (Prompts(boxes=((0, 0, 5, 5), (5, 5, 9, 9)), mask=np.ones((30, 40), bool)), "one box"),
    ],
)
def test_validate_refuses_with_one_sentence(prompts, words):
    with pytest.raises(PromptError, match=words) as caught:
        prompts.validate(SIZE)
    text = str(caught.value)
    assert text.endswith(".") and text.count(". ") == 0 and "\n" not in text


def test_negatives_alone_are_enough_beside_a_box_or_a_mask():
    mask = np.zeros((30, 40), np.float64)
    mask[3, 4] = 2.5
    clean = Prompts(((1, 1, 0),), mask=mask).validate(SIZE)
    assert clean.mask.dtype == np.float32 and clean.mask[3, 4] == 2.5
    assert Prompts(((1, 1, 0),), ((0, 0, 5, 5),)).validate(SIZE).boxes


def test_one_box_is_a_single_group():
    prompts = Prompts(((30.0, 20.0, 1), (1.0, 1.0, 0)), ((0.0, 0.0, 9.0, 9.0),))
    assert prompts.groups() == [prompts]


def test_groups_of_several_boxes():
    a, b = (0.0, 0.0, 10.0, 10.0), (8.0, 0.0, 20.0, 10.0)
    shared, in_b, loose, negative = (9, 5, 1), (20, 10, 1), (30, 20, 1), (3, 3, 0)
    prompts = Prompts((shared, in_b, loose, negative), (a, b))
    assert prompts.groups() == [
        Prompts((shared, negative), (a,)),
        Prompts((shared, in_b, negative), (b,)),
        Prompts((loose, negative)),
    ]
    # A negative click never makes a group of its own.
    assert len(Prompts((shared, (30, 20, 0)), (a, b)).groups()) == 2


def test_round_trip_keeps_every_bit(photo, tmp_path):
    mask = np.random.default_rng(1).random((30, 40)) > 0.5
    prompts = Prompts(((0.1, 1 / 3, 1), (2.0, 3.0, 0)), ((0.0, 0.0, 7.7, 9.9),), mask)
    session = session_for(photo, prompts)
    path = tmp_path / "session.json"
    session.save(path)
    loaded = Session.load(path)
    assert loaded == session and loaded.prompts.mask.dtype == bool
    loaded.check(photo)
    assert [p.name for p in tmp_path.iterdir()] == ["session.json"]


def test_logits_are_saved_in_steps_that_keep_their_sign():
    logits = np.array([[-1.0, 0.0, -20.0], [0.01, 5.0, 20.0]], np.float32)
    back = Prompts.from_dict(Prompts(mask=logits).to_dict())
    np.testing.assert_array_equal(back.mask > 0, logits > 0)
    np.testing.assert_allclose(back.mask, np.clip(logits, -8, 8), atol=0.07)
    grey = mask_of(np.arange(256, dtype=np.uint8).reshape(16, 16))
    np.testing.assert_array_equal(Prompts.from_dict(Prompts(mask=grey).to_dict()).mask, grey)


def test_check_refuses_another_photo(photo):
    session = session_for(photo, Prompts(((1.0, 1.0, 1),)))
    changed = photo.rgb.copy()
    changed[-1, -1, -1] ^= 1
    with pytest.raises(PromptError, match=r"another photo \(horse.jpg\)"):
        session.check(photo_of(changed))
    with pytest.raises(PromptError):
        session.check(photo_of(photo.rgb.reshape(40, 30, 3)))  # the same bytes, another shape


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image_sha256": "abc"}, "SHA-256"),
        ({"image_sha256": 5}, "image_sha256"),
        ({"image_size": [40]}, "image_size"),
        ({"image_size": [40, -30]}, "image_size"),
        ({"image_size": [40.0, 30.0]}, "image_size"),
        ({"image_name": None}, "image_name"),
        ({"settings": []}, "settings"),
        ({"version": 2}, "version"),
        ({"version": True}, "version"),
        ({"prompts": []}, "JSON object"),
        ({"prompts": {"pionts": []}}, "pionts"),
        ({"prompts": {"points": 3}}, "list"),
        ({"prompts": {"points": [[1, 2]]}}, "3 numbers"),
        ({"prompts": {"points": [[1, 2, None]]}}, "numbers"),
        ({"prompts": {"boxes": [["0", 0, 1, 1]]}}, "numbers"),
        ({"prompts": {"mask": 7}}, "damaged"),
        ({"prompts": {"mask": "not base64!"}}, "damaged"),
        ({"prompts": {"mask": "aGVsbG8="}}, "damaged"),
        ({"prompts": Prompts(mask=np.ones((3, 4), bool)).to_dict()}, "size, 40 x 30"),
        ({"extra": 1}, "extra"),
    ],
)
def test_load_refuses_what_is_malformed(photo, tmp_path, change, words):
    data = session_for(photo, Prompts(((1.0, 1.0, 1),))).to_dict() | change
    path = tmp_path / "session.json"
    path.write_text(json.dumps(data))
    with pytest.raises(PromptError, match=words):
        Session.load(path)


def test_load_refuses_what_is_missing(photo):
    data = session_for(photo, Prompts(((1.0, 1.0, 1),))).to_dict()
    for key in data:
        with pytest.raises(PromptError, match=f"lacks '{key}'"):
            Session.from_dict({k: v for k, v in data.items() if k != key})


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"version": NaN}', b'{"a": -Infinity}'],
)
def test_load_refuses_what_is_no_session(tmp_path, content):
    path = tmp_path / "session.json"
    path.write_bytes(content)
    with pytest.raises(PromptError):
        Session.load(path)


def test_nan_in_an_otherwise_good_file(photo, tmp_path):
    text = json.dumps(session_for(photo, Prompts(((1.5, 1.0, 1),))).to_dict())
    assert "1.5" in text
    path = tmp_path / "session.json"
    path.write_text(text.replace("1.5", "NaN"))
    with pytest.raises(PromptError, match="no valid JSON"):
        Session.load(path)
    path.write_text(text.replace("1.5", "1e999"))  # overflows to infinity while it is parsed
    with pytest.raises(PromptError, match="infinity"):
        Session.load(path)


def test_load_and_save_name_only_the_file(photo, tmp_path):
    session = session_for(photo, Prompts(((1.0, 1.0, 1),)))
    missing = tmp_path / "no" / "session.json"
    for action in (Session.load, session.save):
        with pytest.raises(PromptError, match="session.json") as caught:
            action(missing)
        assert str(tmp_path) not in str(caught.value)
    with pytest.raises(PromptError, match="cannot be read"):
        Session.load(tmp_path)
    with pytest.raises(PromptError):
        session.save(tmp_path)
    odd = dataclasses.replace(session, settings={"sigma": math.nan})
    with pytest.raises(PromptError, match="settings"):
        odd.save(tmp_path / "session.json")
    assert not list(tmp_path.iterdir())


def test_parse():
    assert parse_point("12, 3.5") == (12.0, 3.5, 1)
    assert parse_point("12,3,0") == (12.0, 3.0, 0)
    assert parse_box("0,1,2,-3.5") == (0.0, 1.0, 2.0, -3.5)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *((parse_point, t) for t in ("", "1", "1,2,3,4", "a,b", "1;2", "1,2,2", "nan,1", "1,inf")),
        *((parse_box, t) for t in ("", "1,2,3", "1,2,3,4,5", "1,2,3,x", "1,2,nan,4", "1,,2,3")),
    ],
)
def test_parse_refuses(parse, text):
    with pytest.raises(PromptError):
        parse(text)


def test_prompts_load_brings_the_prompts_of_a_session(photo, tmp_path):
    prompts = Prompts(((1.5, 2.0, 0),), ((0.0, 0.0, 7.0, 9.0),))
    session_for(photo, prompts).save(tmp_path / "session.json")
    assert Session.load(tmp_path / "session.json").prompts == prompts


PICTURE = np.random.default_rng(2).integers(0, 256, (20, 30, 3), np.uint8)


@pytest.mark.parametrize(
    "background",
    [
        parse_background("transparent"),
        parse_background("#102030"),
        parse_background("blur"),
        parse_background("blur:12.5"),
        Background("mine", "image", (1, 2, 3), PICTURE, "contain", (0.25, -0.5), 1.5),
    ],
    ids=lambda b: b.text,
)
def test_settings_come_back_and_mean_the_same_pixels(photo, background):
    settings = Settings(background, 2, estimate_foreground=False)
    plain = json.loads(json.dumps(settings.to_dict()))
    again = Settings.from_dict(plain, methods=METHODS)
    assert (again.candidate, again.estimate_foreground, again.background.kind) == (2, False, background.kind)
    if background.kind != "transparent":
        alpha = np.zeros((30, 40), np.float32)
        np.testing.assert_array_equal(
            again.background.render(photo.rgb, alpha), background.render(photo.rgb, alpha)
        )


def test_settings_that_are_missing_have_defaults():
    settings = Settings.from_dict({"title": "an example's own entry"}, methods=METHODS)
    assert (settings.background.kind, settings.candidate, settings.estimate_foreground) == (
        "transparent",
        None,
        True,
    )


GOOD_PICTURE = Settings(Background("mine", "image", picture=PICTURE)).to_dict()["background"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"candidate": -1}, "number of one of SAM's masks"),
        ({"candidate": True}, "number of one of SAM's masks"),
        ({"foreground": "none"}, "foreground"),
        ({"background": 7}, "damaged"),
        ({"background": "no colour"}, "no background"),
        ({"background": "image:/etc/hostname"}, "cannot name a file here"),
        ({"background": GOOD_PICTURE | {"path": "/etc/hostname"}}, "damaged"),
        ({"background": GOOD_PICTURE | {"picture": "!"}}, "damaged"),
        ({"background": GOOD_PICTURE | {"picture": "aGVsbG8="}}, "cannot be read as a photo"),
        ({"background": GOOD_PICTURE | {"fit": "squeeze"}}, "damaged"),
        ({"background": GOOD_PICTURE | {"scale": 0}}, "out of sight"),
        ({"background": GOOD_PICTURE | {"scale": float("inf")}}, "infinity"),
        ({"background": GOOD_PICTURE | {"offset": [0]}}, "2 numbers"),
    ],
)
def test_settings_refuse_what_makes_no_sense(change, words):
    with pytest.raises(SamaError, match=words):
        Settings.from_dict(change, methods=METHODS)


def test_only_the_command_line_opens_a_background_by_its_path(tmp_path):
    Image.fromarray(PICTURE).save(tmp_path / "sea.png")
    data = {"background": f"image:{tmp_path / 'sea.png'}:contain"}
    opened = Settings.from_dict(data, paths=True, methods=METHODS)
    np.testing.assert_array_equal(opened.background.picture, PICTURE)
    assert opened.to_dict()["background"] == data["background"], "named, not put in whole"


def test_a_mask_without_a_box_gets_the_one_around_it():
    mask = np.zeros((30, 40), bool)
    mask[5:9, 10:30] = True
    alone = Prompts(((12, 6, 1),), mask=mask)
    assert alone.boxed().boxes == ((10.0, 5.0, 30.0, 9.0),)
    assert alone.boxed().mask is mask and alone.boxed().points == alone.points
    for prompts in (Prompts(boxes=((1, 1, 9, 9),), mask=mask), Prompts(((12, 6, 1),))):
        assert prompts.boxed() is prompts
    assert Prompts(mask=mask).only_mask and not alone.only_mask
