"""Fine-tuning a small model: features once, only what is asked for learns, and the best on the way is kept."""

import itertools

import pytest
import torch

from sama.errors import SamaError
from sama.training.tuning import tune as tuning
from sama.training.tuning.features import Encoder, read_copy
from sama.training.tuning.learning import Budget, Pace, learn
from sama.training.tuning.parts import sam_parameters, sama_parameters
from sama.training.tuning.photos import photos_of, split
from sama.training.tuning.tune import Plan, Start, tune
from sama.weights.checkpoints import stored_tensors
from sama.weights.zoo import load_model
from tests.helpers import small_sama
from tests.training.tuning.small import save_pair, save_photos


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a model and photographs in it; returns (folder, flags, split)."""
    folder = tmp_path_factory.mktemp("tuning")
    return folder, save_pair(folder), split(photos_of(save_photos(folder / "discs", 8)))


def run(place, name, **plan):
    folder, flags, parts = place
    out = folder / f"{name}.safetensors"
    start = Start.of("mini", **flags)
    plan = Plan(folder / "cache", steps=2, copies=2, batch=2, device="cpu", **plan)
    done = tune(start, parts, plan, out, {"data": "discs"}, lambda *told: None)
    return out, done


def test_features_are_computed_once_and_are_what_the_encoder_sees(place, monkeypatch):
    folder, flags, parts = place
    model = load_model("mini", **flags).model
    encoder = Encoder(model, "digest", folder / "features", local=False)
    (first, *_), (path, *_) = parts.taught, encoder.copies(parts.taught, 2)
    copy = read_copy(path)
    assert copy["embedding"].dtype == torch.float16 and copy["targets"].shape[1:] == (32, 32)
    with torch.no_grad():
        from sama.training.stages.mini import normalise_batch

        half = {"height": torch.tensor([96]), "width": torch.tensor([128])}
        view = normalise_batch(model.backbone, {"image": copy["view"], **half})
        again = model.backbone.encode(view).embedding
    assert torch.allclose(again, copy["embedding"].float(), atol=0.05)
    monkeypatch.setattr(Encoder, "_encoded", None)  # would fail if it were called
    assert len(encoder.copies(parts.taught, 2)) == 2 * len(parts.taught)
    path.unlink()
    with pytest.raises(TypeError):
        encoder.copies(parts.taught, 2)
    assert first.read().labels.max() >= 1


def test_only_what_is_asked_for_learns(place, monkeypatch):
    marks = itertools.count()
    for quality in ("sam_quality", "sama_quality"):  # each state is better than the one before
        monkeypatch.setattr(tuning, quality, lambda *given: {"mark": float(next(marks))})
    out, done = run(place, "sam", parts="sam")
    names = {name for name in stored_tensors(out) if name.startswith("backbone.")}
    assert names and names <= sam_parameters(small_sama()).keys()
    assert done["sam"].steps == 2 and [each["step"] for each in done["sam"].checks] == [0, 1, 2]
    out, _ = run(place, "sama", parts="sama")
    assert not any(name.startswith("backbone.") for name in stored_tensors(out))
    model = load_model("mini", **place[1]).model
    loaded = load_model("mini", checkpoint=place[1]["checkpoint"], sama_weights=out).model
    own = dict(model.named_parameters())
    moved = {name for name, each in loaded.named_parameters() if not torch.equal(each, own[name])}
    assert moved and moved <= sama_parameters(model).keys()


def test_the_same_steps_give_the_same_file(place):
    tensors = [stored_tensors(run(place, name, parts="sam")[0]) for name in ("one", "two")]
    assert tensors[0].keys() == tensors[1].keys()
    assert all(torch.equal(tensors[0][name], tensors[1][name]) for name in tensors[0])


def test_without_sama_there_is_nothing_of_hers_to_teach(place):
    folder, flags, parts = place
    start = Start.of("mini", checkpoint=flags["checkpoint"])
    with pytest.raises(SamaError, match="no SAMA weights for mini to fine-tune; use --train sam"):
        tune(start, parts, Plan(folder / "cache", "both", steps=1), folder / "no", {}, lambda *told: None)
    for wrong in ({"minutes": 0}, {"steps": 0}, {"parts": "all"}, {"copies": 0}):
        with pytest.raises(SamaError, match="--"):
            tuning.Plan(folder, **wrong).check()


@pytest.mark.parametrize(("marks", "kept"), [([0.3, 0.1, 0.9, 0.5, 0.2], 4), ([0.9, 0.1, 0.9, 0.5, 0.2], 0)])
def test_the_best_of_what_was_checked_is_kept_and_the_base_where_nothing_beats_it(marks, kept):
    module = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(module.weight)
    marks, seen = iter(marks), []

    def check():
        seen.append(module.weight.item())
        return {"mark": next(marks)}

    def loss(generator, step, progress):
        return (module.weight - 1).square().sum()

    found = learn(module, loss, check, Budget(0, steps=8), Pace(rate=0.1, warmup=1, pull=0, checks=4))
    assert found.steps == 8 and found.kept == kept
    assert module.weight.item() == pytest.approx(seen[kept // 2]) and len(set(seen)) == 5


def test_a_file_of_the_base_answers_as_the_base(place, monkeypatch):
    monkeypatch.setattr(tuning, "sam_quality", lambda *given: {"mark": 0.5})  # nothing is better
    out, done = run(place, "same", parts="sam")
    assert done["sam"].kept == 0 and not any(name.startswith("backbone.") for name in stored_tensors(out))
    base, same = (
        load_model("mini", checkpoint=place[1]["checkpoint"], sama_weights=file).model.state_dict()
        for file in (place[1]["sama_weights"], out)
    )
    assert all(torch.equal(base[name], same[name]) for name in base)
