"""A handler's steps on their way to the page."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest

from sama.ui.component import Component
from sama.ui.stepping import Stepping


class Counted(gr.Textbox):
    made = 0

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        Counted.made += 1


def run(coroutine):
    """In a thread of its own: browser tests may have a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


@pytest.fixture
def page():
    with Stepping() as blocks:
        one, two, state = Counted(), gr.Textbox(), gr.State()
        gr.Button().click(lambda: None, None, [one, two, state])
    return blocks, blocks.fns[0], (one, two, state)


def test_what_a_step_does_not_name_is_not_made_anew(page):
    blocks, fn, (one, two, state) = page
    made = Counted.made
    told = run(blocks.postprocess_data(fn, {two: "new", state: 5}, None))
    assert told == [gr.skip(), "new", None] and Counted.made == made
    told = run(blocks.postprocess_data(fn, {one: Counted(label="other")}, None))
    assert told[0]["label"] == "other" and told[1:] == [gr.skip(), None]
    assert run(blocks.postprocess_data(fn, ["a", "b", 1], None)) == ["a", "b", None]
    with pytest.raises(ValueError, match="not specified as output"):
        run(blocks.postprocess_data(fn, {gr.Textbox(): "x"}, None))


def test_what_a_step_changes_is_sent_whole(page):
    blocks, fn, _ = page
    steps = [
        [{"photo": 1, "status": 1}, "text", None],
        [{"status": 2}, "text", None],
        [{"status": 2}, "text more", None],
    ]
    sent = [blocks.handle_streaming_diffs(fn, list(step), "tab", "run", False) for step in steps]
    assert sent[0] == steps[0]
    assert sent[1] == [[["replace", [], {"status": 2}]], [], []], "and no edit of what came before"
    assert sent[2] == [[], [["replace", [], "text more"]], []]
    assert blocks.handle_streaming_diffs(fn, [None] * 3, "tab", "run", True) == steps[2]
    assert blocks.handle_streaming_diffs(fn, ["a", "b", None], None, None, False) == ["a", "b", None]


def test_events_are_the_words_in_quotes_of_a_script():
    class Some(Component):
        NAME, STYLES, SCRIPTS = "wake", (), ()

    with gr.Blocks():
        one = Some(js_on_load="trigger('told'); const plain = 1;", html_template="", css_template="")
    assert callable(one.told)
    with pytest.raises(AttributeError, match="Some has no attribute plain"):
        _ = one.plain
