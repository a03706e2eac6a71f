"""Many clicks at once, each alone, on the open photo: what everything mode asks."""

import torch
from torch import Tensor

from sama.models.prompt_tensors import PADDING, POSITIVE, PromptTensors
from sama.predict.devices import inference
from sama.predict.predictor import SamaPredictor

ON_CPU = 16  # clicks whose maps are made together there; more gain nothing and need memory


def click_candidates(predictor: SamaPredictor, points: Tensor) -> tuple[Tensor, Tensor]:
    """SAM's three candidates for each of the clicks (N, 2), x y in pixels of the open photo: logits (N, 3, h, w) in the
    frame, float32 on the model's device, and scores (N, 3). The global view is encoded where it is not yet."""
    features, frame = predictor.features(), predictor.opened.frame
    device = predictor.device
    coords = frame.to_frame(points.float()).to(device)[:, None]
    coords = torch.cat(
        [coords, torch.zeros_like(coords)], 1
    )  # SAM marks the missing box with a padding token
    logits, scores = [], []
    for part in coords.split(ON_CPU if device.type == "cpu" else len(coords)):
        labels = torch.tensor([[POSITIVE, PADDING]], device=device).expand(len(part), -1)
        with inference(device, predictor.dtype):
            answer = predictor.model.decode_sam(features, PromptTensors(part, labels))
        logits.append(answer.logits[:, 1:].float())
        scores.append(answer.scores[:, 1:].float())
    return torch.cat(logits), torch.cat(scores)
