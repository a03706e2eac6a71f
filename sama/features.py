"""A bounded cache of encoded photos, shared by the visitors of one process.

An entry is reached only with the digest of a photo's pixels, so a visitor meets another's entry only by showing the
very same photo; entries hold features, never prompts or answers.
"""

import threading
from collections import OrderedDict
from dataclasses import fields, is_dataclass

from torch import Tensor


class FeatureCache:
    """Least recently used, bounded in bytes; safe to use from several threads."""

    def __init__(self, max_bytes: int = 512 * 2**20):
        self.max_bytes = max_bytes
        self._entries: OrderedDict[tuple, tuple[object, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple):
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
    """Bytes of all tensors in a (nested) dataclass."""
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    if is_dataclass(value):
        return sum(size_in_bytes(getattr(value, f.name)) for f in fields(value))
    return 0
