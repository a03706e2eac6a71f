"""What is watched while a model learns."""

import numpy as np
import pytest
import torch

from sama.training.validation import MiniWatch, SamaWatch, iou, mad, mse, read_sample, watched_files
from tests.helpers import disc, mini_stage, sama_stage, save_photo, write_validation


def test_where_nobody_decided_does_not_count():
    target, known = torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)
    target[..., :2] = 1
    alpha = target.clone()
    alpha[..., 3] = 1
    assert iou(alpha, target, known) == pytest.approx(2 / 3)
    assert mad(alpha, target, known) == mse(alpha, target, known) == pytest.approx(1 / 4)
    known[..., 3] = 0
    assert iou(alpha, target, known) == 1 and mad(alpha, target, known) == 0


def test_a_void_is_unknown_and_the_largest_object_the_target(tmp_path):
    labels = np.zeros((90, 90), np.uint8)
    labels[10:60, 10:60] = 2
    labels[70:80, 70:80] = 1
    labels[:, 85:] = 255
    save_photo(tmp_path / "val" / "things", "0", labels, np.random.default_rng(0))
    [(photo, truth)] = watched_files(tmp_path, 40)
    sample = read_sample(photo, truth, 90)
    assert sample["target"].sum() == 2500 and not sample["exact"]
    assert not sample["known"][..., 86:].any() and sample["known"][..., :84].all()
    assert sample["box"].tolist() == [[[10, 10], [60, 60]]]


def test_a_photo_that_shows_nothing_is_passed_over(tmp_path):
    for name, labels in (("0", np.zeros((90, 90), np.uint8)), ("1", disc(90, 30) // 255)):
        save_photo(tmp_path / "val" / "things", name, labels, np.random.default_rng(0))
    seen = MiniWatch(tmp_path, tmp_path, 128)(mini_stage().module.eval())
    assert set(seen) == {"val_things_iou"}


def test_so_many_photos_of_each_folder_evenly_spread(tmp_path):
    for k in range(10):
        save_photo(tmp_path / "val" / "things", f"{k}", disc(40, 15) // 255, np.random.default_rng(k))
    assert [p.stem for p, _ in watched_files(tmp_path, 3)] == ["0", "3", "6"]
    assert len(watched_files(tmp_path, 40)) == 10


def test_sama_is_compared_with_sam_on_every_set(tmp_path):
    write_validation(tmp_path)
    seen = SamaWatch(tmp_path, tmp_path, 256)(sama_stage().module.eval())
    measures = {"things": {"iou"}, "mattes": {"iou", "mad", "mse"}}
    kinds = ("sam", "sama", "difference")
    assert set(seen) == {f"val_{f}_{m}_{k}" for f, names in measures.items() for m in names for k in kinds}
    for folder, names in measures.items():
        for name in names:
            sam, sama, difference = (seen[f"val_{folder}_{name}_{k}"] for k in kinds)
            assert difference == pytest.approx(sama - sam, abs=2e-4)
