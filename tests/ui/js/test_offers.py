"""The candidates' script over a page without a server: answers that come late, and what is said of one photo."""

import json

import pytest

from sama.ui.candidates import OPAQUE, ChoiceData
from sama.ui.component import SHARED, asset, joined
from sama.ui.component.names import offered_mattes

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
DOT = f"data:image/png;base64,{PNG}"
PROPS = {"start": ChoiceData().model_dump(), "methods": offered_mattes(), "opaque": OPAQUE}
# What Gradio gives a component's script, in `page`: `set` is the server, `sent` what was triggered.
START = """
window.page = { props: %s, watched: {}, sent: [] };
page.set = (name, value) => { page.props[name] = value; page.watched[name]?.(); };
page.photo = key => announce('photo', { key, width: 40, height: 30, preview: new Image() });
page.pressed = () => [...document.querySelectorAll('.cd-list button')].map(b => b.ariaPressed === 'true');
page.offer = (chosen, extra) => page.set('offer', { key: 'cat', seq: 4, chosen, trained: true, grey: false,
  items: [0.7, 0.9, 0.8].map(score => ({ src: '%s', score })), ...extra });
(({ element, props, trigger, watch }) => { %s })({
  element: document.body,
  props: page.props,
  trigger: () => page.sent.push({ ...page.props.value }),
  watch: (name, act) => { page.watched[name] = act; },
});
"""


@pytest.fixture
def tab(browser):
    context = browser.new_context()
    page = context.new_page()
    page.set_content(asset("candidates/candidates.html"))
    script = asset("candidates/candidates.js")
    page.add_script_tag(content=joined(*SHARED) + START % (json.dumps(PROPS), DOT, script))
    yield page.evaluate
    context.close()


def test_a_late_answer_moves_no_mark(tab):
    tab("page.photo('cat'); page.offer(1)")
    assert tab("page.pressed()") == [False, True, False]
    tab("document.querySelectorAll('.cd-list button')[2].click()")
    assert tab("page.sent.at(-1).index") == 2
    assert tab("page.pressed()") == [False, False, True]
    tab("page.offer(1)")  # the answer to what was chosen before
    assert tab("page.pressed()") == [False, False, True]
    tab("page.offer(0, { seq: 5 })")  # other prompts
    assert tab("page.pressed()") == [True, False, False]


def test_solid_is_said_of_one_photo(tab):
    shown = "!document.querySelector('.cd-opaque').hidden"
    tab("page.photo('cat'); page.offer(1)")
    assert not tab(shown)
    tab("page.offer(1, { grey: true })")
    assert tab(shown)
    tab("document.querySelector('.cd-opaque').click()")
    assert tab("page.sent.at(-1)") == PROPS["start"] | {"matte": "solid", "matte_for": "cat"}
    assert not tab(shown)
    tab("page.photo('dog')")
    assert tab("page.props.value") == PROPS["start"]


def test_the_next_photo_gets_the_matte_that_was_chosen_for_all(tab):
    tab("page.photo('cat'); page.offer(1)")
    for name in ("closed_form", "solid", "solid"):
        tab(f"document.querySelector('[data-matte={name}]').click()")
    tab("page.photo('dog')")
    assert tab("page.props.value") == PROPS["start"] | {"matte": "closed_form"}
