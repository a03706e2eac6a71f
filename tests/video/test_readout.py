"""Following with a learned read-out: untrained it changes nothing, and the matte never sees it."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sama.commands import evaluate_clips, video
from sama.commands.cli import main
from sama.errors import SamaError
from sama.evaluation import clip_run
from sama.predict.close_up import Region
from sama.request.prompts import Prompts
from sama.video.follower import Follower
from sama.video.look import Look
from sama.video.settings import NONE, FollowSettings
from sama.weights.readouts import save_readout
from tests.helpers import predictor_of, small_readout, small_sama

BOX = Prompts(boxes=((14, 10, 44, 40),))


@pytest.fixture(scope="module")
def predictor():
    return predictor_of(small_sama())


def frames() -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    ground, thing = rng.integers(40, 90, (64, 80, 3)), rng.integers(130, 250, (26, 26, 3))
    made = []
    for step in range(2):
        picture = ground.astype(np.uint8)
        picture[12 : 12 + 26, 16 + step : 16 + step + 26] = thing
        made.append(picture)
    return made


def followed(predictor, readout: str) -> list[np.ndarray]:
    follower = Follower(predictor, FollowSettings(size=128, readout=readout))
    found = [follower.step(i, rgb, BOX if i == 0 else None) for i, rgb in enumerate(frames())]
    assert (follower.memory.frames[0].cells is None) == (readout == NONE)
    return [each for frame in found for each in (frame.sam, frame.mask, frame.alpha)]


def written(path, *, lively: bool) -> str:
    about = {"model": "mini", "backbone_sha256": "0" * 64}
    save_readout(path, small_readout(lively=lively), about)
    return str(path)


def test_an_untrained_readout_changes_nothing(predictor, tmp_path):
    without = followed(predictor, NONE)
    untrained = followed(predictor, written(tmp_path / "new.safetensors", lively=False))
    assert all(np.array_equal(a, b) for a, b in zip(without, untrained, strict=True))
    learned = followed(predictor, written(tmp_path / "old.safetensors", lively=True))
    assert np.array_equal(without[0], learned[0])  # a marked frame is a photo
    assert not np.array_equal(without[3], learned[3])


def test_what_the_mask_is_told_stays_with_it(predictor):
    look = Look.at(predictor.whole, frames()[0], Region(0, 0, 80, 64, 80, 64))
    box = (14.0, 10.0, 44.0, 40.0)
    plain = look.asked(box)
    told = look.asked(box, told=torch.ones_like(look.features.embedding))
    assert not torch.equal(told.logits, plain.logits)
    assert torch.equal(look.asked(box).logits, plain.logits)


def test_the_setting_reaches_both_commands(tmp_path, monkeypatch, capsys):
    given = []

    def noting(*_, settings, **__):
        given.append(settings.readout)
        raise SamaError("enough")

    monkeypatch.setattr(clip_run, "evaluate_clips", noting)
    monkeypatch.setattr(evaluate_clips, "load_predictor", lambda args: None)
    words = ["evaluate", str(tmp_path), "--video"]
    assert main(words) == main([*words, "--readout", "own.safetensors"]) == 2
    monkeypatch.setattr(video, "FollowSettings", lambda **how: noting(settings=SimpleNamespace(**how)))
    assert main(["video", "clip", "--out", "out", "--readout", NONE]) == 2
    assert given == [FollowSettings().readout, "own.safetensors", NONE]
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path), "--readout", "own.safetensors"]) == 2
    assert "--readout is for clips; add --video" in capsys.readouterr().err
