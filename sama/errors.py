"""The one family of errors that a user can cause.

`str(error)` is a single sentence that names the remedy; the CLI prints it and exits with code 2, the page shows it and
stays as it was.
"""


class SamaError(Exception):
    """A mistake the user can mend."""


class PhotoError(SamaError):
    """A file that cannot be opened as a photo."""


class PromptError(SamaError):
    """Points, boxes, masks or session files that make no sense for this photo."""


class WeightsError(SamaError):
    """A checkpoint that is missing, damaged, or made for another model."""


class DeviceError(SamaError):
    """A device or dtype that this machine does not have."""


# What to do where packages for measuring are missing.
INSTALL_EVAL = "run `pip install '.[eval]'` in the repository"
