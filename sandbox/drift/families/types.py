"""Drift of what values look like: types, formats, units, ids, one or many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.draws import Draw
from sandbox.drift.body_changes import Change, Form
from sandbox.drift.body_fields import Field, keyword, kind_of
from sandbox.drift.call_changes import AlterArgument, CallChange
from sandbox.drift.families.places import (
    body_fields,
    key_change,
    nullable,
    plain,
    reply_fields,
    steps,
    with_field,
)
from sandbox.drift.new_names import words
from sandbox.drift.registry import Applied, Target, operator
from sandbox.drift.rewriting import Draft
from sandbox.drift.value_changes import AsText, Epoch, Listed, Minor, Table, Uuid

_MONEY = frozenset({"price", "amount", "total", "cost", "fee", "balance", "subtotal"})


def both_sides(draft: Draft, operation: str) -> Iterator[Target]:
    """Fields of the body and of the reply; `about` is (side, field)."""
    for found in body_fields(draft, operation):
        yield Target(operation, found.pointer, ("body", found.about))
    for found in reply_fields(draft, operation):
        yield Target(operation, found.pointer, ("reply", found.about))


def scalars_in(draft: Draft, operation: str) -> Iterator[Target]:
    """Numbers and booleans of the request body."""
    for found in body_fields(draft, operation):
        if _scalar(draft, found.about):
            yield Target(operation, found.pointer, ("body", found.about))


def scalars_out(draft: Draft, operation: str) -> Iterator[Target]:
    """Numbers and booleans of the reply."""
    for found in reply_fields(draft, operation):
        if _scalar(draft, found.about):
            yield Target(operation, found.pointer, ("reply", found.about))


def _scalar(draft: Draft, found: Field) -> bool:
    kind = kind_of(draft.follow, found.schema)
    return kind in ("integer", "number", "boolean") and not nullable(draft.follow, found.schema)


def _other_type(draft: Draft, found: Field) -> tuple[Form, dict[str, Any]]:
    """Another type for a scalar: numbers as text, booleans as yes and no."""
    kept = plain(found.schema)
    if kind_of(draft.follow, found.schema) == "boolean":
        made = {**kept, "type": "string", "enum": ["yes", "no"]}
        return Table(((True, "yes"), (False, "no"))), made
    options = keyword(draft.follow, found.schema, "enum")
    if options:
        texts = [AsText().new(option) for option in options]
        return AsText(), {**kept, "type": "string", "enum": texts}
    whole = kind_of(draft.follow, found.schema) == "integer"
    pattern = r"^-?[0-9]+$" if whole else r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
    return AsText(), {**kept, "type": "string", "pattern": pattern}


def _apply(
    draft: Draft, target: Target, form: Form, schema: dict[str, Any], findings: tuple[str, ...]
) -> Applied:
    side, found = target.about
    calls, replies = steps(target.operation, side, key_change(found, form))
    where = "body" if side == "body" else "reply"
    return Applied(
        draft=with_field(draft, target.operation, side, found, schema),
        calls=calls,
        replies=replies,
        findings=findings,
        note=f"In the {where} of {target.operation}, `{target.pointer}` {form.says()}.",
        values=(type(form).__name__,),
    )


@operator(
    "D05",
    "type change (request)",
    targets=scalars_in,
    direction="request",
    adapter="lossless",
    findings="request-property-type-changed",
    signal="422 with the pointer and the expected type",
    impact="breaks",
)
def retype_request(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """A number or boolean of the body is given as text."""
    form, schema = _other_type(draft, target.about[1])
    return _apply(draft, target, form, schema, ("request-property-type-changed",))


@operator(
    "D06",
    "type change (reply)",
    targets=scalars_out,
    direction="response",
    adapter="lossless",
    findings="response-property-type-changed",
    signal="none",
    impact="misleads",
)
def retype_reply(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """A number or boolean of the reply comes as text."""
    form, schema = _other_type(draft, target.about[1])
    return _apply(draft, target, form, schema, ("response-property-type-changed",))


def units(draft: Draft, operation: str) -> Iterator[Target]:
    """Instants as RFC 3339 text, and money in major units."""
    for target in both_sides(draft, operation):
        schema = target.about[1].schema
        if nullable(draft.follow, schema):
            continue
        if keyword(draft.follow, schema, "format") == "date-time" or _money(draft, target.about[1]):
            yield target


def _money(draft: Draft, found: Field) -> bool:
    kind = kind_of(draft.follow, found.schema)
    return kind == "number" and bool(_MONEY & set(words(found.name)))


@operator(
    "D07",
    "format or unit change",
    targets=units,
    direction="both",
    adapter="lossless",
    findings="request-property-type-changed / response-property-type-changed / "
    "response-property-type-specialized",
    signal="dates: 422; money: accepted wrongly where whole numbers were sent",
    impact="misleads",
)
def change_unit(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """Instants become seconds since 1970, money whole cents."""
    side, found = target.about
    direction = "request" if side == "body" else "response"
    if not _money(draft, found):
        about = _describe(found, "Seconds since 1970-01-01T00:00:00Z.")
        schema = {**plain(found.schema, "description"), "type": "integer", "description": about}
        return _apply(draft, target, Epoch(), schema, (f"{direction}-property-type-changed",))
    form = Minor()
    about = _describe(found, "In minor units (cents).")
    schema = {**plain(found.schema, "description"), "type": "integer", "description": about}
    for bound in ("minimum", "maximum"):
        limit = keyword(draft.follow, found.schema, bound)
        if isinstance(limit, (int, float)):
            schema[bound] = form.new(limit)
    kind = "changed" if side == "body" else "specialized"
    return _apply(draft, target, form, schema, (f"{direction}-property-type-{kind}",))


def _describe(found: Field, words_: str) -> str:
    return f"{found.schema.get('description', '')} {words_}".strip()


def singles(draft: Draft, operation: str) -> Iterator[Target]:
    """Text fields that could be several."""
    for target in both_sides(draft, operation):
        schema = target.about[1].schema
        if kind_of(draft.follow, schema) == "string" and not nullable(draft.follow, schema):
            yield target


@operator(
    "D22",
    "one value becomes a list",
    targets=singles,
    direction="both",
    adapter="lossless",
    findings="request-property-type-changed / response-property-type-changed",
    signal="request: 422; reply: none",
    impact="breaks",
)
def to_list(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """A text field becomes a list of texts."""
    side, found = target.about
    words_ = {k: v for k, v in plain(found.schema).items() if k != "title"}
    inner = {k: v for k, v in found.schema.items() if k not in ("default", "readOnly", "writeOnly")}
    schema = {**words_, "type": "array", "minItems": 1, "maxItems": 10, "items": inner}
    direction = "request" if side == "body" else "response"
    return _apply(draft, target, Listed(), schema, (f"{direction}-property-type-changed",))


def ids(draft: Draft, operation: str) -> Iterator[Target]:
    """Short ids at the end of a path: whole numbers, or text that cannot be long."""
    path = draft.sites[operation].path
    for found in draft.parameters(operation):
        if found.get("in") == "path" and path.endswith(f"{{{found.get('name')}}}"):
            if _short(draft, found.get("schema")):
                yield Target(operation, f"path/{found['name']}", found)


def _short(draft: Draft, schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    kind = kind_of(draft.follow, schema)
    if kind == "integer":
        return True
    if kind != "string" or keyword(draft.follow, schema, "enum"):
        return False
    longest = keyword(draft.follow, schema, "maxLength")
    if isinstance(longest, int) and longest <= 15:
        return True
    pattern = keyword(draft.follow, schema, "pattern")
    return isinstance(pattern, str) and _widest(pattern) <= 15


def _widest(pattern: str) -> int:
    """The longest text that an anchored pattern of plain characters and {n} repeats matches."""
    if not (pattern.startswith("^") and pattern.endswith("$")) or re.search(r"[*+|(?.]", pattern):
        return 99
    body = re.sub(r"\[[^\]]*\]|\\.", "x", pattern[1:-1])
    width = 0
    for _, low, high in re.findall(r"(x|[^{}])(?:\{(\d+)(?:,(\d+))?\})?", body):
        width += int(high or low or 1)
    return width


_UUID = {"type": "string", "format": "uuid"}


@operator(
    "D08",
    "id becomes a UUID",
    targets=ids,
    direction="both",
    adapter="needs-info",
    findings="request-parameter-type-changed + response-property-type-changed",
    signal="422: not a UUID",
    impact="breaks",
    migration="none: the UUID holds the old id, so both forms find the same entity",
)
def id_to_uuid(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """The ids of one collection are UUIDs, in its paths and in its replies."""
    name = target.pointer.partition("/")[2]
    home = draft.sites[target.operation].path[: -len(f"/{{{name}}}")]
    form = Uuid()
    calls: list[tuple[str, CallChange]] = []
    replies: list[tuple[str, Change]] = []
    for operation, site in sorted(draft.sites.items()):
        if site.path != home and not site.path.startswith(f"{home}/{{{name}}}"):
            continue
        listed = draft.parameters(operation)
        if any((p.get("in"), p.get("name")) == ("path", name) for p in listed):
            made = [_as_uuid(found, name) for found in listed]
            draft = draft.with_parameters(operation, made)
            calls.append((operation, AlterArgument("path", name, form)))
        if site.path not in (home, f"{home}/{{{name}}}"):
            continue
        for found in list(reply_fields(draft, operation)):
            field: Field = found.about
            # Only the entity's own id: the outermost one, or that of the items of the list.
            own = all(part == "*" or index == 0 for index, part in enumerate(field.parents))
            if field.name in ("id", name) and len(field.parents) <= 2 and own:
                if _short(draft, field.schema):
                    schema = {**plain(field.schema), **_UUID}
                    draft = with_field(draft, operation, "reply", field, schema)
                    replies.append((operation, key_change(field, form)))
    findings = ["request-parameter-type-changed"]
    if any(operation == target.operation for operation, _ in replies):
        findings.append("response-property-type-changed")
    return Applied(
        draft=draft,
        calls=tuple(calls),
        replies=tuple(replies),
        findings=tuple(findings),
        note=f"Ids under `{home}` are now UUIDs; the id of a known entity is in its list.",
    )


def _as_uuid(found: dict[str, Any], name: str) -> dict[str, Any]:
    if (found.get("in"), found.get("name")) != ("path", name):
        return found
    kept = {key: value for key, value in found.items() if not key.startswith("example")}
    return {**kept, "schema": _UUID}
