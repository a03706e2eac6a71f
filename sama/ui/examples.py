"""The example photos: a picture, a prompt file beside it, an answer computed ahead, and a thumbnail for the page."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from sama.export import stored_answers
from sama.request.prompts import Prompts
from sama.request.session import Session
from sama.ui.pictures import photo_url

if TYPE_CHECKING:
    from sama.predict.answer import Answer, ModelInfo

_THUMB = 112, 84


@dataclass(frozen=True)
class Example:
    """One example; `thumb` is a data URL."""

    name: str
    title: str
    path: Path
    prompts: Prompts
    thumb: str

    def answer(self, digest: str, info: "ModelInfo", size: tuple[int, int]) -> "Answer | None":
        """Return the answer computed ahead; None unless it is this model's, to this photo and these prompts, see
        `stored_answers.source`."""
        of = stored_answers.source(digest, self.prompts, info, size)
        return stored_answers.load(stored_answers.path_of(self.path), of)


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
    """Our own photos are small sRGB files, so they need not be opened as carefully as a visitor's."""
    with Image.open(path) as photo:
        photo.draft("RGB", (2 * _THUMB[0], 2 * _THUMB[1]))  # decodes a part of the pixels
        upright = ImageOps.exif_transpose(photo).convert("RGB")
    small = ImageOps.fit(upright, _THUMB, Image.Resampling.LANCZOS)
    return photo_url(np.asarray(small), quality=80)
