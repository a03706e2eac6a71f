"""The embedded backbone without trained weights."""

import torch
from segment_anything.modeling import TwoWayTransformer

from sama.models.backbones.colour_model import BINS, colour_posterior, contrast_affinity
from sama.models.backbones.mini import MiniBackbone
from sama.models.backbones.prompt_maps import draw_prompts
from sama.models.prompt_tensors import PromptTensors
from tests.helpers import SMALL, prompts_for


def test_mini_is_a_segment_anything_model_and_follows_a_resize():
    backbone = MiniBackbone(SMALL).eval()
    assert isinstance(backbone.sam.mask_decoder.transformer, TwoWayTransformer)
    backbone.resize(192)
    with torch.no_grad():
        view = torch.randn(1, 3, 192, 192)
        encoded = backbone.encode(view)
        prompts = prompts_for(1, 192)
        context = backbone.prior_context(view, encoded)
        logits, scores = backbone.decode(encoded.embedding, backbone.embed_prompts(prompts, context))
    assert encoded.embedding.shape == (1, 32, 12, 12)
    assert logits.shape == (1, 4, 48, 48) and scores.shape == (1, 4)


def test_the_prompt_prior_finds_a_coloured_object_untrained():
    grid = 96
    disc = ((torch.arange(grid)[:, None] - 48) ** 2 + (torch.arange(grid)[None] - 48) ** 2) < 576
    bins = torch.where(disc, BINS**3 - 1, 0).reshape(1, -1)
    prompts = PromptTensors(torch.tensor([[[20.0, 20.0], [108.0, 108.0]]]), torch.tensor([[2, 3]]))
    maps, inside, outside, box = draw_prompts(prompts, grid, 128)
    affinity = contrast_affinity(disc[None, None].float().expand(1, 3, -1, -1), torch.ones_like(inside))
    belief = colour_posterior(bins, inside, outside, box, affinity)[0, 0] > 0.5
    overlap = (belief & disc).sum() / (belief | disc).sum()
    assert maps.shape == (1, 8, grid, grid)
    assert overlap > 0.95
