"""All tools of a document: names at once, each tool only when somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from sandbox.errors import UnknownName
from sandbox.tools.layout import LAYOUTS, build
from sandbox.tools.naming import tool_names
from sandbox.tools.tool import Tool

if TYPE_CHECKING:
    from sandbox.conventions.conventions import Conventions
    from sandbox.document import Document, Operation

FILTERS = ("tag", "op", "path", "method")


class Catalogue(Mapping[str, Tool]):
    """Tools by name, in document order. Looking one up builds it; counting and naming do not."""

    __slots__ = ("_built", "_conventions", "_document", "_layout", "_operations")

    def __init__(
        self,
        document: Document,
        operations: Mapping[str, Operation],
        layout: str,
        conventions: Conventions | None,
    ) -> None:
        self._document = document
        self._conventions = conventions
        self._operations = operations
        self._layout = layout
        self._built: dict[str, Tool] = {}

    def __getitem__(self, name: str) -> Tool:
        tool = self._built.get(name)
        if tool is None:
            operation = self._operations[name]
            tool = build(
                self._document,
                operation,
                name=name,
                layout=self._layout,
                conventions=self._conventions,
            )
            self._built[name] = tool
        return tool

    def __contains__(self, name: object) -> bool:
        return name in self._operations

    def __iter__(self) -> Iterator[str]:
        return iter(self._operations)

    def __len__(self) -> int:
        return len(self._operations)

    def of(self, ids: Container[str]) -> Catalogue:
        """Only the tools of these operations."""
        kept = {name: it for name, it in self._operations.items() if it.id in ids}
        return Catalogue(self._document, kept, self._layout, self._conventions)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """Tool name → operation, without building a tool."""
        return self._operations


def tools(
    document: Document,
    *,
    limit: int = 64,
    only: Sequence[str] = (),
    layout: str = "flat",
    conventions: Conventions | None = None,
) -> Catalogue:
    """The tools of a document's operations: `limit` characters of name, `only` these operations.

    `only` takes `tag:NAME`, `op:ID`, `path:PREFIX` and `method:NAME`, with `*` in each; several
    are joined by or. Names do not depend on `only`. `conventions` are the facts that the tools
    carry. Raises UnknownName for what matches nothing.
    """
    if layout not in LAYOUTS:
        raise UnknownName("layout", layout, LAYOUTS)
    names = tool_names(document.operations.values(), limit=limit)
    if only:
        chosen = [selector(pattern) for pattern in only]
        for pattern, fits in zip(only, chosen, strict=True):
            if not any(map(fits, names.values())):
                raise UnknownName("filter", pattern, _candidates(names.values()))
        names = {n: op for n, op in names.items() if any(fits(op) for fits in chosen)}
    return Catalogue(document, names, layout, conventions)


def selector(pattern: str) -> Callable[[Operation], bool]:
    """The test behind one `tag:…|op:…|path:…|method:…`."""
    kind, found, text = pattern.partition(":")
    if not found or kind not in FILTERS or not text:
        raise UnknownName("filter", pattern, [f"{name}:…" for name in FILTERS])
    if kind == "tag":
        return lambda operation: any(fnmatchcase(tag, text) for tag in operation.tags)
    if kind == "op":
        return lambda operation: fnmatchcase(operation.id, text)
    if kind == "method":
        return lambda operation: operation.method == text.upper()
    prefix = text.rstrip("/")
    return lambda operation: (
        operation.path == text
        or operation.path.startswith(prefix + "/")
        or fnmatchcase(operation.path, text)
    )


def _candidates(operations: Iterable[Operation]) -> list[str]:
    listed: dict[str, None] = {}
    for operation in operations:
        listed[f"op:{operation.id}"] = None
        listed[f"path:{operation.path}"] = None
        listed.update(dict.fromkeys(f"tag:{tag}" for tag in operation.tags))
    return list(listed)
