"""Chromium plays the WebM, and sees its alpha."""

import base64

import numpy as np
import pytest

from sama.video.clip import Steady
from sama.video.writing import writer

pytest.importorskip("av")

PAGE = """
async data => {
  const video = document.createElement('video');
  video.muted = true;
  await new Promise((resolve, reject) => {
    video.onloadeddata = resolve;
    video.onerror = () => reject(new Error(video.error.message));
    video.src = 'data:video/webm;base64,' + data;
  });
  await new Promise(resolve => { video.onseeked = resolve; video.currentTime = 0.5; });
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const context = canvas.getContext('2d');
  let rgba = [];
  // The frame may be there a moment after it has been sought.
  for (let tries = 0; tries < 100 && !rgba.some(Boolean); tries++) {
    await new Promise(resolve => setTimeout(resolve, 50 * Math.sign(tries)));
    context.drawImage(video, 0, 0);
    rgba = context.getImageData(0, 0, canvas.width, canvas.height).data;
  }
  return { size: [canvas.width, canvas.height], seconds: video.duration, rgba: [...rgba] };
}
"""


def test_chromium_sees_the_alpha_of_a_webm(tmp_path, launch_chromium):
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (48, 1))
    red = np.tile(np.array([200, 30, 60], np.uint8), (48, 64, 1))
    with writer("webm", tmp_path, Steady((64, 48)), foreground=False) as files:
        for _ in range(25):
            files.write(red, ramp)
    browser = launch_chromium([])
    try:
        page = browser.new_page()
        page.set_default_timeout(60_000)
        data = base64.b64encode(files.paths[0].read_bytes()).decode()
        seen = page.evaluate(PAGE, data)
    finally:
        browser.close()
    assert seen["size"] == [64, 48] and abs(seen["seconds"] - 1) < 0.05
    rgba = np.array(seen["rgba"], np.uint8).reshape(48, 64, 4)
    assert np.abs(rgba[..., 3] / 255 - ramp).mean() < 0.03
    assert np.abs(rgba[:, 50:, :3].astype(int) - [200, 30, 60]).mean() < 6
