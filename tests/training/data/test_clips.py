"""Clips to learn following from: reproducible, and the flow says where the object was."""

import numpy as np
import pytest
import torch

from sama.predict.close_up import Region
from sama.training.data.clips import ClipData, Shot, flow_between
from sama.training.recipe import read_recipe
from sama.training.stages.readout import warped
from tests.helpers import RECIPES, write_training


def test_an_item_depends_on_its_number_alone(tmp_path):
    write_training(tmp_path)
    plan = read_recipe(RECIPES / "readout.toml").plan

    def items():
        data = ClipData(plan, tmp_path, size=64, task="readout", seed=3)
        return [data[i] for i in (0, 1)]

    first, again = items(), items()
    for one, other in zip(first, again, strict=True):
        assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(first[0]["image"], first[1]["image"])
    assert first[0]["image"].shape == (3, 3, 64, 64) and first[0]["flow"].shape == (2, 16, 16, 2)
    for item in first:
        for k in range(3):
            height, width = int(item["height"][k]), int(item["width"][k])
            assert max(height, width) == 64
            assert item["target"][k].max() > 200
            assert not item["image"][k][:, height:].any() and not item["image"][k][:, :, width:].any()


def test_flow_leads_back_into_the_cut_before():
    rng = np.random.default_rng(2)
    thing = rng.integers(0, 255, (5, 5, 3)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    shots = []
    for left, region in ((40, Region(20, 10, 100, 90, 160, 120)), (46, Region(30, 14, 110, 74, 160, 120))):
        rgb, alpha = np.full((120, 160, 3), 90, np.uint8), np.zeros((120, 160), np.float32)
        rgb[30:70, left : left + 40], alpha[30:70, left : left + 40] = thing, 1
        shots.append(Shot(rgb, alpha, region))
    flow = flow_between(*shots, 16)
    before, after = torch.full((1, 1, 16, 16), -8.0), torch.zeros(16, 16, dtype=torch.bool)
    before[..., 4:12, 4:12] = 8  # cells of 5 pixels: 40 to 80 across, 30 to 70 down
    moved = warped(before, flow[None])[0, 0] > 0
    after[4:11, 4:11] = True  # 46 to 86 and 30 to 70, seen from 30 and 14 on
    assert (moved & after).sum() / (moved | after).sum() > 0.75
    assert flow[13:].min() == pytest.approx(3.0)  # padding
