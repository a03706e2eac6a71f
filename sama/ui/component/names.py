"""What the page calls what it shows: in the order in which it offers them."""

# The layers of an answer, by name.
LAYERS = {
    "photo": "Photo",
    "sam": "SAM mask",
    "sama": "SAMA mask",
    "alpha": "Alpha matte",
    "composite": "Composite",
    "difference": "|SAM \u2212 SAMA|",
}

# Where a matte may come from; label: of the button that chooses it, title: of the panel that shows it, note: what it
# is, for who asks.
MATTES = [
    {
        "name": "sama",
        "label": "SAMA's matte",
        "title": "Alpha matte",
        "note": "SAMA's matting head",
    },
    {
        "name": "solid",
        "label": "Solid",
        "title": "Solid matte",
        "note": "SAMA's matte of an object that lets nothing through: opaque inside, soft at its edges",
    },
    {
        "name": "closed_form",
        "label": "Training-free",
        "title": "Training-free matte",
        "note": "Closed-form matting of SAM's mask, without any training; takes seconds",
    },
]

# What the panels say while the matte is solved that needs no SAMA.
SOLVING = "Solving the training-free matte ..."

# What a browser offers to open as a photo.
PHOTO_FILES = "image/*,.heic,.heif,.avif,.tif,.tiff"
