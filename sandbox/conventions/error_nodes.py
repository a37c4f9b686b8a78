"""The tree of an error reply: where its words, codes and places go.

Its leaves have roles (text, code, status, title, field, pointer, ...); rows stand for lists with
one element per violation, keyed nodes for maps by field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Leaf:
    """One plain value of an error reply."""

    role: str
    """text, title, code, status, type, field, pointer, location, path, expected, retry, request,
    failed, failing, choice, plain (some words), or "" for a value that only has to be there."""
    kind: str
    schema: Any
    choices: tuple[Any, ...] = ()
    checked: bool = False
    """Whether the schema asks for more than the kind."""

    @property
    def text(self) -> bool:
        return self.role == "text"

    @property
    def place(self) -> bool:
        return self.role in ("field", "pointer", "path")


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object."""

    name: str
    required: bool
    node: Node


@dataclass(frozen=True, slots=True)
class Group:
    """An object."""

    members: tuple[Member, ...]

    @property
    def text(self) -> bool:
        return any(member.node.text for member in self.members)

    @property
    def place(self) -> bool:
        return any(member.node.place for member in self.members)


@dataclass(frozen=True, slots=True)
class Rows:
    """A list: one element per violation, or one that holds a deeper list of them."""

    item: Node
    schema: Any
    most: int | None = None

    @property
    def text(self) -> bool:
        return self.item.text

    @property
    def place(self) -> bool:
        return self.item.place


@dataclass(frozen=True, slots=True)
class Keyed:
    """A map from a field's name to what is wrong with it."""

    value: Node

    @property
    def text(self) -> bool:
        return self.value.text

    @property
    def place(self) -> bool:
        return True


Node = Leaf | Group | Rows | Keyed


@dataclass(frozen=True, slots=True)
class ErrorForm:
    """The form of one error reply."""

    root: Node

    @property
    def lists(self) -> bool:
        """Whether it has a list or a map of violations."""
        return any(isinstance(node, Rows | Keyed) for _, node in _walk(self.root, ""))

    @property
    def plain(self) -> bool:
        """Whether it has a text for the failure as a whole."""
        return any(isinstance(node, Leaf) and node.text for _, node in _walk(self.root, "", False))

    @property
    def evidence(self) -> tuple[str, ...]:
        """What lies where: `text at /error/message`, `field at /errors/*/field`."""
        leaves = [(at, node) for at, node in _walk(self.root, "") if isinstance(node, Leaf)]
        return tuple(f"{leaf.role} at {at or '/'}" for at, leaf in leaves if leaf.role)


def without(node: Node, roles: frozenset[str]) -> Node:
    """The node with nothing in these roles."""
    if isinstance(node, Group):
        kept = (replace(m, node=without(m.node, roles)) for m in node.members)
        return Group(tuple(m for m in kept if m.required or not _idle(m.node)))
    if isinstance(node, Rows):
        return replace(node, item=without(node.item, roles))
    if isinstance(node, Keyed):
        return Keyed(without(node.value, roles))
    return replace(node, role="") if node.role in roles else node


def _idle(node: Node) -> bool:
    return isinstance(node, Leaf) and not node.role


def _walk(node: Node, at: str, listed: bool = True) -> Iterator[tuple[str, Node]]:
    """Each node and where it lies; `listed`: inside lists and maps too."""
    yield at, node
    if isinstance(node, Group):
        for member in node.members:
            yield from _walk(member.node, f"{at}/{member.name}", listed)
    elif isinstance(node, Rows | Keyed) and listed:
        yield from _walk(node.item if isinstance(node, Rows) else node.value, f"{at}/*")
