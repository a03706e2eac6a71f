"""Losses against independent references, simulated prompts, and a run that stops and goes on."""

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image
from skimage.metrics import structural_similarity

from sama.errors import SamaError, WeightsError
from sama.models.backbones.mini import MiniBackbone
from sama.models.prompt_tensors import PADDING
from sama.training import losses
from sama.training.correlation import filter_axis
from sama.training.ema import Ema
from sama.training.prompting import depth, error_click, simulate_prompts, tight_boxes
from sama.training.run import start_from
from sama.training.stages.sama import SamaStage, matting_weight
from sama.training.trainer import TrainSettings, _groups, train
from sama.training.validation import MiniWatch, SamaWatch
from tests.helpers import SMALL, Discs, mini_stage, sama_stage, small_sama, write_validation


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


def test_prompts_fit_their_targets():
    target = torch.zeros(64, 1, 32, 32)
    target[:, :, 8:20, 4:28] = 1
    assert tight_boxes(target)[0].tolist() == [4, 8, 28, 20]
    part = torch.arange(64) % 4 == 0
    prompts = simulate_prompts(target, part, 128, torch.Generator().manual_seed(0))
    boxed = prompts.labels[:, 0] == 2
    assert 20 < boxed.sum() < 56 and not (boxed & part).any()
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


def test_a_run_begins_with_binary_cross_entropy_and_ends_without():
    logits, target = torch.full((1, 1, 32, 32), 9.0), torch.zeros(1, 1, 32, 32)
    known = torch.ones_like(target)
    first, last = (losses.matting_loss(logits, target, known, doubt=d) for d in (1.0, 0.0))
    assert torch.allclose(first - last, losses.bce(logits, target, known))


def test_training_starts_from_a_smaller_sama():
    old = small_sama(fine=(), guides=(), mixing=False)
    for parameter in old.heads.parameters():
        torch.nn.init.normal_(parameter)
    new = small_sama()
    fresh = new.heads["matting"].mix.conv1.weight.clone()
    start_from(new.trainable(), old.trainable(), "old.safetensors")
    mine, theirs = new.heads["matting"].stages[1], old.heads["matting"].stages[1]
    assert torch.equal(mine.conv.weight, theirs.conv.weight)
    assert torch.equal(mine.base.weight[:, :1], theirs.base.weight)
    assert not mine.base.weight[:, 1:].any()
    assert torch.equal(new.heads["matting"].mix.conv1.weight, fresh)
    with pytest.raises(SamaError, match="mini.safetensors holds nothing"):
        start_from(new.trainable(), new.backbone.state_dict(), "mini.safetensors")


def test_mini_starts_from_a_smaller_mini():
    old, new = (MiniBackbone(replace(SMALL, blocks=n, prior_mixing=n > 1)) for n in (1, 2))
    fresh = new.sam.image_encoder.blocks[1].qkv.weight.clone()
    start_from(new.state_dict(), old.state_dict(), "old.safetensors")
    assert torch.equal(new.sam.image_encoder.blocks[0].qkv.weight, old.sam.image_encoder.blocks[0].qkv.weight)
    assert torch.equal(new.sam.image_encoder.blocks[1].qkv.weight, fresh)
    prior, x = new.sam.prompt_encoder.prior, torch.rand(1, SMALL.prior_widths[1], 8, 8)
    assert torch.equal(prior.mix8(x), x), "new blocks change nothing at first"


def test_average_swaps_in_and_out():
    stage = mini_stage()
    module = stage.module
    ema = Ema(module, 0.5)
    weight = module.sam.image_encoder.neck[1].weight
    start = weight.detach().clone()
    with torch.no_grad():
        weight += 1
    ema.update(module, step=1000)
    module.train()
    with ema.swapped_in(module):
        assert torch.allclose(weight, start + 0.5) and not module.training
    assert torch.allclose(weight, start + 1) and module.training


@pytest.mark.parametrize(
    ("make", "watch", "size"), [(mini_stage, MiniWatch, 128), (sama_stage, SamaWatch, 256)]
)
def test_a_run_leaves_a_log_and_a_sheet(tmp_path, make, watch, size):
    write_validation(tmp_path)
    settings = TrainSettings(out=tmp_path / "run", steps=2, batch=2, workers=0)
    stage = make()
    watcher = watch(tmp_path, settings.out, size, 2)
    train(stage, lambda task, size: Discs(size), settings, watch=lambda module, step: watcher(module))
    record = json.loads((settings.out / "log.jsonl").read_text().splitlines()[-1])
    assert record["step"] == 2
    assert {k for k in record if k.startswith("val_things")}
    assert all(0 <= v <= 1 for k, v in record.items() if k.startswith("val_"))
    sheet = Image.open(settings.out / "sheet.png")
    assert sheet.width > sheet.height > 0


def test_a_state_comes_in_small_pieces_and_a_lost_one_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("sama.training.state.PIECE", 2**20)
    stage = mini_stage()
    settings = TrainSettings(out=tmp_path, steps=1, batch=2, workers=0, warmup=2)
    train(stage, lambda task, size: Discs(size), settings)
    pieces = sorted((tmp_path / "state").iterdir())
    assert len(pieces) > 2 and all(p.stat().st_size <= 2**20 for p in pieces)
    pieces[1].unlink()
    with pytest.raises(WeightsError, match="damaged"):
        train(stage, lambda task, size: Discs(size), settings, resume=True)


def test_a_run_cut_off_between_two_states_goes_on_from_the_older_one(tmp_path):
    settings = TrainSettings(out=tmp_path, steps=1, batch=2, workers=0, warmup=2)
    train(mini_stage(), lambda task, size: Discs(size), settings)
    (tmp_path / "state").rename(tmp_path / "state.old")
    ema = train(mini_stage(), lambda task, size: Discs(size), settings, resume=True)
    assert ema.average  # nothing left to do, and nothing lost
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 2


def test_soft_edges_teach_more_where_exact_and_nothing_where_drawn():
    target = torch.zeros(2, 1, 64, 64)
    target[..., :, 32:] = 1
    target[..., :, 30:34] = 0.5
    weight = matting_weight(target, torch.ones_like(target), torch.tensor([True, False]))
    assert weight[0, 0, 5, 32] > weight[0, 0, 5, 2] == 1
    assert weight[1, 0, 5, 32] == 0 and weight[1, 0, 5, 2] == weight[1, 0, 5, 63] == 1


def test_a_trunk_learns_more_slowly_than_what_stands_on_it():
    stage = mini_stage()
    groups = _groups(stage.module, 0.1)
    trunk = {id(p) for p in stage.module.sam.image_encoder.trunk.parameters()}
    for group in groups:
        assert all((id(p) in trunk) == (group["scale"] < 1) for p in group["params"])
        assert all((p.ndim > 1 and len(p) > 1) == (group["weight_decay"] > 0) for p in group["params"])
    assert sum(len(g["params"]) for g in groups) == len(list(stage.module.parameters()))
