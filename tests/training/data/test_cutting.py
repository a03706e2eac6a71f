"""Objects cut out of photographs: refined edges, the object's own colours, and a cache that several processes fill."""

import numpy as np
import pytest
from PIL import Image

from sama.training.data.composites import synthetic_sample
from sama.training.data.cutting import CutCache, clean_cut, cut_object, refined
from sama.training.data.sources import Folder, LabelledPhoto, Sources
from tests.helpers import disc, plan_of, save_photo, write_training


def red_disc_on_blue(softness: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """(image (120, 120, 3) uint8, true alpha (120, 120)): a disc of radius 40 with a soft rim."""
    y, x = np.mgrid[:120, :120]
    alpha = np.clip((40 - np.hypot(x - 59.5, y - 59.5)) / (2 * softness) + 0.5, 0, 1)
    image = alpha[..., None] * [220, 30, 20] + (1 - alpha[..., None]) * [20, 40, 200]
    return image.round().astype(np.uint8), alpha


@pytest.mark.parametrize("error", [-2, 0, 2])
def test_a_refined_edge_is_nearer_to_the_truth_than_the_drawn_one(error):
    image, alpha = red_disc_on_blue()
    drawn = disc(120, 40 + error) > 0
    found = refined(image, drawn, band=5)
    assert np.abs(found - alpha).mean() < 0.5 * np.abs(drawn - alpha).mean()
    assert found[60, 60] == 1 and found[5, 5] == 0


def test_a_cut_has_the_objects_colours_and_none_of_what_was_behind():
    image, _ = red_disc_on_blue()
    photo = LabelledPhoto(Image.fromarray(image), disc(120, 40) // 255, Folder("", band=4))
    cut = np.asarray(clean_cut(photo, photo.labels == 1)).astype(int)
    seen = cut[..., 3] > 60
    assert cut[..., 0][seen].min() > 150 and cut[..., 2][seen].max() < 90
    assert ((cut[..., 3] > 20) & (cut[..., 3] < 235)).any()


def test_a_photos_own_matte_is_what_is_cut():
    image, alpha = red_disc_on_blue(6)
    matte = (alpha * 255).round().astype(np.uint8)
    photo = LabelledPhoto(Image.fromarray(image), (matte > 127).astype(np.uint8), Folder(""), None, matte)
    cut = np.asarray(clean_cut(photo, photo.labels == 1))[..., 3]
    assert (cut == matte[12:108, 12:108]).all()


def test_the_photos_border_is_no_edge():
    image, _ = red_disc_on_blue()
    photo = LabelledPhoto(Image.fromarray(image[:60]), disc(120, 40)[:60] // 255, Folder("", band=4))
    cut = np.asarray(clean_cut(photo, photo.labels == 1))[..., 3]
    assert (cut[-1, 12:-12] == 255).all()


def test_a_cut_is_made_once_and_the_same_ever_after(tmp_path, monkeypatch):
    save_photo(tmp_path / "birds", "0", disc(120, 40) // 255, np.random.default_rng(0))
    sources = Sources({"birds": Folder("birds")}, tmp_path)
    photo = sources.labelled("birds", np.random.default_rng(0))
    cache = CutCache(tmp_path / "cuts")
    first = cut_object(np.random.default_rng(0), photo, cache)
    assert [p.suffix for p in (tmp_path / "cuts").iterdir()] == [".webp"]
    monkeypatch.setattr("sama.training.data.cutting.clean_cut", lambda *_: pytest.fail("made again"))
    second = cut_object(np.random.default_rng(0), photo, cache)
    assert first.mode == "RGBa" and np.array_equal(np.asarray(first), np.asarray(second))


def test_small_objects_are_left_alone():
    labels = np.zeros((200, 200), np.uint8)
    labels[20:44, 20:90] = 1
    photo = LabelledPhoto(Image.new("RGB", (200, 200)), labels)
    assert cut_object(np.random.default_rng(0), photo, CutCache(None)) is None
    assert cut_object(np.random.default_rng(0), photo, None) is not None  # a plain cut has no edge to guess
    assert cut_object(np.random.default_rng(0), LabelledPhoto(photo.rgb, 0 * labels), None) is None


def test_clean_cuts_are_exact_and_known_everywhere(tmp_path):
    write_training(tmp_path)
    plan = plan_of("matting", objects={"cut": 1.0}, cut={"cats": 1.0}, clean=True)
    sources = Sources(plan.data, tmp_path, {"cats"})
    cache, rng = CutCache(tmp_path / "cuts"), np.random.default_rng(1)
    samples = [synthetic_sample(rng, sources, plan.mixture["matting"], 128, cache) for _ in range(12)]
    samples = [sample for sample in samples if sample is not None]
    assert len(samples) > 6
    assert all(sample.exact and sample.known.all() for sample in samples)
    soft = [((s.targets > 20) & (s.targets < 235)).any() for s in samples]
    assert sum(soft) > len(soft) / 2


def test_close_ups_are_large_and_cut_off_by_the_border(tmp_path):
    write_training(tmp_path)
    shares = []
    for close in (0.0, 1.0):
        plan = plan_of(
            "matting", objects={"fluent": 1.0}, most=1, sides=(0.3, 0.5), close=close, close_sides=(1.2, 1.6)
        )
        sources, rng = Sources(plan.data, tmp_path), np.random.default_rng(2)
        samples = [synthetic_sample(rng, sources, plan.mixture["matting"], 128) for _ in range(20)]
        shares.append(np.mean([(s.targets[0] > 127).mean() for s in samples if s is not None]))
    assert shares[0] < 0.25 < 0.4 < shares[1]
