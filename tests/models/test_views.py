"""Frames, views, and the quadrants between them."""

import pytest
import torch
from torch.nn import functional as F

from sama.models.views import (
    Frame,
    add_pooled,
    join_quadrants,
    join_tokens,
    make_frame,
    padded_views,
    pool_tokens,
    split_quadrants,
    split_tokens,
)


def test_quadrants_round_trip_in_row_major_order():
    x = torch.arange(2 * 3 * 8 * 8.0).reshape(2, 3, 8, 8)
    quadrants = split_quadrants(x)
    assert torch.equal(quadrants[:, 1], x[:, :, :4, 4:])
    assert torch.equal(quadrants[:, 2], x[:, :, 4:, :4])
    assert torch.equal(join_quadrants(quadrants), x)


def test_pooling_commutes_with_splitting():
    x = torch.randn(1, 2, 32, 32)
    after = split_quadrants(F.avg_pool2d(x, 4))
    before = F.avg_pool2d(split_quadrants(x)[0], 4)[None]
    assert torch.allclose(after, before, atol=1e-6)


def test_frame_keeps_aspect_and_maps_corners():
    image = torch.full((3, 30, 60), 200, dtype=torch.uint8)
    frame = make_frame(image, 128)
    assert frame.shape == (3, 128, 128)
    assert frame[:, :64].min() == 200 and frame[:, 64:].abs().max() == 0
    geometry = Frame(60, 30, 128)
    corners = geometry.to_frame(torch.tensor([[0.0, 0.0], [60.0, 30.0]]))
    assert torch.allclose(corners, torch.tensor([[0.0, 0.0], [128.0, 64.0]]))


@pytest.mark.parametrize("size", [(1300, 40), (700, 900)])
def test_a_large_photo_is_framed_as_if_at_once(size):
    image = torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=torch.manual_seed(0))
    height, width = Frame(size[1], size[0], 128).extent()
    whole = F.interpolate(image[None].float(), (height, width), mode="bilinear", antialias=True)[0]
    assert torch.allclose(make_frame(image, 128)[:, :height, :width], whole, atol=1e-3)


def test_views_that_hold_padding_only_are_named():
    assert padded_views(Frame(300, 100, 256)) == [False, False, True, True]
    assert padded_views(Frame(100, 300, 256)) == [False, True, False, True]
    assert padded_views(Frame(100, 100, 256)) == [False] * 4


def test_tokens_are_split_and_joined_like_maps():
    x = torch.arange(2 * 8 * 12 * 3.0).reshape(2, 96, 3)
    parts = split_tokens(x, (8, 12))
    maps = split_quadrants(x.transpose(1, 2).reshape(2, 3, 8, 12))
    assert torch.equal(parts, maps.flatten(3).transpose(2, 3))
    assert torch.equal(join_tokens(parts, (8, 12)), x)


def test_pooled_tokens_are_added_back_to_the_cells_they_come_from():
    x = torch.randn(1, 3, 4 * 6, 5)
    pooled = pool_tokens(x, (4, 6), 2)
    assert pooled.shape == (1, 3, 6, 5)
    assert torch.allclose(pooled[0, 0, 1], x[0, 0, [2, 3, 8, 9]].mean(0))
    back = add_pooled(torch.zeros_like(x), pooled, (4, 6), 2)
    assert torch.equal(back[0, 0, [2, 3, 8, 9]], pooled[0, 0, 1].expand(4, -1))
    assert torch.allclose(pool_tokens(back, (4, 6), 2), pooled)
