"""Assertions: whether a value is as a goal wants it, in the state or in a committed call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sandbox.tasks.models import Assertion

if TYPE_CHECKING:
    from sandbox.world.state.state import State

MISSING: Final = object()
"""What stands where there is no value."""


def unmet_reason(assertion: Assertion, state: State, calls: Mapping[tuple[str, str], Any]) -> str:
    """Why an assertion does not hold in a state or in the committed calls; "" when it does."""
    found = _look(assertion, state, calls)
    if holds(assertion.operator, found, assertion.value):
        return ""
    place = f"{assertion.collection}/{assertion.id}{assertion.pointer}"
    shown = "nothing" if found is MISSING else repr(found)
    wanted = "" if assertion.operator in ("exists", "absent") else f" {assertion.value!r}"
    return f"{place} is {shown}, wanted {assertion.operator}{wanted}"


def _look(assertion: Assertion, state: State, calls: Mapping[tuple[str, str], Any]) -> Any:
    if assertion.id == "":
        return list(state.ids(assertion.collection))
    entity = calls.get((assertion.collection, assertion.id))
    if entity is None:
        entity = state.get(assertion.collection, assertion.id)
    return MISSING if entity is None else at_pointer(entity, assertion.pointer, MISSING)


def at_pointer(value: Any, pointer: str, default: Any = None) -> Any:
    """The value at a JSON pointer (RFC 6901); a negative index counts from the end."""
    for step in pointer.split("/")[1:] if pointer else ():
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.lstrip("-").isdigit():
            index = int(name)
            if not -len(value) <= index < len(value):
                return default
            value = value[index]
        else:
            return default
    return value


def holds(operator: str, found: Any, value: Any) -> bool:
    """Whether what was found (MISSING for nothing) is to a value as an operator says."""
    if operator == "exists":
        return found is not MISSING
    if operator == "absent":
        return found is MISSING
    if found is MISSING:
        return operator == "not_equals"
    if operator == "equals":
        return same_value(found, value)
    if operator == "not_equals":
        return not same_value(found, value)
    if operator == "contains":
        return _contains(found, value)
    if operator == "count":
        return isinstance(found, list | dict) and len(found) == value
    return _compares(operator, found, value)


def same_value(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal; 1 and 1.0 are, 1 and true are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int) and isinstance(right, int):
        return left == right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return abs(left - right) <= 1e-9 * max(1.0, abs(right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same_value(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_value, left, right))
    return bool(left == right)


def _contains(found: Any, value: Any) -> bool:
    if isinstance(found, str):
        return str(value).casefold() in found.casefold()
    if isinstance(found, list):
        return any(same_value(item, value) or _covers(item, value) for item in found)
    return _covers(found, value)


def _covers(found: Any, value: Any) -> bool:
    """Whether an object has at least the members of another."""
    if not isinstance(found, Mapping) or not isinstance(value, Mapping):
        return False
    return all(
        name in found and (same_value(found[name], item) or _covers(found[name], item))
        for name, item in value.items()
    )


def _compares(operator: str, found: Any, value: Any) -> bool:
    both_text = isinstance(found, str) and isinstance(value, str)
    both_numbers = isinstance(found, int | float) and isinstance(value, int | float)
    if not (both_text or both_numbers):
        return False
    return bool(found > value) if operator == "greater" else bool(found < value)
