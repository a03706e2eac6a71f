"""Fine-tuned weights: what differs from a base is all that is in the file, and no other base takes it."""

import pytest
import torch

from sama.errors import WeightsError
from sama.training.tuning.tune import Start
from sama.weights.checkpoints import fingerprint, stored_tensors
from sama.weights.inspection import inspect_file
from sama.weights.tuned import Base, changed, is_tuned, save_tuned
from sama.weights.zoo import load_model
from tests.training.tuning.small import save_pair

TOUCHED = "backbone.sam.mask_decoder.mask_tokens.weight"


def tuned_file(folder, start):
    with torch.no_grad():
        start.loaded.model.state_dict()[TOUCHED].add_(1)
    save_tuned(folder / "tuned.safetensors", start.loaded.model, start.base, start.tensors, {"data": "discs"})
    return folder / "tuned.safetensors"


def test_a_file_holds_what_differs_and_loads_on_its_base(tmp_path):
    flags = save_pair(tmp_path)
    start = Start.of("mini", checkpoint=flags["checkpoint"])
    assert start.loaded.sama_digest is None  # nobody trained the embedded modules on a random backbone
    file = tuned_file(tmp_path, start)
    assert is_tuned(file) and not is_tuned(flags["sama_weights"]) and not is_tuned(tmp_path / "absent")
    assert list(stored_tensors(file)) == [TOUCHED]
    plain = load_model("mini", checkpoint=flags["checkpoint"])
    found = load_model("mini", checkpoint=flags["checkpoint"], sama_weights=file)
    differ = changed(found.model, plain.model.state_dict())
    assert [name for name in differ if name.startswith("backbone.")] == [TOUCHED]
    assert found.backbone_digest != plain.backbone_digest  # what was encoded and answered is not mixed up
    assert any("discs" in line for line in inspect_file(file))


def test_modules_of_sama_that_are_no_base_come_along(tmp_path):
    flags = save_pair(tmp_path)
    file = tuned_file(tmp_path, Start.of("mini", **flags))
    own = load_model("mini", **flags)
    assert set(stored_tensors(file)) == {TOUCHED, *own.model.trainable()}
    found = load_model("mini", checkpoint=flags["checkpoint"], sama_weights=file)
    assert [*changed(found.model, own.model.state_dict())] == [TOUCHED]
    assert found.sama_digest not in (None, own.sama_digest)
    again = Start.of("mini", checkpoint=flags["checkpoint"], sama_weights=file)
    assert again.base.backbone_fingerprint == fingerprint(own.model.backbone)
    assert [*changed(again.loaded.model, again.tensors)] == [TOUCHED]  # goes on, and names the same base


def test_another_base_refuses_it_in_one_sentence(tmp_path):
    flags = save_pair(tmp_path)
    file = tuned_file(tmp_path, Start.of("mini", checkpoint=flags["checkpoint"]))
    (tmp_path / "other").mkdir()
    other = save_pair(tmp_path / "other")
    tensors = stored_tensors(other["checkpoint"])
    tensors[TOUCHED.removeprefix("backbone.")] += 1
    from safetensors import safe_open
    from safetensors.torch import save_file

    with safe_open(other["checkpoint"], "pt") as read:
        save_file(tensors, other["checkpoint"], metadata=read.metadata())
    with pytest.raises(WeightsError, match=r"^tuned.safetensors was fine-tuned from other weights of mini"):
        load_model("mini", checkpoint=other["checkpoint"], sama_weights=file)
    with pytest.raises(WeightsError, match="other weights of mini"):
        load_model("mini", sama_weights=file)  # the embedded one
    with pytest.raises(WeightsError, match="choose --model mini"):
        load_model("vit_b", checkpoint=flags["checkpoint"], sama_weights=file)


def test_metadata_without_a_base_are_refused():
    with pytest.raises(WeightsError, match="does not say what it was fine-tuned from"):
        Base.of({"kind": "tuned"}, "odd.safetensors")
