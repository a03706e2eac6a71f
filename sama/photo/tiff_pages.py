"""TIFF: its directories, and which of them is the picture. Source: TIFF 6.0 (1992), DNG 1.7, BigTIFF."""

import struct
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from sama.photo.refusals import Refused

_MAX_PAGES, _MAX_PARENTS, _MAX_CHILDREN, _MAX_ENTRIES = 4096, 16, 64, 1024  # more is made to keep us busy
_MAX_VALUES = 1 << 20
_MAX_ALL = 1 << 16  # entries of all directories, which may overlap
_TYPES = {  # TIFF's type: letter of `struct`, values that each consists of
    1: ("B", 1), 2: ("B", 1), 3: ("H", 1), 4: ("I", 1), 5: ("I", 2), 6: ("b", 1), 7: ("B", 1), 8: ("h", 1), 9: ("i", 1),
    10: ("i", 2), 11: ("f", 1), 12: ("d", 1), 13: ("I", 1), 16: ("Q", 1), 17: ("q", 1), 18: ("Q", 1),
}  # fmt: skip
_RAW = (32803, 34892)  # photometric interpretations: colour filter array, linear raw
_NEW_SUBFILE, _OLD_SUBFILE, _SUB_IFDS, _DNG_VERSION = 254, 255, 330, 50706
_SAME_SHAPE = 0.02  # how much the aspect of a thumbnail may differ from the picture's
_THUMBNAIL = 0.6  # of the picture's width: a picture as small as this beside a larger one is a thumbnail


@dataclass
class Page:
    """One directory: at: its offset; tags: by number, the type, the count, the data, and where the entry lies."""

    at: int
    order: str  # "<" or ">"
    tags: dict[int, tuple[int, int, memoryview, int]] = field(default_factory=dict)
    lost: list[int] = field(default_factory=list)  # where entries lie whose data are missing

    def values(self, tag: int) -> tuple:
        """Return a tag's numbers, a million at most; () without the tag, rationals as floats."""
        if tag not in self.tags:
            return ()
        kind, count, data, _ = self.tags[tag]
        letter, parts = _TYPES[kind]
        layout = f"{self.order}{min(count, _MAX_VALUES) * parts}{letter}"
        numbers = struct.unpack_from(layout, data)
        if parts == 1:
            return numbers
        return tuple(a / b if b else 0.0 for a, b in zip(numbers[::2], numbers[1::2], strict=True))

    def value(self, tag: int, default: int = 0) -> int:
        """Return a tag's first number, as an integer."""
        return int((self.values(tag) or (default,))[0])

    def bytes(self, tag: int) -> bytes | None:
        return bytes(self.tags[tag][2]) if tag in self.tags else None

    @cached_property
    def size(self) -> tuple[int, int]:
        return self.value(256), self.value(257)

    @property
    def area(self) -> int:
        return self.size[0] * self.size[1]

    @property
    def photometric(self) -> int:
        """The photometric interpretation; -1 where there is none."""
        return self.value(262, -1)

    @property
    def is_raw(self) -> bool:
        return self.photometric in _RAW

    @property
    def is_mask(self) -> bool:
        return bool(self.value(_NEW_SUBFILE) & 4) or self.photometric == 4

    @property
    def is_reduced(self) -> bool:
        return bool(self.value(_NEW_SUBFILE) & 1) or self.value(_OLD_SUBFILE, 1) == 2


@dataclass(frozen=True)
class Choice:
    """The page that is the picture; notes: what is to be said of it; first: the first page, which may know more."""

    page: Page
    first: Page
    notes: list[str]


def choose(data: bytes) -> Choice | None:
    """Return which page of a TIFF is the picture; None for a file that has none. Raises Refused for raw photos.

    The picture is the first page that is no reduced copy and no mask, or a page of the same shape that is much larger;
    of a raw photo, it is a preview of the raw picture's size.
    """
    tops = _chain(data)
    groups = [[page, *(_sub_pages(data, page) if i < _MAX_PARENTS else ())] for i, page in enumerate(tops)]
    pages = [page for page in chain.from_iterable(groups) if page.area > 0]
    if not pages:
        return None
    first = tops[0]
    raws = [page for page in pages if page.is_raw]
    if raws or _DNG_VERSION in first.tags or data[8:10] == b"CR":
        return Choice(_preview(pages, raws), first, ["the raw photo's full-size preview was taken"])
    full = [page for page in tops if page.area > 0 and not page.is_reduced and not page.is_mask]
    if not full:
        full = [page for page in pages if not page.is_reduced and not page.is_mask] or pages
        page = max(full, key=lambda page: page.area)
    else:
        page = _larger(full[0], [page for page in pages if not page.is_reduced and not page.is_mask])
    if page is first:
        return Choice(page, first, [f"first of {len(full)} frames"] if len(full) > 1 else [])
    return Choice(page, first, ["the file's first picture is a thumbnail, its full picture was taken"])


def _larger(first: Page, full: list[Page]) -> Page:
    """Return the first page, or a much larger one of its shape, of which it is a thumbnail that is not marked so."""
    width, height = first.size
    for page in sorted(full, key=lambda page: page.area, reverse=True):
        same = abs(page.size[0] * height - page.size[1] * width) <= _SAME_SHAPE * page.size[0] * height
        if same and width <= _THUMBNAIL * page.size[0]:
            return page
    return first


def _preview(pages: list[Page], raws: list[Page]) -> Page:
    wanted = max((page.size for page in raws), key=lambda size: size[0] * size[1], default=None)
    previews = [page for page in pages if not page.is_raw and not page.is_mask]
    best = max(previews, key=lambda page: page.area, default=None)
    if best is not None and wanted is None and not best.is_reduced and best.photometric >= 0:
        return best  # a DNG of ordinary colours
    if best is None or wanted is None or min(best.size[0] / wanted[0], best.size[1] / wanted[1]) < 0.9:
        raise Refused("is a raw photo without a full-size preview", "export it as JPEG, PNG or TIFF")
    return best


def _chain(data: bytes) -> list[Page]:
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack(order + "H", data[2:4])[0] == 43
    at = struct.unpack(order + ("Q" if big else "I"), data[8:16] if big else data[4:8])[0]
    pages, seen, entries = [], set(), 0
    while at and at not in seen and len(pages) < _MAX_PAGES and entries < _MAX_ALL:
        seen.add(at)
        page, at = _read(data, at, order, big)
        if page is None:
            break
        pages.append(page)
        entries += len(page.tags) + len(page.lost)
    return pages


def _sub_pages(data: bytes, page: Page) -> list[Page]:
    big = data[2] == 43 or data[3] == 43
    found = []
    for at in page.values(_SUB_IFDS)[:_MAX_CHILDREN]:
        if isinstance(at, int) and (sub := _read(data, at, page.order, big)[0]) is not None:
            found.append(sub)
    return found


def _read(data: bytes, at: int, order: str, big: bool) -> tuple[Page | None, int]:
    """Return a directory, without the entries whose data are missing, and where the next one lies (0: nowhere)."""
    head, entry, word = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
    try:
        (count,) = struct.unpack_from(order + head, data, at)
        page, at = Page(at, order), at + struct.calcsize(order + head)
        size = struct.calcsize(order + entry)
        if count > _MAX_ENTRIES or at + count * size > len(data):
            return None, 0
        for position in range(at, at + count * size, size):
            tag, kind, number, short = struct.unpack_from(order + entry, data, position)
            letter, parts = _TYPES.get(kind, ("", 0))
            length = struct.calcsize(order + letter) * parts * number if letter else 0
            if length > len(short):
                (where,) = struct.unpack(order + word, short)
                short = memoryview(data)[where : where + length]
            if not length or len(short) < length:
                page.lost.append(position)
            elif tag not in page.tags:
                page.tags[tag] = kind, number, memoryview(short)[:length], position
        at += count * size
        next_at = struct.unpack_from(order + word, data, at)[0] if at + (8 if big else 4) <= len(data) else 0
    except struct.error:
        return None, 0
    return page, next_at
