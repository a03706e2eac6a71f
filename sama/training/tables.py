"""TOML tables as dataclasses: every key known, every value of its type, every mistake one sentence."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from sama.errors import SamaError

EXTENDS = "extends"
WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text in quotes"}


def read_toml(path: Path) -> dict:
    """Read a file and, below it, the one beside it that its key `extends` names: keys of the file itself win, tables
    are merged. Raises SamaError for a file that is not there, is no TOML, or extends itself."""
    return _read(path, ())


def _read(path: Path, seen: tuple[Path, ...]) -> dict:
    if path in seen:
        raise SamaError(f"{path} extends itself; let one of the files stand alone.")
    try:
        own = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError:
        raise SamaError(f"There is no recipe {path}; give the path of a TOML file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SamaError(f"{path} is not TOML: {error}.") from None
    base = own.pop(EXTENDS, None)
    return own if base is None else _merged(_read(path.parent / str(base), (*seen, path)), own)


def _merged(base: dict, own: dict) -> dict:
    both = {k: _merged(base[k], own[k]) for k in base.keys() & own.keys() if _tables(base[k], own[k])}
    return base | own | both


def _tables(*values: Any) -> bool:
    return all(isinstance(value, dict) for value in values)


def read_table(kind: type, table: Mapping[str, Any], file: str, where: str = "") -> Any:
    """Make the dataclass `kind` of a table; `where` names the table, for the sentence.

    Raises SamaError for an unknown key, a missing one and a value of another type.
    """
    known = {each.name: each for each in fields(kind)}
    place = f"[{where}] of {file}" if where else file
    for key in table:
        if key not in known:
            raise SamaError(f'{place} has a key "{key}" that means nothing; use {", ".join(known)}.')
    for name, each in known.items():
        if name not in table and each.default is MISSING and each.default_factory is MISSING:
            raise SamaError(f"{place} lacks the key {name}; add it.")
    hints = get_type_hints(kind)
    return kind(**{k: _value(hints[k], v, file, f"{where}.{k}" if where else k) for k, v in table.items()})


def _value(hint: Any, value: Any, file: str, where: str) -> Any:
    """`value` as the type `hint`: a dataclass, dict[str, T], tuple[T, ...], tuple[T, T], T | None or one of WORDS."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return _value(inner[0], value, file, where)
    if is_dataclass(hint) or origin is dict:
        if not isinstance(value, dict):
            raise SamaError(f"{where} of {file} must be a table, not {value!r}.")
        if isinstance(hint, type) and is_dataclass(hint):
            return read_table(hint, value, file, where)
        return {k: _value(inner[1], v, file, f"{where}.{k}") for k, v in value.items()}
    if origin is tuple:
        many = inner[-1] is Ellipsis
        if not isinstance(value, list) or not (many or len(value) == len(inner)):
            wanted = "a list" if many else f"a list of {len(inner)}"
            raise SamaError(f"{where} of {file} must be {wanted}, not {value!r}.")
        return tuple(_value(inner[0], each, file, where) for each in value)
    accepted = (int, float) if hint is float else (hint,)
    # To Python true is a whole number; to a person it is not.
    if not isinstance(value, accepted) or (isinstance(value, bool) and hint is not bool):
        raise SamaError(f"{where} of {file} must be {WORDS[hint]}, not {value!r}.")
    return hint(value)
