"""Inputs of calls and fields of replies: where they lie, and how they are read and replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.conventions.schema_surface import Shape
from sandbox.messages import Arguments

Pointer = tuple[str, ...]
"""Keys from the reply's root to a field."""
Look = Callable[[Any], Shape]


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a call: a parameter, a member of an object parameter, or a field of the body."""

    location: str
    """query, header or body."""
    path: Pointer
    """The parameter's name, and the member inside it: ("page", "number") of a deepObject."""

    @property
    def name(self) -> str:
        """The parameter's own name."""
        return self.path[0]

    @property
    def spelling(self) -> str:
        """The name as a query has it: `page[number]`."""
        return self.name + "".join(f"[{key}]" for key in self.path[1:])

    def read(self, values: Mapping[str, Any]) -> Any:
        """The value among the values of the location; None where it was not given."""
        found: Any = values
        for key in self.path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def values_of(self, arguments: Arguments) -> Mapping[str, Any]:
        """A call's values at the location."""
        found = arguments.body if self.location == "body" else getattr(arguments, self.location)
        return found if isinstance(found, Mapping) else {}

    def put(self, values: Mapping[str, Any], value: Any) -> dict[str, Any]:
        """The values of the location with this one replaced; None takes it out."""
        return _with_value(values, self.path, value)


def value_at(value: Any, pointer: Pointer) -> Any:
    """What lies at a pointer; None where nothing does."""
    for key in pointer:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _with_value(values: Mapping[str, Any], path: Pointer, value: Any) -> dict[str, Any]:
    made = dict(values)
    if len(path) > 1:
        inner = made.get(path[0])
        made[path[0]] = _with_value(inner if isinstance(inner, Mapping) else {}, path[1:], value)
    elif value is None:
        made.pop(path[0], None)
    else:
        made[path[0]] = value
    return made
