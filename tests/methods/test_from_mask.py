"""Mattes that follow a mask: by the model's own head, by the embedded model's for a SAM without one, close up, and
with the trimap that the head has told."""

import numpy as np
import pytest
from PIL import Image

import sama
from sama.errors import PromptError, WeightsError
from sama.methods import borrowed, method_of
from sama.methods.matte import matte
from sama.models.fast import fused
from sama.predict import companion
from sama.predict.answer import ALPHA, ALPHA_LOGITS, DETAIL, SAM, SAMA, TRIMAP
from sama.request.prompts import Prompts
from sama.request.request import Request
from tests.helpers import ask, lively_sama, predictor_of, small_sama

SIZE = (300, 200)
MODEL = fused(lively_sama(trimap=True))
BARE = fused(small_sama())


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*SIZE[::-1], 3), np.uint8)


@pytest.fixture(scope="module")
def large() -> np.ndarray:
    """A mask of two parts that is most of the photo."""
    mask = np.zeros(SIZE[::-1], bool)
    mask[20:180, 20:120] = mask[60:160, 180:280] = True
    return mask


@pytest.fixture(scope="module")
def predictor(photo):
    made = predictor_of(MODEL)
    list(made.set_image(photo))
    return made


@pytest.fixture
def mini(monkeypatch):
    """The embedded model is a small one."""
    monkeypatch.setattr(companion, "_load", lambda device, dtype: predictor_of(MODEL))


def test_the_matte_follows_the_mask_and_all_of_it_is_one_object(predictor, large):
    found = ask(predictor, Prompts(mask=large), method="from_mask")
    assert found.method == "from_mask" and len(found.objects) == 1
    assert found.alpha[large].mean() > 0.8 and found.alpha[~large].mean() < 0.2
    assert np.array_equal(found.mask(SAMA), found.layer(SAMA) > 0)
    assert np.mean((found.alpha > 0.5) == found.mask(SAMA)) > 0.9999
    assert ALPHA_LOGITS not in found.union.layers
    box = ask(predictor, Prompts(boxes=((20, 20, 280, 180),)), method="sam")
    assert np.array_equal(found.layer(SAM), box.layer(SAM)), "SAM's answer to the mask's box"
    kept = ask(predictor, Prompts(mask=large), method="from_mask", keep_logits=True)
    assert np.array_equal(kept.alpha, found.alpha)
    kept = ask(predictor, Prompts(mask=large), method="from_mask", keep_logits=True, keep_haze=True)
    assert np.array_equal(kept.layer(ALPHA_LOGITS), kept.layer(SAMA))
    assert np.array_equal(kept.alpha[kept.alpha > 0.5], found.alpha[kept.alpha > 0.5]), "that is no haze"


def test_a_small_mask_is_looked_at_closer_and_cut_alike(predictor, photo):
    mask = np.zeros(SIZE[::-1], bool)
    mask[100:120, 200:224] = True
    asked = Request.of(Prompts(mask=mask), SIZE, method="from_mask")
    close = sama.answer(predictor, asked)
    (region,) = predictor.parts
    assert close.seconds["closer"] >= 0 and not predictor.pending(asked)
    assert close.alpha[mask].mean() > 0.7
    part = predictor_of(MODEL).whole
    list(part.set_image(region.cut(photo)))
    same = ask(part, Prompts(mask=region.cut(mask)), method="from_mask")
    assert np.abs(region.cut(close.alpha) - same.alpha).max() < 0.02
    assert set(np.unique(close.layer(TRIMAP))) <= {0, 0.5, 1}
    rows, columns = slice(region.top, region.bottom), slice(region.left, region.right)
    for name in (ALPHA, TRIMAP, DETAIL):
        outside = close.layer(name).copy()
        outside[rows, columns] = 0
        assert not outside.any(), name
    whole = ask(predictor, Prompts(mask=mask), method="from_mask", closer=False)
    assert "closer" not in whole.seconds


def test_the_thinnest_mask_is_not_lost(predictor):
    mask = np.zeros(SIZE[::-1], bool)
    mask[50, 60] = True
    assert ask(predictor, Prompts(mask=mask), method="from_mask").alpha.shape == mask.shape


def test_trimap_and_detail_are_those_of_the_head(predictor, large):
    found = ask(predictor, Prompts(mask=large), method="from_mask", edges=False)
    told, detail = found.layer(TRIMAP), found.layer(DETAIL)
    assert told.dtype == detail.dtype == np.float32 and set(np.unique(told)) == {0, 0.5, 1}
    assert np.array_equal(detail[told != 0.5], told[told != 0.5])
    assert detail.min() >= 0 and detail.max() <= 1
    assert found.alpha[told == 1].mean() > found.alpha[told == 0.5].mean() > found.alpha[told == 0].mean()
    solid = ask(predictor, Prompts(boxes=((20, 20, 280, 180),)), method="solid")
    assert TRIMAP not in solid.union.layers and DETAIL not in solid.union.layers, "of another matte"
    two = ask(predictor, Prompts(boxes=((20, 20, 280, 180), (30, 30, 250, 190))), method="sama")
    each = [one.layers[TRIMAP] for one in two.objects]
    assert np.array_equal(two.layer(TRIMAP), np.maximum(*each))
    bare = predictor_of(BARE)
    list(bare.set_image(np.zeros((64, 64, 3), np.uint8)))
    assert TRIMAP not in ask(bare, Prompts(boxes=((5, 5, 60, 60),))).union.layers


def test_a_mask_is_needed_and_nothing_else_is_taken(predictor, large):
    with pytest.raises(PromptError, match="from_mask takes a mask, no points"):
        ask(predictor, Prompts(((30, 30, 1),), mask=large), method="from_mask")
    with pytest.raises(PromptError, match="takes a mask, no box"):
        ask(predictor, Prompts(boxes=((30, 30, 60, 60),)), method="from_mask")
    with pytest.raises(WeightsError, match="choose sama"):
        ask(predictor, Prompts(((30, 30, 1),)), method="mini_on_sam")


def test_a_sam_without_heads_borrows_the_embedded_model_s(photo, large, mini):
    official = predictor_of(BARE, "vit_b", sama=None)
    list(official.set_image(photo))
    prompts = Prompts(boxes=((20, 20, 130, 180), (170, 50, 290, 170)))
    found = ask(official, prompts, method="mini_on_sam", keep_logits=True)
    assert len(found.objects) == 2 and found.method == "mini_on_sam" and SAMA not in found.union.layers
    plain = ask(official, prompts, method="sam")
    assert np.array_equal(found.layer(SAM), plain.layer(SAM))
    for one, sam in zip(found.objects, plain.objects, strict=True):
        inside = sam.layers[SAM] > 0
        assert not inside.any() or one.layers[ALPHA][inside].mean() > one.layers[ALPHA][~inside].mean()
    assert method_of("mini_on_sam", official.info).named("{model}", official.info) == "SAM ViT-B"
    from_mask = ask(official, Prompts(mask=large), method="from_mask", closer=False)
    own = predictor_of(MODEL)
    list(own.set_image(photo))
    alone = ask(own, Prompts(mask=large), method="from_mask", closer=False)
    assert np.array_equal(from_mask.alpha, alone.alpha) and np.array_equal(
        from_mask.layer(TRIMAP), alone.layer(TRIMAP)
    )
    assert borrowed.LAYERS[0] in from_mask.union.layers and from_mask.objects[0].prompts.mask is not None


def test_the_short_way(tmp_path, photo, large, mini):
    predictor = predictor_of(MODEL)
    found = matte(photo, large, predictor=predictor)
    assert found.dtype == np.float32 and found.shape == large.shape
    own = np.full(large.shape, 255, np.uint8)
    own[:, :150] = 128
    paths = tmp_path / "photo.png", tmp_path / "mask.png"
    Image.fromarray(np.dstack([photo, own])).save(paths[0])
    Image.fromarray(large * np.uint8(255)).save(paths[1])
    limited = sama.matte(*paths, predictor=predictor)
    assert limited[:, :150].max() <= 128 / 255 + 1e-6
    picture = Image.fromarray(photo), Image.fromarray(large)
    assert np.array_equal(sama.matte(*picture, device="cpu"), found), "by the embedded model"
    with pytest.raises(PromptError, match="make them equal"):
        sama.matte(photo, large[:-1])
