"""Films made and read by another program: the ffmpeg of the package imageio-ffmpeg."""

import re
import subprocess
from pathlib import Path

import numpy as np


def ffmpeg(*arguments: object) -> bytes:
    """Run ffmpeg; returns what it writes to "-"."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=120).stdout


def film(path: Path, *output: object, size=(64, 48), frames: int = 12, source: str = "testsrc") -> Path:
    """Make a film of frames that differ, 25 a second, by the options of its output.

    They are blurred: how colours of half the resolution are enlarged is a matter of taste.
    """
    width, height = size
    pictures = f"{source}=size={width}x{height}:rate=25,gblur=sigma=10" if "=" not in source else source
    ffmpeg("-f", "lavfi", "-i", pictures, "-frames:v", frames, *output, path)
    return path


def decoded(path: Path, size, pixels: str = "rgb24", before=()) -> np.ndarray:
    """All frames (N, H, W[, C]) as ffmpeg sees them, upright; size: (width, height)."""
    dtype = np.dtype("<u2") if pixels.endswith("le") else np.uint8
    how = f"scale=flags=bicubic+accurate_rnd+full_chroma_int,format={pixels}"  # the careful way, as ours
    raw = np.frombuffer(
        ffmpeg(*before, "-i", path, "-fps_mode", "passthrough", "-vf", how, "-f", "rawvideo", "-"), dtype
    )
    depth = {"rgb": 3, "rgba": 4}.get(re.sub(r"[\d].*", "", pixels), 1)
    shape = (-1, size[1], size[0], depth)
    return raw.reshape(shape if depth > 1 else shape[:3])


def described(path: Path) -> str:
    """What ffmpeg tells of a file's streams."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-i", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stderr


def stamps(path: Path) -> list[float]:
    """When ffmpeg shows the frames, in seconds."""
    lines = ffmpeg("-copyts", "-i", path, "-map", "0:v", "-c", "copy", "-f", "framehash", "-").decode()
    base = re.search(r"#tb 0: (\d+)/(\d+)", lines)
    assert base is not None
    tick = int(base[1]) / int(base[2])
    return sorted(int(line.split(",")[2]) * tick for line in lines.splitlines() if line and line[0] != "#")


def sound(path: Path, rate: int = 48_000) -> np.ndarray:
    """The sound, one channel, floats."""
    return np.frombuffer(ffmpeg("-i", path, "-vn", "-ac", 1, "-ar", rate, "-f", "f32le", "-"), np.float32)


def near(one: np.ndarray, other: np.ndarray, mean: float = 2.5) -> None:
    """Assert that pictures are alike but for rounding."""
    assert one.shape == other.shape
    assert np.abs(one.astype(int) - other.astype(int)).mean() <= mean
