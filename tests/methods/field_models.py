"""Tiny models of other projects with random weights, in a hub's cache of their own, for the tests."""

import shutil
from pathlib import Path

import numpy as np
import torch

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def into_cache(cache: Path, record, sources: dict[str, Path]) -> None:
    """Put files where a download of the hub would have: sources by their names in the repository."""
    for file in record.files:
        folder = cache / f"models--{file.hub.replace('/', '--')}"
        target = folder / "snapshots" / COMMIT / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(sources[file.name], target)
        (folder / "refs").mkdir(exist_ok=True)
        (folder / "refs" / "main").write_text(COMMIT)


def saved(model, folder: Path) -> dict[str, Path]:
    """A transformers model as files, with weights that are not all small."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    model.save_pretrained(folder)
    return {name: folder / name for name in ("config.json", "model.safetensors")}


def tiny_hq_sam():
    from transformers import SamHQConfig, SamHQModel

    vision = {
        "hidden_size": 32, "output_channels": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "image_size": 128, "patch_size": 16, "window_size": 4, "global_attn_indexes": [0, 1], "mlp_dim": 32,
        "num_pos_feats": 8,
    }  # fmt: skip
    prompts = {"hidden_size": 16, "image_size": 128, "patch_size": 16, "mask_input_channels": 4}
    decoder = {
        "hidden_size": 16, "mlp_dim": 32, "num_attention_heads": 2, "iou_head_hidden_dim": 16, "vit_dim": 32,
        "iou_head_depth": 2,
    }  # fmt: skip
    return SamHQModel(
        SamHQConfig(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder)
    )


def tiny_sam2():
    from transformers import Sam2Config, Sam2Model

    backbone = {
        "model_type": "sam2_hiera_det_model", "hidden_size": 16, "num_attention_heads": 1,
        "blocks_per_stage": [1, 1, 2, 1], "embed_dim_per_stage": [16, 32, 64, 128],
        "num_attention_heads_per_stage": [1, 2, 4, 8], "window_size_per_stage": [4, 2, 4, 2],
        "global_attention_blocks": [3], "image_size": [128, 128],
        "window_positional_embedding_background_size": [2, 2],
    }  # fmt: skip
    vision = {
        "backbone_config": backbone, "backbone_channel_list": [128, 64, 32, 16], "fpn_hidden_size": 32,
        "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
    }  # fmt: skip
    prompts = {"hidden_size": 32, "image_size": 128, "patch_size": 16, "mask_input_channels": 4}
    decoder = {
        "hidden_size": 32, "mlp_dim": 32, "num_attention_heads": 2, "iou_head_hidden_dim": 16,
        "iou_head_depth": 2,
    }  # fmt: skip
    return Sam2Model(
        Sam2Config(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder)
    )


def tiny_vitmatte():
    from transformers import VitDetConfig, VitMatteConfig, VitMatteForImageMatting

    backbone = VitDetConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=64, patch_size=16,
        num_channels=4, window_size=2, out_features=["stage2"], pretrain_image_size=64,
    )  # fmt: skip
    config = VitMatteConfig(
        backbone_config=backbone, hidden_size=16, convstream_hidden_sizes=[4, 8, 8],
        fusion_hidden_sizes=[16, 8, 8, 4],
    )  # fmt: skip
    return VitMatteForImageMatting(config)


def zim_graphs(folder: Path) -> dict[str, Path]:
    """An encoder and a decoder with the published names: the first mask is bright where the photo is redder than the
    mean; it is lowered by the sum of the tokens' labels and raised by the attention, to see that both arrive."""
    from onnx import TensorProto, helper, numpy_helper, save

    floats = TensorProto.FLOAT
    folder.mkdir(parents=True, exist_ok=True)

    def tensor(name: str, *shape):
        return helper.make_tensor_value_info(name, floats, shape)

    def constant(name: str, value) -> object:
        return numpy_helper.from_array(np.asarray(value), name)

    node = helper.make_node
    encoder = helper.make_graph(
        [
            node("AveragePool", ["image"], ["half"], kernel_shape=[2, 2], strides=[2, 2]),
            node("Slice", ["half", "zero", "one", "axis"], ["feat_D0"]),
            node("Identity", ["feat_D0"], ["feat_D1"]),
            node("Identity", ["feat_D0"], ["feat_D2"]),
            node("AveragePool", ["image"], ["image_embeddings"], kernel_shape=[16, 16], strides=[16, 16]),
        ],
        "encoder",
        [tensor("image", 1, 3, 1024, 1024)],
        [
            tensor("image_embeddings", 1, 3, 64, 64),
            *(tensor(name, 1, 1, 512, 512) for name in ("feat_D0", "feat_D1", "feat_D2")),
        ],
        [constant("zero", [0]), constant("one", [1]), constant("axis", [1])],
    )
    decoder = helper.make_graph(
        [
            node("Unsqueeze", ["attn_mask", "axis"], ["attended"]),
            node("Resize", ["attended", "", "times"], ["wide"], mode="nearest",
                 coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
            node("ReduceSum", ["point_labels"], ["labels"], keepdims=0),
            node("ReduceMean", ["image_embeddings"], ["embedded"], keepdims=0),
            node("ReduceMean", ["feat_D1"], ["first"], keepdims=0),
            node("ReduceMean", ["feat_D2"], ["second"], keepdims=0),
            node("ReduceMean", ["point_coords"], ["coords"], keepdims=0),
            node("Mul", ["coords", "nothing"], ["coords0"]),
            node("Mul", ["embedded", "nothing"], ["embedded0"]),
            node("Mul", ["first", "nothing"], ["first0"]),
            node("Mul", ["second", "nothing"], ["second0"]),
            node("Sum", ["feat_D0", "wide", "coords0", "embedded0", "first0", "second0"], ["sum"]),
            node("Sub", ["sum", "labels"], ["mask"]),
            node("Concat", ["mask", "mask", "mask", "mask"], ["masks"], axis=1),
            node("ReduceMean", ["masks", "places"], ["iou_predictions"], keepdims=0),
        ],
        "decoder",
        [
            *(tensor(name, 1, 1, 512, 512) for name in ("feat_D0", "feat_D1", "feat_D2")),
            tensor("image_embeddings", 1, 3, 64, 64),
            tensor("attn_mask", 1, 64, 64),
            tensor("point_coords", 1, "n", 2),
            tensor("point_labels", 1, "n"),
        ],
        [tensor("masks", 1, 4, 512, 512), tensor("iou_predictions", 1, 4)],
        [
            constant("axis", [1]),
            constant("times", np.array([1, 1, 8, 8], np.float32)),
            constant("nothing", np.float32(0)),
            constant("places", [2, 3]),
        ],
    )  # fmt: skip
    paths = {}
    for name, graph in (("encoder", encoder), ("decoder", decoder)):
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        path = folder / f"{name}.onnx"
        save(model, path)
        paths[f"zim_vit_b_2043/{name}.onnx"] = path
    return paths


def tiny_u2net(path: Path) -> None:
    """A graph in u2net's place: its input's red channel, (1, 3, 320, 320) to (1, 1, 320, 320)."""
    from onnx import TensorProto, helper, numpy_helper, save

    def constant(name: str, value: int) -> object:
        return numpy_helper.from_array(np.array([value]), name)

    graph = helper.make_graph(
        [helper.make_node("Slice", ["input.1", "zero", "one", "axis"], ["d0"])],
        "u2net",
        [helper.make_tensor_value_info("input.1", TensorProto.FLOAT, (1, 3, 320, 320))],
        [helper.make_tensor_value_info("d0", TensorProto.FLOAT, (1, 1, 320, 320))],
        [constant("zero", 0), constant("one", 1), constant("axis", 1)],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)


WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "a", "dog", "cat", "photo", "of")


def tiny_grounding_dino(folder: Path) -> tuple[Path, ...]:
    """A detector with a vocabulary of a few words; its files in the record's order."""
    from transformers import GroundingDinoConfig, GroundingDinoForObjectDetection, SwinConfig

    backbone = SwinConfig(
        image_size=32, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 1, 1], window_size=4,
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    text = {
        "model_type": "bert", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16, "vocab_size": len(WORDS), "max_position_embeddings": 256,
    }  # fmt: skip
    config = GroundingDinoConfig(
        backbone_config=backbone, text_config=text, d_model=32, encoder_layers=1, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
        num_queries=12, num_feature_levels=4, max_text_len=256, encoder_n_points=2, decoder_n_points=2,
    )  # fmt: skip
    torch.manual_seed(0)
    model = GroundingDinoForObjectDetection(config)
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    return tuple(folder / name for name in ("config.json", "model.safetensors", "vocab.txt"))


def tiny_owlv2(folder: Path) -> tuple[Path, ...]:
    """A detector with letters for a vocabulary; its files in the record's order."""
    import json

    from transformers import Owlv2Config, Owlv2ForObjectDetection

    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    vocabulary = ["!", *letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    text = {
        "vocab_size": len(vocabulary), "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2, "max_position_embeddings": 16, "pad_token_id": 0,
        "bos_token_id": len(vocabulary) - 2, "eos_token_id": len(vocabulary) - 1,
    }  # fmt: skip
    vision = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "image_size": 64, "patch_size": 16,
    }  # fmt: skip
    torch.manual_seed(0)
    config = Owlv2Config(text_config=text, vision_config=vision, projection_dim=16)
    Owlv2ForObjectDetection(config).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(vocabulary)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return tuple(folder / name for name in ("config.json", "model.safetensors", "vocab.json", "merges.txt"))
