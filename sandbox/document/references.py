"""Following `$ref` inside one tree: JSON pointers, chains, loops, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from sandbox.errors import DocumentError

MAX_CHAIN: Final = 64
_SCHEMAS: Final = frozenset({"schemas", "definitions", "$defs", "properties"})


def tokens(pointer: str) -> list[str]:
    """The unescaped parts of a JSON pointer (RFC 6901), with or without a leading '#'."""
    bare = pointer.removeprefix("#")
    if "%" in bare:
        bare = unquote(bare)
    if not bare:
        return []
    return [part.replace("~1", "/").replace("~0", "~") for part in bare.split("/")[1:]]


def escape(token: object) -> str:
    """One part of a JSON pointer, escaped."""
    return str(token).replace("~", "~0").replace("/", "~1")


def pointer(*parts: object) -> str:
    """A JSON pointer from its parts."""
    return "".join(f"/{escape(part)}" for part in parts)


class References:
    """The `$ref`s of one tree, each looked up once."""

    __slots__ = ("_known", "_unread", "tree")

    def __init__(self, tree: dict[str, Any], unread: Mapping[str, str] | None = None) -> None:
        """`unread`: why the files behind these `$ref`s were not read."""
        self.tree = tree
        self._unread = unread or {}
        self._known: dict[str, Any] = {}

    def at(self, reference: str) -> Any:
        """What stands at "#/a/b". Raises DocumentError when nothing does."""
        try:
            return self._known[reference]
        except KeyError:
            found = self._known[reference] = self._look_up(reference)
            return found

    def follow(self, node: Any) -> Any:
        """`node`, or what its chain of `$ref`s ends at. Raises DocumentError on a loop."""
        steps = 0
        while isinstance(node, dict) and isinstance(reference := node.get("$ref"), str):
            steps += 1
            if steps > MAX_CHAIN:
                raise DocumentError(reference, "is a $ref that leads only to itself")
            node = self.at(reference)
        return node

    def is_broken(self, reference: str) -> bool:
        """Whether a `$ref` leads nowhere or only to itself."""
        try:
            self.follow({"$ref": reference})
        except DocumentError:
            return True
        return False

    def missing_schema(self, reference: str) -> bool:
        """Whether a `$ref` names a schema of the document that is not there."""
        if not reference.startswith("#/") or _SCHEMAS.isdisjoint(tokens(reference)[:-1]):
            return False
        try:
            self.at(reference)
        except DocumentError:
            return True
        return False

    def leave_open(self, reference: str) -> None:
        """Let a `$ref` name an empty object from now on, which admits any value as a schema."""
        self._known[reference] = {}

    def _look_up(self, reference: str) -> Any:
        if not reference.startswith("#"):
            reason = self._unread.get(
                reference, "is a $ref outside the document, which was not read"
            )
            raise DocumentError(reference, reason)
        node: Any = self.tree
        if reference != "#" and not reference.startswith("#/"):
            raise DocumentError(reference, "is a $ref by anchor; only JSON pointers are followed")
        for token in tokens(reference):
            # A pointer may lead through another $ref: "#/components/schemas/A/properties/b".
            if isinstance(node, dict) and token not in node and "$ref" in node:
                node = self.follow(node)
            if isinstance(node, dict) and token in node:
                node = node[token]
            elif isinstance(node, list) and token.isdecimal() and int(token) < len(node):
                node = node[int(token)]
            else:
                raise DocumentError(reference, f"is a $ref to nothing: there is no {token!r}")
        return node
