"""Batches on a Ray cluster: a local one of two workers, started once (a file's tests never run beside each other),
and what is said where there is none."""

import os
import socket
import time
from importlib.util import find_spec
from multiprocessing import resource_tracker
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sama.errors import SamaError
from sama.objects.batch import FAILED
from sama.objects.batch.actors import Share, share_of
from sama.objects.batch.report import JOURNAL, read_results
from sama.objects.batch.work import Stop
from tests.objects.batch_photos import DEADLY, SIZE, deadly, quick, save_photo, tree

COUNT = 8
PATIENCE = 60  # seconds for processes to end


@pytest.fixture
def photos(tmp_path):
    """Eight, of which one is broken."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(COUNT - 1):
        save_photo(folder / f"{i:02}.png", i)
    (folder / "broken.png").write_bytes((folder / "05.png").read_bytes()[:500])
    return folder


def _descendants() -> set[int]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text("utf-8").rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, size = {os.getpid()}, 0
    while len(found) > size:
        size = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    return found - {os.getpid()}


def _stat(pid: int) -> list[str]:
    """What the system says of a process behind its name; nothing of one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return []
    return [] if fields[0] == "Z" else fields


def _born(pid: int) -> str:
    """When a process was started, as numbers come again."""
    return "".join(_stat(pid)[19:20])


def _alive(born: dict[int, str]) -> set[int]:
    return {pid for pid, when in born.items() if when and _born(pid) == when}


def test_on_two_actors_the_files_are_those_of_a_plain_run(photos, tmp_path, monkeypatch, capfd):
    """With a photo that kills whoever opens it, and Ctrl-C at the end, before the report."""
    monkeypatch.chdir(tmp_path)  # so that a relative --out is one for the actors, too
    Image.fromarray(np.full((*SIZE[::-1], 3), DEADLY, np.uint8)).save(photos / "04b.png")
    resource_tracker.ensure_running()  # which stays
    before, during, out = _descendants(), dict[int, str](), Path("out")

    def stop(done: int, total: int, kept: int) -> None:
        for pid in _descendants() - before:
            during.setdefault(pid, _born(pid))
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quick(photos, out, progress=stop, ray="local", workers=2, loading=deadly)
    assert len(during) >= 4  # the driver, Ray's own, two actors
    until = time.monotonic() + PATIENCE
    while _alive(during) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _alive(during)
    said = capfd.readouterr()
    assert not said.out and not said.err

    _, state = read_results(out / JOURNAL)
    assert {name for name, each in state.items() if not each.written} == {"04b.png", "broken.png"}
    assert state["04b.png"].status == FAILED and "ended the worker" in state["04b.png"].message
    (photos / "04b.png").unlink()
    report = quick(photos, out)
    assert report.kept == COUNT - 1 and [each.photo for each in report.failed] == ["broken.png"]
    quick(photos, tmp_path / "clean")
    assert tree(tmp_path / "out") == tree(tmp_path / "clean")


@pytest.mark.parametrize("address", ["nonsense", "ray://host:10001", "host:", ":6379", "host:port"])
def test_what_is_no_address(photos, tmp_path, address):
    with pytest.raises(SamaError, match="is no address of a Ray cluster; give host:port"):
        quick(photos, tmp_path / "out", ray=address)
    assert not (tmp_path / "out").exists()


def test_an_address_where_nobody_is(photos, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        began = time.monotonic()
        with pytest.raises(
            SamaError, match="No Ray cluster answers at .*; start one with `ray start --head`"
        ):
            quick(photos, tmp_path / "out", ray=f"127.0.0.1:{free.getsockname()[1]}")
        assert time.monotonic() - began < 10
    assert not (tmp_path / "out").exists()


def test_without_ray_a_sentence_says_how_to_get_it(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "sama.objects.batch.cluster.find_spec", lambda name: None if name == "ray" else find_spec(name)
    )
    with pytest.raises(SamaError, match=r"needs Ray Data; run `pip install 'sama-studio\[cluster\]'`"):
        quick(photos, tmp_path / "out", ray="local")


def _node(cpus: float, gpus: float = 0, alive: bool = True) -> dict:
    return {"Alive": alive, "Resources": {"CPU": cpus, "memory": 1e9} | ({"GPU": gpus} if gpus else {})}


@pytest.mark.parametrize(
    ("nodes", "workers", "gpus", "share"),
    [
        ([_node(8)], None, True, Share(1, 8, 0)),
        ([_node(8)], 3, True, Share(3, 2, 0)),
        ([_node(4), _node(16)], 2, True, Share(2, 8, 0)),  # both on the larger one
        ([_node(4), _node(16)], None, True, Share(2, 8, 0)),
        ([_node(4), _node(16, alive=False)], 2, True, Share(2, 2, 0)),
        ([_node(4)], 9, True, Share(9, 1, 0)),  # as many as find room
        ([_node(0), _node(16, 4)], None, True, Share(4, 4, 1)),
        ([_node(16, 2)], 3, True, Share(3, 5, 0.5)),
        ([_node(16, 2)], None, False, Share(1, 16, 0)),
    ],
)
def test_what_each_worker_has_of_a_cluster(nodes, workers, gpus, share):
    assert share_of(nodes, workers, gpus=gpus) == share


def test_a_cluster_without_processors():
    with pytest.raises(Stop, match="no processors; start its nodes"):
        share_of([_node(0)], None, gpus=True)
