"""Drift of which values are allowed: enumerations and bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.draws import Draw
from sandbox.drift.body_changes import Change, Form
from sandbox.drift.body_fields import keyword, kind_of
from sandbox.drift.call_changes import AlterArgument, CallChange
from sandbox.drift.families.places import (
    body_fields,
    key_change,
    named_parameters,
    replace_parameter,
    reply_fields,
    steps,
    with_field,
)
from sandbox.drift.new_names import synonym
from sandbox.drift.registry import Applied, Target, operator
from sandbox.drift.rewriting import Draft, Node
from sandbox.drift.value_changes import Table


def inputs_with_values(draft: Draft, operation: str) -> Iterator[Target]:
    """Query parameters and body fields with two or more allowed texts; `about` is (side, it)."""
    for target in named_parameters(draft, operation):
        schema = draft.follow(target.about.get("schema") or {})
        if _texts(draft, schema):
            yield Target(operation, target.pointer, ("parameter", target.about))
    for target in body_fields(draft, operation):
        if _texts(draft, target.about.schema):
            yield Target(operation, target.pointer, ("body", target.about))


def _texts(draft: Draft, schema: Any) -> list[str]:
    """The allowed texts of a schema that has at least two and nothing but texts."""
    found = keyword(draft.follow, schema, "enum") if isinstance(schema, dict) else None
    texts = isinstance(found, list) and all(isinstance(option, str) for option in found)
    return list(found) if texts and found and len(set(found)) >= 2 else []


def _schema_of(draft: Draft, target: Target) -> Node:
    side, what = target.about
    found: Node = draft.follow(what["schema"]) if side == "parameter" else what.schema
    return found


def _with_schema(draft: Draft, target: Target, schema: Node) -> Draft:
    side, what = target.about
    if side == "parameter":
        return replace_parameter(draft, target, {**_without_examples(what), "schema": schema})
    return with_field(draft, target.operation, side, what, schema)


def _without_examples(node: Node) -> Node:
    return {key: value for key, value in node.items() if not key.startswith("example")}


Steps = tuple[tuple[tuple[str, CallChange], ...], tuple[tuple[str, Change], ...]]


def _step(target: Target, form: Form) -> Steps:
    side, what = target.about
    if side == "parameter":
        return ((target.operation, AlterArgument(what["in"], what["name"], form)),), ()
    return steps(target.operation, side, key_change(what, form))


def _kind(target: Target) -> str:
    return "parameter" if target.about[0] == "parameter" else "property"


@operator(
    "D11",
    "enum value removed",
    targets=inputs_with_values,
    direction="request",
    adapter="needs-info",
    findings="request-property-enum-value-removed / request-parameter-enum-value-removed",
    signal="422 with the allowed values at H3",
    impact="breaks",
)
def remove_value(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """One allowed value is allowed no more; the nearest that stays takes its place."""
    schema = _schema_of(draft, target)
    options = _texts(draft, schema)
    lost = draw.choice(options, "lost")
    kept = [option for option in options if option != lost]
    nearest = kept[max(0, options.index(lost) - 1)]
    made: Node = {**_without_examples(schema), "enum": kept}
    if made.get("default") == lost:
        del made["default"]
    calls, _ = _step(target, Table(((lost, nearest),), inverse=False))
    return Applied(
        draft=_with_schema(draft, target, made),
        calls=calls,
        findings=(f"request-{_kind(target)}-enum-value-removed",),
        note=f"`{target.pointer}` of {target.operation} no longer takes `{lost}`.",
        values=(lost,),
    )


def values_anywhere(draft: Draft, operation: str) -> Iterator[Target]:
    """Inputs with allowed texts, and such fields of the reply."""
    yield from inputs_with_values(draft, operation)
    for target in reply_fields(draft, operation):
        if _texts(draft, target.about.schema):
            yield Target(operation, target.pointer, ("reply", target.about))


@operator(
    "D12",
    "enum value renamed",
    targets=values_anywhere,
    direction="both",
    adapter="lossless",
    findings="request-…-enum-value-removed + request-…-enum-value-added; "
    "response-property-enum-value-added + response-property-enum-value-removed",
    signal="request: 422; reply: none",
    impact="breaks",
)
def rename_value(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """One allowed value is spelled otherwise."""
    schema = _schema_of(draft, target)
    options = _texts(draft, schema)
    before = draw.choice(options, "renamed")
    after = _otherwise(before, options)
    # A pattern or a length beside the list would still speak of the old spelling.
    kept = {k: v for k, v in _without_examples(schema).items() if k not in _SPELLING}
    made: Node = {
        **kept,
        "enum": [after if option == before else option for option in options],
    }
    if made.get("default") == before:
        made["default"] = after
    calls, replies = _step(target, Table(((before, after),)))
    prefix = "response-property" if target.about[0] == "reply" else f"request-{_kind(target)}"
    return Applied(
        draft=_with_schema(draft, target, made),
        calls=calls,
        replies=replies,
        findings=(f"{prefix}-enum-value-removed", f"{prefix}-enum-value-added"),
        note=f"`{target.pointer}` of {target.operation}: `{before}` is now `{after}`.",
        values=(before, after),
    )


_SPELLING = ("pattern", "minLength", "maxLength", "const")


def _otherwise(value: str, taken: list[str]) -> str:
    options = (value.upper(), synonym(value), value.lower(), value.title(), f"{value}_2")
    return next(option for option in options if option and option not in taken)


def boundable_values(draft: Draft, operation: str) -> Iterator[Target]:
    """Numbers, texts and lists that a bound can narrow; `about` is (side, it)."""
    for target in named_parameters(draft, operation):
        schema = draft.follow(target.about.get("schema") or {})
        if isinstance(schema, dict) and _tighter(draft, schema) is not None:
            yield Target(operation, target.pointer, ("parameter", target.about))
    for target in body_fields(draft, operation):
        if _tighter(draft, target.about.schema) is not None:
            yield Target(operation, target.pointer, ("body", target.about))


_BOUNDS = {
    "integer": ("maximum", "minimum", 1000),
    "number": ("maximum", "minimum", 1000),
    "string": ("maxLength", "minLength", 64),
    "array": ("maxItems", "minItems", 10),
}
_WORDS = {"maximum": "max", "maxLength": "max-length", "maxItems": "max-items"}


def _tighter(draft: Draft, schema: Node) -> tuple[str, Any, Any] | None:
    """(keyword, old bound or None, new bound), or None when there is no room."""
    kind = kind_of(draft.follow, schema)
    if kind not in _BOUNDS or keyword(draft.follow, schema, "enum"):
        return None
    if keyword(draft.follow, schema, "pattern") or keyword(draft.follow, schema, "format"):
        return None
    upper, lower, usual = _BOUNDS[kind]
    old = keyword(draft.follow, schema, upper)
    low = keyword(draft.follow, schema, lower) or 0
    default = keyword(draft.follow, schema, "default")
    if old is None:
        new = usual
    elif isinstance(old, (int, float)) and old > 1:
        new = int(old) // 2
    else:
        return None
    numeric = isinstance(default, (int, float)) and not isinstance(default, bool)
    if new < max(low, 1) or (numeric and upper == "maximum" and default > new):
        return None
    return upper, old, new


@operator(
    "D29",
    "tightened bounds",
    targets=boundable_values,
    direction="request",
    adapter="none",
    findings="request-…-max-decreased / request-…-max-set and their length and items forms",
    signal="422 with the bound",
    impact="breaks",
)
def tighten(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """An upper bound is set or halved. Cutting a value to fit would change what was meant."""
    schema = _schema_of(draft, target)
    found = _tighter(draft, schema)
    assert found is not None
    name, old, new = found
    change = "set" if old is None else "decreased"
    return Applied(
        draft=_with_schema(draft, target, {**_without_examples(schema), name: new}),
        findings=(f"request-{_kind(target)}-{_WORDS[name]}-{change}",),
        note=f"`{target.pointer}` of {target.operation}: {name} is now {new}.",
        values=(str(new),),
    )
