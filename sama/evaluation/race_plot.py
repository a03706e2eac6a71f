"""The picture of a click race: a method's mean IoU against the number of clicks."""

from pathlib import Path
from typing import Any

from sama.errors import SamaError
from sama.evaluation.race import LEVELS
from sama.methods import METHODS

SIZE = (5.2, 3.4)  # inches
DPI = 160


def save_plot(results: dict[str, Any], path: Path) -> None:
    """Draw the curves of what `evaluate` returned for a race, as PNG, PDF or SVG by the suffix. Raises SamaError."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(SIZE, dpi=DPI, layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    for level in LEVELS:
        axes.axhline(level / 100, color="#b9b4ab", linewidth=0.7, linestyle=":")
    for name, each in results["race"].items():
        values = results["methods"][name]
        label = METHODS[name].label if name in METHODS else name
        nocs = ", ".join(f"{values[f'NoC@{level}']:.2f}" for level in LEVELS)
        clicks = range(1, len(each["IoU"]) + 1)
        axes.plot(clicks, each["IoU"], marker="o", markersize=3, linewidth=1.4, label=f"{label}  {nocs}")
    axes.set_xlabel("clicks, each at the largest error of the method's own answer")
    axes.set_ylabel(f"mean IoU of {results['n']} objects")
    axes.set_ylim(top=1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize=8, title="NoC@" + ", NoC@".join(map(str, LEVELS)), title_fontsize=8)
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise SamaError(f"{path} cannot be written ({error}): choose another place.") from error
