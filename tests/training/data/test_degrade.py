"""Degradation keeps targets true."""

import numpy as np
import torch

from sama.training.data.degrade import degrade, draw_degradation
from tests.helpers import disc


def test_blur_softens_exact_targets_alike():
    mask = torch.from_numpy(disc(100, 30))[None].float()
    image = mask.expand(3, -1, -1)
    changed = 0
    for seed in range(60):
        plan = draw_degradation(np.random.default_rng(seed))
        degraded, soft = degrade(plan, image, mask, exact=True)
        _, kept = degrade(plan, image, mask, exact=False)
        assert degraded.min() >= 0 and degraded.max() <= 255
        assert torch.equal(kept, mask)
        softened = bool(plan.blur) or plan.resampling is not None
        assert torch.equal(soft, mask) != softened
        changed += softened
    assert 6 < changed < 50
