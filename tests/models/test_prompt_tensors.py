"""Prompts as tensors, beside segment-anything's own embedding."""

import torch
from segment_anything import sam_model_registry
from torch.nn import functional as F

from sama.models.prompt_tensors import PromptTensors, embed_prompts


def test_prompt_embedding_equals_segment_anything():
    torch.manual_seed(0)
    encoder = sam_model_registry["vit_b"](checkpoint=None).eval().prompt_encoder
    points, labels = torch.rand(2, 2, 2) * 1024, torch.tensor([[1, 0], [0, 1]])
    boxes = torch.rand(2, 4) * 1024
    masks = torch.randn(2, 1, 256, 256)
    sparse, dense = encoder(points=(points, labels), boxes=boxes, masks=masks)
    ours = PromptTensors(
        torch.cat([points, boxes.reshape(2, 2, 2)], 1),
        torch.cat([labels, torch.tensor([[2, 3]] * 2)], 1),
        masks,
        torch.tensor([True, True]),
    )
    our_sparse, our_dense = embed_prompts(encoder, ours)
    assert torch.allclose(sparse, our_sparse, atol=1e-6)
    assert torch.allclose(dense, our_dense, atol=1e-6)

    sparse, dense = encoder(points=(points, labels), boxes=None, masks=None)  # pads with a non-point
    padded = PromptTensors(F.pad(points, (0, 0, 0, 1)), F.pad(labels, (0, 1), value=-1))
    our_sparse, our_dense = embed_prompts(encoder, padded)
    assert torch.allclose(sparse, our_sparse, atol=1e-6)
    assert torch.allclose(dense, our_dense, atol=1e-6)
