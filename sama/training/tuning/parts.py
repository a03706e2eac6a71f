"""Which parameters learn."""

from torch import nn

from sama.models.sama import Sama

SAM, SAMA, BOTH = "sam", "sama", "both"
PARTS = (SAM, SAMA, BOTH)
# SAM's own fine-tuning leaves the image encoder alone. What `mini`'s prompt prior says of a prompt is, like the encoded
# photo, known once and for all as long as it does not learn either.
_LEFT_ALONE = ("backbone.sam.image_encoder.", "backbone.sam.prompt_encoder.prior.")


def sam_parameters(model: Sama) -> dict[str, nn.Parameter]:
    """SAM's mask decoder and prompt encoder, by the names of the model."""
    named = model.named_parameters()
    return {
        name: each
        for name, each in named
        if name.startswith("backbone.") and not name.startswith(_LEFT_ALONE)
    }


def sama_parameters(model: Sama) -> dict[str, nn.Parameter]:
    """What SAMA adds, by the names of the model."""
    return {name: each for name, each in model.named_parameters() if not name.startswith("backbone.")}


def only(model: Sama, parameters: dict[str, nn.Parameter]) -> None:
    """Let these learn and no others."""
    model.requires_grad_(False)
    for each in parameters.values():
        each.requires_grad_(True)
