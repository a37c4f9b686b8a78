"""Violations as RFC 9457 problem details, as helpful as asked for.

H0 status only, H1 a generic sentence, H2 names the place, H3 adds what would be valid, H4 adds
the nearest valid spelling.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from http import HTTPStatus
from json import JSONDecoder
from typing import Any, Final

from sandbox.document.operations import Operation
from sandbox.messages import Problem

MEDIA_TYPE: Final = "application/problem+json"
_GENERIC: Final = {
    400: "The request could not be understood.",
    401: "Authentication is required.",
    403: "The credential does not allow this.",
    404: "There is nothing here.",
    405: "The method is not allowed here.",
    415: "The media type of the body is not accepted.",
    422: "The request is not valid.",
    501: "This operation cannot be served.",
}
_SHOWN: Final = 20


def status_of(problems: Sequence[Problem], operation: Operation | None = None) -> int:
    """The status that answers these problems.

    501 for an operation that cannot be used, 401, 415, 400 for what cannot be read, else 422; but
    what the operation declares goes first: 422 and 400 stand in for each other, and a path that
    names nothing there could be is a 404 where nothing else is declared.
    """
    if any(problem.keyword == "defect" for problem in problems):
        return 501
    if any(problem.location == "security" for problem in problems):
        return 401
    keywords = {problem.keyword for problem in problems if problem.location == "body"}
    if "mediaType" in keywords:
        return 415
    fitting = [422, 400]
    if keywords & {"json", "form", "encoding"}:
        fitting = [400, 422]
    elif all(problem.location == "path" and problem.keyword != "required" for problem in problems):
        fitting = [422, 400, 404]
    declared = operation.replies if operation is not None else {}
    return next((status for status in fitting if str(status) in declared), fitting[0])


def problem_body(
    problems: Iterable[Problem], helpfulness: int = 2, status: int = 422, detail: str = ""
) -> dict[str, Any]:
    """The problem object; `errors` holds one entry per violation with its JSON pointer."""
    title = _title(status)
    if helpfulness <= 0:
        return {"type": "about:blank", "title": title, "status": status}
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail or _GENERIC.get(status, title),
    }
    listed = list(problems)
    if helpfulness == 1 or not listed:
        return body
    body["detail"] = detail or _summary(listed, helpfulness)
    body["errors"] = [_entry(problem, helpfulness) for problem in listed[:_SHOWN]]
    return body


def _summary(problems: Sequence[Problem], helpfulness: int) -> str:
    first = problems[0]
    said = f"{_where(first)}: {first.message}" if helpfulness >= 3 else f"Invalid: {_where(first)}"
    more = len(problems) - 1
    return f"{said} (and {more} more)" if more else said


def _entry(problem: Problem, helpfulness: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "detail": problem.message if helpfulness >= 3 else f"{_where(problem)} is not valid",
        "in": problem.location,
        "pointer": f"#{problem.pointer}",
    }
    if problem.name and problem.location != "body":
        entry["name"] = problem.name
    if helpfulness >= 3:
        entry["rule"] = problem.keyword
        if problem.expected is not None:
            entry["expected"] = problem.expected
    if helpfulness >= 4 and (near := _near(problem)):
        entry["did_you_mean"] = near
    return entry


def _where(problem: Problem) -> str:
    if problem.location == "security":
        return "credentials"
    place = problem.pointer.removeprefix("/") if problem.location != "body" else problem.pointer
    return f"{problem.location} {place}".strip()


def _near(problem: Problem) -> str | None:
    """The valid spelling nearest to what was sent."""
    valid = problem.expected
    if problem.keyword not in ("additionalProperties", "enum") or not isinstance(valid, list):
        return None
    sent = problem.name if problem.keyword == "additionalProperties" else _value_in(problem.message)
    names = [value for value in valid if isinstance(value, str)]
    return next(iter(get_close_matches(sent, names, n=1, cutoff=0.5)), None)


def _value_in(message: str) -> str:
    """The text value that an enum's message begins with."""
    try:
        value, _ = JSONDecoder().raw_decode(message)
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
