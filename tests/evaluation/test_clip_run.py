"""`sama evaluate --video`: folders of clips, what they score, what is printed, and what is refused."""

import json

import numpy as np
import pytest
from PIL import Image

from sama.commands.cli import main
from sama.errors import SamaError
from sama.evaluation.clip_report import format_clips
from sama.evaluation.clip_run import evaluate_clips
from tests.helpers import predictor_of, small_sama

STEP = 3


def write_clip(folder, frames: int = 4, *, mattes: bool = False, ids: bool = True) -> None:
    """A clip of two textured squares that move to the right, by their labels or, both, by their matte."""
    rng = np.random.default_rng(5)
    texture = rng.integers(0, 255, (10, 10, 3)).astype(np.uint8).repeat(2, 0).repeat(2, 1)
    ground = rng.integers(80, 110, (64, 96, 3)).astype(np.uint8)
    for name in ("images", "alphas" if mattes else "labels"):
        (folder / name).mkdir(parents=True)
    for i in range(frames):
        picture, labels = ground.copy(), np.zeros((64, 96), np.uint8)
        for number, (top, left) in enumerate(((6, 10), (38, 40)), 1):
            part = np.s_[top : top + 20, left + STEP * i : left + STEP * i + 20]
            picture[part], labels[part] = texture, number
        Image.fromarray(picture).save(folder / "images" / f"{i:05d}.png")
        if mattes:
            Image.fromarray((labels > 0).astype(np.uint8) * 255).save(folder / "alphas" / f"{i:05d}.png")
        else:
            picture = Image.fromarray(labels if ids else (labels > 0).astype(np.uint8))
            picture.save(folder / "labels" / f"{i:05d}.png")


@pytest.fixture(scope="module")
def predictor():
    return predictor_of(small_sama())


def test_every_object_of_the_first_frame_is_scored_by_itself(tmp_path, predictor):
    write_clip(tmp_path / "squares")
    how = {"prompts": "mask", "methods": ("grabcut", "flow"), "progress": False}
    results = evaluate_clips(tmp_path, predictor, **how)
    assert [(row["clip"], row["object"], row["frames"]) for row in results["clips"]] == [
        ("squares", 1, 4),
        ("squares", 2, 4),
    ]
    assert list(results["methods"]) == ["grabcut", "flow"]
    assert list(results["methods"]["flow"]) == ["j", "f", "j_and_f"]
    assert results["methods"]["flow"]["j"] > 0.85
    means = [row["methods"]["flow"]["j_and_f"] for row in results["clips"]]
    assert results["methods"]["flow"]["j_and_f"] == pytest.approx(np.mean(means))
    union = evaluate_clips(tmp_path, predictor, object_mode="union", **how)
    assert [row["object"] for row in union["clips"]] == [None]
    assert union["methods"]["flow"]["j"] > 0.85


def test_mattes_are_scored_too_and_the_table_says_it_all(tmp_path, predictor):
    write_clip(tmp_path / "one", mattes=True)
    write_clip(tmp_path / "two", mattes=True)
    results = evaluate_clips(tmp_path, predictor, prompts="mask", methods=["flow"], progress=False)
    assert list(results["methods"]["flow"]) == ["j", "f", "j_and_f", "mad", "mse", "grad", "dtssd"]
    json.dumps(results, allow_nan=False)
    text = format_clips(results)
    for word in ("one", "two", "dtssd", "flow", f"{results['methods']['flow']['j_and_f']:.3f}"):
        assert word in text


def test_a_clip_whose_first_frame_shows_nothing_is_left_out_and_said(tmp_path, predictor):
    write_clip(tmp_path / "full", ids=False)
    write_clip(tmp_path / "late", ids=False)
    Image.fromarray(np.zeros((64, 96), np.uint8)).save(tmp_path / "late" / "labels" / "00000.png")
    results = evaluate_clips(tmp_path, predictor, prompts="mask", methods=["flow"], progress=False)
    assert results["n"] == 1
    assert any(note.startswith("late: ") for note in results["notes"])


def test_what_will_not_do_is_one_sentence(tmp_path, predictor, capsys):
    with pytest.raises(SamaError, match="has no clips"):
        evaluate_clips(tmp_path, predictor)
    write_clip(tmp_path / "clip")
    with pytest.raises(SamaError, match="no way of following called 'magic'"):
        evaluate_clips(tmp_path, predictor, methods=["magic"])
    with pytest.raises(SamaError, match="box or mask"):
        evaluate_clips(tmp_path, predictor, prompts="point1")
    assert main(["evaluate", str(tmp_path), "--video", "--csv", str(tmp_path / "a.csv")]) == 2
    assert "--csv is for folders of photos" in capsys.readouterr().err
