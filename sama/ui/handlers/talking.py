"""Talk mode is switched on: its scenes are made ready."""

from collections.abc import Iterator

from sama.errors import SamaError
from sama.ui.handlers.page import Changes, Page
from sama.ui.talk import Talk


def encode_ahead(page: Page) -> Iterator[Changes]:
    """Bring the features of all examples into the cache, and report; those that are there cost nothing."""
    examples = page.studio.examples
    for done, example in enumerate(examples.values()):
        yield _told(f"Encoding scene {done + 1} of {len(examples)} ...")
        try:
            visit = page.studio.open(str(example.path))
            try:
                for _ in visit.encode():
                    pass
            finally:
                visit.leave()
        except SamaError as error:
            yield _told(f"{example.title}: {error}")
            return
    yield _told(f"{len(examples)} scenes ready")


def _told(text: str) -> Changes:
    return {"talk": Talk(progress={"text": text})}
