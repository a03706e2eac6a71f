"""The results of an evaluation on clips as tables for people."""

DECIMALS = {"j": 3, "f": 3, "j_and_f": 3, "mad": 2, "mse": 2, "grad": 2, "dtssd": 2}


def format_clips(results: dict) -> str:
    """What `evaluate_clips` returns as text: a line a method, then J&F of each clip."""
    speed = results["frames_per_second"]
    lines = [
        f"{results['dataset']}: {results['n']} objects in clips; prompts {results['prompts']} on the first frame; "
        f"model {results['model']}; {results['seconds']:.0f} s"
        + (f"; SAMA {speed:.1f} frames a second" if speed else ""),
        *results["notes"],
        "",
        "J, F and their mean: higher is better; mattes: lower is better; without the first frame",
    ]
    methods = results["methods"]
    measures = [name for name in DECIMALS if any(name in values for values in methods.values())]
    rows = {name: [_cell(values, each) for each in measures] for name, values in methods.items()}
    lines += _table("", measures, rows)
    rows = {}
    for row in results["clips"]:
        name = row["clip"] if row["object"] is None else f"{row['clip']}#{row['object']}"
        lost = "-" if row["lost"] is None else str(row["lost"])
        cells = [_cell(values, "j_and_f") for values in row["methods"].values()]
        rows[name] = [*cells, str(row["frames"]), lost]
    return "\n".join([*lines, "", *_table("J&F by clip", [*methods, "frames", "lost"], rows)])


def _cell(values: dict[str, float], name: str) -> str:
    return f"{values[name]:.{DECIMALS[name]}f}" if name in values else "-"


def _table(title: str, heads: list[str], rows: dict[str, list[str]]) -> list[str]:
    """Lines with right-aligned columns."""
    first = max(map(len, (title, *rows)))
    widths = [max(8, len(head)) for head in heads]

    def line(label: str, cells: list[str]) -> str:
        aligned = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        return f"{label:<{first}}  {aligned}"

    return [line(title, heads), *(line(label, cells) for label, cells in rows.items())]
