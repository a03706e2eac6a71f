"""Official SAM checkpoints come under two sets of names: segment-anything's .pth and transformers' model.safetensors.

The renaming follows transformers' own conversion script (`convert_sam_to_hf.py`), from our names to theirs. It is
applied forwards only: the other way round is not unique, but a dictionary built from it is.
"""

import re

import torch
from segment_anything import sam_model_registry
from torch import Tensor

from sama.errors import WeightsError

TIED = "shared_image_embedding.positional_embedding"
_TWIN = "prompt_encoder.shared_embedding.positional_embedding"

# What a checkpoint may hold beyond SAM's tensors, and the value it must have. segment_anything keeps these two out of
# its state dict as constants of the code, but other tools that save a whole `Sam` write them.
_CONSTANTS = {
    "pixel_mean": (123.675, 116.28, 103.53),
    "pixel_std": (58.395, 57.12, 57.375),
}

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

    One exception from one name for one tensor: transformers ties the position encoding under two names and saves
    either or both, equal. Raises WeightsError when a tensor is missing or one is left over.
    """
    tensors = dict(tensors)
    twin = tensors.pop(_TWIN, None)
    if twin is not None and not torch.equal(tensors.setdefault(TIED, twin), twin):
        raise WeightsError("The checkpoint holds two different position encodings; download it again.")
    out = {}
    for name in names:
        theirs = to_transformers(name)
        if theirs not in tensors:
            raise WeightsError(f"The checkpoint lacks {theirs}; download it again.")
        out[name] = tensors.pop(theirs)
    _refuse_surplus(tensors)
    return out


def from_segment_anything(tensors: dict[str, Tensor], names: list[str]) -> dict[str, Tensor]:
    """Return the tensors of a .pth checkpoint, exactly those called `names`.

    pixel_mean and pixel_std may be there too, with SAM's values. Raises WeightsError like `from_transformers`.
    """
    tensors = dict(tensors)
    for name, values in _CONSTANTS.items():
        stored = tensors.pop(name, None)
        if stored is not None and not torch.allclose(stored.flatten().float(), torch.tensor(values)):
            raise WeightsError(f"The checkpoint normalises photos by another {name}; choose SAM's own.")
    missing = [name for name in names if name not in tensors]
    if missing:
        raise WeightsError(
            f"The checkpoint lacks {len(missing)} tensors of SAM, first {missing[0]}; choose the checkpoint of this "
            "backbone."
        )
    out = {name: tensors.pop(name) for name in names}
    _refuse_surplus(tensors)
    return out


def sam_names(blocks: int) -> list[str]:
    """Return the names of all tensors of a segment-anything `Sam` whose image encoder has so many blocks.

    The number of blocks is all in which the names of ViT-B, ViT-L and ViT-H differ.
    """
    with torch.device("meta"):
        names = list(sam_model_registry["vit_b"](checkpoint=None).state_dict())
    first, each = "image_encoder.blocks.0.", "image_encoder.blocks."
    within = [name.removeprefix(first) for name in names if name.startswith(first)]
    encoder = [f"{each}{i}.{name}" for i in range(blocks) for name in within]
    return [name for name in names if not name.startswith(each)] + encoder


def count_blocks(tensors: dict[str, Tensor]) -> int:
    """Return how many blocks the image encoder of a checkpoint has, under either names; 0 for what is no SAM."""
    pattern = re.compile(r"(?:image_encoder\.blocks|vision_encoder\.layers)\.(\d+)\.")
    return max((int(match[1]) + 1 for match in map(pattern.match, tensors) if match), default=0)


def is_transformers(tensors: dict[str, Tensor]) -> bool:
    """Whether the names are transformers'."""
    return any(name.startswith("vision_encoder.") for name in tensors)


def _refuse_surplus(tensors: dict[str, Tensor]) -> None:
    if tensors:
        raise WeightsError(
            f"The checkpoint holds {len(tensors)} tensors SAM has no place for, first {min(tensors)}; choose the "
            "checkpoint of this backbone."
        )
