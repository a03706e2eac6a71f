"""What keeps this repository in order and is not part of the package."""
