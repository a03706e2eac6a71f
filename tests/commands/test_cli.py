"""The command line as a user types it: in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sama.commands.cli import main, parser_of

ROOT = Path(__file__).parents[2]
PICTURES = {
    "mask_sam.png",
    "mask.png",
    "alpha.png",
    "alpha16.png",
    "trimap.png",
    "cutout.png",
    "cutout_mask.png",
    "composite.png",
}
NAMES = PICTURES | {"coco.json", "figure.png", "figure.pdf", "session.json"}


def sama(*arguments, **options) -> subprocess.CompletedProcess:
    """Run `python -m sama ARGUMENTS` from the repository."""
    command = [sys.executable, "-m", "sama", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, **options)


def refused(run: subprocess.CompletedProcess) -> str:
    """Assert that a run ended with one sentence and exit code 2, and return the sentence."""
    assert run.returncode == 2, run.stderr
    assert "Traceback" not in run.stderr
    lines = [line for line in run.stderr.splitlines() if line.startswith("sama: ")]
    assert len(lines) == 1, run.stderr
    return lines[0]


@pytest.fixture(scope="module")
def photo(tmp_path_factory) -> Path:
    """A red disc on green, 160 x 120."""
    y, x = np.mgrid[:120, :160]
    disc = ((x - 80) ** 2 + (y - 60) ** 2) < 40**2
    rgb = np.where(disc[..., None], [200, 30, 40], [40, 150, 60]).astype(np.uint8)
    path = tmp_path_factory.mktemp("photo") / "disc.png"
    Image.fromarray(rgb).save(path)
    return path


@pytest.fixture(scope="module")
def predicted(photo, tmp_path_factory):
    """One run with the embedded model: (completed process, folder)."""
    out = tmp_path_factory.mktemp("out") / "result"
    run = sama("predict", photo, "--box", "38,18,122,102", "--background", "#0000ff", "--out", out)
    assert run.returncode == 0, run.stderr
    return run, out


def test_predict_writes_everything_at_the_photos_size(predicted):
    run, out = predicted
    assert {p.name for p in out.iterdir()} == NAMES
    for name in PICTURES:
        assert Image.open(out / name).size == (160, 120), name
    assert Image.open(out / "cutout.png").mode == "RGBA"
    assert set(np.unique(Image.open(out / "mask.png"))) <= {0, 255}
    for word in ("seconds", "encode", "decode", "cpu", "weights", "peak memory"):
        assert word in run.stdout, run.stdout


def test_the_embedded_model_finds_a_plain_object(predicted):
    _, out = predicted
    y, x = np.mgrid[:120, :160]
    disc = ((x - 80) ** 2 + (y - 60) ** 2) < 40**2
    for name in ("mask_sam.png", "mask.png", "alpha.png"):
        mask = np.asarray(Image.open(out / name)) > 127
        assert (mask & disc).sum() / (mask | disc).sum() > 0.9, name
    composite = np.asarray(Image.open(out / "composite.png"))
    assert np.abs(composite[2, 2].astype(int) - [0, 0, 255]).max() <= 2


def test_a_session_replays_to_the_same_pixels(photo, predicted, tmp_path):
    _, out = predicted
    run = sama("predict", photo, "--session", out / "session.json", "--out", tmp_path / "again")
    assert run.returncode == 0, run.stderr
    for name in NAMES:
        assert (out / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
    assert json.loads((out / "session.json").read_text())["prompts"]["boxes"] == [[38, 18, 122, 102]]


def test_flags_replace_what_a_session_says(photo, predicted, tmp_path):
    _, out = predicted
    flags = ["--background", "#ffff00", "--foreground", "photo"]
    run = sama("predict", photo, "--session", out / "session.json", *flags, "--out", tmp_path / "again")
    assert run.returncode == 0, run.stderr
    assert (out / "alpha.png").read_bytes() == (tmp_path / "again" / "alpha.png").read_bytes()
    composite = np.asarray(Image.open(tmp_path / "again" / "composite.png"))
    assert np.abs(composite[2, 2].astype(int) - [255, 255, 0]).max() <= 2
    settings = json.loads((tmp_path / "again" / "session.json").read_text())["settings"]
    assert settings == {"background": "#ffff00", "candidate": None, "foreground": "photo"}


def test_a_session_of_another_photo_is_refused(predicted, tmp_path):
    _, out = predicted
    Image.new("RGB", (160, 120), "white").save(tmp_path / "other.png")
    target = tmp_path / "out"
    run = sama("predict", tmp_path / "other.png", "--session", out / "session.json", "--out", target)
    refused(run)
    assert not target.exists()


@pytest.mark.parametrize(
    "prompts",
    [
        ["--box=300,300,400,400"],
        ["--point=-5,20"],
        ["--point=nan,20"],
        ["--box=10,10,10,50"],
        ["--box=1,2,3"],
        ["--point=1,2,7"],
        ["--point=10,10,0"],
        [],
    ],
    ids=[
        "box outside",
        "point outside",
        "NaN",
        "zero area",
        "three numbers",
        "label",
        "negative only",
        "none",
    ],
)
def test_bad_prompts_get_a_sentence_and_leave_nothing(photo, tmp_path, prompts):
    refused(sama("predict", photo, *prompts, "--out", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_bad_photos_get_a_sentence_and_leave_nothing(photo, tmp_path):
    text = tmp_path / "text.png"
    text.write_text("I am not a photo")
    empty = tmp_path / "empty.jpg"
    empty.write_bytes(b"")
    cut = tmp_path / "cut.png"
    cut.write_bytes(photo.read_bytes()[:200])
    for path in (text, empty, cut, tmp_path / "missing.png", tmp_path):
        message = refused(sama("predict", path, "--box", "1,1,9,9", "--out", tmp_path / "out"))
        assert message.endswith(".")
        assert not (tmp_path / "out").exists()
    message = refused(
        sama("predict", photo, "--box", "1,1,9,9", "--max-megapixels", "0.01", "--out", tmp_path / "out")
    )
    assert "0.01" in message or "10" in message


def test_absent_models_and_devices_get_a_sentence(photo, tmp_path):
    common = ["predict", photo, "--box", "38,18,122,102", "--out", tmp_path / "out"]
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub")}
    assert "--checkpoint" in refused(sama(*common, "--model", "vit_b", env=offline))
    assert "mini" in refused(sama(*common, "--model", "vit_z"))
    assert "device" in refused(sama(*common, "--device", "tpu"))
    assert not (tmp_path / "out").exists()


@pytest.fixture
def no_encoding(monkeypatch):
    """Fails where a photo is encoded."""
    from sama.predict.predictor import SamaPredictor

    def encoded(*_, **__):
        pytest.fail("the photo was encoded")

    monkeypatch.setattr(SamaPredictor, "set_image", encoded)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--box", "38,18,122,102", "--candidate", "5"], "candidate(s) here"),
        (["--box", "38,18,122,102", "--candidate", "-1"], "number of one of SAM's masks"),
        (["--point", "80,60", "--method", "grabcut"], "grabcut takes a"),
        (["--box", "38,18,122,102", "--background", "nocolour"], "is no background"),
        (["--box", "38,18,122,102", "--mask", "none.png"], "The mask none.png cannot be read"),
        (["--box", "38,18,122,102", "--max-megapixels", "nan"], "is no number of megapixels above 0"),
        (["--box", "38,18,122,102", "--max-megapixels", "inf"], "is no number of megapixels above 0"),
    ],
)
def test_mistakes_are_refused_before_the_photo_is_encoded(
    no_encoding, photo, tmp_path, capsys, flags, sentence
):
    try:
        code = main(["predict", str(photo), *flags, "--out", str(tmp_path / "out")])
    except SystemExit as stop:
        code = stop.code
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("sama: ")]
    assert code == 2 and len(told) == 1 and sentence in told[0]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("blocked", ["file", "file/below", "folder"])
def test_a_folder_that_cannot_be_written_to_is_refused_before_the_photo_is_encoded(
    no_encoding, photo, tmp_path, capsys, blocked
):
    (tmp_path / "file").write_text("mine", "utf-8")
    (tmp_path / "folder" / "alpha.png").mkdir(parents=True)
    assert main(["predict", str(photo), "--box", "38,18,122,102", "--out", str(tmp_path / blocked)]) == 2
    assert "cannot be written to" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["alpha.png", "file", "folder"]


def test_every_command_that_opens_photos_takes_a_limit(tmp_path, capsys):
    for name in ("predict", "app", "examples", "evaluate", "ablate"):
        parser = parser_of([name])._subparsers._group_actions[0].choices[name]
        assert "--max-megapixels" in parser._option_string_actions, name
    for part in ("images", "labels"):
        (tmp_path / part).mkdir()
        Image.new("L", (200, 100), 1).save(tmp_path / part / "a.png")
    command = ["evaluate", str(tmp_path), "--methods", "grabcut", "--max-megapixels", "0.01"]
    assert main(command) == 2
    assert "a.png has 0.02 megapixels and the limit is 0.01" in capsys.readouterr().err


def test_a_request_to_end_is_heard_like_ctrl_c(monkeypatch, capsys):
    import signal

    from sama.commands import weights

    monkeypatch.setattr(weights, "main", lambda args: signal.raise_signal(signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)
    assert main(["weights"]) == 130
    assert capsys.readouterr().err == "sama: stopped.\n" and signal.getsignal(signal.SIGTERM) is before


def test_weights_lists_what_is_present():
    run = sama("weights")
    assert run.returncode == 0
    lines = {line.split()[0]: line for line in run.stdout.splitlines()}
    assert "embedded" in lines["mini"]
    assert "missing" not in lines["mini"]
    assert "no SAMA weights" in lines["vit_b"]
    assert "model.safetensors" in lines["facebook/sam-vit-base,"]


def test_help_needs_no_torch():
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "sama", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0
    assert "predict" in run.stdout
    assert "| torch" not in run.stderr


def test_peak_memory_is_left_out_where_the_system_does_not_tell(monkeypatch):
    from sama.bench import peak

    assert peak.peak_rss() > 2**20
    monkeypatch.setattr(peak, "_status", lambda field: None)
    assert peak.peak_rss() > 2**20
    monkeypatch.setitem(sys.modules, "resource", None)
    assert peak.peak_rss() is None
