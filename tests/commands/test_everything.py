"""`sama everything`: the files, a second run, and what is said where there is nothing."""

import json

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

from sama.commands import everything as command
from sama.commands.cli import main
from sama.commands.predict import NOT_FOUND
from sama.export.turns import is_idle
from sama.models.fast import fused
from sama.objects.everything import Everything, everything
from sama.objects.everything.folder import write_found
from sama.photo.opening import open_image
from tests.helpers import lively_sama, predictor_of

SIZE = (120, 80)
ALL = ["--points-per-side", "3", "--pred-iou-thresh", "0", "--stability-score-thresh", "0"]


@pytest.fixture(scope="module")
def predictor():
    return predictor_of(fused(lively_sama()))


@pytest.fixture
def photo(tmp_path, monkeypatch, predictor):
    """A photo, of which a corner is transparent by right."""
    monkeypatch.setattr(command, "load_predictor", lambda args: predictor)
    pixels = np.random.default_rng(0).integers(0, 256, (*SIZE[::-1], 4), np.uint8)
    pixels[..., 3] = 255
    pixels[:40, :60, 3] = 0
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def test_masks_annotations_mattes_and_sheet_tell_the_same(photo, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["everything", str(photo), "--out", str(out), "--mattes", *ALL]) == 0
    data = json.loads((out / "coco.json").read_text())
    made = data["annotations"]
    assert f"{len(made)} masks in {out}" in capsys.readouterr().out
    assert data["images"] == [{"id": 1, "file_name": "photo.png", "width": SIZE[0], "height": SIZE[1]}]
    assert [each["area"] for each in made] == sorted((each["area"] for each in made), reverse=True)
    names = [f"{number:03}.png" for number in range(1, len(made) + 1)]
    for folder in ("masks", "mattes"):
        assert sorted(path.name for path in (out / folder).iterdir()) == names
    for each, name in zip(made, names, strict=True):
        mask = np.asarray(Image.open(out / "masks" / name))
        assert np.array_equal(mask == 255, coco.decode(each["segmentation"]) > 0)
        assert int((mask == 255).sum()) == each["area"] and set(np.unique(mask)) <= {0, 255}
        assert not np.asarray(Image.open(out / "mattes" / name))[:40, :60].any(), (
            "what the file hides stays hidden"
        )
    assert Image.open(out / "contact_sheet.png").size == SIZE


def test_a_second_run_leaves_nothing_of_the_first(photo, tmp_path):
    out = tmp_path / "out"
    main(["everything", str(photo), "--out", str(out), "--mattes", *ALL])
    (out / "masks" / "099.png").write_bytes(b"old")
    (out / "mine.txt").write_text("kept")
    main(["everything", str(photo), "--out", str(out), *ALL])
    assert not (out / "mattes").exists() and not (out / "masks" / "099.png").exists()
    assert sorted(path.name for path in out.iterdir()) == [
        "coco.json",
        "contact_sheet.png",
        "masks",
        "mine.txt",
    ]


def test_nothing_that_passes_is_a_sentence_and_an_exit_code_of_its_own(photo, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["everything", str(photo), "--out", str(out), "--pred-iou-thresh", "1"]) == NOT_FOUND
    assert "Nothing was found; lower --pred-iou-thresh" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--points-per-side", "0"], "points_per_side is 0; give a whole number from 1 to 128."),
        (["--crop-n-layers", "9"], "crop_n_layers is 9; give a whole number from 0 to 3."),
    ],
)
def test_a_setting_that_means_nothing_is_refused_before_a_model_is_loaded(
    photo, monkeypatch, capsys, flags, sentence
):
    monkeypatch.setattr(command, "load_predictor", lambda args: pytest.fail("loaded"))
    assert main(["everything", str(photo), "--out", "unused", *flags]) == 2
    assert sentence in capsys.readouterr().err


def test_a_run_at_work_holds_its_files(photo, tmp_path, predictor):
    """Others who write to the folder remove what killed runs have left."""
    opened = open_image(photo)
    list(predictor.set_image(opened.rgb))
    *_, last = everything(
        predictor, Everything(points_per_side=3, pred_iou_thresh=0, stability_score_thresh=0)
    )
    work = write_found(tmp_path / "out", last.found, opened, predictor.info)
    next(work)
    (held,) = (tmp_path / "out").iterdir()
    assert not is_idle(held)
    work.close()
    assert not (tmp_path / "out").exists(), "given up, it leaves nothing"


def test_a_folder_that_is_a_file_is_told(photo, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "load_predictor", lambda args: pytest.fail("loaded"))
    (tmp_path / "taken").write_text("")
    assert main(["everything", str(photo), "--out", str(tmp_path / "taken"), *ALL]) == 2
    assert "taken cannot be written" in capsys.readouterr().err
