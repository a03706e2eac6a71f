"""Which files of a folder are photos."""

from pathlib import Path

from sama.errors import PhotoError

# Of files that can be opened; what else lies in a folder is nobody's photo.
PHOTOS = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".avif", ".heic", ".heif", ".jp2")


def photos_in(folder: Path) -> list[Path]:
    """The photos that lie in a folder itself, by name, without hidden ones; at least one. Raises PhotoError."""
    if not folder.exists():
        raise PhotoError(f"{folder} does not exist; check its path.")
    if not folder.is_dir():
        raise PhotoError(f"{folder} is no folder; give one with photos in it.")
    try:
        found = [path for path in folder.iterdir() if path.suffix.lower() in PHOTOS and path.is_file()]
    except OSError as error:
        raise PhotoError(f"{folder} cannot be read ({error.strerror}); change its permissions.") from error
    shown = sorted((path for path in found if not path.name.startswith(".")), key=lambda path: path.name)
    if not shown:
        raise PhotoError(f"{folder} has no photos; put some there, or give another folder.")
    return shown
