"""The suite's runner gives browser tests a second try, and nothing else."""

import pytest

from tests.run import MOST, may_run_again

PAGE = "tests/ui/browser/test_page.py"


@pytest.mark.parametrize(
    ("files", "again"),
    [
        ([], False),
        ([PAGE], True),
        ([PAGE, "tests/ui/test_visit.py"], False),
        ([f"tests/ui/browser/test_{i}.py" for i in range(MOST + 1)], False),
    ],
)
def test_only_a_few_files_of_browser_tests_run_again(files, again):
    assert may_run_again(files) is again
