"""What a model without MVLE has instead of local views: for the ablation, which must not see the photo any closer."""

from sama.models.backbones.base import EncodedView
from sama.models.backbones.layers import up2
from sama.models.views import split_quadrants


def quarters(view: EncodedView) -> list[EncodedView]:
    """The four quadrants of an encoded global view, enlarged to the size of local views; same shapes as `view`."""
    parts = [[None] * 4 if x is None else split_quadrants(up2(x)).unbind(1) for x in view]
    return [EncodedView(*part) for part in zip(*parts, strict=True)]
