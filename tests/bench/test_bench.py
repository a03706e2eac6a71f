"""The benchmarks' arithmetic, choice and report; and every benchmark for real, on small sizes and models."""

import json

import numpy as np
import pytest
import torch
from segment_anything import sam_model_registry
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

from sama.bench import lab as lab_module
from sama.bench import start, timing
from sama.bench.lab import Lab
from sama.bench.peak import PeakMeter, peak_rss
from sama.bench.registry import benchmarks, select
from sama.bench.report import table
from sama.bench.rows import BenchError, Row
from sama.bench.scenes import matte, photo
from sama.bench.timing import Side, Timing, interleave
from sama.commands.cli import main
from sama.errors import WeightsError
from sama.models.graphs.graph import settled

PROMISED = {
    "encode_view_fp32",
    "encode_view_bf16",
    "encode_local",
    "decode_sam",
    "decode_sama",
    "mini_encode_photo",
    "mini_decode",
    "video_frame",
    "rss_12mp",
    "rss_50mp",
    "start_page",
    "start_click",
    "start_imports",
    *(f"{what}_{size}" for what in ("foreground", "composite", "export") for size in ("1mp", "12mp", "50mp")),
}
CPU = torch.device("cpu")


class Clock:
    """Time that passes only when told to."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now

    def work(self, *durations: float):
        """Return a function that takes these times, one after the other."""
        left = iter(durations)

        def run() -> None:
            self.now += next(left)

        return run


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timing, "time", clock)
    return clock


def test_sides_take_turns_and_the_warm_up_does_not_count(clock):
    said = []
    sides = {
        "stock": Side(clock.work(100, 8, 9, 40)),
        "ours": Side(clock.work(100, 3, 1, 2), prepare=clock.work(5, 5, 5, 5)),
    }
    times = interleave(sides, repeats=3, device=CPU, progress=said.append)
    assert times["stock"].seconds == 9 and times["ours"].seconds == 2  # medians, without what prepares
    assert said[:4] == ["stock, warm-up", "ours, warm-up", "stock, round 1 of 3", "ours, round 1 of 3"]
    assert times["ours"].over(times["stock"]) == pytest.approx(2 / 9)
    assert times["ours"].over(times["stock"], 4) == pytest.approx(2 / 36)


def test_a_row_is_rounded_and_has_just_the_promised_keys():
    row = Timing(1.23456789, 5 * 2**20 + 2**19).row("foreground_12mp", 0.33333)
    assert row.to_dict() == {
        "name": "foreground_12mp",
        "ms": 1234.57,
        "ratio": 0.333,
        "peak_mib": 5.5,
        "device": "cpu",
        "dtype": "float32",
    }
    bare = Timing(0.001, None).row("x", None).to_dict()
    assert bare["ratio"] is None and bare["peak_mib"] is None
    json.dumps(bare)


def test_the_table_is_aligned():
    rows = [
        Row("encode_local", 12345.6, 0.25, None, "cpu", "float32").to_dict(),
        Row("mini_decode", 61.25, None, 12.5, "cpu", "bfloat16").to_dict(),
    ]
    assert table(rows).splitlines() == [
        "name             ms  ratio  peak MiB  device  dtype",
        "encode_local  12346  0.250         -  cpu     float32",
        "mini_decode    61.2      -      12.5  cpu     bfloat16",
    ]


def test_the_peak_of_a_step_is_what_it_adds():
    settled()  # what tests before have begun
    meter = PeakMeter(CPU)
    meter.start()
    held = np.ones(2**23)  # 64 MiB
    if (small := meter.stop()) is None:
        pytest.skip("this system does not tell the peak of a step")
    assert 60 * 2**20 < small < 80 * 2**20
    meter.start()
    for _ in range(2):
        np.ones(2**24)[0]  # freed again at once
    assert 120 * 2**20 < meter.stop() < 160 * 2**20
    del held
    meter.start()
    assert meter.stop() < 8 * 2**20
    assert peak_rss() > 100 * 2**20


def test_what_was_promised_is_there_and_can_be_chosen():
    names = [name for benchmark in benchmarks() for name in benchmark.names]
    assert set(names) == PROMISED and len(names) == len(set(names))
    every = select(benchmarks(), None)
    assert {name for _, wanted in every for name in wanted} == PROMISED
    ((encoder, wanted), (memory, _)) = select(benchmarks(), ["rss_12mp", "encode_local"])
    assert (
        wanted == {"encode_local"} and "encode_view_fp32" in encoder.names and memory.names == ("rss_12mp",)
    )
    large = {name for benchmark in benchmarks(["vit_l"]) for name in benchmark.names}
    assert "vit_l_encode_view_bf16" in large and not any(name.startswith("mini") for name in large)


def test_unknown_names_get_a_sentence():
    with pytest.raises(BenchError, match="'decode'; choose from encode_view_fp32"):
        select(benchmarks(), ["decode"])
    with pytest.raises(WeightsError, match="vit_z"):
        benchmarks(["vit_z"])


@pytest.mark.parametrize(
    ("flags", "remedy"),
    [
        (["--only", "everything"], "mini_decode"),
        (["--only", "mini_decode", "--model", "vit_b"], "choose from encode_view_fp32"),
        (["--repeats", "0"], "--repeats"),
        (["--ui", "--only", "mini_decode"], "leave out --only"),
        (["--checkpoint", "x.pth", "--model", "vit_b", "vit_l"], "--model"),
        (["--checkpoint", "nowhere.pth", "--model", "vit_b"], "check the path"),
        (["--device", "tpu"], "tpu"),
        (["--json", "/nowhere/rows.json"], "--json"),
    ],
)
def test_wrong_flags_get_a_sentence(flags, remedy, capsys):
    assert main(["bench", *flags]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("sama: ") and remedy in said.err and not said.out


def test_scenes_are_large_and_partly_soft():
    image, alpha = photo(300, 200), matte(300, 200)
    assert image.shape == (200, 300, 3) and image.dtype == np.uint8 and image.std() > 30
    assert alpha.shape == (200, 300) and alpha.dtype == np.float32
    assert alpha.min() == 0 and alpha.max() == 1
    assert 0.02 < ((alpha > 0.01) & (alpha < 0.99)).mean() < 0.3
    assert np.array_equal(photo(300, 200), image)


@pytest.fixture
def small_vit_b(monkeypatch):
    """Make `vit_b` a SAM for photos of 512 pixels, with two thin blocks."""

    def build(checkpoint=None) -> Sam:
        encoder = ImageEncoderViT(
            img_size=512, patch_size=16, depth=2, embed_dim=32, num_heads=2, out_chans=256, window_size=4,
            global_attn_indexes=(1,), use_rel_pos=True,
        )  # fmt: skip
        prompts = PromptEncoder(256, (32, 32), (512, 512), 16)
        transformer = TwoWayTransformer(depth=2, embedding_dim=256, num_heads=8, mlp_dim=64)
        return Sam(encoder, prompts, MaskDecoder(transformer_dim=256, transformer=transformer)).eval()

    monkeypatch.setitem(sam_model_registry, "vit_b", build)
    monkeypatch.setattr(lab_module, "cached", lambda file: None)


def test_official_models_run_beside_stock_on_the_same_weights(small_vit_b):
    with Lab(dtype="float32", repeats=1, side=96) as lab:
        names = {"encode_view_fp32", "encode_view_bf16", "encode_local", "decode_sam", "decode_sama"}
        rows = {
            row.name: row
            for benchmark, wanted in select(benchmarks(["vit_b"]), sorted(names))
            for row in benchmark.measure(lab, wanted)
        }
        assert lab.captions == ["vit_b: random weights"]
        assert set(rows) == names
        assert all(row.ms > 0 and row.ratio > 0 and row.device == "cpu" for row in rows.values())
        assert rows["encode_view_bf16"].dtype == "bfloat16"
        assert {rows[name].dtype for name in names - {"encode_view_bf16"}} == {"float32"}

        ours = lab.load("vit_b")
        assert ours.trained  # so that SAMA is measured, not the matte that replaces it
        weights, stock = ours.model.backbone.sam.state_dict(), lab.stock(ours).model.state_dict()
        assert stock.keys() == weights.keys()
        assert all(torch.equal(stock[name], weights[name]) for name in weights)


def test_only_the_rows_asked_for_are_measured(small_vit_b):
    said = []
    with Lab(dtype="float32", repeats=1, side=64, progress=said.append) as lab:
        ((benchmark, wanted),) = select(benchmarks(["vit_b"]), ["encode_view_fp32"])
        (row,) = benchmark.measure(lab, wanted)
    assert row.name == "encode_view_fp32"
    assert not any("bf16" in line or "local" in line for line in said)


def test_the_command_prints_a_table_and_writes_rows(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(lab_module.SIZES, "1mp", (96, 64))
    file = tmp_path / "rows.json"
    wanted = [
        "foreground_1mp",
        "composite_1mp",
        "export_1mp",
        "mini_encode_photo",
        "mini_decode",
        "video_frame",
    ]
    flags = ["--only", *wanted, "--repeats", "1", "--dtype", "float32", "--json", str(file)]
    assert main(["bench", *flags]) == 0
    rows = {row["name"]: row for row in json.loads(file.read_text())}
    assert sorted(rows) == sorted(wanted)
    assert all(list(row) == ["name", "ms", "ratio", "peak_mib", "device", "dtype"] for row in rows.values())
    assert [name for name in wanted if rows[name]["ratio"] is not None] == ["foreground_1mp"]
    assert all(row["ms"] > 0 for row in rows.values())
    printed = capsys.readouterr().out
    for words in (*wanted, "after a warm-up: 1", "stock: PyMatting"):
        assert words in printed, words
    assert "random weights" not in printed  # no official model was used


def test_the_apps_memory_is_that_of_a_process_of_its_own():
    with Lab(dtype="float32", sizes={"12mp": (80, 60)}) as lab:
        ((benchmark, wanted),) = select(benchmarks(), ["rss_12mp"])
        (row,) = benchmark.measure(lab, wanted)
    assert (row.name, row.device, row.dtype, row.ratio) == ("rss_12mp", "cpu", "float32", None)
    assert row.ms > 0 and 300 < row.peak_mib < 1638


def test_imports_are_counted_by_package_without_what_they_import():
    trace = """import time: self [us] | cumulative | imported package
import time:      2000 |       2000 |     torch._C
import time:      1000 |       5000 |   torch
import time:       500 |       5500 | sama.models
Warning: something else
"""
    assert start.imported(trace) == {"torch": 0.003, "sama": 0.0005}


def test_the_start_is_measured_after_a_round_that_warms_the_disk(monkeypatch):
    rounds = iter([(9.0, 9.5), (3.0, 4.0), (2.0, 6.0), (2.5, 5.0)])
    traces = iter(
        ["import time: 1 | 1 | torch"] + 3 * ["import time: 90000 | 1 | torch\nimport time: 1000 | 1 | re"]
    )
    monkeypatch.setattr(start, "_started", lambda: next(rounds))
    monkeypatch.setattr(start, "_trace", lambda code: next(traces))
    with Lab(repeats=3) as lab:
        rows = {row.name: row.ms for row in start.start(lab, start.NAMES)}
    # What takes next to nothing has no row.
    assert rows == {
        "start_page": 2500.0,
        "start_click": 5000.0,
        "start_imports": pytest.approx(91.0),
        "import torch": pytest.approx(90.0),
    }


def test_an_app_that_fails_is_an_error_with_its_last_words():
    with Lab(sizes={"12mp": (8, 8)}) as lab:
        lab.dtype = "float64"
        ((benchmark, wanted),) = select(benchmarks(), ["rss_12mp"])
        with pytest.raises(BenchError, match="float64"):
            list(benchmark.measure(lab, wanted))


def test_the_page_is_measured_alone(monkeypatch, tmp_path, capsys):
    asked = []

    def measure(*, repeats=20, progress):
        asked.append(repeats)
        progress("click 1")
        return [{"name": "click_to_panels", "ms": 241.2, "bytes": 51200}]

    monkeypatch.setattr("sama.bench.studio.measure", measure)
    file = tmp_path / "rows.json"
    assert main(["bench", "--ui", "--repeats", "2", "--json", str(file)]) == 0
    assert asked == [2]
    assert json.loads(file.read_text()) == [{"name": "click_to_panels", "ms": 241.2, "bytes": 51200}]
    assert capsys.readouterr().out.splitlines() == [
        "name              ms  bytes",
        "click_to_panels  241  51200",
    ]
