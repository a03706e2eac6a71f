"""What the page calls what it shows: in the order in which it offers them."""

from sama.methods import Method, mattes
from sama.predict.answer import ModelInfo

# The layers of an answer, by name.
LAYERS = {
    "photo": "Photo",
    "sam": "SAM mask",
    "sama": "SAMA mask",
    "alpha": "Alpha matte",
    "trimap": "Trimap",
    "composite": "Composite",
    "difference": "|SAM \u2212 SAMA|",
}

# What the panels say while the matte is solved that needs no SAMA.
SOLVING = "Solving the training-free matte ..."
# And where an answer did not come.
NO_ANSWER = "No answer came; click the photo to ask again."

# What a browser offers to open as a photo.
PHOTO_FILES = "image/*,.heic,.heif,.avif,.tif,.tiff"


def offered_mattes(info: ModelInfo | None = None) -> list[dict[str, str]]:
    """The methods that the page's switch offers, with a model where info is given, see `described`."""
    offered = mattes(info) if info is not None else [each for each in mattes() if each.switch]
    return [described(each, info) for each in offered]


def shown_mattes(info: ModelInfo) -> list[dict[str, str]]:
    """All methods whose mattes panels may show, see `described`."""
    return [described(each, info) for each in mattes()]


def described(method: Method, info: ModelInfo | None) -> dict[str, str]:
    """A method for the page; label: of the button, title: of the panel, note: what it is, for who asks."""
    title = method.panel if info is None else method.named(method.panel, info)
    return {"name": method.name, "label": method.label, "title": title, "note": method.help}
