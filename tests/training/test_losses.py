"""Losses against independent references."""

import pytest
import torch
from skimage.metrics import structural_similarity

from sama.training import losses
from sama.training.correlation import filter_axis


def maps(seed: int, n: int = 2, side: int = 48) -> torch.Tensor:
    return torch.rand(n, 1, side, side, generator=torch.Generator().manual_seed(seed))


def test_losses_vanish_on_the_target_and_grow_away_from_it():
    target = (maps(0) > 0.5).float()
    known = torch.ones_like(target)
    right, wrong = (target * 2 - 1) * 30, (1 - target * 2) * 30
    for loss in (losses.segmentation_loss, losses.bce, losses.soft_iou, losses.dice):
        assert loss(right, target, known).max() < 0.01
        assert loss(wrong, target, known).min() > 0.9


def test_ssim_equals_skimage():
    p, y = maps(1, n=1), maps(2, n=1)
    known = torch.zeros_like(p)
    known[..., 8:-8, 8:-8] = 1
    _, reference = structural_similarity(
        (p * known)[0, 0].numpy(),
        (y * known)[0, 0].numpy(),
        data_range=1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    ours = 1 - losses.ssim(p, y, known)
    assert ours.item() == pytest.approx(reference[8:-8, 8:-8].mean(), abs=1e-3)


def test_gradient_loss_of_a_ramp():
    ramp = torch.linspace(0, 1, 33).expand(1, 1, 33, 33)
    flat = torch.zeros_like(ramp)
    inner = torch.zeros_like(ramp)
    inner[..., 4:-4, 4:-4] = 1
    # Sobel of a slope of 1/32 a pixel is 2/32 in x and 0 in y; their mean over both directions is 1/32.
    assert losses.gradient(ramp, flat, inner).item() == pytest.approx(1.01 / 32, rel=1e-4)


def test_filtering_equals_a_convolution():
    x, taps = maps(6), torch.tensor([1.0, 2.0, 3.0, 4.0, 7.0])
    padded = torch.nn.functional.pad(x, (2, 2, 2, 2), mode="replicate")
    rows = torch.nn.functional.conv2d(padded[..., 2:-2], taps.reshape(1, 1, 5, 1))
    columns = torch.nn.functional.conv2d(padded[..., 2:-2, :], taps.reshape(1, 1, 1, 5))
    assert torch.allclose(filter_axis(x, taps, 2), rows, atol=1e-5)
    assert torch.allclose(filter_axis(x, taps, 3), columns, atol=1e-5)


def test_laplacian_sees_edges_not_constants():
    y = torch.full((1, 1, 64, 64), 0.3)
    known = torch.ones_like(y)
    assert losses.laplacian(y + 0.2, y, known).item() == pytest.approx(0, abs=1e-5)
    edge = y.clone()
    edge[..., 32:] += 0.5
    assert losses.laplacian(edge, y, known).item() > 0.02


def test_unknown_pixels_do_not_count():
    target, known = (maps(3) > 0.5).float(), (maps(4) > 0.3).float()
    logits = maps(5) * 4 - 2
    spoiled = torch.where(known > 0, logits, logits + 9)
    for loss in (losses.bce, losses.soft_iou, losses.dice, losses.laplacian):
        first, second = loss(logits, target, known), loss(spoiled, target, known)
        assert torch.allclose(first, second, atol=1e-5), loss.__name__


def test_a_run_begins_with_binary_cross_entropy_and_ends_without():
    logits, target = torch.full((1, 1, 32, 32), 9.0), torch.zeros(1, 1, 32, 32)
    known = torch.ones_like(target)
    first, last = (losses.matting_loss(logits, target, known, doubt=d) for d in (1.0, 0.0))
    assert torch.allclose(first - last, losses.bce(logits, target, known))


def test_a_trimap_knows_what_lies_a_cell_away_from_everything_soft():
    target = torch.zeros(1, 1, 64, 64)
    target[..., 16:, :] = 1
    target[..., 40:44, 40:44] = 0.5
    known = torch.ones_like(target)
    known[..., :, 60:] = 0
    classes, seen = losses.trimap_classes(target, known, 16)
    expected = torch.full((16, 16), 2)
    expected[:3] = 0
    expected[3:5] = 1  # the cells on either side of the edge at 16 rows
    expected[9:12, 9:12] = 1
    assert torch.equal(classes[0], expected)
    assert not seen[0, :, 15].any() and seen[0, :, :15].all()


def test_trimap_loss_is_cross_entropy_with_half_of_the_weight_alike():
    torch.manual_seed(8)
    target = torch.zeros(1, 1, 64, 64)
    target[..., 16:, :] = 1
    known = torch.ones_like(target)
    trimap = torch.randn(1, 3, 16, 16)
    classes, _ = losses.trimap_classes(target, known, 16)
    each = torch.nn.functional.cross_entropy(trimap, classes, reduction="none")[0]
    alike = torch.stack([each[classes[0] == k].mean() for k in range(3)]).mean()
    assert losses.trimap_loss(trimap, target, known).item() == pytest.approx(
        (each.mean() + alike).item() / 2, rel=1e-5
    )
    sure = 40 * torch.nn.functional.one_hot(classes, 3).movedim(-1, 1).float()
    assert losses.trimap_loss(sure, target, known).item() < 1e-4


def test_zims_loss_is_l1_and_ten_times_grad():
    logits, target = maps(1) * 6 - 3, maps(2)
    known = (maps(3) > 0.2).float()
    alpha = torch.sigmoid(logits)
    l1 = ((alpha - target).abs() * known).flatten(1).sum(1) / known.flatten(1).sum(1)
    expected = l1 + 10 * losses.gradient(alpha, target, known)
    torch.testing.assert_close(losses.zim_loss(logits, target, known, doubt=0.0), expected)
    more = losses.zim_loss(logits, target, known, doubt=0.5) - expected
    torch.testing.assert_close(more, 0.5 * losses.bce(logits, target, known))


def test_the_weights_of_tasks_are_proportions():
    assert losses.Objective().weight("matting") == losses.Objective().weight("segmentation") == 1
    two = losses.Objective(segmentation_weight=2.0)
    assert two.weight("segmentation") / two.weight("matting") == pytest.approx(2)
    assert two.weight("segmentation") + two.weight("matting") == pytest.approx(2)
