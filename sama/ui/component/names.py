"""What the page calls what it shows: in the order in which it offers them."""

from sama.methods import mattes

# The layers of an answer, by name.
LAYERS = {
    "photo": "Photo",
    "sam": "SAM mask",
    "sama": "SAMA mask",
    "alpha": "Alpha matte",
    "composite": "Composite",
    "difference": "|SAM \u2212 SAMA|",
}

# What the panels say while the matte is solved that needs no SAMA.
SOLVING = "Solving the training-free matte ..."
# And where an answer did not come.
NO_ANSWER = "No answer came; click the photo to ask again."

# What a browser offers to open as a photo.
PHOTO_FILES = "image/*,.heic,.heif,.avif,.tif,.tiff"


def offered_mattes() -> list[dict[str, str]]:
    """The methods that the page's switch offers; label: of the button, title: of the panel, note: what it is, for who
    asks."""
    return [
        {"name": each.name, "label": each.label, "title": each.panel, "note": each.help} for each in mattes()
    ]
