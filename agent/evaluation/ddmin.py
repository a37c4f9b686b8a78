"""Delta debugging: ddmin of Zeller and Hildebrandt (2002), by complements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def minimise(items: Sequence[T], holds: Callable[[list[T]], bool]) -> list[T]:
    """A smallest part of the items that still holds: none of those left can be left out alone."""
    kept, parts = list(items), 1
    while kept:
        size = -(-len(kept) // parts)
        for start in range(0, len(kept), size):
            rest = kept[:start] + kept[start + size :]
            if holds(rest):
                kept, parts = rest, max(parts - 1, 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(kept), 2 * parts)
    return kept
