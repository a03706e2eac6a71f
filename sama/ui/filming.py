"""How clips are followed on this server: with the shared model, one frame at a time between others' clicks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spaces.config import Config

from sama.errors import INSTALL_VIDEO, ClipError, SamaError

if TYPE_CHECKING:
    from collections.abc import Generator

    from sama.predict.loading import Predictor
    from sama.ui.model_thread import ModelThread
    from sama.video.follower import Follower
    from sama.video.reel import Reel
    from sama.video.settings import FollowSettings

_PACKAGES = ("av", "cv2")
_THUMB = 160


@dataclass(frozen=True)
class Filming:
    """predictor: shared; thread: where the model runs, by default the caller's; examples: clips by name."""

    predictor: "Predictor"
    thread: "ModelThread | None" = None
    examples: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def of(cls, predictor: "Predictor", thread: "ModelThread | None", folder: Path) -> "Filming":
        """folder: of the examples, whose `clips` has some clips."""
        return cls(predictor, thread, {path.stem: path for path in sorted((folder / "clips").glob("*.mp4"))})

    def missing(self) -> str | None:
        """Why no clip can be followed here and what to do about it; None where one can."""
        if not all(find_spec(name) for name in _PACKAGES):
            return f"Clips need PyAV and OpenCV; {INSTALL_VIDEO}, then start the page again."
        if Config.zero_gpu:
            return "Clips are not followed on ZeroGPU; run the page on a machine of your own for them."
        if not self.predictor.info.trained:
            return (
                "Following an object needs SAMA's weights; start the page with --sama-weights, or use mini."
            )
        return None

    def open(self, path: str | Path, name: str | None = None) -> "Reel":
        """Open a clip, which its owner may call by another name; raises ClipError."""
        if missing := self.missing():
            raise ClipError(missing)
        from gradio.utils import get_upload_folder

        from sama.video.clip import open_clip
        from sama.video.reel import Reel

        try:
            return Reel(open_clip(path), get_upload_folder())
        except SamaError as error:
            raise ClipError(str(error).replace(Path(path).name, name or Path(path).name)) from error

    def follower(self, how: "FollowSettings | None" = None) -> "Follower":
        """A fresh follower."""
        from sama.video.follower import Follower

        return Follower(self.predictor, how)

    def steps(self, work: "Generator[Any, None, None]") -> Iterator:
        """Go through a work that runs the model, a step at a time."""
        return work if self.thread is None else self.thread.iterate(work)

    def thumbs(self) -> list[dict[str, str]]:
        """The examples for the page: {name, title, thumb}."""
        return [
            {"name": name, "title": name.replace("_", " ").capitalize(), "thumb": _thumb(path)}
            for name, path in self.examples.items()
        ]


@cache
def _thumb(path: Path) -> str:
    from sama.ui.pictures import photo_url
    from sama.ui.shown import shrink
    from sama.video.clip import open_clip

    with open_clip(path) as clip:
        return photo_url(shrink(clip.frame(0).rgb, _THUMB), quality=80)
