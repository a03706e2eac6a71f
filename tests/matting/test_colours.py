"""Colours as people write them: an alpha is never dropped without a word."""

import pytest

from sama.errors import SamaError
from sama.matting import parse_background
from sama.ui.scene import SceneData


@pytest.mark.parametrize(
    "text",
    [
        "#ff000080",
        "#f008",
        "#FF0000fe",
        "rgba(255,0,0,0)",
        "rgba(255, 0, 0, 0.5)",
        "rgb(255 0 0 / 50%)",
        "hsla(0, 100%, 50%, .2)",
        "image:no.png:contain:#ff000080",
    ],
)
def test_a_see_through_colour_is_refused_with_the_remedy(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SamaError, match=r"colour with an alpha.*leave the alpha out, or use transparent"):
        parse_background(text)


@pytest.mark.parametrize(
    "text",
    ["#ff0000ff", "#f00f", "rgba(255, 0, 0, 1)", "rgb(255 0 0 / 100%)", "rgb(255, 0, 0)", "#f00", "red"],
)
def test_an_opaque_one_is_its_colour(text):
    assert parse_background(text).colour == (255, 0, 0)


def test_what_is_no_colour_is_told_as_that():
    for text in ("reddish", "#ff", "rgb(1, 2)", "#ff00000"):
        with pytest.raises(SamaError, match="is no background"):
            parse_background(text)


def test_the_page_s_own_field_is_held_to_the_same():
    with pytest.raises(SamaError, match="colour with an alpha"):
        SceneData(kind="colour", colour="#ffffff80").background(None, 100)
