"""Debian's Chromium for all tests that need one: Playwright can be started only once in a process."""

import os
import shutil
import tempfile

import pytest

# What somebody has downloaded does not decide what tests see, in this process and those that it starts.
_EMPTY = tempfile.TemporaryDirectory(prefix="sama-tests-")
os.environ |= {"HF_HOME": _EMPTY.name, "U2NET_HOME": _EMPTY.name}
os.environ.setdefault("SAMA_GRAPHS", f"{_EMPTY.name}/graphs")  # which all processes of a run share


@pytest.fixture(scope="session")
def launch_chromium():
    """A function from Chromium's flags to a new headless browser; without Chromium tests fail in CI and are skipped
    elsewhere."""
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if found is None:
        sentence = "There is no Chromium here; install Debian's package chromium-headless-shell to run browser tests."
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield lambda flags: playwright.chromium.launch(executable_path=found, args=flags)


@pytest.fixture(scope="session")
def watch():
    """What notes which files are opened and which addresses are called; it cannot be taken away again."""
    from tests.fuzz.conduct import Watch

    return Watch()
