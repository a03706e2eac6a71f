"""Samples cut from labelled photographs."""

import numpy as np
from PIL import Image

from sama.training.data.photographs import mask_target, photo_sample
from sama.training.data.sources import LabelledPhoto

SIZE = 128


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
        sample = photo_sample(np.random.default_rng(seed), photo, SIZE, 1, parts=False)
        image, target = sample.scene.background, sample.targets[0]
        inside = (target == 255) & sample.known[0]
        outside = (target == 0) & sample.known[0]
        assert (image[inside][:, 0] > 200).all() and (image[outside][:, 2] > 200).all()


def test_objects_of_a_few_pixels_are_taught():
    labels = np.zeros((512, 512), np.uint8)
    labels[100:400, 100:400] = 1
    labels[440:456, 440:456] = 2
    photo = LabelledPhoto(Image.fromarray(np.zeros((512, 512, 3), np.uint8)), labels)
    seen = []
    for seed in range(20):
        sample = photo_sample(np.random.default_rng(seed), photo, 512, 4, parts=False)
        seen += [np.count_nonzero((t > 127) & k) for t, k in zip(sample.targets, sample.known, strict=True)]
    assert sum(count < 1000 for count in seen) > 3
