"""Filters against the libraries they stand for."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from sama.training.data import filters
from tests.helpers import pixels


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_jpeg_loses_what_a_codec_loses(quality):
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (15, 20, 3), dtype=np.uint8))
    picture = np.asarray(coarse.resize((203, 150), Image.Resampling.BICUBIC))
    picture = np.clip(picture + rng.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    expected = np.asarray(Image.open(buffer)).astype(float)
    planes = torch.from_numpy(picture).permute(2, 0, 1).float()
    lost = np.abs(picture - expected).mean()
    assert np.abs(pixels(filters.as_codec(planes, quality)) - expected).mean() < 0.2 * lost + 0.5
    assert np.array_equal(pixels(filters.jpeg(planes, quality)), expected)


def test_blur_is_the_gaussian_of_scipy():
    x = np.random.default_rng(0).random((2, 30, 40)).astype(np.float32) * 255
    expected = np.stack([gaussian_filter(plane, 1.3, mode="nearest", truncate=3.1) for plane in x])
    assert np.abs(filters.blur(torch.from_numpy(x), 1.3).numpy() - expected).max() < 0.01
