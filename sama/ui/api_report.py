"""What the endpoints report beside the files."""

from typing import Any

from sama.export.outputs import Outputs
from sama.methods.findings import finding_of
from sama.predict.answer import ModelInfo


def report_of(outputs: Outputs, info: ModelInfo) -> dict[str, Any]:
    """Plain JSON values: what was found and how the prompts were understood, SAM's scores, each object, the
    model and seconds."""
    answer, request = outputs.answer, outputs.request
    finding = finding_of(answer, request)
    return {
        "found": finding.level,
        "finding": finding.text,
        "boxes": [list(box) for box in request.prompts.boxes],
        "scores": [round(float(score), 4) for score in answer.union.scores],
        "chosen": answer.union.chosen,
        "method": answer.method,
        "objects": [
            {name: each[name] for name in ("name", "score", "bbox", "area") if name in each}
            for each in outputs.coco()["annotations"]
        ],
        "size": list(outputs.photo.size),
        "notes": [*outputs.photo.notes, *request.notes],
        "model": info.name,
        "weights": info.weights_digest,
        "seconds": {name: round(value, 4) for name, value in answer.seconds.items()},
    }
