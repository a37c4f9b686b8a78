"""References: how a later call of a solution takes its values out of earlier results.

    {"$result": 0, "pointer": "/id"}
    {"$result": 0, "list": "/items", "where": {"/title": "Dune"}, "pointer": "/id"}

The second form looks for the entry of a list that fits, wherever it stands: pages and orders may
differ from run to run, the entry does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox import exact_json
from sandbox.errors import SandboxError
from sandbox.tasks.assertions import at_pointer
from sandbox.tasks.models import is_reference

_MISSING = object()


class Unresolved(SandboxError):
    """A result does not hold the value that a later call needs."""

    def __init__(self, reference: Mapping[str, Any], reason: str) -> None:
        super().__init__(f"result {reference.get('$result')}: {reason}")
        self.reference = reference


def resolve(value: Any, results: Sequence[Any]) -> Any:
    """`value` with every reference replaced by what it stands for in `results` (parsed bodies).

    Raises Unresolved, naming the pointer, when a result has no such value.
    """
    if is_reference(value):
        return _look_up(value, results)
    if isinstance(value, Mapping):
        return {name: resolve(item, results) for name, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, results) for item in value]
    return value


def _look_up(reference: Mapping[str, Any], results: Sequence[Any]) -> Any:
    index = reference["$result"]
    if not isinstance(index, int) or not 0 <= index < len(results):
        raise Unresolved(reference, f"there are only {len(results)} results so far")
    found = results[index]
    if "where" in reference or "list" in reference:
        found = _pick(reference, found)
    pointer = str(reference.get("pointer", ""))
    value = at_pointer(found, pointer, _MISSING)
    if value is _MISSING:
        raise Unresolved(reference, f"nothing at {pointer!r}")
    return value


def _pick(reference: Mapping[str, Any], found: Any) -> Any:
    place = str(reference.get("list", ""))
    entries = at_pointer(found, place, None)
    if not isinstance(entries, list):
        raise Unresolved(reference, f"no list at {place!r}")
    wanted = reference.get("where") or {}
    for entry in entries:
        if all(at_pointer(entry, at, _MISSING) == value for at, value in wanted.items()):
            return entry
    raise Unresolved(reference, f"no entry at {place!r} where {wanted}")


def json_of_observation(text: str, status: int | None) -> Any:
    """The JSON of an observation; its head (shown headers) is skipped. None when it has none."""
    if text.startswith("HTTP "):
        text = text.partition("\n\n")[2]
    if not text:
        return None
    try:
        return exact_json.loads(text)
    except ValueError:
        return text
