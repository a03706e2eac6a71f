"""The whole suite, `make test`: python tests/run.py WORKERS [PYTEST'S ARGUMENTS].

Tests of one file run in one process, one after another. Browser tests wait for a page that shares the cores with
everything else, so a file of them in which something failed runs once more, alone; what fails twice fails. All other
tests have one try.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BROWSER = "tests/ui/browser/"
MOST = 5  # files that may run again; where more fail, something is broken
FAILED = 1  # pytest's exit code where tests ran and some failed


def main(workers: str, *arguments: str) -> int:
    """Run everything; returns pytest's exit code."""
    code = _pytest("-n", workers, "--dist", "loadfile", *arguments)
    files = _files_that_failed()
    if code != FAILED or not may_run_again(files):
        return code
    print(f"Once more, alone: {' '.join(files)}", flush=True)
    return _pytest(*files)


def may_run_again(files: list[str]) -> bool:
    """Whether nothing but a few files of browser tests failed."""
    return 0 < len(files) <= MOST and all(name.startswith(BROWSER) for name in files)


def _files_that_failed() -> list[str]:
    noted = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    return (
        sorted({test.split("::")[0] for test in json.loads(noted.read_text("utf-8"))})
        if noted.exists()
        else []
    )


def _pytest(*arguments: str) -> int:
    return subprocess.call([sys.executable, "-m", "pytest", *arguments], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
