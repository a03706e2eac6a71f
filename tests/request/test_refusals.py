"""What people ask for and cannot have: each kind is refused with one sentence that names the true reason."""

import base64
import json
import math
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from sama.errors import SamaError
from sama.matting import parse_background
from sama.methods import METHODS
from sama.request.prompts import Prompts, parse_box, parse_point
from sama.request.request import Request
from sama.request.session import Session
from sama.request.settings import Settings
from tests.helpers import encode

SIZE = (40, 30)
AGAIN = "save the session again."
DAMAGED_MASK = "The mask prompt is damaged; " + AGAIN
DAMAGED_BACKGROUND = "The session's 'background' is damaged; " + AGAIN


def request(points=(), boxes=(), mask=None, **how) -> Callable:
    return lambda _: Request.of(Prompts(points, boxes, mask), SIZE, **how)


def from_json(**data) -> Callable:
    return lambda _: Prompts.from_dict(data, size=SIZE)


def mask(data: bytes) -> str:
    return base64.b64encode(data).decode()


PLAIN_MASK = encode(Image.new("1", (40, 30), 1), "PNG")
BOXES = {
    "no number": (request(boxes=[("1", 2, 3, 4)]), "A box must be made of numbers; correct it."),
    "three numbers": (request(boxes=[(1, 2, 3)]), "A box has 4 numbers, not 3; correct it."),
    "no list": (from_json(boxes=7), "The boxes must be a list of numbers."),
    "NaN": (request(boxes=[(1, 2, math.nan, 4)]), "A box must not contain NaN or infinity; correct it."),
    "no area": (
        request(boxes=[(5, 5, 5, 9)]),
        "The box (5, 5, 5, 9) has no area; draw it from corner to corner.",
    ),
    "outside": (
        request(boxes=[(50, 0, 60, 9)]),
        "The box (50, 0, 60, 9) lies outside the photo of 40 x 30 pixels; draw it inside.",
    ),
    "too many": (
        request(boxes=[(1, 1, 9, 9)] * 101),
        "There are 101 boxes and the limit is 100; leave some out.",
    ),
    "no box on the command line": (
        lambda _: parse_box("1,2"),
        "'1,2' is not a box; write x0,y0,x1,y1, such as 40,30,200,160.",
    ),
}
POINTS = {
    "label": (
        request(points=[(1, 1, 2)]),
        "The label of a point is 1 (object) or 0 (background), not 2; correct it.",
    ),
    "outside": (
        request(points=[(41, 1, 1)]),
        "The point (41, 1) lies outside the photo of 40 x 30 pixels; click inside it.",
    ),
    "infinite": (
        request(points=[(10**400, 1, 1)]),
        "A point must not contain NaN or infinity; correct it.",
    ),
    "true": (request(points=[(1, 1, True)]), "A point must be made of numbers; correct it."),
    "too many": (
        from_json(points=[[1, 1, 1]] * 1001),
        "There are 1001 points and the limit is 1000; leave some out.",
    ),
    "negative alone": (
        request(points=[(1, 1, 0)]),
        "There are only negative clicks; add a positive click or a box.",
    ),
    "nothing": (request(), "Nothing is marked; click on the object or draw a box around all of it."),
    "no point on the command line": (
        lambda _: parse_point("a,b"),
        "'a,b' is not a point; write x,y or x,y,label, such as 120,80,1.",
    ),
    "candidate": (
        request(points=[(1, 1, 1)], candidate=3),
        "SAM has 3 candidate(s) here; choose one from 0 to 2.",
    ),
}
MASKS = {
    "bytes": (
        request(mask=np.ones((30, 40), np.uint8)),
        "The mask prompt must be an array of booleans or of float logits.",
    ),
    "another size": (
        request(mask=np.ones((40, 30), bool)),
        "The mask prompt must have the photo's size, 40 x 30 pixels; resize it.",
    ),
    "another size in a file": (
        from_json(mask=mask(encode(Image.new("1", (9, 9)), "PNG"))),
        "The mask prompt must have the photo's size, 40 x 30 pixels; resize it.",
    ),
    "empty": (
        request(mask=np.zeros((30, 40), bool)),
        "The mask prompt marks no pixel; paint the object or leave it out.",
    ),
    "NaN": (
        request(mask=np.full((30, 40), np.nan, np.float32)),
        "The mask prompt must not contain NaN or infinity; correct it.",
    ),
    "two boxes beside it": (
        request(boxes=[(1, 1, 9, 9), (1, 1, 5, 5)], mask=np.ones((30, 40), bool)),
        "A mask prompt goes with one box at most; remove boxes or the mask.",
    ),
    "no text": (from_json(mask=7), DAMAGED_MASK),
    "no base64": (from_json(mask="?"), DAMAGED_MASK),
    "no PNG": (from_json(mask=mask(encode(Image.new("L", (40, 30)), "JPEG"))), DAMAGED_MASK),
    "half a PNG": (from_json(mask=mask(PLAIN_MASK[: len(PLAIN_MASK) // 2])), DAMAGED_MASK),
}


def session(**changes) -> Callable:
    """Open a session with changes; a value of None takes an entry away."""

    def load(folder):
        whole = Session("0" * 64, SIZE, "horse.jpg", Prompts(((1.0, 1.0, 1),)), "mini", {}).to_dict()
        left = {key: value for key, value in (whole | changes).items() if value is not None}
        (folder / "s.json").write_text(json.dumps(left))
        return Session.load(folder / "s.json")

    return load


def content(data: bytes) -> Callable:
    def load(folder):
        (folder / "s.json").write_bytes(data)
        return Session.load(folder / "s.json")

    return load


def another_photo(folder) -> None:
    class Photo:
        digest = "1" * 64

    session(image_name="a\nb\ud800" + "c" * 200)(folder).check(Photo())


NO_JSON = "s.json is not a session file (no valid JSON); choose a file that SAMA saved."
SESSIONS = {
    "nothing there": (
        lambda folder: Session.load(folder / "s.json"),
        "The session s.json cannot be read (No such file or directory); check its path.",
    ),
    "empty": (content(b""), NO_JSON),
    "no JSON": (content(b"{'a': 1}"), NO_JSON),
    "a number that is none": (content(b'{"version": NaN}'), NO_JSON),
    "a list": (content(b"[1]"), "The session must be a JSON object; " + AGAIN),
    "something unknown": (
        session(extra=1),
        "The session has an unknown entry 'extra'; remove it.",
    ),
    "something missing": (session(model=None), "The session file lacks 'model'; " + AGAIN),
    "a wrong type": (session(model=3), "'model' has the wrong type in the session file; save it again."),
    "another version": (session(version=2), "The session file is not of version 1; save it again here."),
    "no digest": (
        session(image_sha256="abc"),
        "'image_sha256' is not a SHA-256 in the session file; save it again.",
    ),
    "no size": (
        session(image_size=[0, 1]),
        "'image_size' must be two positive integers in the session file.",
    ),
    "another photo": (
        another_photo,
        f"This session was made on another photo ({'c' * 80}); open that photo instead.",
    ),
}
GOOD_PICTURE = {
    "picture": mask(PLAIN_MASK),
    "fit": "cover",
    "margin": "#000000",
    "offset": [0, 0],
    "scale": 1,
}


def settings(**data) -> Callable:
    return lambda _: Settings.from_dict(data, methods=METHODS)


SETTINGS = {
    "candidate": (
        settings(candidate=-1),
        "A candidate is the number of one of SAM's masks, from 0; correct it.",
    ),
    "foreground": (
        settings(foreground="x"),
        "'foreground' is neither 'estimated' nor 'photo'; correct it.",
    ),
    "background": (settings(background=7), DAMAGED_BACKGROUND),
    "background's fit": (settings(background=GOOD_PICTURE | {"fit": "x"}), DAMAGED_BACKGROUND),
    "background's picture": (
        settings(background=GOOD_PICTURE | {"picture": "?"}),
        "The session's background picture is damaged; " + AGAIN,
    ),
    "background's place": (
        settings(background=GOOD_PICTURE | {"scale": 9}),
        "The session's background picture is out of sight; " + AGAIN,
    ),
    "a path in a session": (
        settings(background="image:/etc/hostname"),
        "A background cannot name a file here; use transparent, a colour (white, #336699), blur or blur:SIGMA, or send "
        "the picture itself.",
    ),
    "blur": (
        lambda _: parse_background("blur:-1"),
        "'-1' is no blur; give its sigma in pixels, above 0 and up to 10000.",
    ),
}


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        pytest.param(*case, id=f"{what}: {name}")
        for what, cases in (
            ("box", BOXES),
            ("point", POINTS),
            ("mask", MASKS),
            ("session", SESSIONS),
            ("setting", SETTINGS),
        )
        for name, case in cases.items()
    ],
)
def test_the_sentence_of_each_kind(action, sentence, tmp_path):
    with pytest.raises(SamaError) as caught:
        action(tmp_path)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("colour", ["image:{}", "image:{}:contain", "blur", "transparent", "", "x"])
def test_a_margin_is_a_colour_and_opens_no_file(colour, tmp_path):
    """As a background it would open what it names, from a session of a stranger's."""
    secret = tmp_path / "secret.png"
    secret.write_bytes(encode(Image.new("RGB", (3, 3)), "PNG"))
    with pytest.raises(SamaError, match="is no background|no colour|with an alpha"):
        Settings.from_dict({"background": GOOD_PICTURE | {"margin": colour.format(secret)}}, methods=METHODS)
