"""A headless Chromium: for the whole page, and for its scripts alone."""

import pytest

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


@pytest.fixture(scope="session")
def browser(launch_chromium):
    """One browser for all tests of the page."""
    browser = launch_chromium(CHROMIUM_FLAGS)
    yield browser
    browser.close()
