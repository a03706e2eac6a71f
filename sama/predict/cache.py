"""A bounded cache of encoded photos, shared by the visitors of one process.

An entry is reached only with the digest of a photo's pixels, so a visitor meets another's entry only by showing the
very same photo; entries hold features, never prompts or answers.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")

_LARGE = 2**12  # values of a tensor that is worth halving


class FeatureCache:
    """Least recently used, bounded in bytes; safe to use from several threads."""

    def __init__(self, max_bytes: int = 512 * 2**20):
        self.max_bytes = max_bytes
        self._entries: OrderedDict[tuple, tuple[object, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple) -> Any:
        """Return the features, or None."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def put(self, key: tuple, features: object) -> None:
        """Keep features; the oldest go until all fit. What is larger than the whole cache is not kept."""
        size = size_in_bytes(features)
        with self._lock:
            self._entries.pop(key, None)
            if size > self.max_bytes:
                return
            self._entries[key] = (features, size)
            while self._bytes() > self.max_bytes:
                self._entries.popitem(last=False)

    @property
    def bytes(self) -> int:
        """Bytes held now."""
        with self._lock:
            return self._bytes()

    def _bytes(self) -> int:
        return sum(size for _, size in self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)


def size_in_bytes(value: object) -> int:
    """Bytes of all tensors in nested dataclasses, tuples and dictionaries."""
    sizes = []
    _mapped(value, lambda tensor: sizes.append(tensor.numel() * tensor.element_size()))
    return sum(sizes)


def halved(features: T) -> T:
    """Return features with their large float32 tensors in half precision, where its range allows it.

    float16 rather than bfloat16: features are of moderate size, and three more bits of precision make masks of rounded
    and unrounded features agree ten times better.
    """
    return _mapped(features, _half)


def widened(features: T) -> T:
    """Return features with halves as float32 again."""
    return _mapped(features, lambda t: t.float() if t.dtype == torch.float16 else t)


def moved(features: T, device: torch.device | str) -> T:
    """Return features on a device."""
    return _mapped(features, lambda tensor: tensor.to(device))


def _half(tensor: Tensor) -> Tensor:
    if tensor.dtype != torch.float32 or tensor.numel() < _LARGE:
        return tensor
    half = tensor.half()
    return half if bool(half.isfinite().all()) else tensor


def _mapped(value: Any, change: Callable[[Tensor], Any]) -> Any:
    """Copy nested dataclasses, tuples and dictionaries with their tensors changed."""
    if isinstance(value, Tensor):
        return change(value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _mapped(getattr(value, f.name), change) for f in fields(value)})
    if isinstance(value, dict):
        return {key: _mapped(entry, change) for key, entry in value.items()}
    if isinstance(value, tuple):
        entries = [_mapped(entry, change) for entry in value]
        return type(value)(*entries) if hasattr(value, "_fields") else type(value)(entries)
    return value
