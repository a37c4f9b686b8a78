"""Changes of a JSON value between the old form and the new one, each with its inverse.

`new` takes a value in the old form to the new form, `old` takes it back. A value that does not
have the expected shape is left as it is: a broken call must stay broken in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.drift.fields import ITEM

Parts = tuple[str, ...]


class Change(Protocol):
    """One replayable change of a JSON value."""

    def new(self, value: Any) -> Any: ...

    def old(self, value: Any) -> Any: ...

    def says(self) -> str:
        """The change in a migration note."""
        ...


def at(value: Any, parts: Parts, change: Callable[[Any], Any]) -> Any:
    """`value` with what lies at `parts` changed; "*" is every item; what is missing stays so."""
    if not parts:
        return change(value)
    head, rest = parts[0], parts[1:]
    if head == ITEM:
        if not isinstance(value, list):
            return value
        return [at(item, rest, change) for item in value]
    if not isinstance(value, Mapping) or head not in value:
        return value
    return {**value, head: at(value[head], rest, change)}


def shown(parts: Parts) -> str:
    """A path of keys as a JSON pointer."""
    return "".join(f"/{part}" for part in parts) or "/"


@dataclass(frozen=True, slots=True)
class RenameKey:
    """`name` is called `to`, at the same place in the object."""

    parents: Parts
    name: str
    to: str

    def new(self, value: Any) -> Any:
        return at(value, self.parents, lambda found: _renamed(found, self.name, self.to))

    def old(self, value: Any) -> Any:
        return at(value, self.parents, lambda found: _renamed(found, self.to, self.name))

    def says(self) -> str:
        return f"`{shown((*self.parents, self.name))}` is now `{shown((*self.parents, self.to))}`"


def _renamed(value: Any, name: str, to: str) -> Any:
    if not isinstance(value, Mapping) or name not in value or to in value:
        return value
    return {(to if key == name else key): member for key, member in value.items()}


@dataclass(frozen=True, slots=True)
class AlterKey:
    """The value under `name` has another form."""

    parents: Parts
    name: str
    form: Form

    def new(self, value: Any) -> Any:
        return at(value, (*self.parents, self.name), self.form.new)

    def old(self, value: Any) -> Any:
        return at(value, (*self.parents, self.name), self.form.old)

    def says(self) -> str:
        return f"`{shown((*self.parents, self.name))}` {self.form.says()}"


class Form(Protocol):
    """A change of one scalar (or list) that does not depend on where it stands."""

    def new(self, value: Any) -> Any: ...

    def old(self, value: Any) -> Any: ...

    def says(self) -> str: ...
