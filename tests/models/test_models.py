"""The model without any trained weights: shapes, identities, gradients, budgets."""

import pytest
import torch
from segment_anything import sam_model_registry
from segment_anything.modeling import TwoWayTransformer
from torch.nn import functional as F

from sama.models.backbones.mini import MiniBackbone
from sama.models.config import default_config
from sama.models.decoder import output_tokens, predict_masks, two_way
from sama.models.prompt_tensors import PromptTensors, embed_prompts
from sama.models.sama import TASKS, Sama
from sama.models.views import (
    Frame,
    global_view,
    join_quadrants,
    make_frame,
    padded_views,
    split_quadrants,
)
from tests.helpers import SMALL, features_of, prompts_for, small_sama


def test_quadrants_round_trip_in_row_major_order():
    x = torch.arange(2 * 3 * 8 * 8.0).reshape(2, 3, 8, 8)
    quadrants = split_quadrants(x)
    assert torch.equal(quadrants[:, 1], x[:, :, :4, 4:])
    assert torch.equal(quadrants[:, 2], x[:, :, 4:, :4])
    assert torch.equal(join_quadrants(quadrants), x)


def test_pooling_commutes_with_splitting():
    x = torch.randn(1, 2, 32, 32)
    after = split_quadrants(F.avg_pool2d(x, 4))
    before = F.avg_pool2d(split_quadrants(x)[0], 4)[None]
    assert torch.allclose(after, before, atol=1e-6)


def test_frame_keeps_aspect_and_maps_corners():
    image = torch.full((3, 30, 60), 200, dtype=torch.uint8)
    frame = make_frame(image, 128)
    assert frame.shape == (3, 128, 128)
    assert frame[:, :64].min() == 200 and frame[:, 64:].abs().max() == 0
    geometry = Frame(60, 30, 128)
    corners = geometry.to_frame(torch.tensor([[0.0, 0.0], [60.0, 30.0]]))
    assert torch.allclose(corners, torch.tensor([[0.0, 0.0], [128.0, 64.0]]))


@pytest.mark.parametrize("size", [(1300, 40), (700, 900)])
def test_a_large_photo_is_framed_as_if_at_once(size):
    image = torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=torch.manual_seed(0))
    height, width = Frame(size[1], size[0], 128).extent()
    whole = F.interpolate(image[None].float(), (height, width), mode="bilinear", antialias=True)[0]
    assert torch.allclose(make_frame(image, 128)[:, :height, :width], whole, atol=1e-3)


def test_views_that_hold_padding_only_are_named():
    assert padded_views(Frame(300, 100, 256)) == [False, False, True, True]
    assert padded_views(Frame(100, 300, 256)) == [False, True, False, True]
    assert padded_views(Frame(100, 100, 256)) == [False] * 4


@pytest.fixture(scope="module")
def vit_b():
    torch.manual_seed(0)
    return sam_model_registry["vit_b"](checkpoint=None).eval()


def test_prompt_embedding_equals_segment_anything(vit_b):
    encoder = vit_b.prompt_encoder
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


def test_decoder_loop_equals_segment_anything(vit_b):
    decoder, pos = vit_b.mask_decoder, vit_b.prompt_encoder.get_dense_pe()
    embedding, sparse, dense = (
        torch.randn(1, 256, 64, 64),
        torch.randn(3, 4, 256),
        torch.randn(3, 256, 64, 64),
    )
    with torch.no_grad():
        masks, scores = decoder.predict_masks(embedding, pos, sparse, dense)
        tokens, keys = two_way(decoder, embedding + dense, pos, output_tokens(decoder, sparse))
        ours, our_scores = predict_masks(decoder, tokens, keys, (64, 64))
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


def test_untrained_sama_returns_sams_logits_exactly():
    model = small_sama()
    features, prompts = features_of(model), prompts_for(2, 128)
    with torch.no_grad():
        answer = model.decode_sam(features, prompts)
        logits = model.decode(features, answer)
    for task in TASKS:
        expected = F.interpolate(answer.base, logits[task].shape[-2:], mode="bilinear", align_corners=False)
        assert torch.equal(logits[task], expected)


def test_paper_mode_answers_without_sams_logits():
    model = small_sama(residual=False)
    features, prompts = features_of(model), prompts_for(2, 128)
    with torch.no_grad():
        answer = model.decode_sam(features, prompts)
        logits = model.decode(features, answer)
    assert logits["segmentation"].shape == (2, 1, 64, 64)
    assert logits["matting"].shape == (2, 1, 256, 256)
    assert not torch.allclose(logits["matting"], torch.zeros_like(logits["matting"]))


@pytest.mark.parametrize("residual", [True, False])
def test_every_trainable_tensor_gets_a_gradient_within_three_steps(residual):
    model = small_sama(residual=residual)
    prompts = prompts_for(4, 128)
    seen: set[str] = set()
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    for step in range(6):
        task = TASKS[step % 2]
        model.train_task(task)
        features = features_of(model, batch=2)
        answer = model.decode_sam(features, prompts)
        logits = model.decode(features, answer, (task,))[task]
        target = (torch.rand_like(logits) > 0.5).float()
        optimiser.zero_grad(set_to_none=True)
        F.binary_cross_entropy_with_logits(logits, target).backward()
        seen |= {k for k, p in model.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
        optimiser.step()
    wanted = {k for k, _ in model.named_parameters() if not k.startswith("backbone.")}
    assert wanted - seen == set()
    assert not any(k.startswith("backbone.") for k in seen)


def test_segmentation_step_leaves_the_matting_head_alone():
    model = small_sama()
    before = {k: v.clone() for k, v in model.heads["matting"].state_dict().items()}
    frozen = {k: v.clone() for k, v in model.backbone.state_dict().items()}
    model.train_task("segmentation")
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.1)
    prompts, features = prompts_for(4, 128), features_of(model, batch=2)
    answer = model.decode_sam(features, prompts)
    model.decode(features, answer, ("segmentation",))["segmentation"].sum().backward()
    optimiser.step()
    assert all(torch.equal(v, before[k]) for k, v in model.heads["matting"].state_dict().items())
    assert all(torch.equal(v, frozen[k]) for k, v in model.backbone.state_dict().items())
    moved = model.heads["segmentation"].stages[0].norm.running_mean
    assert moved.abs().sum() > 0


def test_both_tasks_in_one_pass_equal_two_passes():
    model = small_sama()
    for head in model.heads.values():  # away from the identity, so that there is something to compare
        torch.nn.init.normal_(head.weights.layers[-1].weight, std=0.1)
    for adapter in model.adapters:
        torch.nn.init.normal_(adapter.global_out.weight, std=0.1)
    features, prompts = features_of(model), prompts_for(2, 128)
    with torch.no_grad():
        answer = model.decode_sam(features, prompts)
        both = model.decode(features, answer)
        for task in TASKS:
            alone = model.decode(features, answer, (task,))[task]
            assert torch.allclose(both[task], alone, atol=1e-5)


def test_parameter_budget_on_vit_b():
    model = Sama(default_config("vit_b"))
    ours = sum(p.numel() for k, p in model.named_parameters() if not k.startswith("backbone."))
    sam = sum(p.numel() for p in model.backbone.parameters())
    assert sam == 93_735_472
    assert 0.0175 <= ours / sam <= 0.0185
    assert not any(p.requires_grad for p in model.backbone.parameters())


def test_batched_images_equal_single_images():
    model = small_sama()
    features, prompts = features_of(model, batch=2), prompts_for(4, 128)
    with torch.no_grad():
        together = model.decode_sam(features, prompts)
        torch.manual_seed(1)
        frame = torch.randn(2, 3, 256, 256)
        second = model.encode_global(global_view(frame[1:]))
        alone = model.decode_sam(second, PromptTensors(prompts.coords[2:], prompts.labels[2:]))
    # The colour model repeats its rounding through many sweeps.
    assert torch.allclose(together.logits[2:], alone.logits, atol=2e-3)


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
    from sama.models.backbones.colour_model import BINS, colour_posterior, contrast_affinity
    from sama.models.backbones.prompt_maps import draw_prompts

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
