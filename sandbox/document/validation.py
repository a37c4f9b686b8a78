"""Arguments against the document: a verdict in one compiled call, every violation on failure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from math import isfinite
from typing import Any, Final, Literal, NamedTuple

from sandbox.document.bodies import is_textual
from sandbox.document.compiled_schema import MAX_PROBLEMS, Validator, cut_name, explain
from sandbox.document.discriminators import is_base
from sandbox.document.loading import MAX_DEPTH
from sandbox.document.media_types import essence, form_of
from sandbox.document.operations import Media, Operation
from sandbox.document.references import pointer
from sandbox.document.schemas import Schemas
from sandbox.errors import DocumentError
from sandbox.messages import ABSENT, Arguments, Problem

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
        kept = f"check {unknown} {media}"
        check: _Check = operation.memo.get(kept) or _compile_check(
            operation, schemas or operation.schemas, unknown, media, kept
        )
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
    strays: list[Problem] = []
    if check.names is not None and arguments.body is not ABSENT:
        strays = _strays(check.names, arguments.body)
    try:
        if check.validator.is_valid(value):
            return strays
        return _all_problems(operation, check.validator, value, strays)
    except (TypeError, ValueError):
        pass  # Containers that are not JSON's own, NaN, lone surrogates: rare, paid for below.
    try:
        value = _plain(value)
        if check.validator.is_valid(value):
            return strays
        return _all_problems(operation, check.validator, value, strays)
    except (RecursionError, ValueError) as error:
        return [Problem("", "request", "depth", f"the arguments are no JSON value: {error}")]


def _all_problems(
    operation: Operation, validator: Validator, value: Any, strays: list[Problem]
) -> list[Problem]:
    """The strays and what the validator says; a closed schema says the same of the same names."""
    found = _explain(operation, validator, value)
    if not strays:
        return found
    known = {problem.pointer for problem in strays}
    return strays + [
        problem
        for problem in found
        if problem.keyword != "additionalProperties" or problem.pointer not in known
    ]


class _Check(NamedTuple):
    """What one media type's requests are held to."""

    validator: Validator
    names: frozenset[str] | None
    """The body's known property names; None where it may have any."""


def _compile_check(
    operation: Operation, schemas: Schemas, unknown: Unknown, media: str | None, key: str
) -> _Check:
    body = _body_schema(operation, schemas, media)
    whole = schemas.convert(_whole(operation, body, unknown))
    names: frozenset[str] | None = None
    if unknown == "reject":
        listed = _closed_names(schemas, body)
        # No names at all is an open object, except where there is no body to begin with.
        names = frozenset(listed) if listed else None if operation.body else frozenset()
    made = _Check(schemas.compile(whole, "request"), names)
    # Media types of a client's invention must not grow the memo without bound.
    if len(operation.memo) < 32:
        operation.memo[key] = made
    return made


def _strays(names: frozenset[str], body: Any) -> list[Problem]:
    """Properties the body's schema does not mention.

    Looked for here and not by the validator, whose errors would each carry the whole body.
    """
    if not isinstance(body, dict) or body.keys() <= names:
        return []
    valid = sorted(names)
    strays = islice((cut_name(str(name)) for name in body if name not in names), MAX_PROBLEMS)
    return [
        Problem(
            pointer(name),
            "body",
            "additionalProperties",
            f"{name!r} is not known here",
            expected=valid,
            name=name,
        )
        for name in strays
    ]


def _whole(operation: Operation, body: Any, unknown: Unknown) -> dict[str, Any]:
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
    if operation.body is not None:
        parts["body"] = body
        if operation.body.required:
            whole["required"] = ["body"]
    elif unknown == "reject":
        parts["body"] = {"type": ["object", "null"]}
    return whole


def _body_schema(operation: Operation, schemas: Schemas, media: str | None) -> Any:
    if operation.body is None:
        return True
    kind = essence(media or "")
    found = _media(operation.body.media, kind)
    if found is None or found.schema is None:
        return True
    if is_textual(kind) and form_of(kind) not in ("json", "xml", "yaml"):
        shape = schemas.shape(found.schema)
        return found.schema if "string" in shape.kinds and not shape.free else True
    return found.schema


def _media(media: Any, kind: str) -> Media | None:
    for name, found in media.items():
        if essence(name) == kind:
            return found  # type: ignore[no-any-return]
    for wanted in (f"{kind.partition('/')[0]}/*", "*/*"):
        if wanted in media:
            return media[wanted]  # type: ignore[no-any-return]
    return next(iter(media.values()), None) if not kind else None


def _closed_names(schemas: Schemas, schema: Any, depth: int = 0) -> set[str] | None:
    """The property names an object schema knows, or None where it admits others openly."""
    made = schemas.resolve(schema)
    if not isinstance(made, dict) or depth > 12:
        return None
    if made.get("additionalProperties") not in (None, False) or any(
        key in made for key in ("patternProperties", "unevaluatedProperties", "if", "not")
    ):
        return None
    # Some documents require what they forgot to describe: it is known all the same.
    names = {*made.get("properties", {}), *made.get("required", ())}
    members = [part for key in ("allOf", "anyOf", "oneOf") for part in made.get(key, ())]
    if is_base(made) and depth == 0:
        named = schemas.names_in(schema)
        members += named.branches if named is not None else ()
    for member in members:
        inner = _closed_names(schemas, member, depth + 1)
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


def _explain(operation: Operation, validator: Validator, value: Any) -> list[Problem]:
    problems: list[Problem] = []
    found: Iterator[Problem]
    for error in validator.errors(value):
        path = error.instance_path
        if not path:
            found = iter([Problem("", "body", "required", "a request body is required")])
        elif error.kind.name == "additionalProperties" and len(path) == 1:
            known = sorted(p.name for p in operation.parameters if p.location == path[0])
            found = (replace(each, expected=known) for each in explain(error, str(path[0]), skip=1))
        else:
            found = explain(error, str(path[0]), skip=1)
        problems.extend(islice(found, MAX_PROBLEMS - len(problems)))
        if len(problems) >= MAX_PROBLEMS:
            break
    return problems


def _plain(value: Any, depth: int = 0) -> Any:
    """The same value in JSON's own containers; what JSON cannot say becomes null or '?'."""
    if depth > MAX_DEPTH:
        raise ValueError(f"it nests deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict) or hasattr(value, "items"):
        return {_plain(str(key)): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if value is None or isinstance(value, bool | int) else str(value)
