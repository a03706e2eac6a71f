"""The example clip and its matte belong together."""

from pathlib import Path

import numpy as np
import pytest

from sama.video.clip import open_clip

pytest.importorskip("av")

CLIPS = Path(__file__).parents[2] / "examples" / "clips"


def test_the_example_has_a_matte_for_each_frame():
    clip, matte = open_clip(CLIPS / "animal.mp4"), open_clip(CLIPS / "animal_matte.apng")
    assert clip.size == matte.size == (320, 180) and clip.frames == matte.frames == 24
    assert clip.rate == matte.rate == 24 and not clip.notes
    for frame, truth in zip(clip, matte, strict=True):
        alpha = truth.rgb[..., 0]
        assert 0.02 < (alpha > 127).mean() < 0.3 and ((alpha > 0) & (alpha < 255)).any()
        # The animal is cream and nothing else there is: green well above blue.
        warmth = frame.rgb[..., 1].astype(int) - frame.rgb[..., 2]
        assert warmth[alpha > 250].mean() > 25 > warmth[alpha == 0].mean()
    assert sum(path.stat().st_size for path in CLIPS.iterdir()) < 300_000


def test_the_mattes_are_grey(tmp_path):
    for frame in open_clip(CLIPS / "animal_matte.apng").between(0, 2):
        assert np.ptp(frame.rgb, axis=2).max() == 0
