"""A handler's steps on their way to the page: whole, and what stays as it is costs nothing."""

import copy
from typing import Any

import gradio as gr
from gradio.blocks import Block


class Stepping(gr.Blocks):
    """A page whose handlers name what a step changes, {component: its new value}."""

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """See `gr.Blocks`, which makes every component anew that a handler may change, 3 ms each, also where the step
        does not name it."""
        named = isinstance(predictions, dict) and all(isinstance(each, Block) for each in predictions)
        changed = [block for block in block_fn.outputs if named and block in predictions]
        if not named or len(changed) < len(predictions):
            return await super().postprocess_data(block_fn, predictions, state)
        some = copy.copy(block_fn)
        some.outputs = changed
        found = dict(zip(changed, await super().postprocess_data(some, predictions, state), strict=True))
        return [found.get(block, None if block.stateful else gr.skip()) for block in block_fn.outputs]

    def handle_streaming_diffs(
        self,
        block_fn: Any,
        data: list[Any],
        session_hash: str | None,
        run: str | None,
        final: bool,
        simple_format: bool = False,
    ) -> list[Any]:
        """See `gr.Blocks`; what a step changes is sent whole.

        Gradio sends how a step differs from the one before, and its script makes those changes to the very object that
        it has handed to the page. Where several steps come at once, the page has not read it yet, and what the next
        step says no more is lost: the photo was, when a status line followed it.
        """
        kept = self.pending_diff_streams[session_hash] if session_hash is not None else {}
        before = list(kept[run]) if run in kept else None
        whole = super().handle_streaming_diffs(block_fn, data, session_hash, run, final, simple_format=True)
        if before is None or final or simple_format:
            return whole
        return [[] if new == old else [["replace", [], new]] for old, new in zip(before, whole, strict=True)]
