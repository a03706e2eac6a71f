"""Learning to read the memory: the loss of a clip goes down, what is frozen stays, and a run goes on where it was."""

import pytest
import torch

from sama.models.backbones.mini import MiniBackbone
from sama.training.stages.readout import ReadoutStage, drawn, warped
from sama.training.trainer import TrainSettings, train
from sama.weights.checkpoints import fingerprint
from tests.helpers import SMALL, small_readout

SIZE = 64


class Squares(torch.utils.data.Dataset):
    """Items as `ClipData` makes them: a square that moves four pixels to the right from frame to frame."""

    def __getitem__(self, index: int) -> dict:
        generator = torch.Generator().manual_seed(index)
        ground = torch.randint(0, 100, (3, 8, 8), generator=generator).repeat_interleave(8, 1)
        images = ground.repeat_interleave(8, 2).to(torch.uint8).repeat(3, 1, 1, 1)
        colour = torch.randint(150, 255, (3, 1, 1), generator=generator).to(torch.uint8)
        targets, cells = torch.zeros(3, 1, SIZE // 4, SIZE // 4, dtype=torch.uint8), torch.arange(16) + 0.5
        for k in range(3):
            images[k, :, 16:48, 12 + 4 * k : 40 + 4 * k] = colour
            targets[k, :, 4:12, 3 + k : 10 + k] = 255
        rows, columns = torch.meshgrid(cells, cells - 1, indexing="ij")
        flow = torch.stack([2 * columns / 16 - 1, 2 * rows / 16 - 1], -1).repeat(2, 1, 1, 1)
        extent = torch.full((3,), SIZE)
        return {
            "image": images,
            "height": extent,
            "width": extent,
            "target": targets,
            "flow": flow,
            "sought": torch.tensor([False, index % 2 == 1]),
        }

    def __len__(self) -> int:
        return 10**6


def stage() -> ReadoutStage:
    torch.manual_seed(0)
    backbone = MiniBackbone(SMALL)
    for mlp in backbone.sam.mask_decoder.output_hypernetworks_mlps:
        torch.nn.init.normal_(mlp.layers[-1].weight, std=0.3)
    return ReadoutStage(backbone, small_readout(), full_size=SIZE)


def test_a_few_steps_lower_the_loss_of_a_clip():
    learner = stage()
    frozen = fingerprint(learner.backbone)
    batch = torch.utils.data.default_collate([Squares()[0], Squares()[1]])
    optimiser = torch.optim.AdamW(learner.module.parameters(), lr=1e-2)
    losses = []
    for _ in range(12):
        loss, numbers = learner.loss(batch, "readout", torch.Generator().manual_seed(3), 1.0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.05
    assert {"iou_2", "iou_3"} <= numbers.keys()
    assert fingerprint(learner.backbone) == frozen
    assert all(parameter.grad is None for parameter in learner.backbone.parameters())


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path):
    def run(folder, learner, **how):
        settings = TrainSettings(
            tmp_path / folder, steps=4, batch=2, workers=0, warmup=2, checkpoint_minutes=0
        )
        train(learner, lambda task, size: Squares(), settings, **how)
        return learner.module.state_dict()

    whole, cut = run("whole", stage()), stage()
    plain, count = cut.loss, []

    def dying(*given):
        count.append(given)
        if len(count) == 3:
            raise KeyboardInterrupt
        return plain(*given)

    cut.loss = dying
    with pytest.raises(KeyboardInterrupt):
        run("cut", cut)
    resumed = run("cut", stage(), resume=True)
    assert all(torch.equal(value, resumed[name]) for name, value in whole.items())
    assert whole["out.weight"].any()


def test_masks_move_along_the_flow():
    item = Squares()[0]
    logits = item["target"].float() / 255 * 16 - 8
    moved = warped(logits[:1], item["flow"][:1])
    assert torch.allclose(moved, logits[1:2], atol=1e-4)
    shares = torch.zeros(400, 1, 2, 2), torch.full((400, 1, 2, 2), 9.0)
    found = drawn(*shares, 0.3, torch.Generator().manual_seed(1))
    assert found[:, 0, 0, 0].mean() == pytest.approx(0.3, abs=0.08)
