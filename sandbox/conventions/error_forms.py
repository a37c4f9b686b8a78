"""Error forms: where an error reply of the document tells what went wrong, however deep.

Roles are read off the names and schemas of the members. Optional members without a role are left
out; required ones without a role keep a made value.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, cast

import specs
from sandbox.conventions.error_nodes import (
    ErrorForm,
    Group,
    Keyed,
    Leaf,
    Member,
    Node,
    Rows,
    without,
)
from sandbox.conventions.schema_views import View, views
from sandbox.conventions.words import words
from sandbox.document import Schemas
from sandbox.errors import DocumentError

_DEEPEST: Final = 6
_LINES: Final = frozenset({"string", ""})
_WEAK: Final = frozenset({"title", "summary", "reason", "error", "errors", "info", "cause"})
"""Text members that are only used where nothing deeper carries text."""
_AT_ROOT: Final = frozenset({"field", "fieldname", "fields", "param", "params", "parameter",
    "parameters", "property", "attribute", "argument"})  # fmt: skip
"""Places that a whole error may name, beside its text."""


def error_form(
    schemas: Schemas, schema: Any, stated: Mapping[str, str] | None = None
) -> ErrorForm | None:
    """The form of an error reply's schema; None where the schema says nothing or is broken.

    `stated` is role → place, such as `problem/words`, and goes before what names say.
    """
    try:
        reader = _Reader(schemas, lenient=False)
        known = places(schemas, schema) if stated else frozenset()
        there = {role: at for role, at in (stated or {}).items() if at.strip("/") in known}
        if there:
            root = without(reader.node(schema, "", False, 0), frozenset(there))
            for role, at in there.items():
                root = reader.with_role(root, schema, tuple(at.strip("/").split("/")), role)
            return ErrorForm(root)
        root = reader.node(schema, "", False, 0)
        if not root.text:
            # No name that is known: then whatever takes words.
            other = _Reader(schemas, lenient=True).node(schema, "", False, 0)
            root = other if other.text else root
    except (DocumentError, RecursionError):
        return None
    empty = isinstance(root, Group) and not root.members
    return None if empty or (isinstance(root, Leaf) and root.kind != "string") else ErrorForm(root)


@lru_cache(maxsize=1)
def vocabulary() -> Mapping[str, Any]:
    """`specs/grammar/errors.yaml`, read once."""
    import yaml12

    loaded = yaml12.parse_yaml(specs.path("errors", "grammar").read_text("utf-8"))
    return cast(Mapping[str, Any], loaded)


class _Reader:
    def __init__(self, schemas: Schemas, *, lenient: bool) -> None:
        self._schemas = schemas
        self._lenient = lenient
        self._holders = frozenset(vocabulary()["holders"])

    def node(self, schema: Any, name: str, violation: bool, depth: int) -> Node:
        """The best reading of a schema; `violation`: inside the element of a list."""
        found = [
            self._node_of_view(view, schema, name, violation, depth)
            for view in views(self._schemas, schema)
        ]
        return max(found, key=lambda node: (node.text, node.place, _rows(node)))

    def with_role(self, node: Node, schema: Any, at: tuple[str, ...], role: str) -> Node:
        """The node with the value at a place in the role that was stated for it."""
        view = next(each for each in views(self._schemas, schema) if not at or _has(each, at[0]))
        if not at:
            return self._leaf(view, schema, role)
        if at[0] == "*":
            items = True if view.items is None else view.items
            inner = node.item if isinstance(node, Rows) else self.node(items, "", True, 1)
            return Rows(self.with_role(inner, items, at[1:], role), items, view.most)
        group = node if isinstance(node, Group) else self._group(view, False, 0)
        inside = view.properties[at[0]]
        members = {member.name: member for member in group.members}
        old = members[at[0]].node if at[0] in members else self._leaf(view, inside, "")
        made = self.with_role(old, inside, at[1:], role)
        members[at[0]] = Member(at[0], at[0] in view.required, made)
        return Group(tuple(members[name] for name in view.properties if name in members))

    def _node_of_view(
        self, view: View, schema: Any, name: str, violation: bool, depth: int
    ) -> Node:
        if view.kind == "array":
            if depth < _DEEPEST:
                items = True if view.items is None else view.items
                return Rows(self.node(items, name, True, depth + 1), items, view.most)
        elif view.properties and depth < _DEEPEST:
            return self._group(view, violation, depth)
        elif view.kind == "object" and view.extra is not False and depth and depth < _DEEPEST:
            value = view.extra if isinstance(view.extra, dict) else True
            return Keyed(self.node(value, "", True, depth + 1))
        return self._leaf(view, schema, "text" if _plain(view) else "")

    def _leaf(self, view: View, schema: Any, role: str) -> Leaf:
        return Leaf(role, view.kind or "string", schema, view.choices, view.checked)

    def _group(self, view: View, violation: bool, depth: int) -> Group:
        keys = {name: "".join(words(name)) for name in view.properties}
        readings = {name: views(self._schemas, schema) for name, schema in view.properties.items()}
        flat = {name: found[0] for name, found in readings.items()}
        deep: dict[str, Node] = {}
        for name, schema in view.properties.items():
            if any(
                self._holds(name, keys[name], each, violation, view.required)
                for each in readings[name]
            ):
                node = self.node(schema, name, violation, depth + 1)
                if (node.text or node.place) and not isinstance(node, Leaf):
                    deep[name] = node
        carried = any(node.text for node in deep.values())
        shallow = {name: key for name, key in keys.items() if name not in deep}
        text = _first(shallow, flat, _names("text"), _plain)
        if text is not None and carried and keys[text] in _WEAK:
            text = None
        if text is None and self._lenient and not carried:
            free = [n for n in keys if _plain(flat[n]) and not flat[n].checked]
            text = next((n for n in free if not _is_made(n)), None)
        roles = self._places(keys, flat, violation, text)
        counted = any(
            keys[name] in _names("status") and flat[name].kind == "integer" for name in keys
        )
        members = []
        for name, schema in view.properties.items():
            required = name in view.required
            if name in deep:
                members.append(Member(name, required, deep[name]))
                continue
            role = "text" if name == text else roles.get(name)
            if role is None:
                role = _role(keys[name], flat[name], violation)
            if keys[name] == "error" and role == "title" and "errordescription" in keys.values():
                role = "code"  # OAuth: the code is called error
            elif role == "status" and flat[name].kind == "string" and counted:
                role = "code"  # Google: a number as code, a word as status
            if role in ("", "plain", "choice"):
                if not required:
                    continue
                if role == "plain" and _is_made(name):
                    role = ""
                elif role == "plain" and keys[name] in _names("text"):
                    role = "text"
            members.append(Member(name, required, self._leaf(flat[name], schema, role)))
        return Group(tuple(members))

    def _holds(self, name: str, key: str, view: View, violation: bool, required: set[str]) -> bool:
        """Whether to look into a member that is an object or a list."""
        if view.kind in ("array", "object") or view.properties:
            if key == "loc" or (violation and _is_path(key, view)):
                return False
            return key in self._holders or (self._lenient and (name in required or not violation))
        return False

    def _places(
        self, keys: Mapping[str, str], flat: Mapping[str, View], violation: bool, text: str | None
    ) -> dict[str, str]:
        """Which members name the place of a violation."""
        roles: dict[str, str] = {}
        for name, key in keys.items():
            line = flat[name].kind in _LINES and not flat[name].choices
            if key == "loc" or (violation and _is_path(key, flat[name])):
                roles[name] = "path"
            elif key in _names("pointer") and line:
                roles[name] = "pointer"
        wanted = [n for n in _names("field") if violation or n in _AT_ROOT]
        listed = {n: v for n, v in flat.items() if n != text and n not in roles}
        own = _first({n: keys[n] for n in listed}, listed, wanted, _is_line)
        if own is not None and (violation or not any(role == "pointer" for role in roles.values())):
            roles[own] = "field"
        if violation:
            for name, key in keys.items():
                if key in _names("location") and name not in roles and name != text:
                    roles[name] = "location" if _is_line(flat[name]) or flat[name].choices else ""
        return roles


def places(schemas: Schemas, schema: Any, depth: int = _DEEPEST) -> frozenset[str]:
    """Where an error reply can tell anything: `problem/words`, `list/*/where`; "" is its root."""
    found = {""}
    for view in views(schemas, schema) if depth else ():
        inside = dict(view.properties)
        if view.kind == "array" and view.items is not None:
            inside["*"] = view.items
        for name, each in inside.items():
            found |= {f"{name}/{at}".rstrip("/") for at in places(schemas, each, depth - 1)}
    return frozenset(found)


def _has(view: View, step: str) -> bool:
    return view.kind == "array" if step == "*" else step in view.properties


def _rows(node: Node) -> bool:
    return isinstance(node, Rows | Keyed)


def _names(part: str) -> list[str]:
    found: list[str] = vocabulary()["members"][part]
    return found


def _first(
    keys: Mapping[str, str], flat: Mapping[str, View], wanted: list[str], fits: Any
) -> str | None:
    """The member whose name stands first among those wanted."""
    fitting: dict[str, str] = {}
    for name, key in keys.items():
        if fits(flat[name]):
            fitting.setdefault(key, name)
    return next((fitting[key] for key in wanted if key in fitting), None)


def _plain(view: View) -> bool:
    """Whether a member takes any words."""
    made = ("uuid", "date", "date-time", "time", "uri", "url", "uri-reference", "binary", "byte")
    open_kind = view.kind in _LINES and not view.properties and view.items is None
    return open_kind and not view.choices and view.format not in made


def _is_line(view: View) -> bool:
    return view.kind in _LINES and not view.choices and not view.properties


def _is_path(key: str, view: View) -> bool:
    return key in _names("path") and view.kind == "array"


def _is_made(name: str) -> bool:
    return not set(vocabulary()["made"]).isdisjoint(words(name))


def _role(key: str, view: View, violation: bool) -> str:
    """The role of a member that carries neither the text nor the place."""
    if view.kind in ("integer", "number"):
        retry = key in _names("retry")
        known = key in _names("status") or key in _names("code")
        return "retry" if retry else "status" if known else ""
    if view.kind == "boolean":
        if key in _names("failure"):
            return "failed"
        return "failing" if key in ("error", "iserror", "failed", "failure") else ""
    if view.kind not in _LINES or view.properties:
        return ""
    if view.choices:
        return "code" if key in _names("code") or key in _names("title") else "choice"
    if key in _names("expected"):
        return "expected" if violation else ""
    if key in _names("status"):
        return "status" if key != "code" and "error" not in key else "code"
    if key in _names("request") and not violation and key != "resource":
        return "request"
    if key == "type" and view.format.startswith("ur"):
        return "type"
    if key in _names("title") and key not in ("error", "name") and _plain(view):
        return "title"
    if key in _names("code") and _plain(view) and (key != "id" or not view.checked):
        return "title" if key == "error" else "code"
    return "plain" if _plain(view) else ""
