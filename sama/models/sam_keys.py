"""Official SAM checkpoints come under two sets of names: segment-anything's .pth and transformers' model.safetensors.

The renaming follows transformers' own conversion script (`convert_sam_to_hf.py`), from our names to theirs. It is
applied forwards only: the other way round is not unique, but a dictionary built from it is.
"""

import re

from torch import Tensor

from sama.errors import WeightsError

TIED = "shared_image_embedding.positional_embedding"

_RENAMES = (
    (r"^image_encoder\.", "vision_encoder."),
    (r"\.patch_embed\.proj\.", ".patch_embed.projection."),
    (r"\.blocks\.", ".layers."),
    (r"\.norm(\d|_)", r".layer_norm\1"),
    (r"\.neck\.0\.", ".neck.conv1."),
    (r"\.neck\.1\.", ".neck.layer_norm1."),
    (r"\.neck\.2\.", ".neck.conv2."),
    (r"\.neck\.3\.", ".neck.layer_norm2."),
    (r"\.mask_downscaling\.0\.", ".mask_embed.conv1."),
    (r"\.mask_downscaling\.1\.", ".mask_embed.layer_norm1."),
    (r"\.mask_downscaling\.3\.", ".mask_embed.conv2."),
    (r"\.mask_downscaling\.4\.", ".mask_embed.layer_norm2."),
    (r"\.mask_downscaling\.6\.", ".mask_embed.conv3."),
    (r"\.point_embeddings\.", ".point_embed."),
    (r"^prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix$", TIED),
    (r"\.output_upscaling\.0\.", ".upscale_conv1."),
    (r"\.output_upscaling\.1\.", ".upscale_layer_norm."),
    (r"\.output_upscaling\.3\.", ".upscale_conv2."),
    (r"(iou_prediction_head|output_hypernetworks_mlps\.\d)\.layers\.0\.", r"\1.proj_in."),
    (r"(iou_prediction_head|output_hypernetworks_mlps\.\d)\.layers\.1\.", r"\1.layers.0."),
    (r"(iou_prediction_head|output_hypernetworks_mlps\.\d)\.layers\.2\.", r"\1.proj_out."),
)


def to_transformers(name: str) -> str:
    """Rename a tensor of segment-anything's `Sam` to transformers' `SamModel`."""
    for pattern, replacement in _RENAMES:
        name = re.sub(pattern, replacement, name)
    return name


def from_transformers(tensors: dict[str, Tensor], names: list[str]) -> dict[str, Tensor]:
    """Return the tensors of a transformers checkpoint under segment-anything's `names`.

    The position encoding is stored once or twice, under `shared_image_embedding` and `prompt_encoder.shared_embedding`.
    Raises WeightsError when a tensor is missing or one is left over.
    """
    tensors = dict(tensors)
    twin = tensors.pop("prompt_encoder.shared_embedding.positional_embedding", None)
    if twin is not None:
        tensors.setdefault(TIED, twin)
    out = {}
    for name in names:
        theirs = to_transformers(name)
        if theirs not in tensors:
            raise WeightsError(f"The checkpoint lacks {theirs}; download it again.")
        out[name] = tensors.pop(theirs)
    if tensors:
        raise WeightsError(
            f"The checkpoint holds {len(tensors)} tensors SAM has no place for, first {min(tensors)}; choose the "
            "checkpoint of this backbone."
        )
    return out


def is_transformers(tensors: dict[str, Tensor]) -> bool:
    """Whether the names are transformers'."""
    return any(name.startswith("vision_encoder.") for name in tensors)
