"""Limits, colours and names are written once, in Python, and the page gets them from there."""

import re

import pytest

from sama import methods
from sama.matting.background import MAX_OFFSET, MAX_SCALE
from sama.ui.candidates import Candidates, ChoiceData
from sama.ui.component import SHARED, UI, asset, joined
from sama.ui.component.names import LAYERS, offered_mattes
from sama.ui.page import STYLES, head
from sama.ui.page.colours import DARK, LIGHT, MEANINGS
from sama.ui.prompter import PromptData, Prompter
from sama.ui.scene import Scene
from sama.ui.viewer import Viewer
from tests.ui.js.joined import COMPONENTS
from tests.ui.js.joined import joined as all_scripts

FILES = [path for kind in ("js", "css", "html") for path in sorted(UI.rglob(f"*.{kind}"))]


def test_every_file_of_the_page_is_used():
    used = {UI / "page/head.css", *STYLES}
    used |= {UI / c.NAME / name for c in COMPONENTS for name in (*c.STYLES, *c.SCRIPTS, f"{c.NAME}.html")}
    assert used | {UI / name for name in (*SHARED, "prompter/restore.js")} == set(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_of_the_page_repeats_what_python_says(path):
    text = path.read_text("utf-8").lower()
    written = {v for colours in (MEANINGS, LIGHT, DARK) for v in colours.values()} - {"#ffffff"}
    channels = {" ".join(str(int(v[i : i + 2], 16)) for i in (1, 3, 5)) for v in written if v[0] == "#"}
    titles = {title.lower() for title in LAYERS.values() if " " in title}
    titles |= {matte[kind].lower() for matte in offered_mattes() for kind in ("label", "title", "note")}
    found = {word for word in written | channels | titles - {"solid"} if word in text}
    assert not found


def test_a_component_s_styles_are_about_what_is_in_it():
    """A rule without & is about what is inside the component: `body.talk .x` would be about a body there."""
    for component in COMPONENTS:
        selectors = re.findall(r"^\s*(body[^{&]*[,{])", component.style(), re.MULTILINE)
        assert not selectors, component.NAME
        assert component.style().startswith(f":is(#{(component.IDS or (component.NAME,))[0]}")


def test_every_colour_that_styles_and_scripts_use_is_declared():
    texts = head() + joined(*(str(path.relative_to(UI)) for path in FILES))
    used = set(re.findall(r"var\(--studio-([a-z]+)", texts))
    used |= set(re.findall(r"colour(?:Of)?\((?:element, )?'([a-z]+)'\)", texts))
    declared = set(re.findall(r"--studio-([a-z]+):", head()))
    assert {"sam", "shade", "marks"} <= used <= declared
    assert set(DARK) == set(LIGHT)


def test_components_send_what_the_server_checks():
    scene, prompter = Scene(), Prompter()
    assert list(scene.props["offsets"]) == [-MAX_OFFSET, MAX_OFFSET]
    assert list(scene.props["sizes"]) == [1 / MAX_SCALE, MAX_SCALE]
    names = [method["name"] for method in offered_mattes()]
    assert names[:5] == ["sama", "solid", "closed_form", "own", "mini_on_sam"]
    assert all(methods.METHODS[name].foreign for name in names[5:])
    assert [ChoiceData(matte=name).matte for name in names] == names
    with pytest.raises(ValueError, match="grabcut"):
        ChoiceData(matte="grabcut")
    assert prompter.props["start"] == PromptData().model_dump()


def test_an_update_repeats_no_constants():
    assert set(Viewer(composite=None).constructor_args) == {"composite"}
    assert set(Scene(residual=None).constructor_args) == {"residual"}


METHODS = [
    {"name": "one", "label": "First", "title": "First matte", "note": "The first <b>one</b>"},
    {"name": "two", "label": "<i>Second</i>", "title": "Second matte", "note": ""},
]
MOUNT = """([html, script, props]) => {
  document.body.innerHTML = html;
  const sent = [];
  const trigger = name => sent.push([name, props.value]);
  new Function('element', 'props', 'trigger', 'watch', script)(document.body, props, trigger, () => {});
  const buttons = [...document.querySelectorAll('.cd-mattes button')];
  const look = () => buttons.map(b => [b.textContent, b.title, b.getAttribute('aria-pressed')]);
  const before = look();
  buttons[1].click();
  return { before, after: look(), sent };
}"""


def test_the_switch_of_mattes_is_made_of_the_methods(browser):
    page = browser.new_page()
    script = Candidates().js_on_load
    start = {"seq": -1, "index": 0, "matte": "one", "matte_for": ""}
    props = {"methods": METHODS, "start": start, "value": None, "offer": None}
    result = page.evaluate(MOUNT, [asset("candidates/candidates.html"), script, props])
    page.close()
    first, second = ["First", "The first <b>one</b>"], ["<i>Second</i>", ""]
    assert result["before"] == [[*first, "true"], [*second, "false"]]
    assert result["after"] == [[*first, "false"], [*second, "true"]]
    assert result["sent"] == [["input", start | {"matte": "two"}]]


def test_the_linter_sees_every_script():
    text = all_scripts()
    assert all(f"// ---- {path.relative_to(UI)}\n" in text for path in FILES if path.suffix == ".js")
