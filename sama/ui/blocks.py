"""The studio as Gradio's application: every call of a handler, from the page or by a program, goes through here."""

from collections import OrderedDict
from typing import Any

import gradio as gr
from gradio.mcp import GradioMCPServer
from PIL import Image

from sama.photo.resize import fit_within
from sama.predict.allocator import return_memory
from sama.ui.door import Door
from sama.ui.stepping import Stepping
from sama.ui.telling import failure

MCP_SIDE = (
    2048  # longer side, in pixels, of a picture inside an MCP answer; the link beside it leads to all of it
)
LEFT = "The page was left meanwhile; click the photo to try again."
_MOST_LATE = 10_000  # calls of closed tabs that are remembered


class StudioBlocks(Door, Stepping):
    """Blocks whose every error is told in a sentence, also those that arise before or after our own functions.

    A program that sends the first values of an endpoint alone gets the defaults of the others. What a tab has asked for
    is not begun, or not gone on with, once it is closed.
    """

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self._late: OrderedDict[str, None] = OrderedDict()  # calls whose tab was closed before they ended

    def forget(self, request: gr.Request) -> None:
        """A tab was closed. Gradio alone would keep everything of its visitor's for an hour, and the calls that are
        still to come would open the photo again, for nobody."""
        tab = request.session_hash
        if tab is None:
            return
        self._late.update(dict.fromkeys(self._queue.pending_event_ids_session.get(tab, ())))
        while len(self._late) > _MOST_LATE:
            self._late.popitem(last=False)
        self.state_holder.delete_state(tab)
        self.state_holder.session_data.pop(tab, None)
        return_memory()  # a photo's features lie scattered among what others still use

    def _refuse_late(self, call: str | None, tab: str | None) -> None:
        """Raises gr.Error for a call of a tab that was closed."""
        if call not in self._late:
            return
        kept = self.state_holder.session_data
        if (
            tab in kept and not kept[tab].state_data
        ):  # Gradio has made it for this call; a tab may also come back
            kept.pop(tab)
        raise gr.Error(LEFT, print_exception=False, title="")

    async def process_api(
        self, block_fn: Any, inputs: list[Any], *args: Any, **options: Any
    ) -> dict[str, Any]:
        """See `gradio.Blocks.process_api`; raises gr.Error for a call of a closed tab."""
        self._refuse_late(options.get("event_id"), options.get("session_hash"))
        called = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        public = called.api_visibility == "public"
        if public:
            inputs = [*inputs, *(getattr(each, "value", None) for each in called.inputs[len(inputs) :])]
        try:
            return await super().process_api(block_fn, inputs, *args, **options)
        except Exception as error:
            told = failure(error, page=not public)
            if told is error:
                raise
            raise told from error


class PictureServer(GradioMCPServer):
    """Gradio's MCP server, with pictures in every answer.

    Gradio itself puts them in for clients that ask for news of the progress; to others it sends a text with links.
    """

    def postprocess_output_data(self, data: Any, root_url: str) -> list[Any]:
        """See `GradioMCPServer.postprocess_output_data`; an endpoint's several outputs arrive here as one tuple."""
        outputs = [each for output in data for each in (output if isinstance(output, tuple) else (output,))]
        return super().postprocess_output_data(outputs, root_url)

    @staticmethod
    def get_base64_data(image: Image.Image, format: str) -> str:
        """See `GradioMCPServer.get_base64_data`; a large picture is reduced to MCP_SIDE."""
        size = fit_within(*image.size, MCP_SIDE)
        if size != image.size:
            image = image.resize(size, Image.Resampling.BOX, reducing_gap=3.0)
        return GradioMCPServer.get_base64_data(image, format)

    def convert_strings_to_filedata(self, value: Any, filedata_positions: list[list[str | int]]) -> Any:
        """See `GradioMCPServer.convert_strings_to_filedata`; raises ValueError with a sentence of ours."""
        try:
            return super().convert_strings_to_filedata(value, filedata_positions)
        except Exception as error:
            names = ", ".join(str(path[0]) for path in filedata_positions)
            raise ValueError(
                f"{names}: give the http or https address of a picture, or a data URL such as "
                "data:image/png;base64,..."
            ) from error


def serve_pictures() -> None:
    """Have Gradio use PictureServer: it makes its own server while it launches, and asks nobody which."""
    import gradio.mcp

    gradio.mcp.GradioMCPServer = PictureServer
