"""The page's colours, in the one place where they are written; styles and scripts use them as --studio-NAME."""

from sama.export.palette import SAM_COLOUR, SAMA_COLOUR, STRONG_COLOUR


def hexadecimal(colour: tuple[int, int, int]) -> str:
    """Return (r, g, b) bytes as "#rrggbb"."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


# What means the same on any ground. samother, samaother: in place of sam and sama on objects where these are not seen;
# shade: over a photo, beside what is meant; tag: behind words on a photo, as
# channels for `rgb()` with an opacity; print: dark on a white handle.
MEANINGS = {
    "sam": hexadecimal(SAM_COLOUR),
    "sama": hexadecimal(SAMA_COLOUR),
    "strong": hexadecimal(STRONG_COLOUR),
    "samother": "#ff6ad5",
    "samaother": "#b6e61e",
    "keep": "#1a9e52",
    "drop": "#dc3535",
    "shade": "#0c0e10",
    "tag": "16 18 20",
    "print": "#1d1c1a",
}
LIGHT = {
    "ink": "#1d1c1a",
    "paper": "#ffffff",
    "card": "#ffffff",
    "well": "#efede8",
    "line": "#e3e0da",
    "edge": "#8b867c",
    "soft": "#6f6b63",
    "hover": "#f3f1ec",
}
DARK = {
    "ink": "#f2f0ec",
    "paper": "#141413",
    "card": "#1f1e1c",
    "well": "#1b1a18",
    "line": "#33312d",
    "edge": "#79746b",
    "soft": "#a29d93",
    "hover": "#2a2825",
}

# The pointer on the photo in talk mode: a crosshair, white with SAMA's colour in it.
_CROSSHAIR = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='56' height='56' fill='none'>"
    "<g stroke='#fff' stroke-width='7'><circle cx='28' cy='28' r='19'/>"
    "<path d='M28 2v14M28 40v14M2 28h14M40 28h14'/></g>"
    f"<g stroke='{MEANINGS['sama']}' stroke-width='3.5'><circle cx='28' cy='28' r='19'/>"
    "<path d='M28 3v12M28 41v12M3 28h12M41 28h12'/></g></svg>"
)


def variables() -> str:
    """Return the colours as CSS variables, for light and dark."""
    return f":root {{ {_declared(MEANINGS | LIGHT)} {_crosshair()} }}\n.dark {{ {_declared(DARK)} }}\n"


def _declared(colours: dict[str, str]) -> str:
    return " ".join(f"--studio-{name}: {value};" for name, value in colours.items())


def _crosshair() -> str:
    escaped = _CROSSHAIR.replace("<", "%3C").replace(">", "%3E").replace("#", "%23")
    return f'--studio-crosshair: url("data:image/svg+xml,{escaped}");'
