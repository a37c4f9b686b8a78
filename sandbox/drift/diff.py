"""What changed between two versions of a document, in oasdiff's words.

Operations are matched by method and path (path parameters by position). Findings that oasdiff has
no rule for carry an `x-` id of ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.conventions.paths import place_of
from sandbox.document.document import Document
from sandbox.document.operations import Body, Operation, Parameter, Reply
from sandbox.drift.schema_diff import Comparison, Raw
from sandbox.drift.severity import level, levels


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `operation` is the id in the old document, in the new one when it is new."""

    id: str
    operation: str
    pointer: str
    """Where: "query/limit", "body/items/*/price", "reply/200/total", "" for the operation."""
    old: Any = None
    new: Any = None

    def level(self, policy: str = "oasdiff") -> str:
        """ERR, WARN or INFO under a policy."""
        return level(self.id, policy)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "levels": levels(self.id),
            "operation": self.operation,
            "pointer": self.pointer,
            "old": self.old,
            "new": self.new,
        }


def diff(old: Document, new: Document) -> list[Finding]:
    """Every difference between two documents, in the order of the old one's operations."""
    return list(_Diff(old, new).findings())


def summary(found: Sequence[Finding], policy: str = "oasdiff") -> dict[str, Any]:
    """Counts by level and by id."""
    by_level = Counter(finding.level(policy) for finding in found)
    by_id = Counter(finding.id for finding in found)
    named = {name: by_level.get(name, 0) for name in ("ERR", "WARN", "INFO")}
    return {**named, "ids": dict(sorted(by_id.items(), key=lambda row: (-row[1], row[0])))}


def match_operations(old: Document, new: Document) -> dict[str, str]:
    """Operation id in the old document → in the new one, by method and path."""
    exact = {(op.method, op.path): op.id for op in new.operations.values()}
    places = {(op.method, place_of(op.path).template): op.id for op in new.operations.values()}
    found = {}
    for operation in old.operations.values():
        key = (operation.method, place_of(operation.path).template)
        # Some documents tell two paths apart by the names of their parameters alone.
        id = exact.get((operation.method, operation.path)) or places.get(key)
        if id is not None:
            found[operation.id] = id
    return found


class _Diff:
    def __init__(self, old: Document, new: Document) -> None:
        self.old = old
        self.new = new
        shared = _schemas_of(old) is _schemas_of(new)
        self.comparison = Comparison(_follower(old), _follower(new), shared=shared)

    def findings(self) -> Iterator[Finding]:
        pairs = match_operations(self.old, self.new)
        paths = {place_of(op.path).template for op in self.new.operations.values()}
        for id, operation in self.old.operations.items():
            if id in pairs:
                yield from self._operation(operation, self.new.operations[pairs[id]])
            else:
                yield _removal(operation, place_of(operation.path).template in paths)
        known = set(pairs.values())
        for id in self.new.operations:
            if id not in known:
                yield Finding("endpoint-added", id, "")
        yield from self._components()
        if self.old.servers != self.new.servers:
            yield Finding("x-server-changed", "", "", self.old.servers[0], self.new.servers[0])

    def _components(self) -> Iterator[Finding]:
        before, after = self.old.security_schemes, self.new.security_schemes
        for name in before:
            if name not in after:
                yield Finding("api-security-component-removed", "", name, name, None)
            elif before[name].get("type") != after[name].get("type"):
                kinds = (before[name].get("type"), after[name].get("type"))
                yield Finding("api-security-component-type-changed", "", name, *kinds)
        for name in after:
            if name not in before:
                yield Finding("api-security-component-added", "", name, None, name)

    def _operation(self, old: Operation, new: Operation) -> Iterator[Finding]:
        if old.id != new.id:
            yield Finding("api-operation-id-removed", old.id, "", old.id, new.id)
        if new.deprecated and not old.deprecated:
            yield Finding("endpoint-deprecated", old.id, "")
        elif old.deprecated and not new.deprecated:
            yield Finding("endpoint-reactivated", old.id, "")
        for tag in old.tags:
            if tag not in new.tags:
                yield Finding("api-tag-removed", old.id, "", tag, None)
        if old.description != new.description:
            yield Finding("x-description-changed", old.id, "", old.description, new.description)
        yield from self._parameters(old, new)
        yield from self._body(old, new)
        yield from self._replies(old, new)
        yield from _security(old, new)

    def _parameters(self, old: Operation, new: Operation) -> Iterator[Finding]:
        before, after = _parameters_by_place(old), _parameters_by_place(new)
        for key, a in before.items():
            b = after.get(key)
            pointer = f"{a.location}/{a.name}"
            if b is None:
                yield Finding("request-parameter-removed", old.id, pointer, a.name, None)
                continue
            if a.name != b.name:
                yield Finding("x-path-parameter-renamed", old.id, pointer, a.name, b.name)
            if b.required and not a.required:
                yield Finding("request-parameter-became-required", old.id, pointer)
            elif a.required and not b.required:
                yield Finding("request-parameter-became-optional", old.id, pointer)
            for place, raw in self.comparison.walk(a.schema, b.schema, "request"):
                id = _parameter_id(raw, place)
                yield Finding(id, old.id, pointer + place, raw[2], raw[3])
        for key, b in after.items():
            if key not in before:
                kind = "required" if b.required else "optional"
                path = "new-request-path-parameter"
                id = path if b.location == "path" else f"new-{kind}-request-parameter"
                yield Finding(id, old.id, f"{b.location}/{b.name}", None, b.name)

    def _body(self, old: Operation, new: Operation) -> Iterator[Finding]:
        a, b = old.body, new.body
        if a is None or b is None:
            if b is not None:
                kind = "required" if b.required else "optional"
                yield Finding(f"request-body-added-{kind}", old.id, "body")
            elif a is not None:
                yield Finding("request-body-removed", old.id, "body")
            return
        if b.required and not a.required:
            yield Finding("request-body-became-required", old.id, "body")
        elif a.required and not b.required:
            yield Finding("request-body-became-optional", old.id, "body")
        for name in a.media:
            if name not in b.media:
                yield Finding("request-body-media-type-removed", old.id, "body", name, None)
        for name in b.media:
            if name not in a.media:
                yield Finding("request-body-media-type-added", old.id, "body", None, name)
        shared = _shared_media_type(a, b)
        if shared is not None:
            schemas = (a.media[shared].schema, b.media[shared].schema)
            yield from self._schemas(old.id, *schemas, "request", "body")

    def _replies(self, old: Operation, new: Operation) -> Iterator[Finding]:
        for status, a in old.replies.items():
            b = new.replies.get(status)
            kind = "success" if status[0] == "2" else "non-success"
            if b is None:
                yield Finding(f"response-{kind}-status-removed", old.id, f"reply/{status}", status)
                continue
            for name in a.media:
                if name not in b.media:
                    place = f"reply/{status}"
                    yield Finding("response-media-type-removed", old.id, place, name, None)
            yield from _headers(old.id, status, a, b)
            shared = _shared_media_type(a, b)
            if shared is not None and kind == "success":
                schemas = (a.media[shared].schema, b.media[shared].schema)
                yield from self._schemas(old.id, *schemas, "response", f"reply/{status}")
        for status in new.replies:
            if status not in old.replies:
                kind = "success" if status[0] == "2" else "non-success"
                id = f"response-{kind}-status-added"
                yield Finding(id, old.id, f"reply/{status}", None, status)

    def _schemas(
        self, operation: str, a: Any, b: Any, direction: str, place: str
    ) -> Iterator[Finding]:
        for pointer, raw in self.comparison.walk(a, b, direction):
            id = _property_id(raw, direction, pointer)
            yield Finding(id, operation, place + pointer, raw[2], raw[3])


def _schemas_of(document: Document) -> Any:
    components = document.tree.get("components")
    return components.get("schemas") if isinstance(components, dict) else None


def _follower(document: Document) -> Any:
    references = document.schemas.references

    def follow(node: Any) -> Any:
        found = references.follow(node)
        if isinstance(node, dict) and len(node) > 1 and "$ref" in node and isinstance(found, dict):
            return {**found, **{key: value for key, value in node.items() if key != "$ref"}}
        return found

    return follow


def _removal(operation: Operation, path_stays: bool) -> Finding:
    how = "with-deprecation" if operation.deprecated else "without-deprecation"
    path = "" if path_stays else "path-"
    return Finding(f"api-{path}removed-{how}", operation.id, "", operation.id, None)


def _parameters_by_place(operation: Operation) -> Mapping[tuple[str, Any], Parameter]:
    """Parameters by place and name; those of the path by position, since their names are free."""
    names = place_of(operation.path).names
    found: dict[tuple[str, Any], Parameter] = {}
    for parameter in operation.parameters:
        position = names.index(parameter.name) if parameter.name in names else -1
        free = parameter.location == "path" and position >= 0
        found[parameter.location, position if free else parameter.name] = parameter
    return found


def _shared_media_type(a: Body | Reply, b: Body | Reply) -> str | None:
    """The media type to compare: one that both have, JSON before others."""
    both = [name for name in a.media if name in b.media]
    return next((name for name in both if "json" in name), both[0] if both else None)


def _parameter_id(raw: Raw, place: str) -> str:
    change, _, old, new = raw
    # In a text position a whole number that becomes plain text admits more than before.
    if change == "type-changed" and not place and new == "string" and old != "string":
        change = "type-generalized"
    if change == "type-specialized":
        change = "type-changed"
    if "property" in change or change.startswith("x-"):
        return change
    return f"request-parameter-{change}"


def _property_id(raw: Raw, direction: str, pointer: str) -> str:
    change = raw[0]
    if change.startswith(("request-", "response-", "new-", "x-")):
        return change
    if change.startswith("property-"):
        return f"{direction}-{change}"
    # oasdiff has no word for a request that admits less: it is simply another type.
    if change == "type-specialized" and direction == "request":
        change = "type-changed"
    return f"{direction}-{'property' if pointer else 'body'}-{change}"


def _headers(operation: str, status: str, a: Reply, b: Reply) -> Iterator[Finding]:
    for name, header in a.headers.items():
        if name not in b.headers:
            kind = "required" if header.required else "optional"
            place = f"reply/{status}/{name}"
            yield Finding(f"{kind}-response-header-removed", operation, place, name, None)


def _security(old: Operation, new: Operation) -> Iterator[Finding]:
    before, after = (_options(old), _options(new))
    for option in before:
        if option not in after:
            yield Finding("api-security-removed", old.id, "security", option, None)
    for option in after:
        if option not in before:
            yield Finding("api-security-added", old.id, "security", None, option)
    scopes = {scheme: set(s) for one in old.security for scheme, s in one.items()}
    for alternative in new.security:
        for scheme, listed in alternative.items():
            for scope in sorted(set(listed) - scopes.get(scheme, set(listed))):
                yield Finding("api-security-scope-added", old.id, scheme, None, scope)


def _options(operation: Operation) -> list[str]:
    return ["+".join(sorted(option)) or "none" for option in operation.security]
