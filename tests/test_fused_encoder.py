"""The official image encoder run with fused attention, beside segment-anything's own forward."""

import pytest
import torch
from segment_anything import sam_model_registry
from segment_anything.modeling import ImageEncoderViT

from sama.models.backbones import fused_attention
from sama.models.backbones.sam_vit import SamVitBackbone, run_block


def fill_relative_positions(encoder: ImageEncoderViT) -> None:
    """A fresh encoder has none at all: they start at zero."""
    for name, parameter in encoder.named_parameters():
        if "rel_pos" in name or "pos_embed" in name:
            torch.nn.init.normal_(parameter, std=0.5)


def small_encoder() -> ImageEncoderViT:
    """A 6 x 6 map with a global block, and windows of 4 that need filling up at the right and at the bottom."""
    torch.manual_seed(0)
    encoder = ImageEncoderViT(img_size=96, patch_size=16, embed_dim=48, depth=3, num_heads=3, out_chans=32,
                              window_size=4, global_attn_indexes=(1,), use_rel_pos=True)  # fmt: skip
    fill_relative_positions(encoder)
    return encoder.eval()


@pytest.fixture
def small_backbone(monkeypatch) -> SamVitBackbone:
    backbone = SamVitBackbone.__new__(SamVitBackbone)
    torch.nn.Module.__init__(backbone)
    backbone.sam = torch.nn.Module()
    backbone.sam.image_encoder = small_encoder()
    return backbone


@pytest.mark.parametrize("block_bytes", [1, 700, 2**22])
@torch.no_grad()
def test_the_encoder_equals_segment_anything(small_backbone, monkeypatch, block_bytes):
    monkeypatch.setattr(fused_attention, "BLOCK_BYTES", block_bytes)
    encoder, views = small_backbone.sam.image_encoder, torch.randn(2, 3, 96, 96)
    caught = []
    encoder.blocks[1].register_forward_hook(lambda _module, _inputs, out: caught.append(out))
    expected = encoder(views)
    ours = small_backbone.encode(views)
    assert torch.allclose(ours.embedding, expected, atol=1e-4)
    assert torch.allclose(ours.early, caught[0].permute(0, 3, 1, 2), atol=1e-4)


@torch.no_grad()
def test_relative_positions_folded_into_the_dot_product_are_the_same_attention(small_backbone, monkeypatch):
    """The way taken on GPUs, run here on the CPU."""
    monkeypatch.setattr(fused_attention, "_blocked", fused_attention._folded)
    encoder, views = small_backbone.sam.image_encoder, torch.randn(2, 3, 96, 96)
    assert torch.allclose(small_backbone.encode(views).embedding, encoder(views), atol=1e-4)


@torch.no_grad()
def test_a_view_alone_equals_the_view_in_a_batch(small_backbone):
    views = torch.randn(3, 3, 96, 96)
    together = small_backbone.encode(views)
    alone = small_backbone.encode(views[1:2])
    assert torch.allclose(together.embedding[1:2], alone.embedding, atol=1e-5)
    assert torch.allclose(together.early[1:2], alone.early, atol=1e-5)


@pytest.fixture(scope="module")
def vit_b():
    torch.manual_seed(0)
    sam = sam_model_registry["vit_b"](checkpoint=None).eval()
    fill_relative_positions(sam.image_encoder)
    return sam


@pytest.mark.parametrize("index", [0, 2])  # windows, global
@torch.no_grad()
def test_full_size_blocks_of_vit_b_equal_segment_anything(vit_b, index):
    block = vit_b.image_encoder.blocks[index]
    x = torch.randn(1, 64, 64, 768)
    assert torch.allclose(run_block(block, x), block(x), atol=1e-4)
