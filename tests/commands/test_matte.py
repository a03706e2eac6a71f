"""`sama matte`: one photo, a folder of labels, what is kept, and what is told about files that will not do."""

import numpy as np
import pytest
from PIL import Image

from sama.commands import matte as command
from sama.commands.cli import main
from sama.models.fast import fused
from tests.helpers import lively_sama, predictor_of

SIZE = (90, 60)
MODEL = fused(lively_sama())


@pytest.fixture
def loads(monkeypatch) -> list:
    """How often a model was loaded; it is a small one."""
    seen = []
    monkeypatch.setattr(command, "load_predictor", lambda args: seen.append(1) or predictor_of(MODEL))
    return seen


@pytest.fixture
def folder(tmp_path):
    """Four photos: one object; two, and a border that is not known; a label of another size; none."""
    for part in ("images", "labels"):
        (tmp_path / "set" / part).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in "abcd":
        rgb = rng.integers(0, 256, (*SIZE[::-1], 3), np.uint8)
        Image.fromarray(rgb).save(tmp_path / "set" / "images" / f"{name}.png")
    one, two = np.zeros((2, *SIZE[::-1]), np.uint8)
    one[10:50, 10:70] = 7
    two[10:40, 5:35], two[20:55, 50:85], two[18:20, 50:85] = 1, 2, 255
    for name, label in (("a", one), ("b", two), ("c", one[:-1])):
        Image.fromarray(label).save(tmp_path / "set" / "labels" / f"{name}.png")
    return tmp_path / "set"


def grey(path) -> np.ndarray:
    with Image.open(path) as picture:
        assert picture.mode == "L"
        return np.asarray(picture)


def test_a_folder_of_labels_becomes_one_of_mattes(folder, loads, capsys):
    assert main(["matte", str(folder), "--ignore", "255"]) == 1
    told = capsys.readouterr()
    assert "3 mattes made, 0 kept" in told.out
    assert "sama: c: c.png is 90 x 59 pixels and the upright photo 90 x 60; make them equal." in told.err
    assert "sama: d: there is no labels/d.png; add it." in told.err and "Traceback" not in told.err
    made = sorted(path.name for path in (folder / "alphas").iterdir())
    assert made == ["a.png", "b_1.png", "b_2.png"]
    alpha = grey(folder / "alphas" / "b_1.png")
    assert alpha[10:40, 5:35].mean() > 200 and alpha[20:55, 50:85].mean() < 60
    with Image.open(folder / "contact_sheet.png") as sheet:
        assert sheet.width > 800 and sheet.height > 120, "two rows"

    before = (folder / "alphas" / "a.png").stat().st_mtime_ns
    (folder / "alphas" / "b_2.png").unlink()
    loads.clear()
    assert main(["matte", str(folder), "--ignore", "255"]) == 1
    assert "1 mattes made, 2 kept" in capsys.readouterr().out
    assert (folder / "alphas" / "a.png").stat().st_mtime_ns == before and len(loads) == 1
    for name in "cd":
        (folder / "images" / f"{name}.png").unlink()
    (folder / "labels" / "c.png").unlink()
    loads.clear()
    assert main(["matte", str(folder), "--ignore", "255"]) == 0
    assert not loads, "nothing was left to do"
    assert main(["matte", str(folder), "--again", "--object", "union", "--out", str(folder / "all")]) == 0
    assert sorted(path.name for path in (folder / "all" / "alphas").iterdir()) == ["a.png", "b.png"]
    union = grey(folder / "all" / "alphas" / "b.png")
    assert union[12:38, 7:33].mean() > 200 and union[25:50, 55:80].mean() > 200


def test_soft_labels(folder, loads, capsys):
    soft = np.linspace(0, 255, SIZE[0]).astype(np.uint8)[None].repeat(SIZE[1], 0)
    soft = np.concatenate([soft[:, :40] // 8, soft[:, 40:]], 1)
    for name in "bcd":
        (folder / "images" / f"{name}.png").unlink()
        (folder / "labels" / f"{name}.png").unlink(missing_ok=True)
    Image.fromarray(soft + (np.arange(60)[:, None] % 2).astype(np.uint8)).save(folder / "labels" / "a.png")
    assert main(["matte", str(folder), "--soft"]) == 0
    assert [path.name for path in (folder / "alphas").iterdir()] == ["a.png"]


def test_one_photo(folder, loads, capsys, tmp_path):
    photo, mask = folder / "images" / "a.png", folder / "labels" / "a.png"
    out = tmp_path / "made" / "alpha.png"
    assert main(["matte", str(photo), "--mask", str(mask), "--out", str(out)]) == 0
    alpha = grey(out)
    assert (
        alpha.shape == SIZE[::-1]
        and alpha[10:50, 10:70].mean() > 200
        and f"wrote {out}" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["images/a.png"], "Give the photo's mask with --mask"),
        (["images/a.png", "--mask", "labels/c.png"], "c.png is 90 x 59 pixels and the upright photo 90 x 60"),
        (["images/a.png", "--mask", "labels/none.png"], "none.png cannot be read"),
        (["images/a.png", "--mask", "images/b.png"], "b.png is a coloured picture, not a mask"),
        (["images/a.png", "--mask", "labels/a.png", "--out", "a.jpg"], "give one that ends with .png"),
        (["images/a.png", "--mask", "labels/a.png", "--soft"], "are for folders"),
        ([".", "--mask", "labels/a.png"], "leave out --mask"),
        ([".", "--soft", "--ignore", "255"], "leave out --object and --ignore"),
        (["images"], "has no images/"),
    ],
    ids=" ".join,
)
def test_mistakes_are_one_sentence(folder, loads, capsys, monkeypatch, words, told):
    monkeypatch.chdir(folder)
    assert main(["matte", *words]) == 2
    error = capsys.readouterr().err
    assert told in error and error.startswith("sama: ") and error.count("\n") == 1
    assert not loads and not (folder / "alphas").exists()
