"""How sure an answer is, and what lies behind it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sama.commands.cli import main
from sama.errors import PromptError
from sama.evaluation.inspecting import inspect, shown
from sama.evaluation.sureness import VARIANTS, doubt_about, doubt_of, jittered
from sama.methods import answer
from sama.models.views import Frame
from sama.request.prompts import Prompts
from sama.request.request import Request
from tests.helpers import lively_sama, predictor_of

SIZE = (160, 120)
LARGE, SMALL = (20.0, 15.0, 140.0, 110.0), (60.0, 50.0, 84.0, 70.0)


@pytest.fixture(scope="module")
def predictor():
    found = predictor_of(lively_sama())
    list(found.set_image(np.random.default_rng(2).integers(0, 256, (*SIZE[::-1], 3), np.uint8)))
    return found


def test_masks_that_agree_leave_no_doubt():
    masks = np.zeros((8, 40, 60), bool)
    masks[:, 10:30, 10:40] = True
    found = doubt_of(masks)
    assert (found.sure, found.place, found.share) == (1, None, 0) and not found.disagreement.any()
    masks[:4, 10:30, 40:51] = True  # half of them say that it goes on
    found = doubt_of(masks)
    assert (found.disagreement[10:30, 40:51] == 1).all() and not found.disagreement[:, :40].any()
    assert found.share == pytest.approx(220 / 820)
    assert found.place[0] in (45, 46) and 15 <= found.place[1] <= 24
    same, other = 12 / 28, 16 / 28
    assert found.sure == pytest.approx(same + other * 600 / 820)


def test_prompts_are_moved_a_little_and_stay_on_the_photo():
    prompts = Prompts(((159.0, 2.0, 1), (3.0, 60.0, 0)), (LARGE,))
    variants = jittered(prompts, SIZE)
    assert len(variants) == VARIANTS and variants[0] == prompts and variants == jittered(prompts, SIZE)
    for each in variants:
        Request.of(each, SIZE)
        assert np.abs(np.array(each.boxes[0]) - LARGE).max() < 0.13 * 120
        assert [label for *_, label in each.points] == [1, 0]
    assert len({each.boxes for each in variants}) == VARIANTS


@pytest.mark.parametrize("box", [LARGE, SMALL], ids=["whole", "closer"])
def test_one_batch_equals_eight_answers(predictor, box):
    prompts = Prompts(boxes=(box,))
    request = Request.of(prompts, SIZE, edges=False)
    region = predictor.region_for(prompts)
    assert (region is not None) == (box == SMALL)
    found = doubt_about(predictor.twin(), request)
    masks = []
    for each in jittered(prompts, SIZE):
        if region is None or predictor.region_for(each) == region:
            masks.append(answer(predictor, replace(request, prompts=each)).mask("sama"))
    if region is None:
        expected = doubt_of(np.stack(masks))
        assert np.mean(found.disagreement != expected.disagreement) < 2e-3, "a batch rounds otherwise"
        assert found.sure == pytest.approx(expected.sure, abs=5e-3)
    else:
        assert not found.disagreement[: region.top - 1].any() and found.sure <= 1
        assert len(masks) >= 1


def test_a_mask_alone_leaves_nothing_to_doubt(predictor):
    mask = np.zeros(SIZE[::-1], bool)
    mask[20:60, 20:60] = True
    with pytest.raises(PromptError, match="leaves nothing to doubt"):
        doubt_about(predictor, Request.of(Prompts(mask=mask), SIZE))


def test_the_inspector_catches_what_the_modules_say(predictor):
    request = Request.of(Prompts(boxes=(LARGE,)), SIZE)
    heard = []
    hooks = [
        adapter.register_forward_hook(lambda module, given, made: heard.append(made.confidence))
        for adapter in predictor.model.adapters
    ]
    found = inspect(predictor.twin(), request)
    for hook in hooks:
        hook.remove()
    names = [each.name for each in found.maps]
    assert names[:5] == ["view_global", *(f"view_local_{i}" for i in range(1, 5))]
    assert {"confidence_1", "confidence_2", "prior", "matte", "matte_as_given"} <= set(names)
    grid = predictor.model.backbone.grid
    height, width = Frame(*SIZE, grid[0]).extent()
    own = heard[0][0, :, 0].reshape(grid)[:height, :width]
    assert found.named("confidence_1").mean() == pytest.approx(float(own.mean()), abs=0.02)
    assert np.array_equal(found.named("matte"), answer(predictor, request).alpha)
    plain = answer(predictor, replace(request, edges=False)).alpha
    assert np.array_equal(found.named("matte_as_given"), plain)
    assert found.seconds["decode_sama"] > 0 and found.box is None
    assert not any(adapter._forward_hooks for adapter in predictor.model.adapters), "nobody listens any more"
    cross = shown(found.maps[0])
    assert (cross[64, ::7] == cross[64, 0]).all() and (cross[::7, 64] == cross[64, 0]).all()


def test_the_inspector_says_which_part_was_looked_at(predictor):
    found = inspect(predictor.twin(), Request.of(Prompts(boxes=(SMALL,)), SIZE))
    x0, y0, x1, y1 = found.box
    assert x0 < 60 < 84 < x1 and y0 < 50 < 70 < y1


def test_the_command_writes_pictures_and_a_report(tmp_path, capsys):
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (96, 128, 3), np.uint8)).save(tmp_path / "a.png")
    out = tmp_path / "out"
    command = ["inspect", str(tmp_path / "a.png"), "--box", "10,10,120,90", "--device", "cpu"]
    assert main([*command, "--out", str(out)]) == 0
    report = json.loads((out / "inspection.json").read_text())
    assert {path.stem for path in out.glob("*.png")} == {*report["pictures"], "disagreement"}
    assert {"trimap", "confidence_2", "prior", "matte_as_given"} <= report["pictures"].keys()
    assert Image.open(out / "matte.png").size == (128, 96)
    assert report["milliseconds"]["decode_sam"] > 0 and 0 <= report["sure"] <= 1
    assert "sure: " in capsys.readouterr().out
