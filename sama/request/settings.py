"""How an answer is finished, beside its prompts: the settings that a session file keeps.

In the file: `background`, a description as `parse_background` reads it or an object that holds a picture;
`candidate`, the number of SAM's mask that SAMA refines, or null for SAM's best; `foreground`, "estimated" or "photo";
`matte`, the name of the method that makes it, where one was asked for; `cutout_from`, "mask" where the mask cuts out
instead of the matte; `haze`, "kept" where the matte keeps what is away from the object; `objects`, their list, see
`sama.request.listing`, where there is more to say than how many they are; `votes`, of a blind comparison, each the name
of the method that was chosen and of the other.
"""

import base64
import io
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from PIL import Image

from sama.errors import PromptError
from sama.matting import Background, parse_background
from sama.matting.background import MAX_OFFSET, MAX_SCALE, parse_colour
from sama.photo.opening import open_image
from sama.request import checks as check
from sama.request.listing import Listing

ESTIMATED, PHOTO = "estimated", "photo"
MATTE, MASK = "matte", "mask"
REMOVED, KEPT = "removed", "kept"
MAX_VOTES = 500
_PICTURE_KEYS = {"picture", "fit", "margin", "offset", "scale"}


@dataclass(frozen=True)
class Settings:
    """background: behind the composite; candidate: which of SAM's masks SAMA refines, None for SAM's best;
    estimate_foreground: whether cut-outs have the object's estimated colours instead of the photo's; method: whose mask
    and matte, None for the model's own; cutout_from: MATTE or MASK, what cut-out and composite are made with;
    keep_haze, listing: see `Request`; votes: of blind comparisons, each (chosen, other), names of methods."""

    background: Background
    candidate: int | None = None
    estimate_foreground: bool = True
    method: str | None = None
    cutout_from: str = MATTE
    keep_haze: bool = False
    listing: Listing = Listing()
    votes: tuple[tuple[str, str], ...] = ()

    @property
    def asked(self) -> dict[str, Any]:
        """What of it `Request.of` takes."""
        return {
            "method": self.method,
            "candidate": self.candidate,
            "keep_haze": self.keep_haze,
            "listing": self.listing,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values. A picture that came from a path is named, any other is put in whole."""
        return {
            "background": _describe(self.background),
            "candidate": self.candidate,
            "foreground": ESTIMATED if self.estimate_foreground else PHOTO,
            **({} if self.method is None else {"matte": self.method}),
            **({} if self.cutout_from == MATTE else {"cutout_from": self.cutout_from}),
            **({"haze": KEPT} if self.keep_haze else {}),
            **({"objects": listed} if (listed := self.listing.to_dict()) else {}),
            **({"votes": [list(each) for each in self.votes]} if self.votes else {}),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any], *, methods: Collection[str], paths: bool = False) -> "Settings":
        """Read a session's settings; entries that are missing get their defaults, others are ignored.

        methods: names that there are. paths: whether a background may name a file to be opened here, which a file from
        a stranger must not. Raises PromptError, BackgroundError, and PhotoError for a background picture.
        """
        candidate, foreground = data.get("candidate"), data.get("foreground", ESTIMATED)
        if candidate is not None and (type(candidate) is not int or candidate < 0):
            raise PromptError("A candidate is the number of one of SAM's masks, from 0; correct it.")
        cutout_from, haze = data.get("cutout_from", MATTE), data.get("haze", REMOVED)
        _check_word("foreground", foreground, (ESTIMATED, PHOTO))
        _check_word("cutout_from", cutout_from, (MATTE, MASK))
        _check_word("haze", haze, (REMOVED, KEPT))
        method = data.get("matte")
        if method not in (None, *methods):
            raise PromptError(f"The session's 'matte' is none of {', '.join(methods)}; correct it.")
        background = _read(data.get("background", "transparent"), paths)
        listing = Listing.from_dict(data.get("objects", {}))
        votes = _votes(data.get("votes", []), methods)
        own = foreground == ESTIMATED, method, cutout_from, haze == KEPT, listing, votes
        return cls(background, candidate, *own)


def _votes(value: Any, methods: Collection[str]) -> tuple[tuple[str, str], ...]:
    def named(each: Any) -> bool:
        names = each if isinstance(each, list) and len(each) == 2 else [None]
        return all(isinstance(name, str) and name in methods for name in names)

    if not isinstance(value, list) or len(value) > MAX_VOTES or not all(map(named, value)):
        raise PromptError("The session's 'votes' are no pairs of methods; save the session again.")
    return tuple((chosen, other) for chosen, other in value)


def _check_word(name: str, value: Any, words: tuple[str, str]) -> None:
    if value not in words:
        raise PromptError(f"'{name}' is neither {words[0]!r} nor {words[1]!r}; correct it.")


def _describe(background: Background) -> str | dict[str, Any]:
    if background.picture is None or background.text.startswith("image:"):
        return background.text
    buffer = io.BytesIO()
    Image.fromarray(background.picture).save(buffer, "PNG")
    picture = base64.b64encode(buffer.getvalue()).decode("ascii")
    margin = "#{:02x}{:02x}{:02x}".format(*background.colour)
    place = {"offset": list(background.offset), "scale": background.scale}
    return {"picture": picture, "fit": background.fit, "margin": margin, **place}


def _read(value: Any, paths: bool) -> Background:
    if isinstance(value, str):
        return parse_background(value, paths=paths)
    if not isinstance(value, dict) or set(value) != _PICTURE_KEYS or value["fit"] not in ("cover", "contain"):
        raise PromptError("The session's 'background' is damaged; save the session again.")
    margin = parse_colour(str(value["margin"]))  # and no background: that might name a file
    try:
        data = base64.b64decode(value["picture"], validate=True)
    except (TypeError, ValueError) as error:
        raise PromptError("The session's background picture is damaged; save the session again.") from error
    picture = open_image(data, name="The background picture").rgb
    x, y = check.numbers(value["offset"], 2, "offset")
    (scale,) = check.numbers([value["scale"]], 1, "scale")
    if max(abs(x), abs(y)) > MAX_OFFSET or not 1 / MAX_SCALE <= scale <= MAX_SCALE:
        raise PromptError("The session's background picture is out of sight; save the session again.")
    return Background("a picture in the session", "image", margin, picture, value["fit"], (x, y), scale)
