"""The studio as Gradio's application: every call of a handler, from the page or by a program, goes through here."""

from typing import Any

from gradio.mcp import GradioMCPServer
from PIL import Image

from sama.photo.resize import fit_within
from sama.ui.door import Door
from sama.ui.telling import failure

MCP_SIDE = (
    2048  # longer side, in pixels, of a picture inside an MCP answer; the link beside it leads to all of it
)


class StudioBlocks(Door):
    """Blocks whose every error is told in a sentence, also those that arise before or after our own functions.

    A program that sends the first values of an endpoint alone gets the defaults of the others.
    """

    async def process_api(
        self, block_fn: Any, inputs: list[Any], *args: Any, **options: Any
    ) -> dict[str, Any]:
        """See `gradio.Blocks.process_api`."""
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
