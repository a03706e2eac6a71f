"""Measurements of speed, memory and bytes; see `python -m sama bench`."""
