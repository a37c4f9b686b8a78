"""Refusals: error replies in the document's own error schema, or as RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson

from sandbox.conventions.envelopes import preferred_media
from sandbox.conventions.schema_surface import Shape, shape
from sandbox.document import Document, Operation
from sandbox.document.problems import problem_body
from sandbox.draws import Draw
from sandbox.errors import NoInstance
from sandbox.messages import Headers, Problem, Response, compact
from sandbox.values import Values
from sandbox.world.rendering.response_headers import waiting

PROBLEM_JSON = "application/problem+json"

_TEXT_FIELDS = (
    "detail",
    "message",
    "error",
    "error_message",
    "error_description",
    "description",
    "reason",
    "msg",
)
_TITLE_FIELDS = ("title", "type", "name", "error_type")
_CODE_FIELDS = ("status", "code", "status_code", "statusCode", "error_code", "httpStatus")


class Refusals:
    """Builds error replies for one document."""

    __slots__ = ("_document", "_values")

    def __init__(self, document: Document, values: Values) -> None:
        self._document = document
        self._values = values

    def refuse(
        self,
        operation: Operation | None,
        status: int,
        detail: str = "",
        *,
        problems: Sequence[Problem] = (),
        helpfulness: int = 2,
        headers: Headers = (),
    ) -> Response:
        """An error reply. `helpfulness` runs from 0 (status only) to 4 (did-you-mean)."""
        body = problem_body(problems, helpfulness=helpfulness, status=status, detail=detail)
        if helpfulness > 0 and operation is not None:
            own = self._own_form(operation, status, body)
            if own is not None:
                media_type, value = own
                own_headers = (("content-type", media_type), *headers)
                return Response(status, own_headers, compact(waiting(orjson.dumps(value), headers)))
        problem_headers = (("content-type", PROBLEM_JSON), *headers)
        return Response(status, problem_headers, compact(orjson.dumps(body)))

    def _own_form(
        self, operation: Operation, status: int, problem: dict[str, Any]
    ) -> tuple[str, Any] | None:
        reply = (
            operation.replies.get(str(status))
            or operation.replies.get(f"{status // 100}XX")
            or operation.replies.get("default")
        )
        media_type = preferred_media(reply.media) if reply is not None else None
        if reply is None or media_type is None or "json" not in media_type:
            return None
        schema = reply.media[media_type].schema
        if schema is None:
            return None
        valid = self._document.schemas.validator(schema, "response").is_valid
        if valid(problem) and "problem" in media_type:
            return media_type, problem
        draw = Draw("refusal", operation.id, status, str(problem.get("detail", "")))
        try:
            made = self._values.make(schema, draw, sparse=True)
        except NoInstance:
            return None
        if not isinstance(made, dict):
            return (media_type, problem) if valid(problem) else None
        return media_type, self._worded(schema, made, problem, valid)

    def _worded(
        self, schema: Any, made: dict[str, Any], problem: dict[str, Any], valid: Any
    ) -> Any:
        """The generated error with our words in every field that takes them."""
        surface = shape(self._document.schemas, schema)
        result = made
        for name, value in _wording(surface, problem).items():
            trial = {**result, name: value}
            if valid(trial):
                result = trial
        for name, inner_schema in surface.properties.items():
            inner = shape(self._document.schemas, inner_schema)
            if inner.type == "object" and inner.properties and name in ("error", "errors", "fault"):
                base = result.get(name)
                base = base if isinstance(base, dict) else {}
                trial = {**result, name: {**base, **_wording(inner, problem)}}
                result = trial if valid(trial) else result
        return result


def _wording(surface: Shape, problem: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in surface.properties:
        if name in problem:
            found[name] = problem[name]
        elif name in _TEXT_FIELDS:
            found[name] = problem.get("detail") or problem["title"]
        elif name in _TITLE_FIELDS:
            found[name] = problem["title"]
        elif name in _CODE_FIELDS:
            found[name] = problem["status"]
    listed = problem.get("errors")
    if listed and "errors" in surface.properties:
        found["errors"] = listed
    return found


def phrase(status: int) -> str:
    """The standard reason phrase, or a plain one for unlisted codes."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
