"""The one family of errors that a user can cause.

`str(error)` is a single sentence that names the remedy; the CLI prints it and exits with code 2, the page shows it and
stays as it was.
"""


class SamaError(Exception):
    """A mistake the user can mend."""


class PhotoError(SamaError):
    """A file that cannot be opened as a photo."""


class ClipError(SamaError):
    """A file or folder that cannot be opened as a clip, or a part of it that is not there."""


class PromptError(SamaError):
    """Points, boxes, masks or session files that make no sense for this photo."""


class WeightsError(SamaError):
    """A checkpoint that is missing, damaged, or made for another model."""


class DeviceError(SamaError):
    """A device or dtype that this machine does not have."""


# What to do where packages for measuring are missing.
INSTALL_EVAL = "run `pip install '.[eval]'` in the repository"
# And where those for clips are.
INSTALL_VIDEO = "run `pip install 'sama-studio[video]'`"
# And where Ray is.
INSTALL_CLUSTER = "run `pip install 'sama-studio[cluster]'`"
