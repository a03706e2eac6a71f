"""One watch for all: what listens to a process cannot be taken away again."""

import pytest

from tests.fuzz.conduct import Watch


@pytest.fixture(scope="session")
def watch() -> Watch:
    return Watch()
