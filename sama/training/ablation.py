"""The paper's ablations, its tables 3 to 5, on one backbone: train every variant alike, evaluate all alike.

A model trained for one task takes half the steps: as many of its task as the joint model takes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from sama.models.config import SamaConfig
from sama.models.local_adapter import LocalAdapter
from sama.models.sama import TASKS
from sama.training.losses import Objective


@dataclass(frozen=True)
class Variant:
    """One row: what of SamaConfig differs, the tasks that are trained, and for what."""

    title: str
    changes: dict = field(default_factory=dict)
    tasks: tuple[str, ...] = TASKS
    objective: Objective = Objective()

    def config(self, full: SamaConfig) -> SamaConfig:
        """The full configuration with this variant's changes."""
        return replace(full, **self.changes)


OURS = {
    "fine": (),
    "guides": (),
    "mixing": False,
    "trimap": False,
}  # switches off what the heads see and hold beyond the paper's

# What is left out with a module, see docs/notebook.md.
NO_MVLE = {"mvle": False}
NO_ADAPTER = {"local_adapter": False, "join_local": False}

VARIANTS = {
    "full": Variant("SAMA"),
    "no-mvle": Variant("without MVLE", NO_MVLE),
    "no-adapter": Variant("without Local-Adapter", NO_ADAPTER),
    "neither": Variant("without both", NO_MVLE | NO_ADAPTER),
    "direct": Variant("without Local-Adapter, heads read MVLE's output", {"local_adapter": False}),
    "segmentation": Variant("segmentation alone", tasks=("segmentation",)),
    "matting": Variant("matting alone", tasks=("matting",)),
    "no-trimap": Variant("without a trimap first", {"trimap": False}),
    "masked-attention": Variant("with prompt-aware masked attention", {"masked_attention": True}),
    "zim-loss": Variant("matte by L1 + 10 Grad", objective=Objective("zim")),
    "zim-both": Variant("both of ZIM's", {"masked_attention": True}, objective=Objective("zim")),
    "weights-2-1": Variant("segmentation to matting 2:1", objective=Objective(segmentation_weight=2.0)),
    "weights-1-2": Variant("segmentation to matting 1:2", objective=Objective(matting_weight=2.0)),
    "paper": Variant("the paper's modules alone", OURS),
    "paper-no-mvle": Variant("of these, without MVLE", OURS | NO_MVLE),
    "paper-no-adapter": Variant("of these, without Local-Adapter", OURS | NO_ADAPTER),
    "paper-neither": Variant("of these, without both", OURS | NO_MVLE | NO_ADAPTER),
}

# Of `evaluate`'s results: (validation folder, object mode, metric, title), by task.
MEASURES = {
    "segmentation": (
        ("horses", "each", "mIoU", "horses mIoU"),
        ("horses", "each", "boundary_IoU", "horses boundary IoU"),
        ("cats", "each", "mIoU", "cats mIoU"),
        ("ccp", "union", "mIoU", "ccp mIoU"),
        ("composites", "each", "mIoU", "composites mIoU"),
    ),
    "matting": (
        ("composites", "each", "MSE", "composites MSE x1000"),
        ("composites", "each", "SAD", "composites SAD /1000"),
        ("composites", "each", "Grad", "composites Grad"),
    ),
}
FOLDERS = {folder: mode for rows in MEASURES.values() for folder, mode, *_ in rows}


def table(results: dict[str, dict[str, dict]], steps: int) -> str:
    """Markdown of all variants: results[variant][folder] is what `evaluate` returned.

    A variant shows only the measures of tasks it was trained for; SAM's own mask is the first row.
    """
    columns = [(task, *measure) for task, measures in MEASURES.items() for measure in measures]
    lines = [
        f"{steps} steps of training each, half of them for either task; a model for one task took that half.",
        "",
        "| variant | " + " | ".join(title for *_, title in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    first = next(iter(results.values()))
    rows = [("SAM", first, "sam", TASKS)]
    rows += [(VARIANTS[name].title, found, "sama", VARIANTS[name].tasks) for name, found in results.items()]
    for title, found, method, tasks in rows:
        cells = [
            _cell(found[folder]["methods"][method][metric]) if task in tasks else ""
            for task, folder, _, metric, _ in columns
        ]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.1f}"


class ConfidenceWatch:
    """Collects the Local-Adapters' confidence maps C (eq. 8) while a model answers.

    A context manager over `model.adapters`; `results` gives mean, 5th and 95th percentile of each adapter.
    """

    def __init__(self, model):
        self.model = model
        self.values: list[list[np.ndarray]] = [[] for _ in model.adapters]
        self._handles: list = []

    def __enter__(self) -> "ConfidenceWatch":
        for i, adapter in enumerate(self.model.adapters):
            if isinstance(adapter, LocalAdapter):
                self._handles.append(adapter.register_forward_hook(self._keeper(i)))
        return self

    def __exit__(self, *_) -> None:
        for handle in self._handles:
            handle.remove()

    def _keeper(self, i: int) -> Callable:
        def keep(module, inputs, output) -> None:
            self.values[i].append(output.confidence.detach().float().flatten().cpu().numpy())

        return keep

    def results(self) -> list[dict[str, float]]:
        """One {"mean", "p5", "p95"} an adapter; empty where an adapter was never asked."""
        found = []
        for parts in self.values:
            values = np.concatenate(parts) if parts else np.zeros(0)
            if len(values):
                low, high = np.percentile(values, [5, 95])
                found.append({"mean": float(values.mean()), "p5": float(low), "p95": float(high)})
            else:
                found.append({})
        return found
