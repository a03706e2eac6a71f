"""The official image encoder run with quick attention, beside segment-anything's own forward and the definition."""

import copy

import pytest
import torch
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
from segment_anything.modeling.image_encoder import Block

from sama.models.backbones.sam_vit import SamVitBackbone
from sama.models.fast import learning, relative_attention
from sama.models.fast.encoder import run_block
from sama.models.fast.twins import QuickSamVit
from sama.models.prompt_tensors import PromptTensors
from sama.predict.devices import compiled


def fill_relative_positions(module: torch.nn.Module, std: float) -> None:
    """A fresh encoder has none at all: they start at zero."""
    for name, parameter in module.named_parameters():
        if "rel_pos" in name or "pos_embed" in name:
            torch.nn.init.normal_(parameter, std=std)


@pytest.fixture(scope="module")
def backbone() -> QuickSamVit:
    """A 6 x 6 map with a global block, and windows of 4 that need filling up at the right and at the bottom."""
    torch.manual_seed(0)
    encoder = ImageEncoderViT(img_size=96, patch_size=16, embed_dim=48, depth=3, num_heads=3, out_chans=32,
                              window_size=4, global_attn_indexes=(1,), use_rel_pos=True)  # fmt: skip
    fill_relative_positions(encoder, 0.5)
    prompts = PromptEncoder(
        embed_dim=32, image_embedding_size=(6, 6), input_image_size=(96, 96), mask_in_chans=4
    )
    transformer = TwoWayTransformer(depth=2, embedding_dim=32, num_heads=4, mlp_dim=64)
    decoder = MaskDecoder(transformer_dim=32, transformer=transformer, iou_head_hidden_dim=32)
    small = SamVitBackbone.__new__(SamVitBackbone)  # the named ones are large
    super(SamVitBackbone, small).__init__(Sam(encoder, prompts, decoder))
    return learning(small.eval())


def _plain(backbone: QuickSamVit) -> SamVitBackbone:
    """The definition over the same modules."""
    plain = copy.copy(backbone)
    plain.__class__ = SamVitBackbone
    return plain


@pytest.mark.parametrize("block_bytes", [1, 700, 2**22])
@torch.no_grad()
def test_the_encoder_equals_segment_anything(backbone, monkeypatch, block_bytes):
    monkeypatch.setattr(relative_attention, "BLOCK_BYTES", block_bytes)
    encoder, views = backbone.sam.image_encoder, torch.randn(2, 3, 96, 96)
    caught = []
    hook = encoder.blocks[1].register_forward_hook(lambda _module, _inputs, out: caught.append(out))
    expected = encoder(views)
    hook.remove()
    ours = backbone.encode(views)
    assert torch.allclose(ours.embedding, expected, atol=1e-4)
    assert torch.allclose(ours.early, caught[0].permute(0, 3, 1, 2), atol=1e-4)
    plain = _plain(backbone).encode(views)
    assert torch.equal(plain.embedding, expected)
    assert torch.equal(plain.early, caught[0].permute(0, 3, 1, 2))


@torch.no_grad()
def test_relative_positions_folded_into_the_dot_product_are_the_same_attention(backbone, monkeypatch):
    """The way taken on GPUs, run here on the CPU."""
    monkeypatch.setattr(relative_attention, "_blocked", relative_attention._folded)
    views = torch.randn(2, 3, 96, 96)
    assert torch.allclose(backbone.encode(views).embedding, backbone.sam.image_encoder(views), atol=1e-4)


@torch.no_grad()
def test_a_view_alone_equals_the_view_in_a_batch(backbone):
    views = torch.randn(3, 3, 96, 96)
    together, alone = backbone.encode(views), backbone.encode(views[1:2])
    assert torch.allclose(together.embedding[1:2], alone.embedding, atol=1e-5)
    assert torch.allclose(together.early[1:2], alone.early, atol=1e-5)


@pytest.mark.parametrize(("heads", "window"), [(12, 14), (1, 0)])
@torch.no_grad()
def test_blocks_at_full_size_equal_segment_anything(heads, window):
    """ViT-B's windowed block, and its global one with one head of twelve, for twelve would need 3 GB."""
    torch.manual_seed(0)
    size = (window, window) if window else (64, 64)
    block = Block(64 * heads, heads, use_rel_pos=True, window_size=window, input_size=size)
    fill_relative_positions(block, 0.3)
    x = torch.randn(1, 64, 64, 64 * heads)
    assert torch.allclose(run_block(block, x), block(x), atol=1e-4)


@torch.no_grad()
def test_masks_in_bfloat16_are_those_of_float32(backbone):
    views = torch.nn.functional.interpolate(torch.randn(8, 3, 12, 12), 96, mode="bilinear")
    prompts = PromptTensors(torch.rand(8, 2, 2) * 96, torch.tensor([[2, 3]]).expand(8, -1))
    embedded = backbone.embed_prompts(prompts, None)
    exact, _ = backbone.decode(backbone.encode(views).embedding, embedded)
    with torch.autocast("cpu", torch.bfloat16):
        encoded = backbone.encode(views)
    rounded, _ = backbone.decode(encoded.embedding.float(), embedded)
    # The masks of a random decoder are all or nothing at 0; half of the pixels lie above the median.
    cut = exact.flatten(2).median(-1).values[..., None, None]
    ours, theirs = rounded > cut, exact > cut
    assert (ours & theirs).sum() / (ours | theirs).sum() >= 0.99


@torch.no_grad()
def test_a_compiled_encoder_gives_the_same_features(backbone, monkeypatch):
    compile_ = torch.compile
    monkeypatch.setattr(torch, "compile", lambda f, **options: compile_(f, backend="eager", **options))
    encode, views = compiled(backbone.encode, "the image encoder"), torch.randn(1, 3, 96, 96)
    for ours, theirs in zip(encode(views)[:2], backbone.encode(views)[:2], strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)
