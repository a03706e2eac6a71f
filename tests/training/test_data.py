"""The training stream: reproducible, physically consistent, and robust to missing folders."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from sama.errors import SamaError
from sama.models.backbones.mini import MiniBackbone
from sama.training.data import filters, synthesis
from sama.training.data.composites import RECIPES, cut_object, synthetic_sample
from sama.training.data.dataset import TrainingData, develop
from sama.training.data.degrade import degrade, draw_degradation
from sama.training.data.painting import Painted, Scene, Shadow, draw_recolouring, paint, recolour
from sama.training.data.photographs import mask_target, photo_sample
from sama.training.data.procedural import SHAPES
from sama.training.data.sources import LabelledPhoto, Sources
from sama.training.stages.mini import MiniStage
from sama.training.trainer import TrainSettings, train
from tests.helpers import SMALL, disc, write_training

SIZE = 128


def pixels(image: torch.Tensor) -> np.ndarray:
    """(3, h, w) as (h, w, 3)."""
    return image.permute(1, 2, 0).numpy()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    write_training(root)
    return root


def assert_same(a: dict, b: dict) -> None:
    assert a.keys() == b.keys()
    for key, value in a.items():
        assert torch.equal(torch.as_tensor(value), torch.as_tensor(b[key])), key


@pytest.mark.parametrize("task", ["mini", "segmentation", "matting"])
def test_item_is_a_function_of_seed_and_index(root, task):
    first = TrainingData(root, size=SIZE, task=task, seed=7)
    for k in (0, 3, 11):
        first[k]
    second = TrainingData(root, size=SIZE, task=task, seed=7)
    assert_same(first[12345], second[12345])
    other = TrainingData(root, size=SIZE, task=task, seed=8)
    assert not torch.equal(first[12345]["image"], other[12345]["image"])


@pytest.mark.parametrize("task", ["mini", "segmentation", "matting"])
def test_items_have_the_promised_form(root, task):
    data = TrainingData(root, size=SIZE, task=task, prompts=3)
    exact, parts, padded = set(), set(), 0
    for k in range(60):
        item = data[k]
        h, w = item["height"], item["width"]
        assert item["image"].shape == (3, SIZE, SIZE) and item["image"].dtype == torch.uint8
        assert item["targets"].shape == item["known"].shape == (3, SIZE, SIZE)
        assert item["targets"].dtype == item["known"].dtype == torch.uint8
        assert max(h, w) == SIZE
        for name in ("image", "targets", "known"):
            assert not item[name][:, h:].any() and not item[name][:, :, w:].any(), name
        assert item["known"].max() == 1
        # Something that can be prompted, and known, in each.
        assert ((item["targets"] > 127) & (item["known"] > 0)).flatten(1).sum(1).min() > 20
        exact.add(item["exact"])
        parts |= set(item["part"].tolist())
        padded += min(h, w) < SIZE
    assert exact == {True, False}
    assert parts == ({True, False} if task == "mini" else {False})
    assert 20 <= padded <= 55
    torch.utils.data.default_collate([data[0], data[1]])


def test_each_object_once_before_any_is_repeated(root):
    data = TrainingData(root, size=SIZE, task="segmentation", prompts=2, sources={"coco"})
    rng = np.random.default_rng(0)
    photo = data.sources.labelled("coco", rng)
    seen = []
    for _ in range(20):
        sample = photo_sample(rng, photo, "coco", SIZE, 2, parts=False)
        seen.append(len(sample.targets))
        if len(sample.targets) == 2:
            assert not (sample.targets.min(0) > 127).any()
    # The 3 x 3 pixel object is below the smallest that counts, so there are never three.
    assert set(seen) <= {1, 2} and 2 in seen
    assert len(photo_sample(rng, photo, "coco", SIZE, 5, parts=False).targets) <= 2


def test_layers_occlude_front_to_back():
    rng = np.random.default_rng(1)
    layers = []
    for k in range(5):
        alpha = rng.integers(0, 256, (30, 40), dtype=np.uint8)
        layers.append(synthesis.Layer(np.zeros((30, 40, 3), np.uint8), alpha, 5 * k, 3 * k))
    alphas = synthesis.visible_alphas(layers, (70, 60)).astype(int)
    assert alphas.sum(0).max() <= 255
    assert np.array_equal(alphas[4][layers[4].region], layers[4].alpha)
    front, back = (np.zeros((60, 70)), np.zeros((60, 70)))
    front[layers[4].region] = layers[4].alpha
    back[layers[3].region] = layers[3].alpha
    assert np.abs(alphas[3] - back * (1 - front / 255)).max() <= 1


def test_hidden_objects_are_not_prompted():
    def layer(value, side, at):
        alpha = np.full((side, side), value, np.uint8)
        return synthesis.Layer(np.zeros((side, side, 3), np.uint8), alpha, at, at)

    layers = [layer(255, 40, 20), layer(255, 40, 22), layer(40, 40, 5)]
    alphas = synthesis.visible_alphas(layers, (80, 80))
    # The first is nearly covered; the third is too faint to have a core.
    assert synthesis.worth_prompting(alphas, layers, 0.003) == [1]


def test_composite_is_alpha_f_plus_rest_b():
    rng = np.random.default_rng(2)
    background = rng.integers(0, 256, (50, 60, 3), dtype=np.uint8)
    alpha = rng.integers(0, 256, (20, 30), dtype=np.uint8)
    colour = rng.integers(0, 256, (20, 30, 3))
    premultiplied = np.round(colour * alpha[..., None] / 255).astype(np.uint8)
    layer = synthesis.Layer(premultiplied, alpha, 12, 9)
    image = pixels(paint(Scene(background, [Painted(layer)])))
    a = alpha[..., None] / 255
    expected = background.astype(float)
    expected[9:29, 12:42] = a * colour + (1 - a) * expected[9:29, 12:42]
    assert np.abs(image - expected).max() <= 0.51  # of the premultiplied colours' rounding
    assert not np.array_equal(image, background)


def test_the_layer_in_front_covers_the_one_behind():
    behind, front = (
        synthesis.Layer(np.full((20, 20, 3), value, np.uint8), np.full((20, 20), 255, np.uint8), at, at)
        for value, at in ((200, 5), (90, 15))
    )
    image = pixels(paint(Scene(np.zeros((50, 50, 3), np.uint8), [Painted(behind), Painted(front)])))
    assert (image[10, 10] == 200).all() and (image[20, 20] == 90).all() and not image[45, 45].any()


def test_a_shadow_darkens_what_is_behind_alone():
    white = np.full((80, 80, 3), 200, np.uint8)
    layer = synthesis.Layer(np.full((20, 20, 3), 90, np.uint8), np.full((20, 20), 255, np.uint8), 50, 50)
    for right, down in ((0.3, 0.3), (5.0, 0.0), (-5.0, 5.0)):  # the last two fall beside the picture
        shadow = Shadow(right, down, softness=0.02, strength=0.5)
        image = pixels(paint(Scene(white, [Painted(layer, shadow=shadow)])))
        assert (image[52:68, 52:68] == 90).all()
        assert image[10, 10].min() > 199
        assert (image[73, 73].max() < 150) == (down == 0.3)


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_jpeg_loses_what_a_codec_loses(quality):
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (15, 20, 3), dtype=np.uint8))
    picture = np.asarray(coarse.resize((203, 150), Image.Resampling.BICUBIC))
    picture = np.clip(picture + rng.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    expected = np.asarray(Image.open(buffer)).astype(float)
    got = pixels(filters.jpeg(torch.from_numpy(picture).permute(2, 0, 1).float(), quality))
    lost = np.abs(picture - expected).mean()
    assert np.abs(got - expected).mean() < 0.2 * lost + 0.5


def test_blur_is_the_gaussian_of_scipy():
    x = np.random.default_rng(0).random((2, 30, 40)).astype(np.float32) * 255
    expected = np.stack([gaussian_filter(plane, 1.3, mode="nearest", truncate=3.1) for plane in x])
    assert np.abs(filters.blur(torch.from_numpy(x), 1.3).numpy() - expected).max() < 0.01


def test_white_disc_with_black_hidden_colour_leaves_no_fringe():
    alpha = disc(200, 80)
    rgba = np.dstack([np.where(alpha[..., None] > 0, 255, 0).repeat(3, 2).astype(np.uint8), alpha])
    picture = Image.fromarray(rgba).convert("RGBa")
    white = np.full((160, 160, 3), 255, np.uint8)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        layer = synthesis.place(rng, picture, (160, 160), 61 + 17 * seed, 13.0 * seed)
        assert layer.alpha.max() == 255 and ((layer.alpha > 20) & (layer.alpha < 235)).any()
        assert paint(Scene(white, [Painted(layer)])).min() >= 253


def test_recolouring_keeps_colours_premultiplied():
    alpha = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    opacity = torch.from_numpy(alpha)[None].float()
    before = opacity.expand(3, -1, -1) / 2
    behind = torch.full((3, 64, 256), 200.0)
    for seed in range(6):
        plan = draw_recolouring(np.random.default_rng(seed))
        colour = recolour(plan, before, opacity, behind)
        assert (colour <= opacity).all() and (colour >= 0).all()
        assert not colour[..., 0].any() and not torch.equal(colour, before)


def test_cut_borders_are_pushed_to_the_canvas_border():
    alpha = np.zeros((60, 60), np.uint8)
    alpha[20:, 10:50] = 255
    cut = synthesis.cut_sides(alpha)
    assert cut == (False, False, False, True)
    picture = Image.fromarray(np.repeat(alpha[..., None], 4, 2), "RGBA").convert("RGBa")
    for seed in range(8):
        rng = np.random.default_rng(seed)
        layer = synthesis.place(rng, picture, (150, 120), 50, 20.0, cut)
        assert layer.y + layer.alpha.shape[0] == 120
    assert synthesis.place(rng, picture, (150, 120), 50, 0.0, (True, False, True, False)) is None


def test_label_band_is_unknown_and_interior_is_known():
    mask = np.zeros((60, 80), bool)
    mask[20:40, 30:60] = True
    target, known = mask_target(mask, (160, 120), 3)
    assert target.shape == known.shape == (120, 160)
    # Edge at x = 30 label pixels = 60 frame pixels; 3 label pixels are 6 frame pixels.
    assert known[60].tolist()[:54] == [True] * 54
    assert not known[60, 54:66].any() and known[60, 66:100].all()
    assert target[60, 90] == 255 and target[60, 20] == 0
    assert set(np.unique(target[known])) == {0, 255}


def test_photo_sample_follows_the_labels():
    labels = np.zeros((120, 120), np.uint8)
    labels[40:80, 30:70] = 1
    rgb = np.where(labels[..., None] > 0, [[[255, 0, 0]]], [[[0, 0, 255]]]).astype(np.uint8)
    photo = LabelledPhoto(Image.fromarray(rgb), labels)
    for seed in range(10):
        sample = photo_sample(np.random.default_rng(seed), photo, "cats", SIZE, 1, parts=False)
        image, target = sample.scene.background, sample.targets[0]
        inside = (target == 255) & sample.known[0]
        outside = (target == 0) & sample.known[0]
        assert (image[inside][:, 0] > 200).all() and (image[outside][:, 2] > 200).all()


def test_blur_softens_exact_targets_alike():
    mask = torch.from_numpy(disc(100, 30))[None].float()
    image = mask.expand(3, -1, -1)
    changed = 0
    for seed in range(60):
        plan = draw_degradation(np.random.default_rng(seed))
        degraded, soft = degrade(plan, image, mask, exact=True)
        _, kept = degrade(plan, image, mask, exact=False)
        assert degraded.min() >= 0 and degraded.max() <= 255
        assert torch.equal(kept, mask)
        softened = bool(plan.blur) or plan.resampling is not None
        assert torch.equal(soft, mask) != softened
        changed += softened
    assert 6 < changed < 50


def test_what_a_worker_hands_over_is_small_and_develops_to_the_item(root):
    data = TrainingData(root, size=SIZE, task="matting", prompts=2, seed=3)
    for k in range(12):
        ingredients = data.ingredients(k)
        assert ingredients.scene.background.dtype == np.uint8
        assert all(p.layer.colour.dtype == np.uint8 for p in ingredients.scene.layers)
        assert_same(develop(ingredients), data[k])


def test_painting_on_the_device_trains_the_same_model(root, tmp_path):
    def trained(on_device: bool, workers: int) -> dict:
        torch.manual_seed(0)
        stage = MiniStage(MiniBackbone(SMALL), full_size=SIZE)
        settings = TrainSettings(
            tmp_path / str(on_device), steps=2, batch=2, workers=workers, paint_on_device=on_device
        )
        train(stage, lambda task, size: TrainingData(root, size=size, task=task, prompts=2), settings)
        return stage.module.state_dict()

    there, here = trained(True, workers=1), trained(False, workers=0)
    assert all(torch.equal(there[name], here[name]) for name in here)


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_drawn_shapes_have_soft_and_solid_pixels(shape):
    for seed in range(4):
        alpha = SHAPES[shape](np.random.default_rng(seed), 96)
        values = np.asarray(alpha)
        assert alpha.mode == "L" and alpha.size == (96, 96)
        assert values.max() > 110 and ((values > 10) & (values < 200)).any()
        assert values[0, 0] < 10


def test_pasted_cuts_ignore_their_edges(root, monkeypatch):
    only_cuts = replace(RECIPES["mini"], kinds={"cut": 1.0})
    monkeypatch.setitem(RECIPES, "mini", only_cuts)
    sources = Sources(root, {"cats"})
    rng = np.random.default_rng(4)
    assert cut_object(rng, sources).mode == "RGBa"
    inexact = 0
    for _ in range(30):
        sample = synthetic_sample(rng, sources, "mini", SIZE)
        if sample is not None:
            assert not sample.exact
            inexact += 1
            soft = (sample.targets > 10) & (sample.targets < 245)
            assert not (soft & sample.known).any()
    assert inexact > 10


@pytest.mark.parametrize("task", ["mini", "segmentation", "matting"])
@pytest.mark.parametrize("names", [{"ccp"}, {"cats", "noto"}, {"renders"}, {"backgrounds"}])
def test_every_mix_works_with_few_sources(root, task, names):
    data = TrainingData(root, size=96, task=task, prompts=2, sources=names)
    for k in range(5):
        assert data[k]["targets"].any()


def test_ccp_can_be_switched_off(root, tmp_path):
    off = TrainingData(root, size=SIZE, task="mini", sources={"cats", "noto"})
    assert "ccp" not in off._kinds and not off.sources.photos.get("ccp")
    for k in range(20):
        assert not off[k]["part"].any()


def test_mistakes_are_one_sentence_errors(root, tmp_path):
    with pytest.raises(SamaError, match="No training pictures"):
        TrainingData(tmp_path, size=SIZE, task="mini")
    with pytest.raises(SamaError, match="no training task"):
        TrainingData(root, size=SIZE, task="depth")
    with pytest.raises(SamaError, match="no training source"):
        TrainingData(root, size=SIZE, task="mini", sources={"dogs"})
    with pytest.raises(IndexError):
        TrainingData(root, size=SIZE, task="mini")[-1]


def test_crowds_are_several_cut_objects_in_front_of_each_other(root, monkeypatch):
    monkeypatch.setitem(RECIPES, "mini", replace(RECIPES["mini"], kinds={"fluent": 1.0}, crowds=1.0))
    sources, rng = Sources(root, {"cats"}), np.random.default_rng(6)
    samples = [synthetic_sample(rng, sources, "mini", SIZE) for _ in range(30)]
    samples = [sample for sample in samples if sample is not None]
    assert len(samples) > 15
    assert not any(sample.exact for sample in samples)
    assert sum(len(sample.targets) > 1 for sample in samples) > len(samples) / 3
    for sample in samples:
        assert sample.targets.astype(int).sum(0).max() <= 255, "what is in front hides what is behind"


def test_objects_of_a_few_pixels_are_taught():
    labels = np.zeros((512, 512), np.uint8)
    labels[100:400, 100:400] = 1
    labels[440:456, 440:456] = 2
    photo = LabelledPhoto(Image.fromarray(np.zeros((512, 512, 3), np.uint8)), labels)
    seen = []
    for seed in range(20):
        sample = photo_sample(np.random.default_rng(seed), photo, "cats", 512, 4, parts=False)
        seen += [np.count_nonzero((t > 127) & k) for t, k in zip(sample.targets, sample.known, strict=True)]
    assert sum(count < 1000 for count in seen) > 3
