"""What was counted or noted by key: layered dictionaries, cheap to write in and cheap to fork."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

_DEEPEST = 8


class Counts:
    """Numbers (or notes) by key. A fork freezes what is there so far; both sides go on upon it."""

    __slots__ = ("_below", "own")

    def __init__(self, below: tuple[dict[Hashable, Any], ...] = ()) -> None:
        self.own: dict[Hashable, Any] = {}
        """What was written since the last fork; hot paths look here before they `get`."""
        # Newest first; never written again.
        self._below = below

    def get(self, key: Hashable) -> Any:
        """What stands under a key, or None."""
        found = self.own.get(key)
        if found is None:
            for layer in self._below:
                if key in layer:
                    return layer[key]
        return found

    def put(self, key: Hashable, note: Any) -> None:
        """Note something under a key; a value that is never changed, since forks share it."""
        self.own[key] = note

    def next(self, key: Hashable) -> int:
        """How often the key was counted before; counts it once more."""
        found: int = self.get(key) or 0
        self.own[key] = found + 1
        return found

    def items(self) -> list[tuple[Any, Any]]:
        """Every key with its number."""
        whole: dict[Hashable, Any] = {}
        for layer in (*reversed(self._below), self.own):
            whole.update(layer)
        return list(whole.items())

    @classmethod
    def of(cls, numbers: Mapping[Hashable, Any]) -> Counts:
        """Counts that begin with these numbers."""
        return cls((dict(numbers),))

    def fork(self) -> Counts:
        """Counts that go on from here by themselves. Costs nothing, whatever was counted."""
        if self.own:
            self._below = (self.own, *self._below)
            self.own = {}
        if len(self._below) > _DEEPEST:
            whole: dict[Hashable, Any] = {}
            for layer in reversed(self._below):
                whole.update(layer)
            self._below = (whole,)
        return Counts(self._below)
