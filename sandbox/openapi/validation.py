"""Arguments against the document: a verdict in one compiled call, every violation on failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, Final, Literal

from sandbox.errors import DocumentError
from sandbox.openapi.bodies import essence, is_json, is_textual
from sandbox.openapi.operations import Media, Operation
from sandbox.openapi.schemas import Schemas
from sandbox.openapi.validator import MAX_PROBLEMS, Validator, explain
from sandbox.wire import ABSENT, Arguments, Problem

Unknown = Literal["reject", "ignore"]
_LOCATIONS: Final = ("path", "query", "header", "cookie")


def validate(
    operation: Operation,
    arguments: Arguments,
    schemas: Schemas | None = None,
    unknown: Unknown = "reject",
) -> list[Problem]:
    """All violations, [] when there are none.

    `unknown`: whether undeclared query parameters, and body properties the schema does not
    mention, are violations. An operation whose schemas turn out to be broken has one problem,
    keyword "defect", and says so in its `defect` from then on.
    """
    media = None if arguments.body is ABSENT else arguments.media_type
    try:
        validator = _validator(operation, schemas or operation.schemas, unknown, media)
    except (DocumentError, RecursionError) as error:
        reason = operation.memo["defect"] = str(error)
        return [Problem("", "request", "defect", reason)]
    value: dict[str, Any] = {
        "path": arguments.path,
        "query": arguments.query,
        "header": arguments.header,
        "cookie": arguments.cookie,
    }
    if arguments.body is not ABSENT:
        value["body"] = arguments.body
    try:
        if validator.is_valid(value):
            return []
    except (TypeError, ValueError):
        # Containers that are not JSON's own, NaN, lone surrogates: rare, so paid for only here.
        if validator.is_valid(_plain(value)):
            return []
    return _explained(operation, validator, _plain(value))


def _validator(
    operation: Operation, schemas: Schemas, unknown: Unknown, media: str | None
) -> Validator:
    key = f"validator {unknown} {media}"
    known = operation.memo.get(key)
    if known is None:
        # Bodies of any client's invention must not grow the memo without bound.
        whole = schemas.convert(_whole(operation, schemas, unknown, media))
        known = schemas.compile(whole, "request")
        if media is None or operation.body is None or len(operation.memo) < 32:
            operation.memo[key] = known
    return known


def _whole(
    operation: Operation, schemas: Schemas, unknown: Unknown, media: str | None
) -> dict[str, Any]:
    """One schema for everything a request carries, by location."""
    parts: dict[str, Any] = {}
    for location in _LOCATIONS:
        declared = [p for p in operation.parameters if p.location == location]
        part: dict[str, Any] = {
            "type": "object",
            "properties": {parameter.name: parameter.schema for parameter in declared},
        }
        if needed := [parameter.name for parameter in declared if parameter.required]:
            part["required"] = needed
        if location == "query" and unknown == "reject":
            credentials = {name: True for name in _credential_names(operation)}
            part["properties"] = {**credentials, **part["properties"]}
            part["additionalProperties"] = False
        parts[location] = part
    whole: dict[str, Any] = {"type": "object", "properties": parts}
    body = operation.body
    if body is None:
        if unknown == "reject":
            parts["body"] = {"anyOf": [{"maxProperties": 0, "type": "object"}, {"type": "null"}]}
        return whole
    if body.required:
        whole["required"] = ["body"]
    parts["body"] = _body_schema(operation, schemas, unknown, media)
    return whole


def _body_schema(
    operation: Operation, schemas: Schemas, unknown: Unknown, media: str | None
) -> Any:
    assert operation.body is not None
    kind = essence(media or "")
    found = _media(operation.body.media, kind)
    if found is None or found.schema is None:
        return True
    if is_textual(kind) and not is_json(kind):
        shape = schemas.shape(found.schema)
        return found.schema if "string" in shape.kinds and not shape.free else True
    if unknown == "reject" and (names := _closed(schemas, found.schema)) is not None:
        return {"allOf": [found.schema], "propertyNames": {"enum": sorted(names)}} if (
            names
        ) else found.schema
    return found.schema


def _media(media: Any, kind: str) -> Media | None:
    for name, found in media.items():
        if essence(name) == kind:
            return found  # type: ignore[no-any-return]
    for wanted in (f"{kind.partition('/')[0]}/*", "*/*"):
        if wanted in media:
            return media[wanted]  # type: ignore[no-any-return]
    return next(iter(media.values()), None) if not kind else None


def _closed(schemas: Schemas, schema: Any, depth: int = 0) -> set[str] | None:
    """The property names an object schema knows, or None where it admits others openly."""
    made = schemas.resolve(schema)
    if not isinstance(made, dict) or depth > 12:
        return None
    if made.get("additionalProperties") not in (None, False) or any(
        key in made for key in ("patternProperties", "unevaluatedProperties", "if", "not")
    ):
        return None
    names = set(made.get("properties", {}))
    members = [part for key in ("allOf", "anyOf", "oneOf") for part in made.get(key, ())]
    for member in members:
        inner = _closed(schemas, member, depth + 1)
        if inner is None:
            return None
        names |= inner
    return names if names or not members else None


def _credential_names(operation: Operation) -> set[str]:
    tree = operation.schemas.references.tree
    components = tree.get("components")
    declared = components.get("securitySchemes") if isinstance(components, dict) else None
    names: set[str] = set()
    for scheme in declared.values() if isinstance(declared, dict) else ():
        if isinstance(scheme, dict) and scheme.get("in") == "query":
            names.add(str(scheme.get("name")))
    return names


def _explained(operation: Operation, validator: Validator, value: Any) -> list[Problem]:
    problems: list[Problem] = []
    for error in validator.errors(value):
        path = error.instance_path
        if not path:
            problems.append(Problem("", "body", "required", "a request body is required"))
        elif path[0] == "body":
            problems.extend(_body_problem(error))
        elif error.kind.name == "additionalProperties" and len(path) == 1:
            known = sorted(p.name for p in operation.parameters if p.location == path[0])
            problems.extend(
                replace(problem, expected=known)
                for problem in explain(error, str(path[0]), skip=1)
            )
        else:
            problems.extend(explain(error, str(path[0]), skip=1))
        if len(problems) >= MAX_PROBLEMS:
            break
    return problems


def _body_problem(error: Any) -> list[Problem]:
    if error.kind.name == "propertyNames":
        name = error.instance_path[-1] if len(error.instance_path) > 1 else ""
        inner = error.kind.value
        unknown = getattr(inner, "instance", name)
        valid = getattr(getattr(inner, "kind", None), "value", None)
        return [Problem(f"/{unknown}", "body", "additionalProperties",
                        f"{unknown!r} is not known here", expected=valid, name=str(unknown))]
    return list(explain(error, "body", skip=1))


def _plain(value: Any) -> Any:
    """The same value in JSON's own containers; what JSON cannot say becomes null or '?'."""
    if isinstance(value, Mapping) or hasattr(value, "items"):
        return {_plain(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if value is None or isinstance(value, bool | int) else str(value)
