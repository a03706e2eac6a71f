"""Given masks whose edges are off, over a head that stands in for the trained one, and over that which ships."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import sama
from sama.evaluation.damage import eroded, grown
from sama.models.backbones.base import EmbeddedPrompts
from sama.models.image_features import SamAnswer
from sama.models.prompt_tensors import PromptTensors
from sama.models.views import Frame
from sama.predict.answer import SAMA
from sama.predict.mending import DOUBT, FITS, doubted, followed, moved_by
from sama.request.masks import SURE
from sama.request.prompts import Prompts
from sama.request.session import Session
from sama.request.strokes import Stroke
from tests.helpers import ask

FRAME = Frame(128, 128, 128)
NOTHING = torch.zeros(1, 0, 4)


def square(start: int, stop: int, size: int = 128) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    mask[start:stop, start:stop] = True
    return mask


def logits(mask: np.ndarray, sure: float = SURE) -> torch.Tensor:
    return torch.from_numpy(np.where(mask, sure, -sure).astype(np.float32))[None, None]


class Head:
    """A matting head that says what it is told to, in turn, and notes what it was to follow."""

    def __init__(self, *mattes: np.ndarray):
        self.mattes, self.followed = list(mattes), []
        self.backbone = SimpleNamespace(image_size=128)

    def decode(self, features: object, answer: SamAnswer, tasks: tuple[str, ...]) -> dict[str, torch.Tensor]:
        assert tasks == ("matting",)
        self.followed.append(answer.base)
        return {"matting": logits(self.mattes.pop(0), 3)}


def answered(mask: np.ndarray) -> SamAnswer:
    """What SAM says to a box."""
    chosen = torch.zeros(1, dtype=torch.long)
    return SamAnswer(
        logits(mask, 20), torch.full((1, 1), 0.9), chosen, EmbeddedPrompts(NOTHING, NOTHING, None, None)
    )


def follow(head: Head, sam: np.ndarray, mask: np.ndarray, strokes=()) -> np.ndarray:
    """What is found, as a mask."""
    asked = PromptTensors(torch.tensor([[[20.0, 20.0], [100.0, 100.0]]]), torch.tensor([[2, 3]]))
    found = followed(head, None, answered(sam), asked, mask, strokes, FRAME)  # pyright: ignore[reportArgumentType]
    return (found["matting"][0, 0] > 0).numpy()


@pytest.mark.parametrize("by", [0, 1, 4, -3])
def test_it_is_seen_how_far_an_edge_is_off(by):
    mask = square(24, 104)
    off = moved_by(square(24 - by, 104 + by), mask)
    assert off == pytest.approx(abs(by) / 80, rel=0.08)  # a square's corners count more


def test_the_photo_s_rim_is_no_edge_and_nothing_moves_an_empty_mask():
    half = np.zeros((100, 100), bool)
    half[:, :50] = True
    wider = np.zeros((100, 100), bool)
    wider[:, :55] = True
    assert moved_by(wider, half) == pytest.approx(0.05)
    assert moved_by(wider, np.zeros_like(wider)) == 0


def test_a_mask_is_doubted_near_its_edges_alone():
    mask, off = square(0, 80), 0.02
    found = doubted(logits(mask, 12), FRAME, off)[0, 0].numpy()
    reach = DOUBT * off * 80
    assert np.array_equal(found > 0, mask) and np.abs(found).max() == SURE
    for distance in (1, 3, 6):
        assert found[0, 80 - distance] == pytest.approx(SURE * distance / reach), (
            "the rim of the photo is none"
        )
        assert found[0, 79 + distance] == pytest.approx(-SURE * distance / reach)
    assert (found[:70, :70] == SURE).all() and (found[90:, 90:] == -SURE).all()
    everything = np.ones((128, 128), bool)
    assert (doubted(logits(everything), FRAME, off) == SURE).all()
    wide = Frame(128, 64, 128)
    assert (doubted(logits(square(0, 60)), wide, off)[0, 0, 64:] == -SURE).all(), "padding"


def test_a_mask_that_fits_is_followed_as_it_is():
    mask = square(24, 104)
    head = Head(mask)
    assert np.array_equal(follow(head, square(50, 60), mask), mask)
    (base,) = head.followed
    assert torch.equal(base, logits(mask)) and moved_by(mask, mask) < FITS


def test_near_the_edges_of_one_that_does_not_sam_has_a_say():
    mask, truth = square(30, 98), square(26, 102)
    head = Head(square(28, 100), truth)
    assert np.array_equal(follow(head, truth, mask), truth)
    base = head.followed[1][0, 0].numpy()
    assert (base[26:102, 26:102] > 0).all(), "SAM's word counts where the mask ends"
    assert base[64, 64] == SURE and base[5, 5] == -SURE, "both are sure"
    other = Head(square(28, 100), truth)
    follow(other, np.zeros_like(mask), mask)
    assert other.followed[1][0, 0, 64, 64] == 0, "deep inside neither wins over the other"
    assert other.followed[1][0, 0, 31, 64] < 0


def test_a_stroke_is_believed_wherever_it_is():
    mask = square(30, 98)
    stroke = Stroke(0, 6.0, ((29.0, 64.0), (29.0, 70.0)))
    head = Head(square(28, 100), mask)
    follow(head, square(26, 102), mask, (stroke,))
    assert head.followed[1][0, 0, 67, 29] == -SURE
    assert head.followed[1][0, 0, 40, 29] > 0


@pytest.fixture(scope="module")
def embedded():
    return sama.load("mini", device="cpu", runtime="torch")


@pytest.mark.parametrize("damage", [eroded, grown])
def test_a_mask_drawn_too_small_or_too_large_is_mended(embedded, damage):
    photo = sama.open_image("examples/cat.jpg")
    list(embedded.set_image(photo.rgb))
    good = ask(embedded, Session.load("examples/cat.json").prompts).mask(SAMA)
    bad = damage(good)
    matte = ask(embedded, Prompts(mask=bad), method="from_mask").alpha
    assert np.count_nonzero((matte > 0.5) ^ good) < 0.25 * np.count_nonzero(bad ^ good)
    same = ask(embedded, Prompts(mask=good), method="from_mask").alpha
    assert np.count_nonzero((same > 0.5) ^ good) < 0.02 * np.count_nonzero(good)
