"""Values kept in memory up to a number of bytes; those longest unused go first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

# What the key and the entry themselves take.
ENTRY_BYTES = 300


class BoundedCache:
    """A mapping that forgets; for values that never become untrue under their key."""

    def __init__(self, *, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self.bytes = 0

    def get(self, key: Hashable) -> Any:
        """Return the value, or None."""
        held = self._held.get(key)
        if held is None:
            return None
        self._held.move_to_end(key)
        return held[0]

    def put(self, key: Hashable, value: Any, *, size: int) -> None:
        """Keep a value of so many bytes instead of what the key had; one too large is not kept."""
        former = self._held.pop(key, None)
        self.bytes -= former[1] if former else 0
        size += ENTRY_BYTES
        if size > self._most_bytes:
            return
        self._held[key] = (value, size)
        self.bytes += size
        while self.bytes > self._most_bytes:
            _, (_, forgotten) = self._held.popitem(last=False)
            self.bytes -= forgotten
