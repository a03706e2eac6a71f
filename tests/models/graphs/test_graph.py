"""Graphs beside the modules that they are made of, and what is kept of them on disk."""

import copy
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from sama.errors import DeviceError
from sama.models.graphs import graph, runtime
from sama.models.graphs.graph import Graph
from sama.models.graphs.store import Store, default_folder

pytestmark = pytest.mark.skipif(not runtime.available(), reason="OpenVINO does not run here")


class Pair(nn.Module):
    """A map and tokens in, a map and tokens out."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.linear = nn.Conv2d(3, 5, 3, padding=1), nn.Linear(5, 4)

    def forward(self, x: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        y = torch.relu(self.conv(x))
        return y, self.linear(tokens + y.mean((2, 3))[:, None])


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "graphs", "0" * 64)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.03)], ids=["float32", "bfloat16"]
)
def test_a_graph_says_what_its_module_says(store, dtype, tolerance):
    made = Graph(Pair(), "pair", dtype, store, {})
    module = Pair()
    for size in ((6, 9), (4, 4)):
        x, tokens = torch.randn(1, 3, *size), torch.randn(1, 7, 5)
        answers = made(x, tokens)
        for ours, theirs in zip(answers, module(x, tokens), strict=True):
            assert ours.dtype == dtype and ours.shape == theirs.shape
            assert torch.allclose(ours.float(), theirs, atol=tolerance)
        assert answers[0].is_contiguous(memory_format=torch.channels_last)


def test_what_was_answered_stays_when_more_is_asked(store):
    made = Graph(Pair(), "pair", torch.float32, store, {})
    one = made(torch.ones(1, 3, 4, 4), torch.ones(1, 2, 5))
    kept = [x.clone() for x in one]
    made(torch.zeros(1, 3, 4, 4), torch.zeros(1, 2, 5))
    made.rest()
    assert all(torch.equal(a, b) for a, b in zip(one, kept, strict=True))
    again = made(torch.ones(1, 3, 4, 4), torch.ones(1, 2, 5))
    assert all(torch.equal(a, b) for a, b in zip(again, kept, strict=True))


def test_a_graph_is_the_same_in_autocast_and_from_several_threads(store):
    made, x, tokens = (
        Graph(Pair(), "pair", torch.float32, store, {}),
        torch.randn(1, 3, 8, 8),
        torch.ones(1, 2, 5),
    )
    with torch.autocast("cpu", torch.bfloat16):  # which must not be traced along
        expected = made(x, tokens)
    answers: list = [None] * 6

    def ask(i: int) -> None:
        answers[i] = [made(x, tokens) for _ in range(10)]

    threads = [threading.Thread(target=ask, args=[i]) for i in range(len(answers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in answers:
        assert all(torch.equal(a, b) for found in each for a, b in zip(found, expected, strict=True))


def test_a_layer_is_traced_as_another(store):
    class Twice(nn.ReLU):
        def forward(self, x: Tensor) -> Tensor:
            return 2 * x

    module = nn.Sequential(nn.ReLU())
    made = Graph(module, "twice", torch.float32, store, {nn.ReLU: Twice})
    x = torch.randn(1, 4)
    assert torch.allclose(made(x)[0], 2 * x)
    assert type(module[0]) is nn.ReLU


def test_a_module_is_traced_once_on_a_machine(store, monkeypatch):
    x, tokens = torch.randn(1, 3, 4, 4), torch.randn(1, 2, 5)
    expected = Graph(Pair(), "pair", torch.float32, store, {})(x, tokens)

    def no_more(*_):
        raise ValueError("it is traced again")

    monkeypatch.setattr(graph, "_model_of", no_more)
    again = Graph(Pair(), "pair", torch.float32, store, {})(x, tokens)
    assert all(torch.equal(a, b) for a, b in zip(again, expected, strict=True))
    for other in (Store(store.folder, "1" * 64), Store(store.folder / "elsewhere", store.weights)):
        with pytest.raises(DeviceError, match="traced again"):
            Graph(Pair(), "pair", torch.float32, other, {})(x, tokens)
    with pytest.raises(DeviceError, match="traced again"):  # whose products are others
        Graph(Pair(), "pair", torch.bfloat16, store, {})(x, tokens)


def test_damaged_and_unwritable_folders_cost_nothing_but_time(store, tmp_path):
    x, tokens = torch.randn(1, 3, 4, 4), torch.randn(1, 2, 5)
    expected = Graph(Pair(), "pair", torch.float32, store, {})(x, tokens)
    (kept,) = store.folder.glob("*.xml")
    whole = kept.read_bytes()
    for damage in (b"", whole[: len(whole) // 2], b"<html>"):
        kept.write_bytes(damage)
        again = Graph(Pair(), "pair", torch.float32, store, {})(x, tokens)
        assert all(torch.equal(a, b) for a, b in zip(again, expected, strict=True))
        assert kept.read_bytes().endswith(b"</net>\n")  # mended
    occupied = tmp_path / "file"
    occupied.write_text("no folder")
    answers = Graph(Pair(), "pair", torch.float32, Store(occupied, "0"), {})(x, tokens)
    assert all(torch.equal(a, b) for a, b in zip(answers, expected, strict=True))


def test_weights_that_are_missing_are_made_again(store):
    x, tokens = torch.randn(1, 3, 4, 4), torch.randn(1, 2, 5)
    expected = Graph(Pair(), "pair", torch.float32, store, {})(x, tokens)
    (weights,) = store.folder.glob("*.bin")
    for damage in (None, b"", weights.read_bytes()[:-8]):
        weights.unlink() if damage is None else weights.write_bytes(damage)
        again = Graph(Pair(), "pair", torch.float32, store, {})(x, tokens)
        assert all(torch.equal(a, b) for a, b in zip(again, expected, strict=True))


def test_old_graphs_make_room(store, monkeypatch):
    x, tokens = torch.randn(1, 3, 4, 4), torch.randn(1, 2, 5)
    Graph(Pair(), "pair", torch.float32, store, {})(x, tokens)
    old = list(store.folder.iterdir())
    assert len(old) == 2
    for path in old:
        os.utime(path, (0, 0))
    stranger = store.folder / "notes.txt"
    stranger.write_text("not ours")
    os.utime(stranger, (0, 0))
    Graph(Pair(), "pair", torch.float32, Store(store.folder, "1" * 64), {})(x, tokens)
    assert not any(path.exists() for path in old)
    assert stranger.exists() and len(list(store.folder.glob("*.xml"))) == 1


def test_whoever_waits_is_told_what_went_wrong(store):
    class Bad(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise ArithmeticError("of its own")

    made = Graph(Bad(), "a bad one", torch.float32, store, {})
    with pytest.raises(
        DeviceError, match=r"cannot run a bad one here \(of its own\); choose --runtime torch"
    ) as told:
        made(torch.ones(1))
    assert isinstance(told.value.__cause__, ArithmeticError)


def test_a_process_ends_while_graphs_are_made():
    code = """
import threading
import sama
loading = threading.Thread(target=sama.load, args=["mini"], kwargs={"device": "cpu"}, daemon=True)
loading.start()
loading.join()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_one_can_wait_until_no_graph_is_made(store):
    run = Graph(Pair(), "pair", torch.float32, store, {}).prepare((1, 3, 4, 4), (1, 2, 5))
    graph.settled()
    assert run.done()


def test_a_copied_model_has_the_same_graph(store):
    made = Graph(Pair(), "pair", torch.float32, store, {})
    assert copy.deepcopy({"graph": made})["graph"] is made


def test_where_graphs_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("SAMA_GRAPHS", str(tmp_path / "own"))
    assert default_folder() == tmp_path / "own"
    monkeypatch.delenv("SAMA_GRAPHS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "sama" / "graphs"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_folder() == Path.home() / ".cache" / "sama" / "graphs"


def test_graphs_need_openvino_and_an_x86(monkeypatch):
    assert runtime.available()
    monkeypatch.setattr(runtime.platform, "machine", lambda: "arm64")
    assert not runtime.available()
    monkeypatch.setattr(runtime.platform, "machine", lambda: "AMD64")
    assert runtime.available()
    monkeypatch.setattr(runtime, "find_spec", lambda name: None)
    assert not runtime.available() and runtime.version() == ""


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_the_first_start_says_what_all_that_follow_say(store, dtype):
    x, tokens = torch.randn(1, 3, 8, 8), torch.randn(1, 2, 5)
    first = Graph(Pair(), "pair", dtype, store, {})(x, tokens)
    later = Graph(Pair(), "pair", dtype, store, {})(x, tokens)  # with weights that were rounded for the disk
    assert all(torch.equal(a, b) for a, b in zip(first, later, strict=True))
