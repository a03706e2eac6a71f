"""Checkpoints: what is saved is what is loaded, and nothing else is accepted."""

from dataclasses import replace

import pytest
import torch

from sama.errors import WeightsError
from sama.models.backbones import default_config
from sama.models.backbones.mini import MiniBackbone
from sama.models.config import SamaConfig
from sama.models.sama import Sama
from sama.weights import zoo
from sama.weights.checkpoints import (
    fingerprint,
    load_tensors,
    read_metadata,
    sama_metadata,
    save_checkpoint,
)
from tests.helpers import features_of, prompts_for, small_sama


def save_pair(folder, seed=0):
    """A small random backbone and SAMA modules on it, saved as a training run does."""
    model = small_sama()
    torch.manual_seed(seed)
    for head in model.heads.values():
        torch.nn.init.normal_(head.weights.layers[-1].weight, std=0.1)
    own = {"kind": "backbone", "config": model.config.to_dict()}
    save_checkpoint(folder / "mini.safetensors", model.backbone.state_dict(), own)
    zoo.load_backbone(model.backbone, folder / "mini.safetensors")  # as stored, in half precision
    metadata = sama_metadata(
        model.config.to_dict(),
        step=7,
        data="noise",
        licence="CC0-1.0",
        backbone_file=folder / "mini.safetensors",
        backbone=model.backbone,
    )
    save_checkpoint(folder / "sama.safetensors", model.trainable(), metadata)
    return model


def test_config_survives_json():
    config = default_config("mini")
    assert SamaConfig.from_dict(config.to_dict()) == config


def test_the_shape_of_mini_is_that_of_its_file(tmp_path):
    model, file = small_sama(), tmp_path / "mini.safetensors"
    save_checkpoint(file, {}, {"kind": "backbone", "config": model.config.to_dict()})
    default = default_config("mini")
    assert zoo.on_backbone(default, file) == replace(default, mini=model.config.mini) != default
    official = default_config("vit_b")
    assert zoo.on_backbone(official, tmp_path / "absent.pth") is official


def test_loaded_model_answers_like_the_saved_one(tmp_path):
    model = save_pair(tmp_path)
    loaded = zoo.load_model(
        "mini", checkpoint=tmp_path / "mini.safetensors", sama_weights=tmp_path / "sama.safetensors"
    )
    assert loaded.sama_digest is not None
    assert not loaded.model.training
    with torch.no_grad():
        answers = []
        for m in (model.eval(), loaded.model):
            features = features_of(m)
            answers.append(m.decode(features, m.decode_sam(features, prompts_for(2, 128))))
    for task, logits in answers[0].items():
        scale = logits.abs().max()
        assert torch.allclose(logits, answers[1][task], atol=0.02 * scale)  # half precision


def test_a_sama_checkpoint_holds_only_what_sama_adds(tmp_path):
    save_pair(tmp_path)
    tensors = load_tensors(tmp_path / "sama.safetensors")
    assert not any(k.startswith("backbone.") for k in tensors)
    assert any(k.endswith("running_var") for k in tensors)


def test_weights_of_another_backbone_are_refused(tmp_path):
    save_pair(tmp_path)
    with pytest.raises(WeightsError, match="choose --model mini"):
        zoo.load_model(
            "vit_b", checkpoint=tmp_path / "mini.safetensors", sama_weights=tmp_path / "sama.safetensors"
        )


def test_missing_unknown_and_reshaped_tensors_are_named(tmp_path):
    save_pair(tmp_path)
    tensors = load_tensors(tmp_path / "mini.safetensors")
    name = sorted(tensors)[0]
    broken = {k: v for k, v in tensors.items() if k != name} | {"surplus": torch.zeros(1)}
    save_checkpoint(tmp_path / "broken.safetensors", broken, {})
    with pytest.raises(WeightsError, match="1 tensors missing, 1 unknown"):
        zoo.load_model(
            "mini",
            checkpoint=tmp_path / "broken.safetensors",
            sama_weights=tmp_path / "sama.safetensors",
        )


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_file_that_is_no_checkpoint_gets_a_sentence(tmp_path, content):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"bad\.safetensors"):
        read_metadata(path)
    with pytest.raises(WeightsError):
        zoo.load_model("mini", checkpoint=path)


def test_unknown_and_absent_models_name_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="mini, vit_b, vit_l, vit_h"):
        zoo.load_model("vit_x")
    with pytest.raises(WeightsError, match="facebook/sam-vit-base .* --checkpoint"):
        zoo.load_model("vit_b")
    with pytest.raises(WeightsError, match="owner/sama .* --sama-weights"):
        zoo.load_model("mini", sama_weights="owner/sama")
    with pytest.raises(WeightsError, match="no SAMA checkpoint gone.safetensors"):
        zoo.load_model("mini", sama_weights="runs/gone.safetensors")


def test_a_sama_checkpoint_says_what_it_is(tmp_path):
    save_pair(tmp_path)
    metadata = read_metadata(tmp_path / "sama.safetensors")
    assert set(metadata) == {
        "kind", "config", "step", "data", "licence", "backbone_sha256", "backbone_fingerprint"
    }  # fmt: skip
    assert metadata["config"]["backbone"] == "mini"
    with pytest.raises(WeightsError, match="give it with --checkpoint"):
        zoo.load_model("mini", sama_weights=tmp_path / "mini.safetensors")


def test_a_pair_is_told_by_its_tensors_not_by_its_file(tmp_path):
    """The same backbone in a file with other bytes is accepted; other tensors are not."""
    model = save_pair(tmp_path)
    other = tmp_path / "other.safetensors"
    save_checkpoint(other, load_tensors(tmp_path / "mini.safetensors"), {"kind": "backbone", "note": "copy"})
    assert zoo.sha256_of(other) != zoo.sha256_of(tmp_path / "mini.safetensors")
    loaded = zoo.load_model("mini", checkpoint=other, sama_weights=tmp_path / "sama.safetensors")
    assert (
        fingerprint(loaded.model.backbone)
        == read_metadata(tmp_path / "sama.safetensors")["backbone_fingerprint"]
    )
    tensors = model.backbone.state_dict()
    name = next(k for k, v in tensors.items() if v.is_floating_point() and v.numel() > 9)
    save_checkpoint(other, tensors | {name: tensors[name] + 1}, {"kind": "backbone"})
    with pytest.raises(WeightsError, match="other weights"):
        zoo.load_model("mini", checkpoint=other, sama_weights=tmp_path / "sama.safetensors")


def test_the_embedded_modules_are_left_out_on_a_backbone_of_ones_own(tmp_path):
    save_pair(tmp_path)
    loaded = zoo.load_model("mini", checkpoint=tmp_path / "mini.safetensors")
    assert loaded.sama_digest is None and loaded.metadata == {}
    embedded = zoo.WEIGHTS / zoo.RECORDS["mini"].backbone_file
    copy = tmp_path / "copy.safetensors"
    save_checkpoint(copy, load_tensors(embedded), read_metadata(embedded) | {"note": "copy"})
    assert zoo.load_model("mini", checkpoint=embedded).sama_digest is not None
    assert zoo.load_model("mini", checkpoint=copy).sama_digest is not None


def test_a_sama_checkpoint_cannot_bring_a_backbone(tmp_path):
    model = save_pair(tmp_path)
    metadata = read_metadata(tmp_path / "sama.safetensors")
    save_checkpoint(tmp_path / "whole.safetensors", model.state_dict(), metadata)
    with pytest.raises(WeightsError, match="tensors of a backbone"):
        zoo.load_model(
            "mini", checkpoint=tmp_path / "mini.safetensors", sama_weights=tmp_path / "whole.safetensors"
        )


def test_official_backbones_come_from_the_hub_when_no_file_is_given(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(zoo, "fetch", lambda file, **how: asked.append((file, how)) or tmp_path / "file")
    assert zoo.find_backbone(zoo.RECORDS["vit_h"]) == tmp_path / "file"
    ((file, how),) = asked
    assert (file.repo, file.name) == ("facebook/sam-vit-huge", "model.safetensors")
    assert how["fixed"]
    assert zoo.find_sama(zoo.RECORDS["vit_b"]) is None
    zoo.find_sama(zoo.RECORDS["vit_b"], "owner/weights")
    assert asked[1][0].name == "sama_vit_b.safetensors"


def test_embedded_weights_belong_together_and_are_small():
    record = zoo.RECORDS["mini"]
    files = [zoo.WEIGHTS / record.backbone_file, zoo.WEIGHTS / record.sama_file]
    assert sum(f.stat().st_size for f in files) <= 32e6
    loaded = zoo.load_model("mini")
    assert loaded.sama_digest is not None
    assert loaded.metadata["backbone_sha256"] == loaded.backbone_digest
    own = sum(p.numel() for p in loaded.model.backbone.parameters())
    assert own == record.parameters
    assert isinstance(loaded.model, Sama)
    assert isinstance(loaded.model.backbone, MiniBackbone)
