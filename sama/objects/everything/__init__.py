"""Everything mode: the masks of all there is in a photo, without a prompt."""

from sama.objects.everything.found import Found
from sama.objects.everything.generator import Step, everything
from sama.objects.everything.settings import Everything

__all__ = ["Everything", "Found", "Step", "everything"]
