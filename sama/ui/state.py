"""The life of a visit."""

from enum import Enum, auto


class State(Enum):
    """Where a visit is in its life. It begins OPENED; one caller encodes it; CLOSED, after the visitor has opened
    another photo, it stops; LEFT, after the visitor has gone, it keeps nothing."""

    OPENED = auto()
    ENCODING = auto()
    ENCODED = auto()
    CLOSED = auto()
    LEFT = auto()
