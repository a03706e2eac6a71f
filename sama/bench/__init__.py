"""Measurements of speed, memory and bytes; see `python -m sama bench`."""

import sama.models  # noqa: F401  before segment-anything, see `sama.models.light_imports`
