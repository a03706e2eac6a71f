"""Official SAM checkpoints in both formats: names, conversion, and what is refused."""

import pickle
from functools import partial

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from segment_anything import sam_model_registry
from segment_anything.modeling import (
    ImageEncoderViT,
    MaskDecoder,
    PromptEncoder,
    Sam,
    TwoWayTransformer,
)
from torch import nn

from sama.commands.cli import main
from sama.errors import WeightsError
from sama.weights import zoo
from sama.weights.inspection import inspect_file
from sama.weights.official import as_segment_anything, convert, read_checkpoint
from sama.weights.sam_keys import from_transformers, sam_names, to_transformers

OFFICIAL = ("vit_b", "vit_l", "vit_h")
TIED = "shared_image_embedding.positional_embedding"
TWIN = "prompt_encoder.shared_embedding.positional_embedding"


def tiny_sam(seed: int) -> Sam:
    """SAM's architecture with 3 blocks of 16 channels, random weights."""
    torch.manual_seed(seed)
    encoder = ImageEncoderViT(
        img_size=64, patch_size=16, depth=3, embed_dim=16, num_heads=2, out_chans=16, window_size=2,
        global_attn_indexes=(1,), use_rel_pos=True, norm_layer=partial(nn.LayerNorm, eps=1e-6),
    )  # fmt: skip
    prompts = PromptEncoder(
        embed_dim=16, image_embedding_size=(4, 4), input_image_size=(64, 64), mask_in_chans=4
    )
    decoder = MaskDecoder(
        transformer_dim=16,
        transformer=TwoWayTransformer(depth=2, embedding_dim=16, num_heads=2, mlp_dim=32),
        num_multimask_outputs=3,
        iou_head_hidden_dim=16,
    )
    sam = Sam(encoder, prompts, decoder).eval()
    for parameter in sam.parameters():  # some start at zero, and would not be told apart
        nn.init.normal_(parameter, std=0.3)
    return sam


@torch.no_grad()
def answers(sam: Sam) -> list[torch.Tensor]:
    torch.manual_seed(5)
    photo = {
        "image": torch.rand(3, 64, 48) * 255,
        "original_size": (64, 48),
        "point_coords": torch.tensor([[[20.0, 30.0]]]),
        "point_labels": torch.tensor([[1]]),
        "boxes": torch.tensor([[5.0, 6.0, 40.0, 50.0]]),
        "mask_inputs": torch.randn(1, 1, 16, 16),
    }
    (out,) = sam([photo], multimask_output=True)
    return [out["low_res_logits"], out["iou_predictions"]]


def equal(first: list[torch.Tensor], second: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_converted_both_ways_a_tiny_sam_answers_the_same(tmp_path):
    sam = tiny_sam(0)
    torch.save(sam.state_dict(), tmp_path / "a.pth")
    convert(tmp_path / "a.pth", tmp_path / "b.safetensors")
    convert(tmp_path / "b.safetensors", tmp_path / "c.pth")
    convert(tmp_path / "c.pth", tmp_path / "d.safetensors")
    expected = answers(sam)
    for name in "abcd":
        (path,) = tmp_path.glob(f"{name}.*")
        other = tiny_sam(1)
        assert not equal(answers(other), expected)
        other.load_state_dict(as_segment_anything(read_checkpoint(path)), strict=True)
        assert equal(answers(other), expected), name
    assert (tmp_path / "b.safetensors").read_bytes() == (tmp_path / "d.safetensors").read_bytes()
    with safe_open(tmp_path / "b.safetensors", framework="pt") as file:
        assert file.metadata()["format"] == "pt", "transformers refuses a file without it"


def test_conversion_keeps_the_type_of_the_tensors(tmp_path):
    torch.save(tiny_sam(0).half().state_dict(), tmp_path / "a.pth")
    convert(tmp_path / "a.pth", tmp_path / "b.safetensors")
    assert {value.dtype for value in load_file(tmp_path / "b.safetensors").values()} == {torch.float16}


def test_full_size_files_of_either_format_load_alike(tmp_path):
    """One random ViT-B, 375 MB a file: converted, verified, loaded."""
    torch.manual_seed(0)
    state = sam_model_registry["vit_b"](checkpoint=None).state_dict()
    pth, safetensors = tmp_path / "mine.pth", tmp_path / "model.safetensors"
    torch.save(state, pth)
    convert(pth, safetensors)
    assert "314 tensors, all those of vit_b" in inspect_file(safetensors)
    pth.unlink()
    convert(safetensors, pth)
    safetensors.unlink()
    loaded = zoo.load_model("vit_b", checkpoint=pth)
    assert loaded.sama_digest is None
    ours = loaded.model.backbone.sam.state_dict()
    assert ours.keys() == state.keys()
    assert all(torch.equal(state[k], ours[k]) for k in state)
    token = state["mask_decoder.mask_tokens.weight"][0]
    assert torch.equal(loaded.model.tokens[0], token)
    with pytest.raises(WeightsError, match="another shape|missing"):
        inspect_file(pth, "vit_l")


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


@pytest.mark.parametrize(("name", "blocks"), zip(OFFICIAL, (12, 24, 32), strict=True))
def test_names_depend_on_the_number_of_blocks_alone(name, blocks):
    with torch.device("meta"):
        names = sam_model_registry[name](checkpoint=None).state_dict()
    assert sorted(sam_names(blocks)) == sorted(names)


def test_the_tied_position_encoding_may_have_either_name_but_one_value():
    state = tiny_sam(0).state_dict()
    renamed = {to_transformers(k): v for k, v in state.items()}
    twin = renamed[TIED]
    both = renamed | {TWIN: twin}
    alone = {k: v for k, v in both.items() if k != TIED}
    for tensors in (renamed, both, alone):
        assert from_transformers(tensors, list(state)).keys() == state.keys()
    with pytest.raises(WeightsError, match="two different"):
        from_transformers(renamed | {TWIN: twin + 1}, list(state))


def test_pixel_constants_are_the_only_extra_of_a_pth():
    sam = tiny_sam(0)
    state = sam.state_dict()
    extra = {"pixel_mean": sam.pixel_mean, "pixel_std": sam.pixel_std}
    assert as_segment_anything(state | extra).keys() == state.keys()
    with pytest.raises(WeightsError, match="another pixel_mean"):
        as_segment_anything(state | {"pixel_mean": sam.pixel_mean * 0})
    with pytest.raises(WeightsError, match=r"1 tensors SAM has no place for, first mask_decoder\.hf_token"):
        as_segment_anything(state | {"mask_decoder.hf_token": torch.zeros(1)})


@pytest.mark.parametrize("rename", [str, to_transformers], ids=["segment-anything", "transformers"])
def test_a_missing_tensor_is_named(rename):
    state = {rename(k): v for k, v in tiny_sam(0).state_dict().items()}
    lost = rename("image_encoder.pos_embed")
    with pytest.raises(WeightsError, match=lost):
        as_segment_anything({k: v for k, v in state.items() if k != lost})


class Mischief:
    """Runs code when unpickled by a careless reader."""

    def __reduce__(self):
        return (open, ("mischief.txt", "w"))


def test_a_pickle_that_runs_code_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.pth").write_bytes(pickle.dumps(Mischief(), protocol=2))
    torch.save({"weights": Mischief()}, tmp_path / "worse.pth")
    torch.save({"step": 3}, tmp_path / "numbers.pth")
    for name in ("bad.pth", "worse.pth", "numbers.pth"):
        with pytest.raises(WeightsError, match=name.split(".")[0]):
            read_checkpoint(tmp_path / name)
    assert not (tmp_path / "mischief.txt").exists()


def test_conversion_refuses_and_leaves_nothing(tmp_path):
    save_file({"x": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match="no image encoder"):
        convert(tmp_path / "other.safetensors", tmp_path / "new.pth")
    torch.save(tiny_sam(0).state_dict(), tmp_path / "a.pth")
    for target, words in (("a.pth", "already there"), ("b.onnx", "must end in"), ("no/b.pth", "no folder")):
        with pytest.raises(WeightsError, match=words):
            convert(tmp_path / "a.pth", tmp_path / target)
    assert {p.name for p in tmp_path.iterdir()} == {"a.pth", "other.safetensors"}


def test_the_commands_convert_and_verify(tmp_path, capsys):
    source, target = tmp_path / "a.pth", tmp_path / "b.safetensors"
    torch.save(tiny_sam(0).state_dict(), source)
    assert main(["weights", "convert", str(source), str(target)]) == 0
    assert f"wrote {target}" in capsys.readouterr().out
    assert main(["weights", "verify", str(target)]) == 2
    assert "another shape" in capsys.readouterr().err, "a tiny SAM is none of Meta's"
    assert main(["weights", "verify", "mini"]) == 0
    told = capsys.readouterr().out
    assert "all those of the backbone mini" in told
    assert "all those of SAMA's modules on mini" in told


def test_a_published_name_with_other_bytes_is_damaged(tmp_path):
    torch.save(tiny_sam(0).state_dict(), tmp_path / "sam_vit_b_01ec64.pth")
    with pytest.raises(WeightsError, match="damaged"):
        inspect_file(tmp_path / "sam_vit_b_01ec64.pth")
