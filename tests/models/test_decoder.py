"""SAM's decoder, open between its layers, beside segment-anything's own."""

import pytest
import torch
from segment_anything import sam_model_registry

from sama.models.decoder import output_tokens, predict_masks, two_way
from sama.models.fast.decoder import predict_masks as quick_masks


@pytest.fixture(scope="module")
def vit_b():
    torch.manual_seed(0)
    return sam_model_registry["vit_b"](checkpoint=None).eval()


@pytest.mark.parametrize("masks_of", [predict_masks, quick_masks])
def test_decoder_loop_equals_segment_anything(vit_b, masks_of):
    decoder, pos = vit_b.mask_decoder, vit_b.prompt_encoder.get_dense_pe()
    embedding, sparse, dense = (
        torch.randn(1, 256, 64, 64),
        torch.randn(3, 4, 256),
        torch.randn(3, 256, 64, 64),
    )
    with torch.no_grad():
        masks, scores = decoder.predict_masks(embedding, pos, sparse, dense)
        tokens, keys = two_way(decoder, embedding + dense, pos, output_tokens(decoder, sparse))
        ours, our_scores = masks_of(decoder, tokens, keys, (64, 64))
    assert torch.allclose(masks, ours, atol=1e-5 * masks.abs().max())
    assert torch.allclose(scores, our_scores, atol=1e-5)


def test_tokens_that_only_read_change_nothing_for_the_others(vit_b):
    decoder, pos = vit_b.mask_decoder, vit_b.prompt_encoder.get_dense_pe()
    src, tokens = torch.randn(1, 256, 64, 64), torch.randn(1, 7, 256)
    twin = tokens[:, 1:2]  # reads what the second token reads, so must end up equal to it
    with torch.no_grad():
        plain, plain_keys = two_way(decoder, src, pos, tokens)
        more, keys = two_way(decoder, src, pos, torch.cat([tokens, twin], 1), readable=7)
    assert torch.allclose(plain, more[:, :7], atol=1e-5)
    assert torch.allclose(plain_keys, keys, atol=1e-5)
    assert torch.allclose(more[:, 1], more[:, 7], atol=1e-5)
