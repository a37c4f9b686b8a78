"""Changes of a JSON value between the old form and the new one, each with its inverse.

`new` takes a value in the old form to the new form, `old` takes it back. A value that does not
have the expected shape is left as it is: a broken call must stay broken in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.drift.body_fields import ITEM

Parts = tuple[str, ...]


class Change(Protocol):
    """One replayable change of a JSON value."""

    def new(self, value: Any) -> Any: ...

    def old(self, value: Any) -> Any: ...


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


def to_pointer(parts: Parts) -> str:
    """A path of keys as a JSON pointer."""
    return "".join(f"/{part}" for part in parts) or "/"


@dataclass(frozen=True, slots=True)
class RenameKey:
    """`name` is called `to`, at the same place in the object."""

    parents: Parts
    name: str
    to: str

    def new(self, value: Any) -> Any:
        return at(value, self.parents, lambda found: rename_key(found, self.name, self.to))

    def old(self, value: Any) -> Any:
        return at(value, self.parents, lambda found: rename_key(found, self.to, self.name))


def rename_key(value: Any, name: str, to: str) -> Any:
    """An object with one key renamed, in its place; itself where that cannot be."""
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


class Form(Protocol):
    """A change of one scalar (or list) that does not depend on where it stands."""

    def new(self, value: Any) -> Any: ...

    def old(self, value: Any) -> Any: ...

    def says(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Wrap:
    """The whole value lies under a key of an envelope, beside constant members."""

    key: str
    beside: tuple[tuple[str, Any], ...] = ()

    def new(self, value: Any) -> Any:
        return {self.key: value, **dict(self.beside)}

    def old(self, value: Any) -> Any:
        return value[self.key] if isinstance(value, Mapping) and self.key in value else value

    def says(self) -> str:
        return f"the content now lies under `/{self.key}`"


@dataclass(frozen=True, slots=True)
class Unwrap:
    """The content of an envelope with one key comes without it."""

    key: str

    def new(self, value: Any) -> Any:
        whole = isinstance(value, Mapping) and set(value) == {self.key}
        return value[self.key] if whole else value

    def old(self, value: Any) -> Any:
        return {self.key: value}

    def says(self) -> str:
        return f"the envelope `/{self.key}` is gone"


@dataclass(frozen=True, slots=True)
class Flatten:
    """The members of an object stand beside it: /address/city → /address_city."""

    parents: Parts
    name: str
    names: tuple[tuple[str, str], ...]
    """(name inside, name outside)."""

    def new(self, value: Any) -> Any:
        return at(value, self.parents, self._flat)

    def old(self, value: Any) -> Any:
        return at(value, self.parents, self._nest)

    def says(self) -> str:
        outside = ", ".join(f"`{name}`" for _, name in self.names)
        return f"`{to_pointer((*self.parents, self.name))}` is now flat: {outside}"

    def _flat(self, found: Any) -> Any:
        inner = found.get(self.name) if isinstance(found, Mapping) else None
        if not isinstance(inner, Mapping) or not set(inner) <= {name for name, _ in self.names}:
            return found
        flat = {outside: inner[name] for name, outside in self.names if name in inner}
        return {**{k: v for k, v in found.items() if k != self.name}, **flat}

    def _nest(self, found: Any) -> Any:
        if not isinstance(found, Mapping):
            return found
        back = {outside: name for name, outside in self.names}
        inner = {back[key]: value for key, value in found.items() if key in back}
        rest = {key: value for key, value in found.items() if key not in back}
        return {**rest, self.name: inner} if inner else rest


@dataclass(frozen=True, slots=True)
class Nest:
    """Fields that belong together lie in an object of their own: the inverse of Flatten."""

    parents: Parts
    name: str
    names: tuple[tuple[str, str], ...]

    def new(self, value: Any) -> Any:
        return Flatten(self.parents, self.name, self.names).old(value)

    def old(self, value: Any) -> Any:
        return Flatten(self.parents, self.name, self.names).new(value)

    def says(self) -> str:
        outside = ", ".join(f"`{name}`" for _, name in self.names)
        return f"{outside} now lie in `{to_pointer((*self.parents, self.name))}`"


@dataclass(frozen=True, slots=True)
class KeepKeys:
    """Members that nobody declared are left out; there is no way back to them."""

    names: tuple[str, ...]

    def new(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {key: member for key, member in value.items() if key in self.names}

    def old(self, value: Any) -> Any:
        return value


@dataclass(frozen=True, slots=True)
class AddKey:
    """A new member that the old form does not have."""

    parents: Parts
    name: str
    value: Any

    def new(self, value: Any) -> Any:
        return at(value, self.parents, self._with)

    def old(self, value: Any) -> Any:
        return at(value, self.parents, self._without)

    def _with(self, found: Any) -> Any:
        return {**found, self.name: self.value} if isinstance(found, Mapping) else found

    def _without(self, found: Any) -> Any:
        if not isinstance(found, Mapping):
            return found
        return {key: member for key, member in found.items() if key != self.name}
