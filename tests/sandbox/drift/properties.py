"""The properties that every operator must have, as functions over a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from sandbox.document import Document, Operation, validate
from sandbox.draws import Draw
from sandbox.drift import Release, operators, releases
from sandbox.drift.diff import diff
from sandbox.errors import NoInstance, PlanError, SandboxError
from sandbox.messages import ABSENT, Arguments, Response
from sandbox.values import Values


def drifted(document: Document, op: str, seed: int = 0, count: int = 2) -> Release | None:
    """The release of one operator, or None when the document has no target for it."""
    plan = {"releases": [{"operators": [{"op": op, "count": count}]}]}
    try:
        return releases(plan, document, seed).releases[0]
    except PlanError:
        return None


def call(values: Values, operation: Operation, draw: Draw) -> Arguments | None:
    """A valid call of an operation, or None when none is found."""
    places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
    try:
        for parameter in operation.parameters:
            at = draw.child(parameter.location, parameter.name)
            if parameter.required or at.chance(0.6):
                made = values.make(parameter.schema, at, name=parameter.name, direction="request")
                places[parameter.location][parameter.name] = made
        body, media_type = _body(values, operation, draw)
    except (NoInstance, SandboxError):
        return None
    arguments = Arguments(**places, body=body, media_type=media_type)
    return None if validate(operation, arguments, operation.schemas) else arguments


def _body(values: Values, operation: Operation, draw: Draw) -> tuple[Any, str | None]:
    media = operation.body.media if operation.body is not None else {}
    for kind in ("json", "urlencoded"):
        for name, one in media.items():
            if kind in name and one.schema is not None:
                return values.make(one.schema, draw.child("body"), direction="request"), name
    return ABSENT, None


def calls(document: Document, release: Release, n: int = 3) -> Iterator[tuple[str, Arguments]]:
    """(logical operation, valid call) of everything that the release touched."""
    values = Values(document.schemas)
    for operation in sorted({*release.calls, *(made.target.operation for made in release.made)}):
        if operation in release.ids:
            for number in range(n):
                made = call(values, document.operations[operation], Draw(operation, number))
                if made is not None:
                    yield operation, made


def unexpected(document: Document, release: Release) -> set[tuple[str, str]]:
    """Promised findings that the differ does not make."""
    found = {(finding.operation, finding.id) for finding in diff(document, release.document)}
    # New operations are found under their new names.
    added = {id for _, id in found if id == "endpoint-added"}
    plain = {id for _, id in found}
    missing = set()
    for operation, id in release.findings:
        known = id in added or (operation, id) in found or id.startswith("api-security-component")
        if not known or id not in plain:
            missing.add((operation, id))
    return missing


def broken_calls(document: Document, release: Release) -> list[tuple[str, Any]]:
    """Adapted old calls that the drifted document refuses, where an adapter was promised."""
    found: list[tuple[str, Any]] = []
    for operation, old in calls(document, release):
        name, new = release.forward(operation, old)
        there = release.document.operations[name]
        problems = validate(there, new, release.document.schemas)
        if problems and release.adapter != "none":
            found.append((operation, problems[0]))
    return found


def said(operation: Operation, arguments: Arguments) -> Arguments:
    """A call without what it says needlessly: query values that are the declared default."""
    defaults = {
        parameter.name: found["default"]
        for parameter in operation.parameters
        if isinstance(found := operation.schemas.resolve(parameter.schema), dict)
        and "default" in found
    }
    kept = {n: v for n, v in arguments.query.items() if n not in defaults or defaults[n] != v}
    return replace(arguments, query=kept)


def lost_calls(document: Document, release: Release) -> list[tuple[str, Any, Any]]:
    """Calls that do not come back as they were, where the adapter says lossless."""
    found: list[tuple[str, Any, Any]] = []
    for operation, old in calls(document, release):
        back = release.backward(*release.forward(operation, old))
        known = document.operations[operation]
        same = back[0] == operation and said(known, back[1]) == said(known, old)
        if release.adapter == "lossless" and not same:
            found.append((operation, old, back[1]))
    return found


def broken_replies(document: Document, release: Release) -> list[tuple[str, Any]]:
    """Presented replies that the drifted document refuses, or that do not come back."""
    values = Values(document.schemas)
    found: list[tuple[str, Any]] = []
    for operation in sorted(release.replies):
        if operation not in release.ids:
            continue
        success = document.operations[operation].success
        media = success[1].media if success is not None else {}
        name = next((name for name in media if "json" in name), None)
        if success is None or name is None or media[name].schema is None:
            continue
        try:
            value = values.make(media[name].schema, Draw("reply", operation))
        except NoInstance:
            continue
        old = Response(success[0], (), orjson.dumps(value))
        new = release.present(operation, old)
        there = release.document.operations[release.ids[operation]].success
        assert there is not None
        schema = there[1].media[name].schema
        valid = release.document.schemas.validator(schema, "response").is_valid
        if not valid(orjson.loads(new.body)):
            found.append((operation, orjson.loads(new.body)))
        elif orjson.loads(release.recall(operation, new).body) != value:
            found.append((operation, "does not come back"))
    return found


def ids() -> list[str]:
    return list(operators())
