"""Which operations a rule touches: filters that users write, and what a fault itself needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

if TYPE_CHECKING:
    from sandbox.openapi.operations import Operation


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]

Suit = Literal["any", "read", "write", "list", "item", "create", "update", "delete", "secured"]


class Match(BaseModel):
    """Operations by id, tag, method or path (globs), and by what they do. Empty means all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    op: Names = ()
    tag: Names = ()
    method: Names = ()
    path: Names = ()
    does: Annotated[tuple[Suit, ...], BeforeValidator(_listed)] = ()

    def takes(self, operation: Operation) -> bool:
        """Whether the operation passes every filter that is set."""
        return (
            _any(self.op, (operation.id,))
            and _any(self.tag, operation.tags)
            and _any(tuple(method.upper() for method in self.method), (operation.method,))
            and _any(self.path, (operation.path,))
            and (not self.does or any(suits(name, operation) for name in self.does))
        )


def _any(patterns: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(name, glob) for glob in patterns for name in names)


def _read(operation: Operation) -> bool:
    return operation.method in ("GET", "HEAD")


def _item(operation: Operation) -> bool:
    return operation.path.rstrip("/").endswith("}")


_SUITS: Final[Mapping[str, Callable[[Operation], bool]]] = {
    "any": lambda operation: True,
    "read": _read,
    "write": lambda operation: operation.method in ("POST", "PUT", "PATCH", "DELETE"),
    "list": lambda operation: operation.method == "GET" and not _item(operation),
    "item": lambda operation: operation.method == "GET" and _item(operation),
    "create": lambda operation: operation.method == "POST" and not _item(operation),
    "update": lambda operation: operation.method in ("PUT", "PATCH"),
    "delete": lambda operation: operation.method == "DELETE",
    "secured": lambda operation: bool(operation.security),
}


def suits(name: str, operation: Operation) -> bool:
    """Whether an operation is of the named sort."""
    return _SUITS[name](operation)


def sorts() -> tuple[str, ...]:
    """The names that `suits` knows."""
    return tuple(_SUITS)

