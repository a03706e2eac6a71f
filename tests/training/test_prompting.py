"""Simulated prompts fit what they ask for."""

import torch

from sama.models.prompt_tensors import PADDING
from sama.training.prompting import Prompting, boxed, depth, error_click, simulate_prompts, tight_boxes


def test_prompts_fit_their_targets():
    target = torch.zeros(64, 1, 32, 32)
    target[:, :, 8:20, 4:28] = 1
    assert tight_boxes(target)[0].tolist() == [4, 8, 28, 20]
    part = torch.arange(64) % 4 == 0
    prompts = simulate_prompts(target, part, 128, torch.Generator().manual_seed(0))
    with_box = prompts.labels[:, 0] == 2
    assert 20 < with_box.sum() < 56 and not (with_box & part).any()
    assert (prompts.ambiguous[part]).all()
    cells = (prompts.coords / 4).long().clamp(0, 31)
    for clicks in (2, 3, 4):
        label = prompts.labels[:, clicks]
        hit = target[torch.arange(64), 0, cells[:, clicks, 1], cells[:, clicks, 0]]
        assert torch.equal(hit[label != PADDING].long(), label[label != PADDING])


def test_error_click_lands_in_the_larger_error():
    target = torch.zeros(1, 1, 32, 32)
    target[..., 4:14, 4:14] = 1
    logits = torch.full((1, 1, 32, 32), -5.0)
    logits[..., 18:30, 18:30] = 5  # a false positive larger than the miss
    coords, label = error_click(logits, target, torch.ones_like(target), 128)
    assert label.item() == 0 and (coords > 72).all() and (coords < 120).all()
    coords, label = error_click(target * 10 - 5, target, torch.ones_like(target), 128)
    assert label.item() == PADDING


def test_depth_is_greatest_in_the_middle_of_the_largest_part():
    region = torch.zeros(2, 1, 64, 64, dtype=torch.bool)
    region[0, :, 4:10, 4:10] = True
    region[0, :, 20:50, 10:60] = True
    region[1, :, 30:33, 7:10] = True
    cells = depth(region).flatten(1).argmax(1)
    (y, x), small = divmod(cells[0].item(), 64), divmod(cells[1].item(), 64)
    assert abs(y - 35) <= 3 and abs(x - 35) <= 8
    assert small == (31, 8)


def test_boxes_as_people_draw_them():
    target = torch.zeros(2000, 1, 64, 64)
    target[:, :, 20:40, 16:48] = 1
    plan = Prompting(box=1.0, exact=0.3, noise=0.0, short=0.4, large=0.2)
    prompts = simulate_prompts(
        target, torch.zeros(2000, dtype=torch.bool), 256, torch.Generator().manual_seed(0), plan
    )
    tight, sides = torch.tensor([64.0, 80, 192, 160]), torch.tensor([128.0, 80, 128, 80])
    outward = torch.tensor([-1.0, -1, 1, 1]) * (prompts.coords[:, :2].flatten(1) - tight) / sides
    short, large = (outward < -1e-6), (outward > 1e-6)
    assert (short.sum(1) <= 1).all() and outward.min() >= -0.25 and outward.max() <= 0.2
    assert not (short.any(1) & large.any(1)).any(), "too short is one side, too large are all"
    assert large[large.any(1)].float().mean() > 0.95
    assert abs(short.any(1).float().mean() - 0.4) < 0.04 and abs(large.any(1).float().mean() - 0.2) < 0.04
    assert outward.min() < -0.2 and outward.max() > 0.15


def test_without_drawn_boxes_nothing_else_is_drawn_differently():
    target = torch.zeros(32, 1, 32, 32)
    target[:, :, 8:20, 4:28] = 1
    part = torch.zeros(32, dtype=torch.bool)
    usual, again = (
        simulate_prompts(target, part, 128, torch.Generator().manual_seed(3), plan)
        for plan in (None, Prompting(short=0.0, large=0.0))
    )
    assert torch.equal(usual.coords, again.coords) and torch.equal(usual.labels, again.labels)


def test_a_box_around_a_given_mask_takes_the_place_of_the_prompts():
    target = torch.zeros(2, 1, 32, 32)
    target[:, :, 4:12, 8:20] = 1
    generator = torch.Generator().manual_seed(0)
    prompts = simulate_prompts(target, torch.zeros(2, dtype=torch.bool), 256, generator)
    new = boxed(prompts, torch.tensor([True, False]), target, 256)
    assert torch.equal(new.coords[1], prompts.coords[1]) and torch.equal(new.labels[1], prompts.labels[1])
    assert new.coords[0, :2].tolist() == [[64, 32], [160, 96]]
    assert new.labels[0].tolist() == [2, 3] + [-1] * (new.labels.shape[1] - 2)
