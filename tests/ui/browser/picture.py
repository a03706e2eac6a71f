"""Make the README's picture: `python -m tests.ui.browser.picture docs/studio.png [EXAMPLE NUMBER]`."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

import sama
from tests.ui.browser.conftest import Visitor, serve
from tests.ui.conftest import CHROMIUM_FLAGS


def main(out: Path, example: int) -> None:
    """Open the studio over the embedded model, choose an example, and photograph the page."""
    studio, url = serve(sama.load("mini"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        visitor = Visitor(browser, url)
        if example:
            before = visitor.seq
            visitor.page.locator(".pr-examples button").nth(example).click()
            visitor.answered(before)
            visitor.page.wait_for_timeout(4000)  # the local views, then SAMA
        out.parent.mkdir(parents=True, exist_ok=True)
        visitor.page.screenshot(path=out)
        browser.close()
    studio.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
