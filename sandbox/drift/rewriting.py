"""A document being rewritten: the tree and where each logical operation lies in it now.

Nothing is ever changed in place: an edit copies the path from the root to what changed and shares
all the rest, so rewriting a document of megabytes costs microseconds. A component is copied to the
one place that changes (isolated) before it is edited, so that other operations keep theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.conventions.conventions import Conventions, OperationFacts
from sandbox.document.document import Document
from sandbox.document.references import References, tokens

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """Where an operation lies: its path as the document writes it, and its method in lower case."""

    path: str
    method: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One state of a document on its way to a release."""

    tree: Node
    sites: Mapping[str, Site]
    """Logical operation → where it lies now; a removed operation is not in it."""
    references: References
    conventions: Conventions
    """The facts of the document that the draft began as."""
    ids: Mapping[str, str]
    """Logical operation → its id in that document."""

    @classmethod
    def of(cls, document: Document, conventions: Conventions, ids: Mapping[str, str]) -> Draft:
        """The document before any change, under the names that `ids` gives its operations."""
        names = {id: logical for logical, id in ids.items()}
        sites = {}
        for operation in document.operations.values():
            if operation.defect is None and operation.id in names:
                path, method = tokens(operation.pointer)[1:3]
                sites[names[operation.id]] = Site(path, method)
        return cls(document.tree, sites, References(document.tree), conventions, ids)

    def facts(self, operation: str) -> OperationFacts:
        """What was known of an operation before the release began to change it."""
        conventions = self.conventions
        return conventions.of(conventions.document.operations[self.ids[operation]])

    def follow(self, node: Any) -> Any:
        """A node with its `$ref`s followed; keywords beside a reference win over the target's."""
        found = self.references.follow(node)
        if isinstance(node, dict) and len(node) > 1 and "$ref" in node and isinstance(found, dict):
            return {**found, **{key: value for key, value in node.items() if key != "$ref"}}
        return found

    def put(self, path: Sequence[str], value: Any) -> Draft:
        """The draft with one node of the tree replaced (or added)."""
        tree = replace_at(self.tree, path, value)
        return replace(self, tree=tree, references=References(tree))

    def item(self, operation: str) -> Node:
        """The path item that holds an operation."""
        found: Node = self.follow(self.tree["paths"][self.sites[operation].path])
        return found

    def operation(self, operation: str) -> Node:
        """The operation object."""
        found: Node = self.item(operation)[self.sites[operation].method]
        return found

    def edit(self, operation: str, change: Callable[[Node], Node]) -> Draft:
        """The draft with one operation object rewritten."""
        site = self.sites[operation]
        item = self.item(operation)
        made = {**item, site.method: change(item[site.method])}
        return self.put(("paths", site.path), made)

    def beside(self, operation: str) -> tuple[str, ...]:
        """The logical operations on the same path, itself included."""
        path = self.sites[operation].path
        return tuple(name for name, site in self.sites.items() if site.path == path)

    def parameters(self, operation: str) -> list[Node]:
        """Every parameter that holds for an operation, those of its path first."""
        merged: dict[tuple[str, str], Node] = {}
        item = self.item(operation)
        for raw in (*item.get("parameters", ()), *self.operation(operation).get("parameters", ())):
            found = self.follow(raw)
            merged[str(found.get("in")), str(found.get("name"))] = found
        return list(merged.values())

    def with_parameters(self, operation: str, made: list[Node]) -> Draft:
        """The draft with these as all the parameters of one operation, and of no other."""
        site = self.sites[operation]
        item = self.item(operation)
        shared = item.get("parameters")
        if shared:
            # What the path shared is pushed down, so that the other methods keep it.
            item = {key: value for key, value in item.items() if key != "parameters"}
            for name in self.beside(operation):
                if name != operation:
                    method = self.sites[name].method
                    own = item[method].get("parameters", ())
                    merged = [*_unless(shared, own, self), *own]
                    item[method] = {**item[method], "parameters": merged}
        item = {**item, site.method: {**item[site.method], "parameters": made}}
        return self.put(("paths", site.path), item)

    def body(self, operation: str) -> tuple[str, Any] | None:
        """(media type, schema) of an operation's request body, JSON before forms, or None."""
        raw = self.operation(operation).get("requestBody")
        return None if not raw else _media_of(self, self.follow(raw), _SENT)

    def with_body(self, operation: str, schema: Any) -> Draft:
        """The draft with another schema for an operation's request body."""

        def change(node: Node) -> Node:
            return {**node, "requestBody": _with_schema(self, node["requestBody"], schema)}

        return self.edit(operation, change)

    def reply(self, operation: str) -> tuple[str, str, Any] | None:
        """(status key, media type, schema) of the JSON reply that means success, or None."""
        replies = self.operation(operation).get("responses") or {}
        keys = sorted(str(key) for key in replies if str(key)[:1] == "2")
        for key in (*keys, "default"):
            if key in replies:
                found = _media_of(self, self.follow(replies[key]), _READ)
                return None if found is None else (key, *found)
        return None

    def with_reply(self, operation: str, schema: Any) -> Draft:
        """The draft with another schema for the reply that means success."""
        found = self.reply(operation)
        assert found is not None
        status = found[0]

        def change(node: Node) -> Node:
            made = _with_schema(self, node["responses"][status], schema)
            return {**node, "responses": {**node["responses"], status: made}}

        return self.edit(operation, change)


def replace_at(node: Any, path: Sequence[str], value: Any) -> Any:
    """`node` with the member at `path` replaced, sharing everything else."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    return {**node, head: replace_at(node.get(head, {}), rest, value)}


def _unless(shared: Sequence[Any], own: Sequence[Any], draft: Draft) -> Iterator[Any]:
    """The shared parameters that the operation does not declare itself."""
    taken = {(found.get("in"), found.get("name")) for found in map(draft.follow, own)}
    for raw in shared:
        found = draft.follow(raw)
        if (found.get("in"), found.get("name")) not in taken:
            yield raw


_READ: Final = ("json", "*/*")
_SENT: Final = ("json", "urlencoded", "*/*")
"""Media types that hold fields, the surest first; any type at all is taken for JSON."""


def _media_of(draft: Draft, holder: Any, kinds: tuple[str, ...]) -> tuple[str, Any] | None:
    content = holder.get("content") if isinstance(holder, dict) else None
    for kind in kinds:
        for name, media in (content or {}).items():
            if kind in name.lower():
                media = draft.follow(media)
                if isinstance(media, dict) and "schema" in media:
                    return name, media["schema"]
    return None


def _with_schema(draft: Draft, holder: Any, schema: Any) -> Node:
    """A body or reply with another schema, in every media type that shared the old one."""
    made: Node = draft.follow(holder)
    found = _media_of(draft, made, _SENT)
    assert found is not None
    content = dict(made["content"])
    for name, raw in made["content"].items():
        media = draft.follow(raw)
        if isinstance(media, dict) and (name == found[0] or media.get("schema") == found[1]):
            # Examples show the old form.
            kept = {key: value for key, value in media.items() if not key.startswith("example")}
            content[name] = {**kept, "schema": schema}
    return {**made, "content": content}
