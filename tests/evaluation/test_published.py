"""Published data sets in miniature: each layout is found, what is missing is said, and figures stand beside ours."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sama.commands.cli import main
from sama.errors import SamaError
from sama.evaluation.layouts import LAYOUTS, MATTE
from sama.evaluation.published_folders import PublishedDataset
from sama.evaluation.published_rows import ROWS, beside, rows_of
from sama.evaluation.run import evaluate

SHAPE = (24, 32)


def picture(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def truth(number: int, soft: bool) -> np.ndarray:
    """A square with a soft rim, or hard."""
    grey = np.zeros(SHAPE, np.uint8)
    grey[4:20, 6 + number : 24] = 120 if soft else 255
    grey[6:18, 8 + number : 22] = 255
    return grey


def planted(root: Path, name: str) -> list[str]:
    """Write two photos and their truths in a layout; returns what they are called there."""
    layout = LAYOUTS[name]
    colours = np.random.default_rng(0).integers(0, 255, (*SHAPE, 3), dtype=np.uint8)
    names = ["bear/00000", "bear/00001"] if layout.sequences else ["first", "second"]
    suffix = ".png" if name.startswith("micromat") else ".jpg"
    called = []
    for number, each in enumerate(names):
        picture(root / layout.photos[0] / f"{each}{suffix}", colours)
        answers = [f"{each}_1", f"{each}_2"] if layout.several else [each]
        for answer in answers:
            grey = truth(number, layout.truth == MATTE)
            picture(root / layout.truths[0] / f"{answer}.png", grey)
            called.append(answer.replace("/", "_"))
            if layout.trimaps:
                trimap = np.where((grey > 0) & (grey < 255), np.uint8(128), grey)
                picture((root / layout.photos[0]).parent / layout.trimaps / f"{answer}.png", trimap)
    return called


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_layout_is_found_from_the_root_and_from_within(name, tmp_path):
    called = planted(tmp_path, name)
    layout = LAYOUTS[name]
    for root in (tmp_path, tmp_path / Path(layout.photos[0]).parts[0]):
        dataset = PublishedDataset(name, root, max_pixels=10**6)
        dataset.check(progress=False)
        scenes = list(dataset)
        assert [scene.name for scene in scenes] == called
        for scene in scenes:
            (one,) = scene.objects()
            assert scene.is_matte == (layout.truth == MATTE) == dataset.has_alphas
            expected = truth(called.index(scene.name) // (2 if layout.several else 1), scene.is_matte)
            assert np.allclose(one.alpha, expected / 255 if scene.is_matte else expected > 127)
            assert scene.image.shape == (*SHAPE, 3)
            assert (scene.unknown is not None) == bool(layout.trimaps)
    if layout.count is not None:
        assert any(f"{layout.count} photos as published; here are 2" in note for note in dataset.notes)


def test_what_is_missing_is_said_with_its_place(tmp_path):
    with pytest.raises(SamaError, match="no folder DIS5K/DIS-VD/im and no folder DIS5K/DIS-VD/gt"):
        PublishedDataset("dis_vd", tmp_path, max_pixels=10**6)
    planted(tmp_path, "dis_vd")
    (tmp_path / "DIS5K/DIS-VD/gt/first.png").unlink()
    picture(tmp_path / "DIS5K/DIS-VD/gt/stray.png", truth(0, False))
    dataset = PublishedDataset("dis_vd", tmp_path, max_pixels=10**6)
    assert dataset.notes[:2] == [
        "1 photos have no truth and are left out: first.",
        "1 truths have no photo and are left out: stray.",
    ]
    (tmp_path / "DIS5K/DIS-VD/gt/second.png").unlink()
    with pytest.raises(SamaError, match="No photo of"):
        PublishedDataset("dis_vd", tmp_path, max_pixels=10**6)
    with pytest.raises(SamaError, match="DIS-TE1 is not all in"):
        PublishedDataset("dis_te1", tmp_path / "DIS5K/DIS-VD", max_pixels=10**6)
    with pytest.raises(SamaError, match="There is no data set 'imagenet'; choose from dis_vd"):
        PublishedDataset("imagenet", tmp_path, max_pixels=10**6)
    planted(tmp_path, "am_2k")
    (tmp_path / "AM-2K/validation/trimap").rename(tmp_path / "elsewhere")
    assert any(
        "unknown region is not measured" in n
        for n in PublishedDataset("am_2k", tmp_path, max_pixels=10**6).notes
    )


def test_davis_takes_the_sequences_of_its_list(tmp_path):
    planted(tmp_path, "davis_2016")
    for part in ("JPEGImages", "Annotations"):
        (tmp_path / "DAVIS" / part / "480p" / "train_only").mkdir()
    listing = tmp_path / "DAVIS/ImageSets/480p/val.txt"
    listing.parent.mkdir(parents=True)
    listing.write_text("/JPEGImages/480p/bear/00000.jpg /Annotations/480p/bear/00000.png\n" * 2)
    dataset = PublishedDataset("davis_2016", tmp_path, max_pixels=10**6)
    assert [pair.name for pair in dataset.pairs] == ["bear_00000", "bear_00001"]
    assert not any("no truth" in note for note in dataset.notes)


@pytest.mark.parametrize("name", ["dis_te4", "micromat_fine", "am_2k"])
def test_an_evaluation_prints_published_figures_beside_ours(name, tmp_path, capsys):
    pytest.importorskip("py_sod_metrics", reason="the extra eval is not installed")
    called = planted(tmp_path, name)
    for number, each in enumerate(called):
        soft = LAYOUTS[name].truth == MATTE
        found = truth(number // (2 if LAYOUTS[name].several else 1), soft)
        picture(tmp_path / "perfect" / f"{each}.png", found)
    command = ["evaluate", str(tmp_path), "--dataset", name, "--answers", str(tmp_path / "perfect")]
    assert main(command) == 0
    told = capsys.readouterr().out
    assert LAYOUTS[name].title in told
    ours = next(line for line in told.splitlines() if line.startswith("perfect (here)"))
    assert "0.00" in ours or "1.000" in ours
    for row in rows_of(name):
        (line,) = [
            each for each in told.splitlines() if each.startswith(row.method + " ") and row.source in each
        ]
        assert row.source in line
    assert "not comparable" in told
    assert evaluate(tmp_path, layout=name, answers=[tmp_path / "perfect"], progress=False)["layout"] == name


def test_published_values_are_those_of_the_papers_in_our_units():
    assert len(rows_of("dis_vd")) == len(rows_of("dis_te4")) == 8
    (sama,) = [row for row in rows_of("dis_vd") if row.method == "SAMA"]
    assert sama.values == {"F_max": 0.942, "weighted_F": 0.885, "MAE": 0.021, "S": 0.930, "E": 0.962}
    (sama,) = rows_of("am_2k")
    assert sama.ours("MSE") == pytest.approx(3.0) and sama.ours("SAD") == 8.04
    (zim,) = [row for row in rows_of("micromat_fine") if row.method == "ZIM"]
    assert zim.values == {"SAD": 9.961, "MSE": 1.893, "Grad": 4.813}
    assert all(row.source and row.dataset in LAYOUTS for row in ROWS)
    told = "\n".join(beside("composition_1k", "point1", {"sama": {"SAD": 1.0, "MSE": 2.0}}))
    assert "whole image or the unknown region" in told and "prompts: trimap, here point1" in told
    assert "No published figures" in "\n".join(beside("hrsod", "box", {}))
