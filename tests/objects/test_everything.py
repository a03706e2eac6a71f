"""Everything mode, beside segment-anything's own generator on the same weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from segment_anything import SamAutomaticMaskGenerator, SamPredictor, sam_model_registry
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

from sama.errors import PromptError
from sama.models.backbones import default_config
from sama.models.sama import Sama
from sama.objects.everything import Everything, everything
from sama.objects.everything.regions import without_small
from sama.objects.everything.sparing import Agreed
from tests.helpers import disc, predictor_of, small_sama

SIDE, PULL = 128, 2.5


def build(checkpoint=None) -> Sam:
    """A SAM for photos of 128 pixels whose scores and masks differ from click to click."""
    torch.manual_seed(5)
    encoder = ImageEncoderViT(
        img_size=SIDE, patch_size=16, depth=2, embed_dim=32, num_heads=2, out_chans=32, window_size=4,
        global_attn_indexes=(1,), use_rel_pos=True,
    )  # fmt: skip
    prompts = PromptEncoder(32, (SIDE // 16, SIDE // 16), (SIDE, SIDE), 16)
    transformer = TwoWayTransformer(depth=2, embedding_dim=32, num_heads=4, mlp_dim=64)
    decoder = MaskDecoder(transformer_dim=32, transformer=transformer, iou_head_hidden_dim=32)
    # One channel of the upscaled embedding is constant and pulls every mask down, so that masks are small and many.
    torch.nn.init.normal_(decoder.output_upscaling[3].weight, std=1.0)
    with torch.no_grad():
        decoder.output_upscaling[3].weight[:, 0] = 0
        decoder.output_upscaling[3].bias[0] = 1
    for mlp in decoder.output_hypernetworks_mlps:
        torch.nn.init.normal_(mlp.layers[-1].weight, std=1.0)
        with torch.no_grad():
            mlp.layers[-1].weight[0] = 0
            mlp.layers[-1].bias[0] = -PULL
    torch.nn.init.normal_(decoder.iou_prediction_head.layers[-1].weight, std=2.0)
    torch.nn.init.constant_(decoder.iou_prediction_head.layers[-1].bias, 0.5)
    return Sam(encoder, prompts, decoder).eval()


@pytest.fixture(scope="module")
def vit():
    """A predictor over the small SAM, without SAMA's weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sam_model_registry, "vit_b", build)
        model = Sama(default_config("vit_b")).eval()
    return predictor_of(model, "vit_b", sama=None)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """As large as the view, so that nobody resizes it."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 60, (96, SIDE, 3)).astype(np.uint8)
    image[disc(SIDE, 20, (40, 40))[:96] > 127] += 120
    image[disc(SIDE, 14, (90, 60))[:96] > 127] += 180
    return image


class OurFeatures(SamPredictor):
    """The stock predictor, but photos are resized and encoded by ours: both ask the same features."""

    def __init__(self, ours):
        super().__init__(ours.model.backbone.sam)
        self.ours = ours.fork()

    def set_image(self, image: np.ndarray, image_format: str = "RGB") -> None:
        super().set_image(image, image_format)
        list(self.ours.set_image(image))
        self.features = self.ours.features().embedding.float()


def last(predictor, settings):
    *_, end = everything(predictor, settings)
    return end


@pytest.mark.parametrize(
    "how",
    [
        {"points_per_side": 8},
        {
            "points_per_side": 8,
            "crop_n_layers": 1,
            "crop_n_points_downscale_factor": 2,
            "crop_nms_thresh": 0.9,
        },
        {"points_per_side": 7, "box_nms_thresh": 0.8, "points_per_batch": 10},
    ],
)
def test_results_equal_those_of_segment_anything(vit, photo, how):
    settings = {
        "pred_iou_thresh": 0.45,
        "stability_score_thresh": 0.5,
        "stability_score_offset": 0.1,
        "box_nms_thresh": 0.97,
    } | how
    stock = SamAutomaticMaskGenerator(vit.model.backbone.sam, **settings)
    stock.predictor = OurFeatures(vit)
    with torch.no_grad():
        expected = stock.generate(photo)
    list(vit.set_image(photo))
    end = last(vit, Everything(**settings))
    assert end.done == end.total
    ours = [found.record() for found in end.found]
    assert len(ours) == len(expected) > 3

    def key(record):
        return tuple(record["point_coords"][0]), record["area"], tuple(record["bbox"])

    for mine, theirs in zip(sorted(ours, key=key), sorted(expected, key=key), strict=True):
        assert mine.keys() == theirs.keys()
        assert np.mean(mine["segmentation"] != theirs["segmentation"]) < 2e-4
        assert mine["predicted_iou"] == pytest.approx(theirs["predicted_iou"], abs=1e-4)
        assert mine["stability_score"] == pytest.approx(theirs["stability_score"], abs=5e-3)
        assert mine["point_coords"] == theirs["point_coords"] and mine["crop_box"] == theirs["crop_box"]


def test_defaults_are_those_of_segment_anything():
    import inspect

    theirs = inspect.signature(SamAutomaticMaskGenerator.__init__).parameters
    ours = vars(Everything())
    same = ours.keys() & theirs.keys()
    assert len(same) == len(ours) - 3  # judged_side, skip_inside and skip_agreed are ours
    assert {name: ours[name] for name in same} == {name: theirs[name].default for name in same}


def test_masks_are_found_step_by_step_on_mini_and_drawn_at_any_size(photo):
    mini = predictor_of(small_sama())
    list(mini.set_image(photo))
    settings = Everything(
        points_per_side=6,
        pred_iou_thresh=0.0,
        stability_score_thresh=0.0,
        min_mask_region_area=20,
        points_per_batch=9,
    )
    steps = list(everything(mini, settings))
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1].done == steps[-1].total == 36 and steps[-1].found
    for found in steps[-1].found:
        whole, small = found.mask(), found.mask((64, 48))
        assert whole.shape == (96, 128) and small.shape == (48, 64)
        assert found.share == pytest.approx(whole.mean(), abs=0.01)


def test_a_large_photo_is_judged_in_a_copy_and_answered_at_its_own_size():
    mini = predictor_of(small_sama())
    list(mini.set_image(np.random.default_rng(1).integers(0, 255, (400, 600, 3)).astype(np.uint8)))
    found = last(
        mini, Everything(points_per_side=3, pred_iou_thresh=0, stability_score_thresh=0, judged_side=100)
    ).found
    assert found and all(each.rle["size"] == [67, 100] and each.mask().shape == (400, 600) for each in found)


def test_small_pieces_go_and_small_holes_close():
    mask = np.zeros((40, 40), bool)
    mask[5:25, 5:25] = True
    mask[10:12, 10:12] = False
    mask[30:33, 30:33] = True
    clean, changed = without_small(mask, 10)
    expected = np.zeros((40, 40), bool)
    expected[5:25, 5:25] = True
    assert changed and np.array_equal(clean, expected)
    assert without_small(expected, 10)[1] is False


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"points_per_side": 0}, "points_per_side is 0; give a whole number from 1 to 128."),
        ({"pred_iou_thresh": 1.5}, "pred_iou_thresh is 1.5; give a number from 0 to 1."),
        (
            {"points_per_side": 2, "crop_n_layers": 2, "crop_n_points_downscale_factor": 2},
            "No points are left in the deepest layer of crops; lower crop_n_points_downscale_factor.",
        ),
    ],
)
def test_settings_that_mean_nothing_are_refused(how, sentence):
    with pytest.raises(PromptError) as refused:
        Everything(**how)
    assert str(refused.value) == sentence


def test_clicks_between_others_that_agree_are_left_out():
    places = torch.tensor([[(x + 0.5) / 4, (y + 0.5) / 4] for y in range(4) for x in range(4)])
    coarse, every = torch.tensor([5, 7, 13, 15]), torch.arange(16)
    logits = torch.ones(4, 1, 8, 8)
    agreed = Agreed(places)
    assert agreed.open(every).all(), "nobody has been asked"
    agreed.note(coarse, logits, torch.ones(4, 1))
    assert agreed.open(every).nonzero()[:, 0].tolist() == coarse.tolist()
    logits[0, :, :, 4:] = -1  # what the first click finds ends half-way to the right
    agreed = Agreed(places)
    agreed.note(coarse, logits, torch.ones(4, 1))
    asked = set(agreed.open(every).nonzero()[:, 0].tolist())
    # Those between 5 and the clicks to its right; 8 and 9 lie between 5 and 13, which agree.
    assert asked == {*coarse.tolist(), 2, 6, 10}


def test_left_out_clicks_count_as_done(vit, photo):
    list(vit.set_image(photo))
    settings = Everything(pred_iou_thresh=0, stability_score_thresh=0, points_per_side=8)
    every = last(vit, settings)
    few = last(vit, replace(settings, skip_agreed=True))
    assert few.done == every.done == 64 and len(few.found) <= len(every.found)
