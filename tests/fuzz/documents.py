"""How requests are damaged: JSON values with something else in one place or several."""

import copy
import math
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

# What people and programs send by mistake or on purpose; paths of files that must not be read come from the test.
_LEAVES: list[Any] = [
    None, True, False, 0, -1, 1, 2, 3, 0.5, -0.0, 1e-320, 1e308, -1e308, 10**400, -(2**63), 2**53 + 1,
    math.nan, math.inf, -math.inf, "", " ", "0", "nan", "1e999", "\0", "\ud800", "a\nb", "\u202egnp.exe", "x" * 5000,
    "<img src=x onerror=alert(1)>", "$5_$7 ${x} {0} %s", "価格表 写真 猫", "sama", "closed_form", "sam",
    "grabcut", "solid", "#12345678", "blur:1e-9", "blur:nan", "blur:9999", "hsl(400,300%,-5%)", "rgb(999,-1,0)",
    "image:", "image:x:contain", [], {}, [[]], [0, 0, 0], [1, 2, 3, 4], {"a": 1}, [[1, 2], [3]], "transparent", "blur",
    [None] * 4, [[5.0, 5.0, 1]] * 3000, [[1, 1, 30, 30]] * 3000, [0] * 3000, {"path": "x"}, {"is_file": True},
    {"path": "http://127.0.0.1:1/x.png", "meta": {"_type": "gradio.FileData"}},
]  # fmt: skip


_MANY = 1000  # parts of a document that is not made any larger


def leaves(secrets: list[Path]) -> list[Any]:
    """All values to try; secrets: files that a request may name and nobody may open."""
    paths: list[Any] = []
    for secret in map(str, secrets):
        file = {"path": secret, "meta": {"_type": "gradio.FileData"}}
        paths += [
            secret,
            f"image:{secret}",
            f"image:{secret}:contain:white",
            f"file://{secret}",
            file,
            [file],
        ]
        paths += [{**file, "url": f"/gradio_api/file={secret}"}, {"file": secret}]
    return _LEAVES + paths


def _places(value: Any, at: tuple = ()) -> list[tuple]:
    """The way to every part of a value, itself first."""
    found = [at]
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += _places(value[key], (*at, key))
    return found


def _at(value: Any, place: tuple) -> Any:
    for key in place:
        value = value[key]
    return value


def _changed(document: Any, how: str, which: int, other: Any) -> Any:
    """Do something to the part number `which` of a document."""
    places = _places(document)
    if len(places) > _MANY:  # large enough
        return document
    document = copy.deepcopy(document)
    place = places[which % len(places)]
    if not place:
        return other if how == "replace" else document
    parent, key = _at(document, place[:-1]), place[-1]
    if how == "replace":
        parent[key] = copy.deepcopy(other)
    elif how == "remove":
        del parent[key]
    elif how == "wrap":
        parent[key] = [parent[key]]
    elif how == "text":
        parent[key] = str(parent[key])
    elif how == "add" and isinstance(parent, dict):
        parent[str(other)[:40]] = copy.deepcopy(other)
    elif how == "add":
        parent.insert(key, copy.deepcopy(other))
    elif isinstance(parent, list):  # repeat
        parent[key:key] = [copy.deepcopy(parent[key]) for _ in range(1 + which % 50)]
    return document


_HOW = ("replace", "replace", "replace", "remove", "wrap", "text", "add", "repeat")


def damaged(documents: list[Any], values: list[Any]) -> st.SearchStrategy:
    """One of several good documents, with one to three changes."""
    change = st.tuples(st.sampled_from(_HOW), st.integers(0, 999), st.sampled_from(range(len(values))))

    def made(drawn: tuple[int, list[tuple[str, int, int]]]) -> Any:
        number, changes = drawn
        document = documents[number]
        for how, which, value in changes:
            document = _changed(document, how, which, values[value])
        return document

    return st.tuples(st.integers(0, len(documents) - 1), st.lists(change, min_size=1, max_size=3)).map(made)
