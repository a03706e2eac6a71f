"""What a program sends to the API, or somebody by hand to the page: each wrong kind with its sentence, and nothing is
read that was not uploaded."""

import socket

import gradio as gr
import pytest

from tests.fuzz.page import Server

UPLOAD = "The request names a file that was not uploaded here; upload the file first."
KIND = "The request has a value of another kind than this server takes; reload the page, or see its API."
FILE = {"_type": "gradio.FileData"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("door")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "gradio"))
        server = Server(folder)
        yield server
        server.loop.close()


def refusal(server: Server, name: str, inputs: list, event=None) -> str:
    with pytest.raises(gr.Error) as caught:
        server.ask(server.function(name), inputs, event)
    assert not caught.value.print_exception, "a traceback would be in the log"
    return caught.value.message


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"image": None}, "There is no photo; send one as image."),
        ({"points": "abc"}, "The points must be a list of numbers."),
        ({"points": [[1, 2, 3]]}, "The label of a point is 1 (object) or 0 (background), not 3; correct it."),
        (
            {"boxes": [[0, 0, 900, 9]] * 101},
            "There are 101 boxes and the limit is 100; leave some out.",
        ),
        (
            {"points": [], "boxes": []},
            "Nothing is marked; click on the object or draw a box around all of it.",
        ),
        ({"candidate": -1}, "A candidate is the number of one of SAM's masks, from 0; correct it."),
        ({"candidate": 2}, "SAM has 1 candidate(s) here; choose one from 0 to 0."),
        ({"image": True}, KIND),
        ({"image": {"path": 3, "meta": FILE}}, KIND),
        ({"image": {"path": "/etc/hostname", "meta": FILE}}, UPLOAD),
        ({"image": {"path": "../../../../etc/hostname", "meta": FILE}}, UPLOAD),
    ],
)
def test_the_sentence_of_each_value(server, change, sentence):
    asked = {"image": server.file(server.photo), "points": [], "boxes": [[8, 6, 40, 36]], "candidate": None}
    assert refusal(server, "segment", list((asked | change).values())) == sentence


def test_a_choice_that_there_is_not_leaves_no_words_of_the_framework(server):
    for wanted in (True, "passwd", {"a": 1}):
        told = refusal(
            server, "download", [None, {"image": server.file(server.photo)}, {}, None, {}, wanted, {}]
        )
        assert told == KIND


def test_links_and_paths_lead_nowhere(server):
    for path in (*server.secrets, server.secret / ".." / "secret" / "secret.png"):
        assert refusal(server, "segment", [server.file(path), [], [[8, 6, 40, 36]], None]) == UPLOAD
        values = {"image": server.file(path), "boxes": [[8, 6, 40, 36]]}
        assert refusal(server, "answer", [None, values, {}, None, {}]) == UPLOAD
        assert refusal(server, "open_example", [None, {}, {}, None, {}], {"x": server.file(path)}) == UPLOAD


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/x.png", "http://localhost:{port}/x.png", "http://[::1]:{port}/x.png",
        "http://0.0.0.0:{port}/x.png", "http://2130706433:{port}/x.png", "http://0x7f.1:{port}/x.png",
        "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/x.png", "http://192.168.0.1/x.png",
    ],
)  # fmt: skip
def test_no_address_of_this_network_is_called(server, address, watch):
    with socket.create_server(("127.0.0.1", 0)) as private:
        private.settimeout(0.2)
        address = address.format(port=private.getsockname()[1])
        image = {"path": address, "meta": FILE}
        with watch.nothing_of("/nowhere"):
            told = refusal(server, "segment", [image, [], [[8, 6, 40, 36]], None])
        with pytest.raises(TimeoutError):
            private.accept()
    why = "it is not a public address; check the address, or send the file itself."
    assert told == f"{address} cannot be fetched: {why}"


def test_a_colour_of_the_page_opens_no_file(server, watch):
    values = {"image": server.file(server.photo), "boxes": [[8, 6, 40, 36]], "seq": 1}
    for colour in (f"image:{server.secrets[0]}", f"image:{server.secrets[0]}:contain"):
        scene = {"kind": "colour", "colour": colour}
        inputs = [None, values, scene, None, {}, "composite.png", {}]
        with watch.nothing_of(server.secret):
            assert "is no background" in refusal(server, "download", inputs)


def test_sizes_without_end_are_refused(server):
    for name in ("seq", "side"):
        values = {"image": server.file(server.photo), name: 10**400}
        assert refusal(server, "answer", [None, values, {}, None, {}]) == KIND
