"""What is written, that it is lossless, and that failure leaves no trace."""

import os
import tempfile
from dataclasses import dataclass, replace

import numpy as np
import pytest
from PIL import Image

from sama.errors import PromptError, SamaError
from sama.export import ExportError, write_outputs
from sama.imaging import Photo, image_digest
from sama.matting import composite, estimate_foreground, parse_background, to_uint8
from sama.prompts import Prompts, Session

NAMES = ["mask_sam.png", "mask.png", "alpha.png", "cutout.png", "composite.png", "session.json"]


@dataclass(frozen=True)
class Answer:
    sam_mask: np.ndarray
    sama_mask: np.ndarray
    alpha: np.ndarray


@pytest.fixture
def photo() -> Photo:
    rgb = np.random.default_rng(0).integers(0, 256, (24, 33, 3), np.uint8)
    return Photo(rgb, None, "horse.jpg", image_digest(rgb), (), None)


@pytest.fixture
def answer() -> Answer:
    y, x = np.mgrid[:24, :33]
    alpha = np.clip((9 - np.hypot(x - 16, y - 12)) / 4, 0, 1).astype(np.float32)
    return Answer(alpha > 0.7, alpha > 0.5, alpha)


@pytest.fixture
def session(photo) -> Session:
    return Session(photo.digest, photo.size, photo.name, Prompts(((16.0, 12.0, 1),)), "mini")


def read(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def snapshot(folder) -> dict[str, bytes | None]:
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def test_everything_is_written_at_the_photos_size(photo, answer, session, tmp_path):
    out = tmp_path / "new" / "folder"
    paths = write_outputs(out, photo, answer, parse_background("#2040ff"), session)
    assert paths == [out / name for name in NAMES]
    assert sorted(p.name for p in out.iterdir()) == sorted(NAMES)
    np.testing.assert_array_equal(read(out / "mask_sam.png"), np.where(answer.sam_mask, 255, 0))
    np.testing.assert_array_equal(read(out / "mask.png"), np.where(answer.sama_mask, 255, 0))
    np.testing.assert_array_equal(read(out / "alpha.png"), np.rint(answer.alpha * 255))
    foreground = estimate_foreground(photo.rgb, answer.alpha)
    cut = read(out / "cutout.png")
    assert cut.shape == (24, 33, 4) and cut.dtype == np.uint8
    np.testing.assert_array_equal(cut[..., 3], np.rint(answer.alpha * 255))
    seen = cut[..., 3] > 0
    np.testing.assert_array_equal(cut[seen][:, :3], to_uint8(foreground)[seen])
    blue = np.array([0x20, 0x40, 0xFF]) / 255
    exact = answer.alpha[..., None] * foreground + (1 - answer.alpha[..., None]) * blue
    assert np.abs(read(out / "composite.png") - 255 * exact).max() <= 0.51
    assert Session.load(out / "session.json") == session


def test_the_cutout_gives_the_same_composite(photo, answer, session, tmp_path):
    write_outputs(tmp_path, photo, answer, parse_background("white"), session)
    cut = read(tmp_path / "cutout.png") / np.float32(255)
    again = to_uint8(composite(cut[..., :3], cut[..., 3], np.ones(3)))
    difference = np.abs(again.astype(int) - read(tmp_path / "composite.png"))
    assert difference.max() <= 1


def test_transparent_composite_is_the_cutout(photo, answer, session, tmp_path):
    write_outputs(tmp_path, photo, answer, parse_background("transparent"), session)
    assert (tmp_path / "composite.png").read_bytes() == (tmp_path / "cutout.png").read_bytes()


def test_blurred_background(photo, answer, session, tmp_path):
    write_outputs(tmp_path, photo, answer, parse_background("blur:4"), session)
    result = read(tmp_path / "composite.png").astype(int)
    inside, outside = answer.alpha == 1, answer.alpha == 0
    np.testing.assert_array_equal(result[inside], photo.rgb[inside])
    assert np.diff(result, axis=1)[outside[:, 1:]].std() < 0.2 * np.diff(photo.rgb * 1.0, axis=1).std()


def test_no_profile_is_embedded(photo, answer, session, tmp_path):
    write_outputs(tmp_path, replace(photo, icc=b"x" * 200), answer, parse_background("white"), session)
    for name in NAMES[:-1]:
        with Image.open(tmp_path / name) as image:
            assert "icc_profile" not in image.info


def test_replaces_its_own_files_and_no_others(photo, answer, session, tmp_path):
    (tmp_path / "mask.png").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    write_outputs(tmp_path, photo, answer, parse_background("white"), session)
    assert read(tmp_path / "mask.png").shape == (24, 33)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*NAMES, "notes.txt"])


def test_failure_while_writing_leaves_nothing(photo, answer, session, tmp_path):
    bad = replace(session, settings={"sigma": float("nan")})
    (tmp_path / "mask.png").write_text("old")
    before = snapshot(tmp_path)
    for out in (tmp_path, tmp_path / "deep" / "er"):
        with pytest.raises(PromptError):
            write_outputs(out, photo, answer, parse_background("white"), bad)
    assert snapshot(tmp_path) == before


def test_failure_while_moving_puts_everything_back(photo, answer, session, tmp_path):
    (tmp_path / "mask.png").write_text("old")
    (tmp_path / "composite.png").mkdir()  # the fifth of six cannot be replaced
    before = snapshot(tmp_path)
    with pytest.raises(ExportError, match="composite.png in it is a folder"):
        write_outputs(tmp_path, photo, answer, parse_background("white"), session)
    assert snapshot(tmp_path) == before


def test_interrupted_move_puts_everything_back(photo, answer, session, tmp_path, monkeypatch):
    (tmp_path / "alpha.png").write_text("old")
    before = snapshot(tmp_path)
    real, calls = os.replace, []

    def interrupted(source, target):
        calls.append(target)
        if len(calls) == 4:  # after mask_sam.png, mask.png, and the old alpha.png
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_outputs(tmp_path, photo, answer, parse_background("white"), session)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("name", ["file.txt", "file.txt/below"])
def test_impossible_folders(photo, answer, session, tmp_path, name):
    (tmp_path / "file.txt").write_text("mine")
    with pytest.raises(ExportError) as caught:
        write_outputs(tmp_path / name, photo, answer, parse_background("white"), session)
    assert isinstance(caught.value, SamaError)
    assert str(caught.value).endswith("choose another one.") and str(tmp_path) not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


@pytest.mark.parametrize("step", ["mkdtemp", "save"])
def test_refused_by_the_system(photo, answer, session, tmp_path, monkeypatch, step):
    calls = []

    def fail(*args, **options):
        calls.append(step)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*{"mkdtemp": (tempfile, "mkdtemp"), "save": (Image.Image, "save")}[step], fail)
    (tmp_path / "mask.png").write_text("old")
    before = snapshot(tmp_path)
    for out in (tmp_path, tmp_path / "deep" / "er"):
        with pytest.raises(ExportError, match=r"cannot be written to \(No space left on device\)"):
            write_outputs(out, photo, answer, parse_background("white"), session)
    assert len(calls) == 2 and snapshot(tmp_path) == before


def test_a_prediction_of_another_size_is_a_mistake_of_the_caller(photo, answer, session, tmp_path):
    for wrong in (replace(answer, alpha=answer.alpha.T), replace(answer, sama_mask=None)):
        with pytest.raises(ValueError, match="24, 33"):
            write_outputs(tmp_path / "out", photo, wrong, parse_background("white"), session)
    assert not list(tmp_path.iterdir())
