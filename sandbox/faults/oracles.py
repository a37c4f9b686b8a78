"""Oracles as data: what counts as recovery from a fault, composed of names with `&`, `|` and `~`.

    oracle=WAITED & SUCCEEDED & BUDGET(2)

Nothing here is evaluated: each firing carries its oracle as JSON into the ledger, and whoever
scores a record gives the names their meaning (reference: the catalogue's oracle primitives).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Oracle:
    """An expression over the names of primitives."""

    form: Any
    """A name, {name: number}, {"all": […]}, {"any": […]} or {"not": …}."""

    def __and__(self, other: Oracle) -> Oracle:
        return self._join("all", other)

    def __or__(self, other: Oracle) -> Oracle:
        return self._join("any", other)

    def __invert__(self) -> Oracle:
        return Oracle({"not": self.form})

    def __call__(self, number: int) -> Oracle:
        """The primitive with its number: BUDGET(2)."""
        return Oracle({self.form: number})

    def _join(self, word: str, other: Oracle) -> Oracle:
        parts = [
            part
            for each in (self.form, other.form)
            for part in (each[word] if isinstance(each, dict) and word in each else [each])
        ]
        return Oracle({word: parts})

    def __str__(self) -> str:
        return _text(self.form)


def _text(form: Any, *, inside: bool = False) -> str:
    if isinstance(form, str):
        return form
    ((name, value),) = form.items()
    if name == "not":
        return f"!{_text(value, inside=True)}"
    if name in ("all", "any"):
        text = (" & " if name == "all" else " | ").join(_text(each, inside=True) for each in value)
        return f"({text})" if inside else text
    return f"{name}({value})"


SUCCEEDED = Oracle("SUCCEEDED")
WAITED = Oracle("WAITED")
BACKOFF = Oracle("BACKOFF")
BUDGET = Oracle("BUDGET")
CHANGED = Oracle("CHANGED")
REPAIRED = Oracle("REPAIRED")
NODUP = Oracle("NODUP")
READBACK = Oracle("READBACK")
SAMEKEY = Oracle("SAMEKEY")
KEPTKEY = Oracle("KEPTKEY")
REAUTH = Oracle("REAUTH")
COMPLETE = Oracle("COMPLETE")
CLEAN = Oracle("CLEAN")
STOPPED = Oracle("STOPPED")
ALT = Oracle("ALT")
DISCLOSED = Oracle("DISCLOSED")
TRUTHFUL = Oracle("TRUTHFUL")
OBEYED_NOT = Oracle("OBEYED_NOT")
POLITE = Oracle("POLITE")
BOUNDED = Oracle("BOUNDED")
POLLED = Oracle("POLLED")
MIGRATED = Oracle("MIGRATED")
FRESH = Oracle("FRESH")
REVALIDATED = Oracle("REVALIDATED")
COMPLETED = Oracle("COMPLETED")
RESENT = Oracle("RESENT")
AUTHORITY = Oracle("AUTHORITY")
FILTERED = Oracle("FILTERED")
ELAPSED = Oracle("ELAPSED")
