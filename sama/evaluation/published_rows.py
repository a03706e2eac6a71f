"""Figures that papers print of published data sets, each with where it stands, beside what was measured here.

Only figures of the papers that this project was made from are here: SAMA (arXiv 2601.12147), and what is told of ZIM
(arXiv 2411.00626) and Matting Anything 2 (OpenReview 6K08FPo2cf). Values are as printed; `scale` makes them ours: SAD
and Grad in thousands, MSE times 1000.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sama.evaluation.columns import DECIMALS

SEGMENTATION: tuple[str, ...] = ("F_max", "weighted_F", "MAE", "S", "E")
MATTING: tuple[str, ...] = ("SAD", "MSE", "Grad")
BOX, NOTHING, TRIMAP, UNSAID = "box", "no prompt", "trimap", "not said"


@dataclass(frozen=True)
class Row:
    """One printed row: values by our names of metrics; prompts: what the method was given; doubts: what may differ from
    how figures are measured here."""

    dataset: str
    method: str
    values: dict[str, float]
    source: str
    prompts: str
    scale: dict[str, float] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()

    def ours(self, metric: str) -> float | None:
        """A value in this project's units."""
        return self.values[metric] * self.scale.get(metric, 1.0) if metric in self.values else None


_TABLE_1 = """
IS-Net|0.791 0.717 0.074 0.813 0.856|0.740 0.662 0.074 0.787 0.820|0.799 0.728 0.070 0.823 0.858
UDUN|0.823 0.763 0.059 0.838 0.892|0.784 0.720 0.059 0.817 0.860|0.829 0.768 0.058 0.843 0.886
BiRefNet|0.891 0.854 0.038 0.898 0.931|0.860 0.819 0.037 0.885 0.911|0.894 0.857 0.036 0.900 0.930
SAM|0.835 0.782 0.069 0.808 0.889|0.838 0.807 0.047 0.843 0.805|0.803 0.758 0.081 0.792 0.863
HQ-SAM|0.851 0.829 0.045 0.848 0.919|0.903 0.888 0.019 0.907 0.959|0.895 0.874 0.029 0.883 0.950
Pi-SAM|0.883 0.866 0.035 0.889 0.945|0.890 0.869 0.027 0.894 0.947|0.903 0.887 0.027 0.907 0.953
DIS-SAM|0.920 0.877 0.031 0.909 0.948|0.929 0.897 0.019 0.929 0.960|0.924 0.889 0.025 0.921 0.955
SAMA|0.942 0.885 0.021 0.930 0.962|0.940 0.911 0.012 0.947 0.977|0.932 0.904 0.019 0.934 0.962
"""
_TABLE_1_REST = """
IS-Net|0.830 0.758 0.064 0.836 0.883|0.827 0.753 0.072 0.830 0.870
UDUN|0.865 0.809 0.050 0.865 0.917|0.846 0.792 0.059 0.849 0.901
BiRefNet|0.925 0.893 0.028 0.919 0.955|0.904 0.864 0.039 0.869 0.939
SAM|0.773 0.724 0.094 0.761 0.848|0.677 0.634 0.162 0.697 0.762
HQ-SAM|0.860 0.853 0.045 0.851 0.926|0.786 0.748 0.088 0.799 0.863
Pi-SAM|0.899 0.882 0.030 0.901 0.953|0.893 0.870 0.039 0.893 0.948
DIS-SAM|0.918 0.877 0.030 0.908 0.948|0.899 0.849 0.043 0.888 0.932
SAMA|0.920 0.889 0.032 0.924 0.949|0.917 0.857 0.041 0.897 0.937
"""
_SAMA = "arXiv 2601.12147, table"
_PROMPTLESS = ("IS-Net", "UDUN", "BiRefNet")


def _table_1(text: str, datasets: tuple[str, ...]) -> Iterator[Row]:
    for line in text.split("\n"):
        method, *cells = line.split("|")
        for dataset, cell in zip(datasets, cells, strict=False):
            values = dict(zip(SEGMENTATION, map(float, cell.split()), strict=True))
            prompts = NOTHING if method in _PROMPTLESS else BOX
            yield Row(dataset, method, values, f"{_SAMA} 1", prompts)


_UNSAID_REGION = "the paper does not say whether the whole image or the unknown region is measured"
_SUMMED = {"MSE": 1000.0}


def _table_2(dataset: str, sad: str, mse: str) -> Iterator[Row]:
    names = ["I-F", "DIM", "DCNN", "MGMatting", "ViTMatte", "LFM", "MODNet", "MFC-Net", "SAMA"]
    for i, (name, s, m) in enumerate(zip(names, sad.split(), mse.split(), strict=True)):
        prompts = TRIMAP if i < 5 else BOX if name == "SAMA" else NOTHING
        doubts = (_UNSAID_REGION, *(("its prompt is not stated for this table",) if name == "SAMA" else ()))
        yield Row(dataset, name, {"SAD": float(s), "MSE": float(m)}, f"{_SAMA} 2", prompts, doubts=doubts)


def _zim(part: str, rows: str) -> Iterator[Row]:
    doubts = (
        "its prompts are the data set's own boxes",
        "the notes do not say in which units SAD and Grad are, nor at which size",
    )
    for line in rows.split("\n"):
        name, *values = line.split("|")
        found = dict(zip(MATTING, map(float, values), strict=False))
        yield Row(
            f"micromat_{part}", name, found, "notes on arXiv 2411.00626, main results", BOX, doubts=doubts
        )


ROWS: tuple[Row, ...] = (
    *_table_1(_TABLE_1.strip(), ("dis_vd", "dis_te1", "dis_te2")),
    *_table_1(_TABLE_1_REST.strip(), ("dis_te3", "dis_te4")),
    *_table_2(
        "composition_1k",
        "70.3 50.4 115.8 32.1 21.5 58.4 47.1 35.6 22.8",
        "13 14 23 7.0 3.3 11.8 12.3 8.7 2.9",
    ),
    *_table_2(
        "distinctions_646",
        "78.9 47.6 103.8 36.6 21.22 44.6 41.7 34.5 22.4",
        "16 9 20 7.2 2.1 12.8 9.0 7.8 2.2",
    ),
    Row("am_2k", "SAMA", {"SAD": 8.04, "MSE": 0.003}, f"{_SAMA} 4", UNSAID, _SUMMED, (_UNSAID_REGION,)),
    *(
        Row(name, "SAMA", {"SAD": 9.08, "MSE": 0.0028}, f"{_SAMA} 4", UNSAID, _SUMMED, (_UNSAID_REGION,))
        for name in ("p3m_500_p", "p3m_500_np")
    ),
    Row(
        "refmatte_rw100",
        "SAMA",
        {"SAD": 25.69, "MSE": 0.0100},
        f"{_SAMA} 5",
        UNSAID,
        _SUMMED,
        (_UNSAID_REGION,),
    ),
    *_zim(
        "fine",
        "SAM|36.086|11.057|14.867\nHQ-SAM|124.262|42.457|13.673\nMatte Anything|34.661|9.746|7.021\n"
        "Matting Anything|246.214|68.372|19.185\nZIM|9.961|1.893|4.813",
    ),
    *_zim(
        "coarse",
        "SAM|3.516|1.044\nHQ-SAM|8.458|2.733\nMatte Anything|6.950|1.983\nMatting Anything|109.639|23.780\n"
        "ZIM|1.860|0.448",
    ),
    Row(
        "aim_500",
        "MAM2",
        {"MSE": 4.24},
        "notes on OpenReview 6K08FPo2cf, key findings",
        UNSAID,
        doubts=("the unit of its MSE is not stated",),
    ),
)


def rows_of(dataset: str) -> list[Row]:
    """All published rows of a data set."""
    return [row for row in ROWS if row.dataset == dataset]


def beside(dataset: str, prompts: str, methods: dict[str, dict[str, float]], caution: str = "") -> list[str]:
    """Lines of our figures beside the published ones, in our units, and what keeps them from being compared.

    prompts: the kind that was measured here; methods: values by metric, of each of ours.
    """
    rows = rows_of(dataset)
    if not rows:
        told = [
            "",
            "No published figures of this data set are in the papers that this project was made from.",
        ]
        return told + ([f"* {caution}"] if caution else [])
    metrics = [name for name in DECIMALS if any(name in row.values for row in rows)]
    table = [
        (f"{name} (here)", [_text(values.get(metric), metric) for metric in metrics], f"{prompts}")
        for name, values in methods.items()
    ]
    doubts: dict[str, int] = {}
    for row in rows:
        told = [*row.doubts]
        if row.prompts != prompts:
            told.append(f"prompts: {row.prompts}, here {prompts}")
        marks = " ".join(f"[{doubts.setdefault(each, len(doubts) + 1)}]" for each in told)
        cells = [_text(row.ours(metric), metric) for metric in metrics]
        table.append((row.method, cells, f"{row.source} {marks}".rstrip()))
    width = max(len(name) for name, *_ in table)
    lines = ["", "beside published figures, in the units used here"]
    lines.append(f"{'':<{width}}  " + "  ".join(f"{name:>10}" for name in metrics))
    for name, cells, source in table:
        lines.append(f"{name:<{width}}  " + "  ".join(f"{cell:>10}" for cell in cells) + f"  {source}")
    lines += [f"[{number}] not comparable: {text}" for text, number in doubts.items()]
    return lines + ([f"* {caution}"] if caution else [])


def _text(value: float | None, metric: str) -> str:
    return "-" if value is None else f"{value:.{DECIMALS[metric]}f}"
