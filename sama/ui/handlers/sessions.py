"""A session file dropped on the page: its prompts, candidate and background come back, on the photo they belong to. A
data set in COCO's format comes the same way, and gives its mask."""

from dataclasses import replace

from sama.errors import PromptError, SamaError
from sama.matting import Background
from sama.matting.background import DEFAULT_SIGMA
from sama.methods import METHODS, default_method
from sama.methods.base import MATTE
from sama.methods.from_mask import FromMask
from sama.methods.painted import Painted
from sama.predict.answer import ModelInfo
from sama.request.checks import shown
from sama.request.session import Session
from sama.request.settings import ESTIMATED, PHOTO, Settings
from sama.ui.candidates import OPAQUE, Candidates, ChoiceData
from sama.ui.handlers.masks import keep_mask, of_dataset
from sama.ui.handlers.page import Changes, Page
from sama.ui.lab import Lab
from sama.ui.page.colours import hexadecimal
from sama.ui.pictures import photo_url
from sama.ui.prompter import PromptData, Prompter
from sama.ui.scene import Scene, SceneData
from sama.ui.scene.backdrop import PICTURE_SIDE, Backdrop
from sama.ui.shown import shrink
from sama.ui.telling import Refusal, inform

_NO_WEIGHTS = "Its matte is SAMA's, for which this page's model has no weights; the page shows its own."
_PAD = 320  # longer side of the small copy of a background picture that the scene shows


def restore(page: Page) -> Changes:
    """Bring everything back as the session has it; errors change nothing."""
    data, info = page.data, page.studio.info
    try:
        if data.session is None or data.path is None:
            raise PromptError("Open the session's photo first, then drop the session on it.")
        page = page.opened()
        visit = page.here
        if (mask := of_dataset(page, data.session.orig_name or "file")) is not None:
            return mask
        session = Session.load(data.session.path)
        session.check(visit)
        settings, told = _settings(session, page.scene, page.backdrop, max(visit.size))
        asked = visit.request(session.prompts, listing=settings.listing)
        prompts = asked.prompts
    except SamaError as error:
        raise Refusal(str(error), page=True) from error
    if session.model != info.name:
        told.append(f"It was made with the model {shown(session.model, 40)}; this page runs {info.name}.")
    told += asked.notes
    chosen = _choice(settings, info, told, visit.path, transparent=visit.limit is not None)
    for sentence in told:
        inform(sentence, "Session")
    seq = data.seq + 1
    marks = {**replace(prompts, mask=None).to_dict(), "mask": None}
    if prompts.mask is not None:
        marks["mask"] = keep_mask(prompts.mask, page.studio.keep)
    chosen_apart = any(choice is not None for choice in settings.listing.candidates)
    apart = len(asked.objects) > 1 or any(settings.listing.names) or chosen_apart
    listed = PromptData.listed(settings.listing, len(asked.objects)) if apart else {}
    painted = settings.method == Painted.name
    value = PromptData(image=data.image, **marks, seq=seq, side=data.side, painted=painted, **listed)
    if settings.candidate is not None:
        chosen = chosen.model_copy(update={"seq": seq, "index": settings.candidate})
    return {
        "visit": visit,
        "prompter": Prompter(value=value, status={}),
        "candidates": Candidates(value=chosen),
        **_scenery(settings, max(visit.size)),
        **({"lab": Lab(brought=[list(each) for each in settings.votes])} if settings.votes else {}),
    }


def _choice(
    settings: Settings, info: ModelInfo, told: list[str], key: str, *, transparent: bool
) -> ChoiceData:
    """The matte that the session of the photo `key` has, or this page's own where it cannot be shown, which is told."""
    name = settings.method or default_method(info)
    if name in (FromMask.name, Painted.name):
        # The mask itself asks for it, or the brush's switch.
        return ChoiceData(matte=default_method(info), keep_haze=settings.keep_haze)
    if MATTE not in METHODS[name].returns:
        told.append(f"It was made by {METHODS[name].label}, which makes no matte; the page shows its own.")
        name = default_method(info)
    chosen = ChoiceData(matte=name, matte_for=key if name == OPAQUE else "", keep_haze=settings.keep_haze)
    if chosen.matte != chosen.method(info, key, transparent=transparent):
        told.append(METHODS[name].absent() or _NO_WEIGHTS)
    return chosen


def _scenery(settings: Settings, side: int) -> Changes:
    """The scene, and with it a background picture that the session holds."""
    value, picture = scene_of(settings, side), settings.background.picture
    if picture is None:
        return {"scene": Scene(value=value)}
    backdrop = Backdrop(shrink(picture, PICTURE_SIDE))
    accepted = {"src": photo_url(shrink(backdrop.picture, _PAD))}
    return {"scene": Scene(value=value, accepted=accepted), "backdrop": backdrop}


def scene_of(settings: Settings, side: int) -> SceneData:
    """Return the controls that mean these settings on a photo whose longer side has that many pixels."""
    background: Background = settings.background
    colours = ESTIMATED if settings.estimate_foreground else PHOTO
    scene = SceneData(foreground=colours, cutout_from=settings.cutout_from)
    if background.kind == "colour":
        return scene.model_copy(update={"kind": "colour", "colour": hexadecimal(background.colour)})
    if background.kind == "blur":
        share = DEFAULT_SIGMA if background.sigma is None else background.sigma / side
        return scene.model_copy(update={"kind": "blur", "blur": 100 * share})
    if background.kind == "image":
        x, y = background.offset
        place = {"fit": background.fit, "x": x, "y": y, "scale": background.scale}
        return scene.model_copy(update={"kind": "picture", **place})
    return scene


def _settings(
    session: Session, scene: SceneData, backdrop: Backdrop | None, side: int
) -> tuple[Settings, list[str]]:
    """The session's settings, and what must be told about them."""
    background = session.settings.get("background")
    if not (isinstance(background, str) and background.strip().startswith("image:")):
        return Settings.from_dict(session.settings, methods=METHODS), []
    # Named by a path on the machine that made it, which is none of this server's business.
    settings = Settings.from_dict({**session.settings, "background": "transparent"}, methods=METHODS)
    kept = replace(settings, background=scene.background(backdrop, side))
    return kept, ["Its background picture is not in the file; choose the picture again."]
