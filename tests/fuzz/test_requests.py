"""Damaged requests: whatever a browser, a program or a file says, there is an answer or one sentence."""

import json

import gradio as gr
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sama.errors import SamaError
from sama.request.prompts import Prompts
from sama.request.session import Session
from tests.fuzz.conduct import bounded, in_time, kept, refusing, tries
from tests.fuzz.documents import damaged, leaves
from tests.fuzz.page import SIZE, Server

HANDLERS = (
    *(
        "open_photo",
        "open_example",
        "answer",
        "solve",
        "recompose",
        "look",
        "compare",
        "restore",
        "take_backdrop",
    ),
    "download",
)
LAB = ("measures", "click_race", "stop_race", "how_sure", "ballot", "vote", "look_inside")
FURTHER = {  # what handlers are given after the page's five values
    **dict.fromkeys(("measures", "click_race", "ballot"), ("lab",)),
    "download": ("wanted", "lab"),
}
ENDPOINTS = ("predict", "segment", "matte", "composite", "info", "find")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "gradio"))
        server = Server(folder)
        with bounded():
            yield server
        server.loop.close()


def page(server: Server) -> list[dict]:
    """What the page sends, by component, and what comes with an event."""
    photo = server.file(server.photo)
    prompter = {"image": photo, "points": [[20, 20, 1], [50, 40, 0]], "boxes": [[8, 6, 40, 36]]}
    prompter |= {"seq": 3, "side": 300, "session": server.file(server.session)}
    scene = {"kind": "colour", "colour": "#102030", "fit": "cover", "x": 0, "y": 0, "scale": 1, "blur": 1.5}
    scene |= {"foreground": "estimated", "picture": photo}
    event = {
        "name": "cat",
        "box": [4, 4, 30, 30],
        "id": 1,
        "side": 200,
        "names": ["photo", "sam", "alpha", "composite"],
    }
    truth = server.file(server.truth)
    return [
        {
            "prompter": {**prompter, **marks},
            "scene": {**scene, "kind": kind},
            "candidates": {"seq": 3, "index": 0, "matte": matte},
            "event": event,
            "wanted": wanted,
            "lab": {"truth": truth, "truth_for": photo["path"], "slow": False, "votes": [["sam", "sama"]]},
        }
        for marks, kind, matte, wanted in (
            ({"order": ["point", "box", "point"]}, "colour", "sama", "cutout.png"),
            ({"boxes": []}, "blur", "solid", "session.json"),
            ({"points": [[20, 20, 1]], "boxes": []}, "picture", "sama", "mask.png"),
        )
    ]


def session(server: Server) -> dict:
    from sama.matting import Background
    from sama.photo.opening import open_image
    from sama.request.settings import Settings

    photo = open_image(server.photo)
    prompts = Prompts(((20.0, 20.0, 1),), ((8.0, 6.0, 40.0, 36.0),))
    settings = Settings(Background("mine", "image", picture=photo.rgb[:9, :9]), 0).to_dict()
    return Session(photo.digest, photo.size, photo.name, prompts, "fake", settings).to_dict()


def drawn(data, server: Server, documents: list) -> dict:
    document = data.draw(damaged(documents, leaves(server.secrets)), label="request")
    assume(isinstance(document, dict))
    return document


def sent(server: Server, watch, name: str, inputs: list, event=None) -> list[dict]:
    """Send a request to a function; returns its answers, none where it was refused as it should be."""
    with in_time(), watch.nothing_of(server.secret, *server.secrets), refusing():
        try:
            return server.ask(server.function(name), inputs, event)
        except gr.Error as error:
            if error.print_exception:  # with a traceback in the log
                raise
            raise SamaError(error.message) from error
    return []


def asked(data, server, watch, name):
    """Send a damaged request to a handler."""
    values = drawn(data, server, page(server))
    server.session.write_text(json.dumps(session(server)))
    parts = [values.get(key) for key in ("prompter", "scene", "candidates")]
    inputs = [None, parts[0], parts[1], None, parts[2]]
    further = [values.get(key) for key in FURTHER.get(name, ())]
    for step in sent(server, watch, name, [*inputs, *further], values.get("event")):
        json.dumps(step["data"], default=str).encode()


@tries(0.35)
@given(data=st.data(), name=st.sampled_from(HANDLERS))
def test_the_page(server, watch, data, name):
    asked(data, server, watch, name)


@tries(0.05)
@given(data=st.data(), name=st.sampled_from(LAB))
def test_the_lab(server, watch, data, name):
    values = page(server)[0]
    inputs = [None, values["prompter"], values["scene"], None, values["candidates"]]
    assert sent(server, watch, "answer", inputs), "there is something to measure"
    asked(data, server, watch, name)


@tries(0.25)
@given(data=st.data(), name=st.sampled_from(ENDPOINTS))
def test_the_api(server, watch, data, name):
    asked = {"image": server.file(server.photo), "points": [[20, 20, 1]], "boxes": [[8, 6, 40, 36]]}
    values = drawn(
        data,
        server,
        [asked | {"order": ["box", "point"], "candidate": 0, "method": "sama", "background": "white"}],
    )
    fn = server.function(name)
    inputs = [values.get(component.label) for component in fn.inputs]
    sent(server, watch, name, inputs)


@tries(0.2)
@given(data=st.data())
def test_a_session(server, watch, data):
    document = data.draw(damaged([session(server)], leaves(server.secrets)))
    server.session.write_text(json.dumps(document))
    loaded = None
    with kept("session.json", server.session.read_bytes()), in_time(), watch.nothing_of(server.secret):
        with refusing():
            loaded = Session.load(server.session)
            loaded.prompts.validate(SIZE)
        if loaded is not None:
            again = Session.from_dict(json.loads(json.dumps(loaded.to_dict())))
            assert again.prompts == loaded.prompts
        values = page(server)[0]
        inputs = [None, values["prompter"], values["scene"], None, values["candidates"]]
        sent(server, watch, "restore", inputs)
