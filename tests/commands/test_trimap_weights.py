"""Weights whose matting head begins with a trimap, from their files to `trimap.png`; small ones, of random numbers."""

import numpy as np
import pytest
from PIL import Image

import sama
from sama.commands.cli import main
from sama.models.config import SamaConfig
from sama.predict.answer import ALPHA, ALPHA_LOGITS, DETAIL, TRIMAP
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.weights.checkpoints import read_metadata, sama_metadata, save_checkpoint
from tests.helpers import disc, lively_sama

BOX = Prompts(boxes=((20, 15, 100, 85),))
SIZE = 120, 96


def saved(folder, *, trimap: bool):
    """Paths of a backbone's file and of SAMA's, as training writes them."""
    model = lively_sama(trimap=trimap)
    paths = folder / f"mini_{trimap}.safetensors", folder / f"sama_{trimap}.safetensors"
    own = {"kind": "backbone", "config": model.config.to_dict()}
    save_checkpoint(paths[0], model.backbone.state_dict(), own)
    made = {"step": 7, "data": "noise", "licence": "CC0-1.0"}
    on = {"backbone_file": paths[0], "backbone": model.backbone}
    save_checkpoint(paths[1], model.trainable(), sama_metadata(model.config.to_dict(), **made, **on))
    return paths


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (*SIZE[::-1], 3), np.uint8)).save(path)
    return path


@pytest.mark.parametrize("trimap", [True, False])
def test_what_the_head_tells_is_what_is_written(tmp_path, photo, trimap):
    mini, added = saved(tmp_path, trimap=trimap)

    assert SamaConfig.from_dict(read_metadata(added)["config"]).trimap is trimap
    flags = ["--checkpoint", str(mini), "--sama-weights", str(added), "--device", "cpu"]
    box = ",".join(f"{x:g}" for x in BOX.boxes[0])
    out = tmp_path / "out"
    assert main(["predict", str(photo), "--box", box, *flags, "--out", str(out)]) == 0
    predictor = sama.load("mini", checkpoint=mini, sama_weights=added, device="cpu")
    list(predictor.set_image(np.asarray(Image.open(photo))))
    answer = sama.answer(predictor, Request.of(BOX, SIZE))
    written = np.asarray(Image.open(out / "trimap.png"))
    assert (TRIMAP in answer.union.layers) is trimap
    if not trimap:
        assert written.shape == SIZE[::-1], "a band around the matte's edge"
        return
    told, detail = answer.layer(TRIMAP), answer.layer(DETAIL)
    assert np.array_equal(written, np.ceil(told * 255))
    assert set(np.unique(told)) == {0, 0.5, 1}, "all three classes are there"
    assert np.array_equal(detail[told != 0.5], told[told != 0.5])
    raw = sama.answer(predictor, Request.of(BOX, SIZE, edges=False, keep_haze=True, keep_logits=True))
    assert ALPHA_LOGITS in raw.union.layers
    alpha, told = raw.layer(ALPHA), raw.layer(TRIMAP)
    assert alpha[told == 1].mean() > alpha[told == 0.5].mean() > alpha[told == 0].mean()


def test_a_mask_is_matted_by_such_weights(tmp_path, photo):
    mini, added = saved(tmp_path, trimap=True)
    mask = np.zeros(SIZE[::-1], np.uint8)
    mask[:, 12:108] = disc(96, 35)
    Image.fromarray(mask).save(tmp_path / "mask.png")
    flags = ["--checkpoint", str(mini), "--sama-weights", str(added), "--device", "cpu"]
    out = tmp_path / "matte.png"
    assert main(["matte", str(photo), "--mask", str(tmp_path / "mask.png"), "--out", str(out), *flags]) == 0
    matte = np.asarray(Image.open(out))
    assert matte.shape == mask.shape and matte[mask > 0].mean() > 180 and matte[mask == 0].mean() < 75
