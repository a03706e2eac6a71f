"""What Chromium makes of a picture, as an independent reference."""

import base64

import numpy as np
import pytest

_DRAW = """async ([mime, data]) => {
  const image = new Image();
  image.src = `data:${mime};base64,${data}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext('2d', {colorSpace: 'srgb'});
  context.drawImage(image, 0, 0);
  return [canvas.width, canvas.height, [...context.getImageData(0, 0, canvas.width, canvas.height).data]];
}"""


@pytest.fixture(scope="session")
def in_chromium(launch_chromium):
    """A function from a MIME type and a file's bytes to (H, W, 4) uint8."""
    browser = launch_chromium(["--no-sandbox", "--force-color-profile=srgb"])
    page = browser.new_page()

    def draw(mime: str, data: bytes) -> np.ndarray:
        width, height, values = page.evaluate(_DRAW, [mime, base64.b64encode(data).decode()])
        return np.array(values, np.uint8).reshape(height, width, 4)

    yield draw
    browser.close()
