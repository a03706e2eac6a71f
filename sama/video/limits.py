"""What a clip may be, said before any work begins."""

from sama.errors import ClipError

MAX_SIDE = 8192  # pixels
MAX_PIXELS = 9_000_000  # of a frame: 4096 x 2160 and a little
MAX_FRAMES = 18_000  # ten minutes of 30 a second


def limits_text(max_pixels: int = MAX_PIXELS, max_frames: int | None = None) -> str:
    """Return the limits for people."""
    frames = MAX_FRAMES if max_frames is None else max_frames
    return (
        f"up to {max_pixels / 1e6:.4g} megapixels and {MAX_SIDE} pixels a side, and {frames} frames "
        f"({frames / 1800:.3g} minutes at 30 a second)"
    )


def check_size(name: str, size: tuple[int, int], max_pixels: int) -> None:
    """Raise ClipError where a frame of size (width, height) is too large, or there is nothing of it."""
    width, height = size
    if width < 1 or height < 1:
        raise ClipError(f"{name} does not say how large its pictures are; convert it to MP4 first.")
    if max(size) > MAX_SIDE:
        raise ClipError(
            f"{name} is {width} x {height} and the limit is {MAX_SIDE} pixels a side; scale it down first."
        )
    if width * height > max_pixels:
        raise ClipError(
            f"{name} has frames of {width * height / 1e6:.4g} megapixels and the limit is {max_pixels / 1e6:.4g}; "
            "scale it down first."
        )


def check_frames(name: str, frames: int, max_frames: int | None) -> None:
    """Raise ClipError where there are too many frames, or but one."""
    most = MAX_FRAMES if max_frames is None else max_frames
    if frames > most:
        raise ClipError(f"{name} has {frames} frames and the limit is {most}; cut it shorter first.")
    if frames == 1:
        raise ClipError(f"{name} is one picture and no clip; open it as a photo.")
