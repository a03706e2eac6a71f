"""Which learned memory read-out a clip is followed with."""

from pathlib import Path

from sama.models.memory_readout import MemoryReadout
from sama.video.settings import EMBEDDED, NONE
from sama.weights.readouts import embedded_readout, load_readout
from sama.weights.zoo import LoadedModel


def readout_of(loaded: LoadedModel, which: str) -> MemoryReadout | None:
    """The read-out that `which` names for a model, see `FollowSettings.readout`; None for following without one. Raises
    WeightsError for a file that will not do."""
    if which == NONE:
        return None
    return embedded_readout(loaded) if which == EMBEDDED else load_readout(Path(which), loaded)
