"""Checkpoints: what is saved is what is loaded, and nothing else is accepted."""

import pytest
import torch
from safetensors.torch import save_file
from segment_anything import sam_model_registry

from sama.errors import WeightsError
from sama.models import zoo
from sama.models.backbones.mini import MiniBackbone
from sama.models.checkpoints import load_tensors, read_metadata, save_checkpoint
from sama.models.config import SamaConfig, default_config
from sama.models.sam_keys import from_transformers, to_transformers
from sama.models.sama import Sama
from tests.test_models import features_of, prompts_for, small_sama


def save_pair(folder, seed=0):
    """A small random backbone and SAMA modules on it, saved as a training run does."""
    model = small_sama()
    torch.manual_seed(seed)
    for head in model.heads.values():
        torch.nn.init.normal_(head.weights.layers[-1].weight, std=0.1)
    save_checkpoint(folder / "mini.safetensors", model.backbone.state_dict(), {"kind": "backbone"})
    digest = zoo.sha256_of(folder / "mini.safetensors")
    metadata = {"kind": "sama", "config": model.config.to_dict(), "backbone_sha256": digest}
    save_checkpoint(folder / "sama.safetensors", model.trainable(), metadata)
    return model


def test_config_survives_json():
    config = default_config("mini")
    assert SamaConfig.from_dict(config.to_dict()) == config


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
    other = tmp_path / "other.safetensors"
    save_checkpoint(other, small_sama().backbone.state_dict() | {}, {"kind": "backbone", "x": 1})
    with pytest.raises(WeightsError, match="other weights"):
        zoo.load_model("mini", checkpoint=other, sama_weights=tmp_path / "sama.safetensors")
    with pytest.raises(WeightsError, match="choose --model mini"):
        zoo.load_model("vit_b", checkpoint=other, sama_weights=tmp_path / "sama.safetensors")


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


def test_unknown_and_absent_models_name_the_remedy():
    with pytest.raises(WeightsError, match="mini, vit_b, vit_l, vit_h"):
        zoo.load_model("vit_x")
    with pytest.raises(WeightsError, match="--checkpoint"):
        zoo.load_model("vit_b")


def test_official_pth_files_load_and_untrained_sama_says_so(tmp_path):
    torch.manual_seed(0)
    sam = sam_model_registry["vit_b"](checkpoint=None)
    torch.save(sam.state_dict(), tmp_path / "sam_vit_b.pth")
    loaded = zoo.load_model("vit_b", checkpoint=tmp_path / "sam_vit_b.pth")
    assert loaded.sama_digest is None
    theirs, ours = sam.state_dict(), loaded.model.backbone.sam.state_dict()
    assert all(torch.equal(theirs[k], ours[k]) for k in theirs)
    token = theirs["mask_decoder.mask_tokens.weight"][0]
    assert torch.equal(loaded.model.tokens[0], token)


@pytest.mark.parametrize("name", ["vit_b", "vit_l", "vit_h"])
def test_official_key_names_map_one_to_one(name):
    with torch.device("meta"):
        names = list(sam_model_registry[name](checkpoint=None).state_dict())
    theirs = {to_transformers(n) for n in names}
    assert len(theirs) == len(names)
    if name == "vit_b":
        assert len(names) == 314
    # What transformers' SamModel calls them, one of each kind.
    assert {
        "shared_image_embedding.positional_embedding",
        "vision_encoder.pos_embed",
        "vision_encoder.patch_embed.projection.weight",
        "vision_encoder.layers.0.layer_norm1.weight",
        "vision_encoder.layers.11.attn.rel_pos_h",
        "vision_encoder.layers.3.mlp.lin1.bias",
        "vision_encoder.neck.conv1.weight",
        "vision_encoder.neck.layer_norm2.bias",
        "prompt_encoder.mask_embed.conv3.weight",
        "prompt_encoder.mask_embed.layer_norm1.weight",
        "prompt_encoder.point_embed.3.weight",
        "prompt_encoder.no_mask_embed.weight",
        "mask_decoder.iou_token.weight",
        "mask_decoder.transformer.layers.1.cross_attn_image_to_token.q_proj.weight",
        "mask_decoder.transformer.layers.0.layer_norm4.weight",
        "mask_decoder.transformer.layer_norm_final_attn.weight",
        "mask_decoder.upscale_conv2.bias",
        "mask_decoder.upscale_layer_norm.weight",
        "mask_decoder.output_hypernetworks_mlps.3.proj_in.weight",
        "mask_decoder.output_hypernetworks_mlps.0.layers.0.weight",
        "mask_decoder.iou_prediction_head.proj_out.bias",
    } <= theirs


def test_transformers_checkpoints_load_like_segment_anythings(tmp_path):
    torch.manual_seed(0)
    state = sam_model_registry["vit_b"](checkpoint=None).state_dict()
    renamed = {to_transformers(k): v.contiguous() for k, v in state.items()}
    save_file(renamed, tmp_path / "model.safetensors")
    loaded = zoo.load_model("vit_b", checkpoint=tmp_path / "model.safetensors")
    ours = loaded.model.backbone.sam.state_dict()
    assert all(torch.equal(state[k], ours[k]) for k in state)

    twin = renamed.pop("shared_image_embedding.positional_embedding")
    renamed["prompt_encoder.shared_embedding.positional_embedding"] = twin
    assert from_transformers(renamed, list(state)).keys() == state.keys()
    surplus = renamed | {"vision_encoder.surplus": twin}
    with pytest.raises(WeightsError, match="surplus"):
        from_transformers(surplus, list(state))
    renamed.pop("vision_encoder.pos_embed")
    with pytest.raises(WeightsError, match="pos_embed"):
        from_transformers(renamed, list(state))


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
