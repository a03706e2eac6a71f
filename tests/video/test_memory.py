"""The memory of a clip: what it keeps, and that it tells object from background."""

import numpy as np
import pytest
import torch

from sama.models.backbones.colour_model import colour_bins
from sama.models.backbones.prior import PriorContext
from sama.video.flow import Motion
from sama.video.losing import Trace, sentence, why_lost
from sama.video.memory import PROMPTED, RECENT, Memory, Remembered

GRID, CELLS = 16, 4  # stride 4 and 16 of a view of 64 pixels


def context_of(red: np.ndarray) -> PriorContext:
    """A picture (4, 4) of cells that are red or not; descriptors and colours say which."""
    side = torch.from_numpy(red).float()
    large = side.repeat_interleave(4, 0).repeat_interleave(4, 1)
    colours = torch.stack([2 * large, 0 * large, 2 * (1 - large)])[None]
    described = torch.stack([side.flatten(), 1 - side.flatten()], 1)[None, None]  # (1, 1, n, 2)
    valid = torch.ones(1, 1, GRID, GRID)
    nothing = torch.empty(0)
    return PriorContext(colours, colour_bins(colours), valid, nothing, nothing, nothing, described)


def remembered(index: int, red: np.ndarray) -> Remembered:
    share = torch.from_numpy(red).float().repeat_interleave(4, 0).repeat_interleave(4, 1)[None, None]
    return Remembered.of(index, context_of(red), share)


@pytest.fixture
def red() -> np.ndarray:
    red = np.zeros((CELLS, CELLS), bool)
    red[:2, :2] = True
    return red


def test_descriptors_and_colours_find_the_object_elsewhere(red):
    frames, elsewhere = [remembered(0, red)], red[::-1, ::-1].copy()
    like = Memory.likeness(context_of(elsewhere), torch.full((1, 1, 1), 2.0), frames)[0, 0].numpy()
    assert (like[elsewhere] > 0.5).all()
    assert (like[~elsewhere] < -0.5).all()
    odds = Memory.colours(context_of(elsewhere), frames)[0, 0].numpy()
    inside = elsewhere.repeat(4, 0).repeat(4, 1)
    assert odds[inside].min() > 0 > odds[~inside].max()


def test_the_memory_does_not_grow(red):
    memory, frame = Memory(), remembered(0, red)
    for index in range(50):
        memory.add(Remembered(index, frame.descriptors, frame.weights, frame.counts), prompted=index % 7 == 0)
    assert len(memory.prompted) == PROMPTED
    assert memory.prompted[0].index == 0
    assert [each.index for each in memory.prompted[1:]] == [35, 42, 49]
    assert len(memory.recent) == 0  # a correction makes what was followed before it doubtful
    memory.add(frame, prompted=False)
    for index in range(60, 70):
        memory.add(Remembered(index, frame.descriptors, frame.weights, frame.counts), prompted=False)
    assert [each.index for each in memory.recent] == list(range(70 - RECENT, 70))


def test_what_lies_before_stays(red):
    memory, frame = Memory(), remembered(0, red)
    memory.add(frame, prompted=True)
    memory.add(Remembered(1, frame.descriptors, frame.weights, frame.counts), prompted=False)
    memory.add(Remembered(2, frame.descriptors, frame.weights, frame.counts), prompted=False)
    memory.forget_from(2)
    assert [each.index for each in memory.frames] == [0, 1]


def logits(rows: slice, columns: slice) -> np.ndarray:
    mask = np.full((40, 40), -8, np.float32)
    mask[rows, columns] = 8
    return mask


HERE, THERE = logits(slice(10, 20), slice(10, 20)), logits(slice(25, 35), slice(25, 35))
TINY, NONE = logits(slice(10, 12), slice(10, 12)), logits(slice(0, 0), slice(0, 0))


@pytest.mark.parametrize(
    ("mask", "score", "known", "words"),
    [
        (HERE, 0.9, 2.0, None),
        (HERE, 0.3, 2.0, "hardly believed"),
        (HERE, 0.9, -2.0, "does not look like"),
        (NONE, 0.9, 2.0, "nothing"),
        (TINY, 0.9, 2.0, "smaller"),
        (THERE, 0.9, 2.0, "motion"),
    ],
)
def test_it_says_why_an_object_is_lost(mask, score, known, words):
    still = np.zeros((40, 40, 2), np.float32)
    motion = Motion(still, still, np.zeros((40, 40), np.float32))
    trace = Trace().after(HERE)
    reason = why_lost(trace, mask, HERE, score, known, motion)
    assert (reason is None) if words is None else words in str(reason)
    if reason is not None:
        assert sentence(7, reason).startswith("Frame 7: ")
        assert "click" in sentence(7, reason)
    # Found again where nothing was expected: it has to look like the object, wherever it is.
    again = why_lost(trace, THERE, None, 0.9, 2.0, motion)
    assert again is None
    assert why_lost(trace, THERE, None, 0.9, 0.1, motion) is not None
