"""Downloads, against a server on this machine that stands in for the hub, in a process of their own as a user's are."""

import hashlib
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sama.weights.hub import HubFile, parse_hub_id

ROOT = Path(__file__).parents[2]
CONTENT = bytes(range(256)) * 4096  # 1 MiB
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(http.server.ThreadingHTTPServer):
    """Serves `content` as tester/sama:sama_vit_b.safetensors; 404 for the rest.

    sent goes out instead, if there is one, while the announced checksum stays. breaks: how many transfers end after
    11 MiB; `huggingface_hub` stores 10 at a time. requests: (method, path, Range header) of all.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.content, self.sent, self.breaks, self.requests = CONTENT, None, 0, []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(http.server.BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def _answer(self, body: bool):
        hub, wanted = self.server, self.headers.get("Range")
        hub.requests.append((self.command, self.path, wanted))
        if self.path != "/tester/sama/resolve/main/sama_vit_b.safetensors":
            known = self.path.startswith("/tester/sama/")
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound" if known else "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        sent = hub.sent or hub.content
        start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", f'"{hashlib.sha256(hub.content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(sent) - start))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(sent) - 1}/{len(sent)}")
        self.end_headers()
        if not body:
            return
        if hub.breaks:
            hub.breaks -= 1
            self.wfile.write(sent[start : start + 11 * 2**20])
            self.close_connection = True
        else:
            self.wfile.write(sent[start:])

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def get(hub, tmp_path):
    """Run `python -m sama weights get WHAT` against the stand-in, with a cache of its own."""

    def run(what="tester/sama", **environment) -> subprocess.CompletedProcess:
        own = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hub"), "NO_PROXY": "127.0.0.1"}
        return subprocess.run(
            [sys.executable, "-m", "sama", "weights", "get", what],
            cwd=ROOT,
            env=os.environ | own | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def refused(run: subprocess.CompletedProcess, *words: str) -> None:
    """Assert exit code 2 and one sentence with these words."""
    assert run.returncode == 2, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    (line,) = [line for line in run.stderr.splitlines() if line.startswith("sama: ")]
    assert line.endswith(".")
    for word in words:
        assert word in line, line


def downloaded(run: subprocess.CompletedProcess) -> bytes:
    assert run.returncode == 0, run.stderr
    path, told = run.stdout.splitlines()
    content = Path(path).read_bytes()
    assert hashlib.sha256(content).hexdigest() in told
    return content


def test_a_download_is_cached_and_serves_offline(hub, get):
    run = get(TQDM_POSITION="-1")  # makes `huggingface_hub` draw its bar where there is no terminal
    assert downloaded(run) == CONTENT
    assert "100%" in run.stderr, "a progress bar"
    asked = len(hub.requests)
    assert downloaded(get(HF_HUB_OFFLINE="1")) == CONTENT
    assert len(hub.requests) == asked, "offline means not even to ask"
    hub.shutdown()
    hub.server_close()
    assert downloaded(get()) == CONTENT, "a hub that is down does not take away what is here"


def test_a_broken_transfer_goes_on_where_it_stopped(hub, get):
    hub.content, hub.breaks = CONTENT * 32, 2
    assert downloaded(get()) == hub.content
    transfers = [request for request in hub.requests if request[0] == "GET" and "/resolve/" in request[1]]
    ranges = [wanted for *_, wanted in transfers]
    assert ranges[0] is None
    starts = [int(wanted.removeprefix("bytes=").rstrip("-")) for wanted in ranges[1:]]
    assert starts == [10 * 2**20, 20 * 2**20]


def test_a_wrong_checksum_is_deleted(hub, get, tmp_path):
    hub.sent = CONTENT[:-1] + b"x"
    refused(get(), "checksum", "--sama-weights")
    left = [path for path in (tmp_path / "hub").rglob("*") if path.is_file() and path.stat().st_size > 1000]
    assert not left
    hub.sent = None
    assert downloaded(get()) == CONTENT


def test_what_the_hub_does_not_have(get):
    refused(get("tester/sama:other.safetensors"), "other.safetensors", "tester/sama:FILE")
    refused(get("nobody/nothing"), "nobody/nothing", "check the name")


def test_a_hub_that_cannot_be_reached_names_the_way_out(hub, get):
    hub.shutdown()
    hub.server_close()
    refused(get("vit_b"), hub.url, "cannot be reached", "another machine", "--checkpoint")
    refused(get(HF_HUB_OFFLINE="1"), "HF_HUB_OFFLINE", "--sama-weights")


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("a/b", HubFile("a/b", "default")),
        ("a/b:c/d.safetensors", HubFile("a/b", "c/d.safetensors")),
        ("runs/sama.safetensors", None),
        ("sama.safetensors", None),
        ("/tmp/a/b", None),
        ("a/b/c", None),
    ],
)
def test_hub_ids_are_told_from_paths(text, file):
    assert parse_hub_id(text, "default") == file
