"""What people call their files, in the figure: every letter as itself, never as markup, never as an empty box."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from PIL import Image, ImageDraw

from sama.export import letters
from sama.export.figure import draw_figure, save_figure
from sama.export.files import write_file
from sama.export.lettering import write
from sama.export.letters import FIRST, columns, fonts_for, pieces, shortened, wrapped
from sama.photo.opening import Photo, image_digest
from tests.export.test_export import disc, outputs

JAPANESE = "\u5199\u771f_\u732b.jpg"
WORDS = "a photo whose name no font here can write"


def named(name: str):
    rgb = np.random.default_rng(0).integers(0, 256, (24, 33, 3), np.uint8)
    return outputs(Photo(rgb, None, name, image_digest(rgb), (), None), disc(24, 33))


def caption_of(name: str) -> str:
    return draw_figure(named(name)).texts[-1].get_text().replace("\n", " ")


@pytest.fixture
def font(tmp_path, monkeypatch):
    """A font with three Japanese letters, drawn as full squares, that is installed after matplotlib has looked."""
    names = {0x5199: "one", 0x771F: "two", 0x732B: "three"}
    builder = FontBuilder(1000)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap(names)
    pen = TTGlyphPen(None)
    for place, step in (
        ((0, 0), pen.moveTo),
        ((0, 900), pen.lineTo),
        ((900, 900), pen.lineTo),
        ((900, 0), pen.lineTo),
    ):
        step(place)
    pen.closePath()
    square = pen.glyph()
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), **dict.fromkeys(names.values(), square)})
    builder.setupHorizontalMetrics(dict.fromkeys([".notdef", *names.values()], (1000, 0)))
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": "Sama Squares", "styleName": "Regular", "psName": "SamaSquares"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "squares.ttf")
    real = font_manager.findSystemFonts
    monkeypatch.setattr(
        font_manager, "findSystemFonts", lambda *a, **k: [*real(*a, **k), str(tmp_path / "squares.ttf")]
    )
    before = list(font_manager.fontManager.ttflist)
    yield "Sama Squares"
    font_manager.fontManager.ttflist[:] = before
    letters._letters_of.cache_clear()


@pytest.fixture
def no_other_font(monkeypatch):
    """A machine with matplotlib's own fonts alone."""
    monkeypatch.setattr(letters, "_others", lambda: [])


@pytest.mark.parametrize(
    "name",
    [
        "lamp_$5_$7.jpg",
        r"$\frac{1}{0}$.png",
        r"\usepackage{x} 100% #1 ~ a_b^c {d}.jpg",
        "$x$ & <b>$$.jpg",
        "$",
    ],
)
def test_a_name_is_never_mathematics(name):
    figure = draw_figure(named(name))
    assert f"photo\u00a0{name}," in figure.texts[-1].get_text().replace("\n", " ")
    figure.draw_without_rendering()  # raised ParseException


def test_letters_are_drawn_by_whichever_font_has_them(font, no_other_font, monkeypatch, tmp_path):
    monkeypatch.setattr(letters, "_others", lambda: [font])
    assert fonts_for(JAPANESE) == (["DejaVu Sans", font], set())
    assert JAPANESE in caption_of(JAPANESE)
    drawn = named(JAPANESE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of every letter that it draws as a box
        for name in ("figure.png", "figure.pdf"):
            write_file(name, drawn, tmp_path)
    assert b"SamaSquares" in (tmp_path / "figure.pdf").read_bytes()


def test_a_picture_s_letters_come_from_the_same_fonts(font, no_other_font, monkeypatch):
    """The squares of the made font are full, and stand where the text has them."""
    monkeypatch.setattr(letters, "_others", lambda: [font])
    assert pieces("a" + JAPANESE[:2] + ".") == [("a", FIRST), (JAPANESE[:2], font), (".", FIRST)]
    sheet = Image.new("L", (200, 40), 255)
    write(ImageDraw.Draw(sheet), (10, 30), JAPANESE[:2], 20)
    drawn = np.asarray(sheet) < 128
    rows, columns_ = np.nonzero(drawn)
    assert (columns_.min(), columns_.max()) == (10, 47), "two letters of 20 pixels, each a square of 18"
    assert rows.max() == 29 and drawn[12:30, 10:28].all() and drawn[12:30, 30:48].all()
    monkeypatch.setattr(letters, "_others", lambda: [])
    assert pieces("a" + JAPANESE[:2]) == [("a??", FIRST)], "no boxes where no font has a letter"


def test_words_stand_in_for_letters_that_no_font_has(no_other_font):
    for name in (
        JAPANESE,
        "\uace0\uc591\uc774.png",
        "cat \U0001f469\u200d\U0001f467.jpg",
        "\u0e41\u0e21\u0e27.webp",
    ):
        assert WORDS in caption_of(name) and name not in caption_of(name)
    for name in (
        "\u062c\u0645\u0644.jpg",
        "\u03b1\u03b2\u03b3.jpg",
        "\u043a\u043e\u0442.jpg",
        "\u05ea\u05de.jpg",
    ):
        assert f"photo\u00a0{name}," in caption_of(name)  # Arabic, Greek, Cyrillic, Hebrew: DejaVu has them
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_figure(named(JAPANESE)).draw_without_rendering()


def test_a_font_that_cannot_be_embedded_does_not_cost_the_figure(font, no_other_font, monkeypatch, tmp_path):
    monkeypatch.setattr(letters, "_others", lambda: [font])
    real = save_figure

    def broken(figure, path: Path):
        if JAPANESE in figure.texts[-1].get_text():
            raise RuntimeError("glyph tables are odd")
        real(figure, path)

    monkeypatch.setattr("sama.export.figure.save_figure", broken)
    drawn = named(JAPANESE)
    write_file("figure.png", drawn, tmp_path)
    assert WORDS in drawn.drawing.texts[-1].get_text().replace("\n", " ")


def test_a_long_name_fits_and_keeps_both_ends():
    caption = caption_of("begin_" + "\u03b1" * 200 + "_0001.jpg")
    assert "photo\u00a0begin_" in caption and "_0001.jpg," in caption and "\u2026" in caption
    assert columns(shortened("\u5199" * 80, 56)) <= 56 and shortened("abc", 3) == "abc"
    lines = wrapped("one two  three " + "\u5199" * 9 + " four", 12)
    assert lines == ["one two", "three", "\u5199" * 9, "four"]
    assert "\u202e" not in caption_of("a\u202egpj.exe") and "\n" not in caption_of("two\nlines.png")
