"""`sama video`: marks on frames, files and reports; who follows is pretended."""

import argparse
import json

import numpy as np
import pytest
from PIL import Image

from sama.commands import video
from sama.commands.cli import main, parser_of
from sama.errors import PromptError
from sama.predict.close_up import Region
from sama.video import follow
from sama.video.follower import FollowedFrame


def arguments(*words: str) -> argparse.Namespace:
    return parser_of(["video"]).parse_args(["video", "clip", "--out", "out", *words])


class Clip:
    """In the place of a clip that is opened."""

    size = 60, 40


def test_marks_are_on_the_frame_that_was_named_before_them():
    words = ("--box", "1,2,30,20", "--frame", "7", "--point", "5,5", "--point", "9,9,0", "--frame", "3")
    marks = video.marks_of(arguments(*words, "--box", "2,2,9,9"), Clip())
    assert sorted(marks) == [0, 3, 7]
    assert marks[0].boxes == ((1.0, 2.0, 30.0, 20.0),)
    assert marks[7].points == ((5.0, 5.0, 1), (9.0, 9.0, 0))
    assert marks[3].boxes == ((2.0, 2.0, 9.0, 9.0),)


def test_marks_without_a_frame_are_on_the_first_one():
    assert list(video.marks_of(arguments("--from", "4", "--box", "1,2,30,20"), Clip())) == [4]
    with pytest.raises(PromptError, match="Nothing is marked"):
        video.marks_of(arguments(), Clip())


def test_a_mask_is_on_the_frame_that_is_named(tmp_path):
    mask = np.zeros((40, 60), np.uint8)
    mask[5:20, 5:30] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    marks = video.marks_of(arguments("--frame", "2", "--mask", str(tmp_path / "mask.png")), Clip())
    assert np.array_equal(marks[2].mask > 0, mask > 0)


class Pretended:
    """In the place of a `Follower`: a matte that grows, and a frame on which the object is lost."""

    def __init__(self, predictor, settings):
        self.started = False

    def step(self, index, rgb, prompts=None):
        self.started = True
        alpha = np.zeros(rgb.shape[:2], np.float32)
        alpha[4:20, 4 : 10 + index] = 1
        lost = "Frame 2: gone." if index == 2 else None
        where = Region(0, 0, *rgb.shape[1::-1], *rgb.shape[1::-1])
        return FollowedFrame(
            index, rgb, alpha - 0.5, alpha - 0.5, alpha, 0.9, lost, bool(prompts), where, 0.1
        )


def test_a_folder_of_frames_becomes_cut_outs_and_a_report(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(follow, "Follower", Pretended)
    monkeypatch.setattr(video, "load_predictor", lambda args: None)
    (tmp_path / "frames").mkdir()
    for i in range(4):
        Image.fromarray(np.full((40, 60, 3), 40 * i, np.uint8)).save(tmp_path / "frames" / f"{i:05d}.png")
    out, report = tmp_path / "out", tmp_path / "report.json"
    words = ["--frame", "1", "--box", "4,4,11,20", "--out", out, "--as", "png", "--json", report]
    code = main(["video", str(tmp_path / "frames"), *map(str, words)])
    assert code == video.NOT_FOUND
    printed = capsys.readouterr()
    assert "Frame 2: gone." in printed.err
    rows = json.loads(report.read_text())["frames"]
    assert [(row["frame"], row["prompted"]) for row in rows] == [(1, True), (2, False), (3, False)]
    assert rows[2]["box"] == [4, 4, 13, 20]
    pictures = sorted(path for path in out.rglob("*.png"))
    assert len(pictures) == 3
    alphas = [np.asarray(Image.open(path))[..., 3] for path in pictures]
    assert [int((alpha[10] > 127).sum()) for alpha in alphas] == [7, 8, 9]
