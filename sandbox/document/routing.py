"""Which operation a request is for: concrete paths before templated ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from sandbox.document.operations import Operation
from sandbox.document.url_texts import SAFE, quote
from sandbox.errors import DocumentError

_NARROW: Final = frozenset({"format", "pattern", "enum", "minimum", "maxLength", "const"})
_NAME: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Match:
    """The operation and the percent-encoded values of its path parameters."""

    operation: Operation
    path_values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Allowed:
    """The path exists, the method does not: these do."""

    methods: tuple[str, ...]


@dataclass(slots=True)
class _Leaf:
    """The operations of one path shape; parameter names may differ by method."""

    methods: dict[str, list[tuple[Operation, tuple[str, ...]]]] = field(default_factory=dict)


@dataclass(slots=True)
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    mixed: list[tuple[re.Pattern[str], _Node]] = field(default_factory=list)
    any: _Node | None = None
    leaf: _Leaf | None = None


class Router:
    """A tree of path segments. Immutable once made."""

    __slots__ = ("_base", "_others", "_root")

    def __init__(
        self,
        operations: Mapping[str, Operation] | Iterable[Operation],
        base_path: str = "",
        bases: Iterable[re.Pattern[str]] = (),
    ) -> None:
        """`bases` are the beginnings of paths below the document's other servers."""
        self._base = base_path.rstrip("/")
        self._root = _Node()
        # Pattern of a base → the operations served below it; None for all of them.
        self._others: dict[re.Pattern[str], set[str] | None] = {each: None for each in bases}
        listed = operations.values() if isinstance(operations, Mapping) else operations
        for operation in listed:
            self._add(operation)
            for server in operation.servers:
                known = self._others.setdefault(server.pattern, set())
                if known is not None:
                    known.add(operation.id)

    def match(self, method: str, path: str) -> Match | Allowed | None:
        """The operation for a percent-encoded path, or the methods the path does have."""
        base = self._base
        found: Match | Allowed | None = None
        if not base:
            found = self._below(method, path)
        elif path.startswith(base) and path[len(base) : len(base) + 1] in ("/", ""):
            found = self._below(method, path[len(base) :])
        if self._others and not isinstance(found, Match):
            return self._elsewhere(method, path, found)
        return found

    def _elsewhere(self, method: str, path: str, found: Allowed | None) -> Match | Allowed | None:
        """The operation below another server than the first one."""
        for pattern, served in self._others.items():
            start = pattern.match(path)
            other = None if start is None else self._below(method, path[start.end() :])
            if isinstance(other, Match) and (served is None or other.operation.id in served):
                return other
            if isinstance(other, Allowed) and served is None:
                found = found or other
        return found

    def _below(self, method: str, path: str) -> Match | Allowed | None:
        """The operation for a path without its base."""
        segments = path.split("/")[1:] if path else []
        values: list[str] = []
        allowed: list[str] = []
        leaf = _walk(self._root, segments, 0, values, method, allowed)
        if leaf is None and segments not in ([], [""]):
            # With or without a slash at the end it is one path, whatever the document writes.
            values.clear()
            other = [*segments, ""] if segments[-1] else segments[:-1]
            leaf = _walk(self._root, other, 0, values, method, allowed)
        if leaf is not None:
            found = leaf.methods[method]
            operation, names = found[0] if len(found) == 1 else _fitting(found, values)
            return Match(operation, dict(zip(names, values, strict=True)))
        return Allowed(tuple(sorted(set(allowed)))) if allowed else None

    def _add(self, operation: Operation) -> None:
        node = self._root
        names: list[str] = []
        for segment in operation.path.split("/")[1:]:
            found = _NAME.findall(segment)
            names.extend(found)
            if not found:
                node = node.literal.setdefault(segment, _Node())
            elif segment == "{" + found[0] + "}":
                node.any = node.any or _Node()
                node = node.any
            else:
                node = _match_mixed(node, segment)
        if node.leaf is None:
            node.leaf = _Leaf()
        node.leaf.methods.setdefault(operation.method, []).append((operation, tuple(names)))


def _fitting(
    found: list[tuple[Operation, tuple[str, ...]]], values: list[str]
) -> tuple[Operation, tuple[str, ...]]:
    """Of operations with paths of one shape, the narrowest whose parameters admit the values."""
    for operation, names in sorted(found, key=lambda pair: _breadth(pair[0])):
        schemas = operation.schemas
        declared = {p.name: p.schema for p in operation.parameters if p.location == "path"}
        try:
            fits = all(
                schemas.validator(declared[name]).is_valid(
                    schemas.shape(declared[name]).scalar(unquote(value))
                )
                for name, value in zip(names, values, strict=True)
                if name in declared
            )
        except DocumentError:
            continue
        if fits:
            return operation, names
    return found[0]


def _breadth(operation: Operation) -> int:
    """How many path parameters admit any text."""
    schemas = [p.schema for p in operation.parameters if p.location == "path"]
    return sum(not (isinstance(s, dict) and s.keys() & _NARROW) for s in schemas)


def _match_mixed(node: _Node, segment: str) -> _Node:
    parts = _NAME.split(segment)
    text = "".join(
        "(.+?)" if index % 2 else re.escape(quote(part, SAFE)) for index, part in enumerate(parts)
    )
    pattern = re.compile(text)
    for known, child in node.mixed:
        if known.pattern == pattern.pattern:
            return child
    child = _Node()
    node.mixed.append((pattern, child))
    # The one with more literal text is the more concrete one.
    node.mixed.sort(key=lambda pair: -len(pair[0].pattern))
    return child


def _walk(
    node: _Node,
    segments: list[str],
    depth: int,
    values: list[str],
    method: str,
    allowed: list[str],
) -> _Leaf | None:
    if depth == len(segments):
        if node.leaf is None:
            return None
        if method in node.leaf.methods:
            return node.leaf
        allowed.extend(node.leaf.methods)
        return None
    segment = segments[depth]
    child = node.literal.get(segment)
    if child is None and "%" in segment:
        child = node.literal.get(unquote(segment))
    if child is not None:
        found = _walk(child, segments, depth + 1, values, method, allowed)
        if found is not None:
            return found
    kept = len(values)
    for pattern, mixed in node.mixed:
        matched = pattern.fullmatch(segment)
        if matched is not None:
            values.extend(matched.groups())
            found = _walk(mixed, segments, depth + 1, values, method, allowed)
            if found is not None:
                return found
            del values[kept:]
    if node.any is not None and segment:
        values.append(segment)
        found = _walk(node.any, segments, depth + 1, values, method, allowed)
        if found is not None:
            return found
        del values[kept:]
    return None
