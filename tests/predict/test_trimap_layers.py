"""The trimap at the size that is asked for, worked out near the object alone."""

import pytest
import torch
from torch.nn import functional as F

from sama.predict.trimap_layers import trimap_and_detail


@pytest.mark.parametrize("shape", [(120, 160), (97, 131), (20, 30)])
@pytest.mark.parametrize(
    "where", [(slice(8, 20), slice(30, 45)), (slice(0, 40), slice(0, 60)), (slice(0), slice(0))]
)
def test_it_is_the_likeliest_class_of_enlarged_logits(shape, where):
    torch.manual_seed(0)
    trimap = torch.randn(1, 3, 40, 60)
    trimap[:, 0] += 9
    trimap[:, 1:, *where] += 9
    detail = torch.randn(1, 1, 80, 120)
    classes, seen = trimap_and_detail(trimap, detail, shape)
    small = shape[0] < 40
    expected = F.interpolate(trimap, shape, mode="bilinear", antialias=small).argmax(1)[0] / 2
    assert torch.equal(torch.from_numpy(classes), expected)
    assert (len(set(classes.flat)) > 1) == (where[0] != slice(0))
    shown = F.interpolate(detail.sigmoid(), shape, mode="bilinear", antialias=shape[0] < 80)[0, 0]
    assert torch.allclose(torch.from_numpy(seen), torch.where(expected == 0.5, shown, expected))
