"""Cut-outs of many photos."""

from sama.objects.batch.report import Report
from sama.objects.batch.result import DONE, FAILED, MISSED, Result
from sama.objects.batch.run import batch
from sama.objects.batch.sessions import Sessions
from sama.objects.batch.sources import BOX, MASK, Coco, Largest, Same

__all__ = [
    "BOX",
    "DONE",
    "FAILED",
    "MASK",
    "MISSED",
    "Coco",
    "Largest",
    "Report",
    "Result",
    "Same",
    "Sessions",
    "batch",
]
