"""The words around the canvases: header, banner, run panel and limits. All of it is escaped HTML."""

from html import escape
from typing import TYPE_CHECKING

from sama.photo.opening import MAX_PIXELS

if TYPE_CHECKING:
    from sama.predict.answer import ModelInfo
    from sama.ui.visit import Visit

_LIMITS = (
    "A single click is ambiguous; a box, or a second click, says which part is meant.",
    "Prompts are answered at up to 1024 pixels on the longer side, and enlarged for a closer look and for downloads; "
    "hair finer than that is not resolved.",
)
_KEPT = (
    "Photos up to {:g} megapixels. They stay on this server, out of reach of other visitors, and are deleted "
    "after about two hours."
)


def header(info: "ModelInfo") -> str:
    """Name of the page, and in one chip what runs."""
    return (
        '<header class="st-head"><h1>SAMA</h1><nav class="st-views" aria-label="Views">'
        '<button type="button" data-view="photo" aria-pressed="true">Photo</button>'
        '<button type="button" data-view="video" aria-pressed="false">Video</button></nav>'
        "<p>Segment and matte anything: "
        "click an object, get its mask, its matte and a clean cut-out.</p>"
        f'<span class="st-chip" title="{escape(info.title)}">{escape(info.name)}'
        f"<i>{escape(info.device)}</i></span></header>"
    )


def banner(info: "ModelInfo") -> str:
    """What visitors must know before they trust a result; empty when all weights are there."""
    if not info.notes:
        return ""
    text = " ".join(escape(line) for line in info.notes)
    return f'<div class="st-banner" role="alert"><b>Please note</b> {text}</div>'


def run_panel(info: "ModelInfo", visit: "Visit | None" = None) -> str:
    """Which weights run where, and how long each step took on the open photo."""
    cells = [
        ("Model", info.title),
        ("Weights", info.weights_digest or "none"),
        ("Licence", info.licence),
        ("Runs on", f"{info.device}, {info.dtype}"),
    ]
    if visit is not None:
        width, height = visit.size
        cells.append(("Photo", f"{width} \u00d7 {height}" + "".join(f", {n}" for n in visit.notes)))
        views = "1 + 4 views" if info.views > 1 else "1 view"
        cells.append(("Model sees", f"{views} of {info.input_size} px"))
        if visit.stored:
            cells.append(("Answer", "stored with the example"))
        cells += _timings(visit.seconds, stored=visit.stored)
    items = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in cells)
    return f'<dl class="st-run">{items}</dl>'


def limits(info: "ModelInfo", max_pixels: int = MAX_PIXELS) -> str:
    """What the model cannot do; max_pixels: of a photo."""
    lines = (*info.limits, *_LIMITS, _KEPT.format(max_pixels / 1e6))
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<section class="st-limits"><h2>Limits</h2><ul>{items}</ul></section>'


def _timings(seconds: dict[str, float], *, stored: bool) -> list[tuple[str, str]]:
    """The steps' durations; the encoder's are counted from its start, so local views come on top. Nothing was decoded
    for a stored answer."""
    overall, first = seconds.get("encode local"), seconds.get("encode global")
    rows = []
    if first is not None:
        local = "" if overall is None else f" + {_short(overall - first)} local"
        rows.append(("Image encoder", f"{_short(first)} global{local}, once"))
    elif seconds and not stored:
        rows.append(("Image encoder", "from the cache"))
    names = {
        "closer": "Closer look",
        "decode_sam": "SAM decoder",
        "decode_sama": "SAMA decoder",
        "closed_form": "Training-free matte",
        "foreground": "Foreground",
    }
    used = ["foreground"] if stored else list(names)
    rows += [(names[key], _short(seconds[key])) for key in used if key in seconds]
    return rows


def _short(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
