"""Maps that follow the edges of the photo: what changes, what does not, and when it is done."""

import pickle

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from sama.models.fast import fused
from sama.models.guided import apply, follow, make_guide
from sama.predict.edges import GRID, RADIUS, SMOOTHNESS, STEEPER, Edges
from sama.request.prompts import Prompts
from tests.helpers import ask, asked, predictor_of, small_sama

MODEL = fused(small_sama())
BOX = Prompts(boxes=((20, 30, 170, 110),))


def disc(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width] + 0.5
    scale = height / 2
    return (np.hypot((y - height / 2) / scale, (x - width / 2) / scale) < 0.61).astype(np.float32)


def coloured(mask: np.ndarray, noise: float) -> np.ndarray:
    """A photo (H, W, 3) uint8 with an orange object on blue."""
    inside, outside = np.array([220, 140, 60]), np.array([40, 90, 160])
    photo = np.where(mask[..., None] > 0.5, inside, outside)
    photo = photo + np.random.default_rng(0).normal(0, noise, photo.shape)
    return photo.clip(0, 255).astype(np.uint8)


def logits_of(mask: np.ndarray, size: tuple[int, int], strength: float) -> torch.Tensor:
    """What a head that sees few pixels might answer."""
    coarse = F.interpolate(torch.from_numpy(mask)[None, None], size, mode="bilinear", antialias=True)
    return (coarse - 0.5) * strength


def wrong(logits: torch.Tensor, mask: np.ndarray) -> float:
    return float(((logits > 0).numpy()[0, 0] != (mask > 0.5)).mean())


@pytest.mark.parametrize("task", ["segmentation", "matting"])
@pytest.mark.parametrize(
    ("size", "grid"), [((600, 900), GRID), ((300, 450), GRID), ((1200, 1800), GRID), ((220, 330), 330)]
)
def test_a_coarse_map_gets_the_outline_of_the_photo(task, size, grid):
    mask = disc(*size)
    coarse = logits_of(mask, (64, 96), 20)
    found = Edges(coloured(mask, 4), grid).followed(coarse, task, size)
    assert found.shape == (1, 1, *size)
    assert wrong(found, mask) < 0.1 * wrong(F.interpolate(coarse, size, mode="bilinear"), mask)


def test_a_matte_that_is_sure_does_not_take_on_texture():
    mask = disc(400, 400)
    photo = np.random.default_rng(1).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    sure = logits_of(mask, (400, 400), 24)
    found = Edges(photo).followed(sure, "matting", (400, 400)).sigmoid()
    assert (found - sure.sigmoid()).abs().max() < 1e-3


def test_a_grey_photo_is_filtered_as_precisely_as_a_colourful_one():
    grey = np.random.default_rng(2).choice(np.array([0, 255], np.uint8), (GRID, GRID, 1))
    photo = np.repeat(grey, 3, 2)
    logits = logits_of(disc(GRID, GRID), (64, 64), 6)
    found = Edges(photo).followed(logits, "segmentation", (GRID, GRID)) / STEEPER
    image = torch.from_numpy(photo).permute(2, 0, 1)[None].double() / 255
    on_grid = F.interpolate(logits.sigmoid(), (GRID, GRID), mode="bilinear", antialias=True).double()
    expected = apply(follow(make_guide(image, RADIUS["segmentation"], SMOOTHNESS), on_grid), image)
    assert (found.sigmoid() - expected).abs().max() < 1e-3


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (3, 2000), (5, 4)])
@pytest.mark.parametrize("task", ["segmentation", "matting"])
def test_odd_photos(shape, task):
    photo = np.random.default_rng(3).integers(0, 256, (*shape, 3), dtype=np.uint8)
    for size in (shape, (7, 11)):
        found = Edges(photo).followed(torch.randn(1, 1, 5, 9) * 30, task, size)
        assert found.shape == (1, 1, *size)
        assert found.isfinite().all()


def test_what_is_larger_than_the_copy_is_enlarged_from_it():
    mask = disc(300, 450)
    edges, coarse = Edges(coloured(mask, 4)), logits_of(mask, (40, 60), 8)
    own = edges.followed(coarse, "matting", (300, 450))
    assert torch.equal(
        edges.followed(coarse, "matting", (900, 1350)), F.interpolate(own, (900, 1350), mode="bilinear")
    )


def test_answers_do_not_depend_on_what_was_asked_before():
    mask = disc(300, 450)
    photo, coarse = coloured(mask, 4), logits_of(mask, (40, 60), 8)
    edges = Edges(photo)
    edges.followed(coarse, "matting", (100, 150))
    for size in ((300, 450), (100, 150)):
        fresh = Edges(photo).followed(coarse, "segmentation", size)
        assert torch.equal(edges.followed(coarse, "segmentation", size), fresh)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return coloured(disc(140, 200), 8)


def test_the_embedded_model_follows_edges_and_sam_does_not(photo):
    ours = predictor_of(MODEL)
    list(ours.set_image(photo))
    followed, plain = ask(ours, BOX), ask(ours, BOX, edges=False)
    assert not np.array_equal(followed.alpha, plain.alpha)
    assert not np.array_equal(followed.layer("sama"), plain.layer("sama"))
    assert np.array_equal(followed.mask("sama"), followed.layer("sama") > 0)
    assert np.array_equal(followed.layer("sam"), plain.layer("sam"))
    assert np.array_equal(followed.union.masks, plain.union.masks)


def test_so_do_the_parts_it_looks_closer_at(photo):
    ours = predictor_of(MODEL)
    list(ours.set_image(np.tile(photo, (5, 5, 1))))
    small = Prompts(boxes=((420, 330, 560, 420),))
    assert ours.pending(asked(ours, small))
    assert not np.array_equal(ask(ours, small).alpha, ask(ours, small, edges=False).alpha)


def test_official_models_answer_as_their_heads_do(photo):
    theirs = predictor_of(MODEL, "vit_b")
    list(theirs.set_image(photo))
    assert np.array_equal(ask(theirs, BOX).alpha, ask(theirs, BOX, edges=False).alpha)


def test_edges_travel_through_pickle(photo):
    shared = predictor_of(MODEL)
    ours = shared.fork()
    list(ours.set_image(photo))
    before = len(pickle.dumps(ours))
    expected = ask(ours, BOX).alpha
    sent = pickle.dumps(ours)
    assert len(sent) < before + 1000, "what is quickly made again stays here"
    assert np.array_equal(ask(pickle.loads(sent).attach(shared), BOX).alpha, expected)


@pytest.mark.parametrize("task", ["segmentation", "matting"])
@pytest.mark.parametrize("size", [(600, 900), (333, 500), (150, 100)])
def test_far_from_the_object_nothing_is_filtered_and_near_it_all_is_the_same(monkeypatch, task, size):
    mask = disc(*size)
    mask[:, : size[1] // 2] = 0  # half a disc
    edges, coarse = Edges(coloured(mask, 8)), logits_of(mask, (64, 96), 24)
    near = edges.followed(coarse, task, size)
    monkeypatch.setattr("sama.predict.edges._FAINT", -1.0)  # everywhere
    assert (near.sigmoid() - edges.followed(coarse, task, size).sigmoid()).abs().max() < 1e-3


def test_a_map_of_nothing_stays_nothing():
    photo = coloured(disc(200, 300), 8)
    found = Edges(photo).followed(torch.full((1, 1, 64, 96), -20.0), "segmentation", (200, 300))
    assert (found < 0).all()
