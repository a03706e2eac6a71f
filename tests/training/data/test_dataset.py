"""The training stream: reproducible, and robust to missing folders."""

import numpy as np
import pytest
import torch

from sama.errors import SamaError
from sama.models.backbones.mini import MiniBackbone
from sama.training.data.dataset import TrainingData, develop
from sama.training.data.photographs import photo_sample
from sama.training.stages.mini import MiniStage
from sama.training.trainer import TrainSettings, train
from tests.helpers import SMALL, plan_of, write_training

SIZE = 128


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
    first = TrainingData(plan_of(task), root, size=SIZE, task=task, seed=7)
    for k in (0, 3, 11):
        first[k]
    second = TrainingData(plan_of(task), root, size=SIZE, task=task, seed=7)
    assert_same(first[12345], second[12345])
    other = TrainingData(plan_of(task), root, size=SIZE, task=task, seed=8)
    assert not torch.equal(first[12345]["image"], other[12345]["image"])


@pytest.mark.parametrize("task", ["mini", "segmentation", "matting"])
def test_items_have_the_promised_form(root, task):
    data = TrainingData(plan_of(task), root, size=SIZE, task=task, prompts=3)
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
    data = TrainingData(
        plan_of("segmentation"), root, size=SIZE, task="segmentation", prompts=2, sources={"coco"}
    )
    rng = np.random.default_rng(0)
    photo = data.sources.labelled("coco", rng)
    seen = []
    for _ in range(20):
        sample = photo_sample(rng, photo, SIZE, 2, parts=False)
        seen.append(len(sample.targets))
        if len(sample.targets) == 2:
            assert not (sample.targets.min(0) > 127).any()
    # The 3 x 3 pixel object is below the smallest that counts, so there are never three.
    assert set(seen) <= {1, 2} and 2 in seen
    assert len(photo_sample(rng, photo, SIZE, 5, parts=False).targets) <= 2


def test_what_a_worker_hands_over_is_small_and_develops_to_the_item(root):
    data = TrainingData(plan_of("matting"), root, size=SIZE, task="matting", prompts=2, seed=3)
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
        train(
            stage,
            lambda task, size: TrainingData(plan_of(task), root, size=size, task=task, prompts=2),
            settings,
        )
        return stage.module.state_dict()

    there, here = trained(True, workers=1), trained(False, workers=0)
    assert all(torch.equal(there[name], here[name]) for name in here)


@pytest.mark.parametrize("task", ["mini", "segmentation", "matting"])
@pytest.mark.parametrize("names", [{"ccp"}, {"cats", "noto"}, {"renders"}, {"backgrounds"}])
def test_every_mix_works_with_few_sources(root, task, names):
    data = TrainingData(plan_of(task), root, size=96, task=task, prompts=2, sources=names)
    for k in range(5):
        assert data[k]["targets"].any()


def test_ccp_can_be_switched_off(root, tmp_path):
    off = TrainingData(plan_of("mini"), root, size=SIZE, task="mini", sources={"cats", "noto"})
    assert "ccp" not in off._kinds and not off.sources.photos.get("ccp")
    for k in range(20):
        assert not off[k]["part"].any()


def test_mistakes_are_one_sentence_errors(root, tmp_path):
    with pytest.raises(SamaError, match="No training pictures"):
        TrainingData(plan_of("mini"), tmp_path, size=SIZE, task="mini")
    with pytest.raises(SamaError, match="no training task"):
        TrainingData(plan_of("mini"), root, size=SIZE, task="depth")
    with pytest.raises(SamaError, match="no training source"):
        TrainingData(plan_of("mini"), root, size=SIZE, task="mini", sources={"dogs"})
    with pytest.raises(IndexError):
        TrainingData(plan_of("mini"), root, size=SIZE, task="mini")[-1]
