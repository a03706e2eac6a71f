"""A run that stops and goes on, its schedule, and what it leaves."""

import json

import pytest
import torch
from PIL import Image

from sama.errors import SamaError
from sama.training.stages.sama import SamaStage
from sama.training.trainer import TrainSettings, _groups, train
from sama.training.validation import MiniWatch, SamaWatch
from tests.helpers import Discs, mini_stage, sama_stage, small_sama, write_validation


@pytest.mark.parametrize("make", [mini_stage, sama_stage])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, make):
    def run(folder, **how):
        stage = make()
        settings = TrainSettings(out=tmp_path / folder, steps=4, batch=2, workers=0, warmup=2)
        train(stage, lambda task, size: Discs(size), settings, **how)
        return stage.module.state_dict()

    whole = run("whole")
    with pytest.raises(KeyboardInterrupt):
        die_in_third_step(tmp_path / "cut", make())
    resumed = run("cut", resume=True)
    assert whole.keys() == resumed.keys()
    for name in whole:
        assert torch.equal(whole[name], resumed[name]), name


def die_in_third_step(out, stage):
    """Train with a checkpoint after every step until the third step fails."""
    plain, count = stage.loss, [0]

    def dying(*given):
        count[0] += 1
        if count[0] == 3:
            raise KeyboardInterrupt
        return plain(*given)

    stage.loss = dying
    settings = TrainSettings(out=out, steps=4, batch=2, workers=0, warmup=2, checkpoint_minutes=0)
    train(stage, lambda task, size: Discs(size), settings)


def test_small_frames_first_then_full_ones(tmp_path):
    stage = SamaStage(small_sama(), small_size=64)
    assert [stage.frame_size(p) for p in (0, 0.7, 0.8, 1)] == [128, 128, 256, 256]
    seen = []
    plain = stage.loss

    def noting(batch, *given):
        loss = plain(batch, *given)
        seen.append((batch["image"].shape[-1], stage.model.backbone.image_size, stage.model.mvle.pool_ratios))
        return loss

    stage.loss = noting
    train(stage, lambda task, size: Discs(size), TrainSettings(tmp_path, steps=5, batch=2, workers=0))
    assert seen == [(128, 64, (1, 2))] * 4 + [(256, 128, (2, 4))]


def test_a_trunk_learns_more_slowly_than_what_stands_on_it():
    stage = mini_stage()
    groups = _groups(stage.module, 0.1)
    trunk = {id(p) for p in stage.module.sam.image_encoder.trunk.parameters()}
    for group in groups:
        assert all((id(p) in trunk) == (group["scale"] < 1) for p in group["params"])
        assert all((p.ndim > 1 and len(p) > 1) == (group["weight_decay"] > 0) for p in group["params"])
    assert sum(len(g["params"]) for g in groups) == len(list(stage.module.parameters()))


@pytest.mark.parametrize(
    ("make", "watch", "size"), [(mini_stage, MiniWatch, 128), (sama_stage, SamaWatch, 256)]
)
def test_a_run_leaves_a_log_and_a_sheet(tmp_path, make, watch, size):
    write_validation(tmp_path)
    settings = TrainSettings(out=tmp_path / "run", steps=2, batch=2, workers=0)
    stage = make()
    watcher = watch(tmp_path, settings.out, size, 2)
    train(stage, lambda task, size: Discs(size), settings, watch=watcher)
    record = json.loads((settings.out / "log.jsonl").read_text().splitlines()[-1])
    assert record["step"] == 2
    assert {k for k in record if k.startswith("val_things")}
    seen = {k: v for k, v in record.items() if k.startswith("val_")}
    assert all((-1 if k.endswith("_difference") else 0) <= v <= 1 for k, v in seen.items())
    sheet = Image.open(settings.out / "sheet.png")
    assert sheet.width > sheet.height > 0


class Wrong(torch.utils.data.Dataset):
    """Data of which nothing can be learnt."""

    def __getitem__(self, index):
        raise SamaError("The pictures show nothing; add some.")


def test_a_mistake_that_a_data_worker_finds_is_its_sentence_alone(tmp_path):
    for workers in (0, 1):
        settings = TrainSettings(out=tmp_path / "out", steps=1, batch=1, workers=workers)
        with pytest.raises(SamaError) as caught:
            train(mini_stage(), lambda task, size: Wrong(), settings)
        assert str(caught.value) == "The pictures show nothing; add some."
