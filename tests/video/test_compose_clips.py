"""The tool that writes clips with exact mattes."""

import sys

import numpy as np
from PIL import Image

from sama.evaluation.datasets import Dataset
from tools import compose_clips


def write_pictures(folder, mode: str, size: tuple[int, int], count: int) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(len(mode))
    for i in range(count):
        pixels = rng.integers(0, 255, (*size[::-1], len(mode)), np.uint8)
        if mode == "RGBA":
            pixels[..., 3] = 0
            pixels[4:-4, 4:-4, 3] = 255
        Image.fromarray(pixels, mode).save(folder / f"{i}.png")


def test_the_same_flags_give_the_same_clips(tmp_path, monkeypatch):
    write_pictures(tmp_path / "things", "RGBA", (40, 30), 3)
    write_pictures(tmp_path / "places", "RGB", (120, 90), 2)
    written = []
    for out in ("one", "two"):
        folders = ["--foregrounds", tmp_path / "things", "--backgrounds", tmp_path / "places"]
        flags = ["--out", tmp_path / out, "--clips", 3, "--frames", 3, "--size", "96x64"]
        monkeypatch.setattr(sys, "argv", ["compose_clips", *map(str, folders + flags)])
        compose_clips.main()
        written.append(
            {p.relative_to(tmp_path / out): p.read_bytes() for p in (tmp_path / out).rglob("*.*g")}
        )
    assert written[0] == written[1]
    assert len(written[0]) == 3 * 3 * 2
    for clip in (tmp_path / "one").iterdir():
        scenes = list(Dataset(clip))
        assert [scene.size for scene in scenes] == [(96, 64)] * 3
        assert scenes[0].truth.max() > 0.9
