"""Which operations a rule touches: filters that users write, and what a fault itself needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from sandbox.faults.paging import pager

if TYPE_CHECKING:
    from sandbox.document.operations import Operation


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[
    tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=tuple[str, ...] | str)
]

Suit = Literal[
    "any", "read", "write", "list", "paged", "item", "create", "update", "change", "delete",
    "secured",
]  # fmt: skip


class Match(BaseModel):
    """Operations by id, tag, method or path (globs), and by what they do. Empty means all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    op: Names = ()
    tag: Names = ()
    method: Names = ()
    path: Names = ()
    does: Annotated[
        tuple[Suit, ...], BeforeValidator(_listed, json_schema_input_type=tuple[Suit, ...] | Suit)
    ] = ()

    def takes(self, operation: Operation, act: str = "") -> bool:
        """Whether the operation passes every filter that is set."""
        return (
            _any(self.op, (operation.id,))
            and _any(self.tag, operation.tags)
            and _any(tuple(method.upper() for method in self.method), (operation.method,))
            and _any(self.path, (operation.path,))
            and (not self.does or any(suits(name, operation, act) for name in self.does))
        )


def _any(patterns: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(name, glob) for glob in patterns for name in names)


def _item(operation: Operation) -> bool:
    return operation.path.rstrip("/").endswith("}")


_BY_ACT: Final[Mapping[str, tuple[str, ...]]] = {
    "list": ("list",),
    "paged": ("list",),
    "item": ("read", "singleton"),
    "create": ("create",),
    "update": ("replace", "merge", "write", "action", "toggle"),
    "change": ("replace", "merge", "write"),
    "delete": ("delete", "clear"),
}
"""What the world understood an operation as, by our words for it."""

_BY_METHOD: Final[Mapping[str, Callable[[Operation], bool]]] = {
    "any": lambda operation: True,
    "read": lambda operation: operation.method in ("GET", "HEAD"),
    "write": lambda operation: operation.method in ("POST", "PUT", "PATCH", "DELETE"),
    "list": lambda operation: operation.method == "GET" and not _item(operation),
    "paged": lambda operation: operation.method == "GET" and not _item(operation),
    "item": lambda operation: operation.method == "GET" and _item(operation),
    "create": lambda operation: operation.method == "POST" and not _item(operation),
    "update": lambda operation: operation.method in ("PUT", "PATCH"),
    "change": lambda operation: operation.method in ("PUT", "PATCH"),
    "delete": lambda operation: operation.method == "DELETE",
    "secured": lambda operation: bool(operation.security),
}


def suits(name: str, operation: Operation, act: str = "") -> bool:
    """Whether an operation is of the named sort; `act` is what the world takes it for, if known."""
    if act and name in _BY_ACT:
        if act not in _BY_ACT[name]:
            return False
        return name != "paged" or pager(operation) is not None
    if name == "paged":
        return _BY_METHOD[name](operation) and pager(operation) is not None
    if act and name == "write":
        # A search by POST reads, whatever its method says.
        return _BY_METHOD[name](operation) and act not in ("list", "compute")
    return _BY_METHOD[name](operation)


def sorts() -> tuple[str, ...]:
    """The names that `suits` knows."""
    return tuple(_BY_METHOD)
