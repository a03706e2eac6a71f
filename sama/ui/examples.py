"""The example photos: a picture, a prompt file beside it, and a small thumbnail for the page."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from sama.prompts import Prompts, Session
from sama.ui.pictures import photo_url


@dataclass(frozen=True)
class Example:
    """One example; `thumb` is a data URL."""

    name: str
    title: str
    path: Path
    prompts: Prompts
    thumb: str


def read_examples(folder: Path) -> dict[str, Example]:
    """Read NAME.jpg with NAME.json (a session file) from a folder, in the order of their names.

    `settings.title` in the session names the example for people. Raises PromptError for a damaged
    session file.
    """
    examples = {}
    for file in sorted(folder.glob("*.json")):
        path = file.with_suffix(".jpg")
        session = Session.load(file)
        title = str(session.settings.get("title", path.stem))
        examples[path.stem] = Example(path.stem, title, path, session.prompts, _thumb(path))
    return examples


def _thumb(path: Path) -> str:
    with Image.open(path) as image:
        small = ImageOps.fit(image.convert("RGB"), (160, 120), Image.Resampling.LANCZOS)
    return photo_url(np.asarray(small), quality=82)
