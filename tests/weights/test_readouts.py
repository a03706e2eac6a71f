"""Files of memory read-outs: written and read, and refused on weights that they were not trained on."""

from dataclasses import replace

import pytest
import torch

from sama.errors import WeightsError
from sama.weights.checkpoints import save_checkpoint
from sama.weights.inspection import inspect_file
from sama.weights.readouts import load_readout, save_readout
from sama.weights.records import RECORDS
from sama.weights.zoo import LoadedModel, load_model
from tests.helpers import small_readout, small_sama

DIGEST = "0" * 64


@pytest.fixture
def loaded() -> LoadedModel:
    return LoadedModel(small_sama(), RECORDS["mini"], DIGEST, None, {})


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "own.safetensors"
    save_readout(path, small_readout(lively=True), {"model": "mini", "backbone_sha256": DIGEST})
    return path


def test_what_is_written_is_read(path, loaded):
    wanted = {name: value.half().float() for name, value in small_readout(lively=True).state_dict().items()}
    found = load_readout(path, loaded)
    assert all(torch.equal(value, wanted[name]) for name, value in found.state_dict().items())
    assert not found.training


def test_on_another_base_it_is_refused_with_a_sentence(path, loaded):
    with pytest.raises(WeightsError, match=r"own.safetensors was trained on other weights of mini \(0{12}\)"):
        load_readout(path, replace(loaded, backbone_digest="1" * 64))
    with pytest.raises(WeightsError, match="other weights"):  # the same file, with something in its place
        load_readout(path, replace(loaded, metadata={"kind": "tuned"}))


def test_it_is_told_what_a_file_is(path, loaded):
    lines = inspect_file(path)
    assert any("all those of a memory read-out" in line for line in lines)
    assert f"backbone_sha256: {DIGEST}" in lines
    with pytest.raises(WeightsError, match="give it with --readout"):
        load_model("mini", sama_weights=path)


def test_what_is_no_readout_is_refused(tmp_path, path, loaded):
    with pytest.raises(WeightsError, match="There is no read-out lost.safetensors"):
        load_readout(tmp_path / "lost.safetensors", loaded)
    save_checkpoint(path, {"a": torch.zeros(1)}, {"kind": "sama"})
    with pytest.raises(WeightsError, match="is no memory read-out"):
        load_readout(path, loaded)
    save_checkpoint(path, {}, {"kind": "readout", "backbone_sha256": DIGEST})
    with pytest.raises(WeightsError, match="another version"):
        load_readout(path, loaded)
