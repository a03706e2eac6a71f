"""Which of SAM's masks SAMA starts from for a box: one that fills it, as boxes are drawn around all of a thing."""

from dataclasses import replace

import torch
from torch import Tensor

from sama.models.image_features import SamAnswer
from sama.models.prompt_tensors import BOTTOM_RIGHT, NEGATIVE, POSITIVE, TOP_LEFT, PromptTensors

_BETTER = 0.02  # by so much another mask has to be better than SAM's own


def filling(answer: SamAnswer, prompts: PromptTensors, side: int) -> SamAnswer:
    """The same answer with the mask chosen that SAM's score, the box and the clicks together speak for.

    SAM has four masks for every prompt; for a box it answers with the first, which is meant for prompts that leave no
    doubt. Of each mask this adds up SAM's estimate of its IoU, the IoU of the box around it with the prompt's, and the
    share of clicks that it agrees with. Prompts without a box keep SAM's choice. side: of the global view, in whose
    pixels prompts are.
    """
    boxed = (prompts.labels == BOTTOM_RIGHT).any(1)
    if not bool(boxed.any()):
        return answer
    worth = worth_of(answer, prompts, side)
    own = worth.gather(1, answer.chosen[:, None])[:, 0]
    best, number = worth.max(1)
    return replace(answer, chosen=torch.where(boxed & (best > own + _BETTER), number, answer.chosen))


def worth_of(answer: SamAnswer, prompts: PromptTensors, side: int) -> Tensor:
    """What speaks for each of SAM's masks (N, K), see `filling`; prompts with a box each."""
    inside = answer.logits > 0
    return answer.scores.float() + _filled(inside, prompts, side) + _agreed(inside, prompts, side)


def _filled(inside: Tensor, prompts: PromptTensors, side: int) -> Tensor:
    """IoU (N, K) of the boxes around masks (N, K, h, w) with those of the prompts; 0 for an empty mask."""
    scale = side / inside.shape[-1]
    low, high = [], []
    for axis in (3, 2):  # x, which is what is left without rows, then y
        covered = inside.any(5 - axis).float()
        low.append(covered.argmax(-1) * scale)
        high.append((covered.shape[-1] - covered.flip(-1).argmax(-1)) * scale)
    low, high = torch.stack(low, -1), torch.stack(high, -1)  # (N, K, 2)
    first, last = (_corner(prompts, label)[:, None] for label in (TOP_LEFT, BOTTOM_RIGHT))
    shared = (torch.minimum(high, last) - torch.maximum(low, first)).clamp(min=0).prod(-1)
    either = (high - low).prod(-1) + (last - first).prod(-1) - shared
    return torch.where(inside.any(3).any(2), shared / either.clamp(min=1e-6), 0)


def _corner(prompts: PromptTensors, label: int) -> Tensor:
    """Where each prompt's box has the corner `label`, (N, 2); zeros without a box."""
    return (prompts.coords * (prompts.labels == label)[..., None]).sum(1)


def _agreed(inside: Tensor, prompts: PromptTensors, side: int) -> Tensor:
    """Share (N, K) of a prompt's clicks that masks (N, K, h, w) agree with; 0 without any."""
    clicks = (prompts.labels == POSITIVE) | (prompts.labels == NEGATIVE)  # (N, T)
    cells = (prompts.coords * (inside.shape[-1] / side)).long().clamp(0, inside.shape[-1] - 1)
    index = (cells[..., 1] * inside.shape[-1] + cells[..., 0])[:, None].expand(-1, inside.shape[1], -1)
    held = inside.flatten(2).gather(2, index)  # (N, K, T)
    agreed = (held == (prompts.labels == POSITIVE)[:, None]) & clicks[:, None]
    return agreed.sum(-1) / clicks.sum(1).clamp(min=1)[:, None]
