"""Fonts for what people write: for every letter one that has it, among those that are installed here.

Matplotlib takes the first font of a list that has a letter, and draws a box where none has it. So the list is made for
the text: DejaVu Sans, which comes with matplotlib, and then whatever else is needed. Letters that no font here has are
told, so that words can stand in for them.
"""

import logging
import unicodedata
from functools import cache

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

FIRST = "DejaVu Sans"
# What matplotlib says of fonts that are looked at here is nothing that a user could mend.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

# Asked before all others: fonts that are made for reading, and have many letters. By the starts of their names.
_PREFERRED = (
    *(
        "Noto Sans CJK",
        "Source Han Sans",
        "Noto Sans",
        "Hiragino Sans",
        "Yu Gothic",
        "Meiryo",
        "MS Gothic",
        "IPA",
    ),
    *(
        "PingFang",
        "Microsoft YaHei",
        "SimHei",
        "WenQuanYi",
        "Droid Sans",
        "Apple SD Gothic Neo",
        "Malgun Gothic",
    ),
    *(
        "Nanum",
        "Arial Unicode",
        "Segoe UI",
        "Noto Emoji",
        "Symbola",
        "FreeSans",
        "Liberation Sans",
        "Unifont",
    ),
)
# Never asked: they draw boxes on purpose, hold pictures instead of outlines, or other letters than they say.
_NEVER = ("Last Resort", "LastResort", "Noto Color Emoji", "Apple Color Emoji", "Adobe Blank", "cm", "STIX")


def fonts_for(text: str, *, plain: bool = False) -> tuple[list[str], set[str]]:
    """Return the families that together have the letters of a text, and the letters that none of them has.

    plain: ask no other than FIRST.
    """
    families, missing = [FIRST], _without(FIRST, {c for c in text if _is_drawn(c)})
    if plain or not missing:
        return families, missing
    _look_again()
    for family in _others():
        left = _without(family, missing)
        if left != missing:
            families.append(family)
            missing = left
        if not missing:
            break
    return families, missing


def pieces(text: str) -> list[tuple[str, str]]:
    """Cut a text into pieces (part of the text, family that has its letters), of as many letters as one family has; a
    letter that no font here has becomes a question mark."""
    families, missing = fonts_for(text)
    cut: list[tuple[str, str]] = []
    for letter in text:
        letter = "?" if letter in missing else letter
        last = cut[-1][1] if cut else FIRST
        having = (family for family in families if ord(letter) in _letters_of(family))
        family = next(having, FIRST) if _is_drawn(letter) else last
        if cut and family == last:
            cut[-1] = cut[-1][0] + letter, family
        else:
            cut.append((letter, family))
    return cut


def file_of(family: str) -> tuple[str, int]:
    """Return the file that matplotlib takes for a family, and which of the file's faces; raises ValueError."""
    path = font_manager.findfont(font_manager.FontProperties(family=[family]), fallback_to_default=False)
    return str(path), getattr(path, "face_index", 0)


def _is_drawn(letter: str) -> bool:
    """Whether a letter leaves a mark: no blank, nothing that only says how others are to be drawn."""
    return unicodedata.category(letter) not in ("Cc", "Cf", "Zl", "Zp", "Zs") and not (
        "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"
    )


def _without(family: str, letters: set[str]) -> set[str]:
    """Those of the letters that a family lacks."""
    has = _letters_of(family)
    return {letter for letter in letters if ord(letter) not in has}


def _others() -> list[str]:
    """The installed families in the order in which they are asked."""
    names = {entry.name for entry in font_manager.fontManager.ttflist} - {FIRST}
    return sorted((name for name in names if not name.startswith(_NEVER)), key=_rank)


def _rank(name: str) -> tuple[int, str]:
    places = (i for i, start in enumerate(_PREFERRED) if name.startswith(start))
    return next(places, len(_PREFERRED)), name


def _look_again() -> None:
    """Take in fonts that were installed after matplotlib made its list, which it keeps for good."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - known - _useless):
        try:
            font_manager.fontManager.addfont(path)
        except Exception:  # a font file may be anything
            _useless.add(path)


_useless: set[str] = set()  # files that are no fonts to draw with


@cache
def _letters_of(family: str) -> frozenset[int]:
    """The code points that a family has, in the file that matplotlib takes for it; none where it cannot be used."""
    try:
        path, face = file_of(family)
        return frozenset(FT2Font(path, face_index=face).get_charmap())
    except Exception:  # a font file may be anything
        return frozenset()


def columns(text: str) -> int:
    """How many letters of the Latin alphabet a text is as wide as, about: those of East Asia count twice."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1
        for c in text
    )


def shortened(text: str, most: int) -> str:
    """A text of at most that many columns: of a longer one the beginning and the end, in which names often differ."""
    if columns(text) <= most:
        return text
    head, tail = text, text
    while columns(head) > most // 2:
        head = head[:-1]
    while columns(tail) > most - 1 - columns(head):
        tail = tail[1:]
    return f"{head}\u2026{tail}"


def wrapped(text: str, most: int) -> list[str]:
    """Break a text at blanks into lines of at most that many columns; a longer word has a line of its own."""
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and columns(longer) > most:
            lines.append(line.rstrip())
            line = word
        else:
            line = longer
    return [*lines, line.rstrip()]
