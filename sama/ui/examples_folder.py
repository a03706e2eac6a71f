"""Where the example photos are."""

from pathlib import Path


def examples_folder() -> Path:
    """Return the folder of the examples: beside the package in a checkout, inside it where it was installed."""
    package = Path(__file__).parents[1]
    inside = package / "examples"
    return inside if inside.is_dir() else package.parent / "examples"
