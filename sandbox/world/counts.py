"""How often each call was made: layered dictionaries, cheap to count in and cheap to fork."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

_DEEPEST = 8


class Counts:
    """A counter by key. A fork freezes what was counted so far; both sides go on upon it."""

    __slots__ = ("_below", "_own")

    def __init__(self, below: tuple[dict[Hashable, int], ...] = ()) -> None:
        self._own: dict[Hashable, int] = {}
        # Newest first; never written again.
        self._below = below

    def next(self, key: Hashable) -> int:
        """How often the key was counted before; counts it once more."""
        found = self._own.get(key)
        if found is None:
            found = 0
            for layer in self._below:
                if key in layer:
                    found = layer[key]
                    break
        self._own[key] = found + 1
        return found

    def items(self) -> list[tuple[Hashable, int]]:
        """Every key with its number."""
        whole: dict[Hashable, int] = {}
        for layer in (*reversed(self._below), self._own):
            whole.update(layer)
        return list(whole.items())

    @classmethod
    def of(cls, numbers: Mapping[Hashable, int]) -> Counts:
        """Counts that begin with these numbers."""
        return cls((dict(numbers),))

    def fork(self) -> Counts:
        """Counts that go on from here by themselves. Costs nothing, whatever was counted."""
        if self._own:
            self._below = (self._own, *self._below)
            self._own = {}
        if len(self._below) > _DEEPEST:
            whole: dict[Hashable, int] = {}
            for layer in reversed(self._below):
                whole.update(layer)
            self._below = (whole,)
        return Counts(self._below)
