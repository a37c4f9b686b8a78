"""One failure in eight dresses: the error shapes that real services use.

Shapes follow RFC 9457 and the public documentation of Stripe, GitHub, Twilio, Google APIs and
FastAPI; `bare` is the service that says next to nothing, `mcp` a tool result without a status.
Helpfulness: 0 status only, 1 a sentence, 2 the location, 3 what was expected, 4 a suggestion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import orjson

from sandbox.errors import UnknownName
from sandbox.messages import Problem


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, before anybody words it."""

    status: int
    code: str
    """A short machine word: rate_limited, invalid_token, …"""
    detail: str
    problems: Sequence[Problem] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further members where the dialect has room for them."""
    hint: str = ""
    """A suggestion, shown at helpfulness 4."""

    @property
    def title(self) -> str:
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return "Error"


def render(failure: Failure, dialect: str = "rfc9457", helpfulness: int = 2) -> tuple[str, bytes]:
    """(content type, body) of a failure. Raises UnknownName for a dialect that does not exist."""
    write = DIALECTS.get(dialect)
    if write is None:
        raise UnknownName("error dialect", dialect, DIALECTS)
    content_type, body = write(failure, helpfulness)
    return content_type, body if isinstance(body, bytes) else orjson.dumps(body)


def _sentence(failure: Failure, helpfulness: int) -> str:
    text = failure.detail if helpfulness >= 1 else failure.title
    return f"{text} {failure.hint}".strip() if helpfulness >= 4 else text


def _where(problem: Problem) -> str:
    """The field's name: the last part of the pointer, or the parameter."""
    return problem.name or problem.pointer.rsplit("/", 1)[-1]


def _words(problem: Problem, helpfulness: int) -> str:
    if helpfulness >= 3 and problem.expected is not None:
        return f"{problem.message} (expected {orjson.dumps(problem.expected).decode()})"
    return problem.message if helpfulness >= 2 else "invalid"


def _rfc9457(failure: Failure, helpfulness: int) -> tuple[str, object]:
    body: dict[str, Any] = {"type": "about:blank", "title": failure.title, "status": failure.status}
    if helpfulness >= 1:
        body["detail"] = _sentence(failure, helpfulness)
        body |= failure.extra
    if helpfulness >= 2 and failure.problems:
        body["errors"] = [
            {
                "detail": _words(problem, helpfulness),
                # RFC 9457 §3 writes the pointer as a URI fragment for body members.
                **(
                    {"pointer": f"#{problem.pointer}"}
                    if problem.location == "body"
                    else {"in": problem.location, "name": _where(problem)}
                ),
            }
            for problem in failure.problems
        ]
    return "application/problem+json", body


def _stripe(failure: Failure, helpfulness: int) -> tuple[str, object]:
    kind = "api_error" if failure.status >= 500 else "invalid_request_error"
    if failure.status == 429:
        kind = "rate_limit_error"
    error: dict[str, Any] = {"type": kind, "code": failure.code}
    if helpfulness >= 1:
        error["message"] = _sentence(failure, helpfulness)
        error["doc_url"] = f"https://docs.example.com/error-codes/{failure.code}"
    if helpfulness >= 2 and failure.problems:
        error["param"] = _where(failure.problems[0])
        error["message"] = _words(failure.problems[0], helpfulness)
    return "application/json", {"error": error}


def _github(failure: Failure, helpfulness: int) -> tuple[str, object]:
    body: dict[str, Any] = {"message": _sentence(failure, helpfulness)}
    if helpfulness >= 2 and failure.problems:
        body["message"] = "Validation Failed"
        body["errors"] = [
            {
                "resource": problem.location,
                "field": _where(problem),
                "code": "missing_field" if problem.keyword == "required" else "invalid",
                **({"message": _words(problem, helpfulness)} if helpfulness >= 3 else {}),
            }
            for problem in failure.problems
        ]
    body["documentation_url"] = "https://docs.example.com/rest"
    body["status"] = str(failure.status)
    return "application/json", body


def _twilio(failure: Failure, helpfulness: int) -> tuple[str, object]:
    code = 20000 + failure.status
    body: dict[str, Any] = {
        "code": code,
        "message": _sentence(failure, helpfulness),
        "more_info": f"https://docs.example.com/errors/{code}",
        "status": failure.status,
    }
    if helpfulness >= 2 and failure.problems:
        body["errors"] = [
            {"field": _where(problem), "message": _words(problem, helpfulness)}
            for problem in failure.problems
        ]
    return "application/json", body


_GOOGLE_STATUS: Final = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    409: "ABORTED", 412: "FAILED_PRECONDITION", 422: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL", 501: "UNIMPLEMENTED", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip


def _google(failure: Failure, helpfulness: int) -> tuple[str, object]:
    error: dict[str, Any] = {
        "code": failure.status,
        "status": _GOOGLE_STATUS.get(failure.status, "UNKNOWN"),
        "message": _sentence(failure, helpfulness),
    }
    details: list[dict[str, Any]] = []
    if helpfulness >= 2 and failure.problems:
        violations = [
            {"field": _where(problem), "description": _words(problem, helpfulness)}
            for problem in failure.problems
        ]
        kind = "type.googleapis.com/google.rpc.BadRequest"
        details.append({"@type": kind, "fieldViolations": violations})
    if helpfulness >= 1 and "retry_after" in failure.extra:
        delay = f"{failure.extra['retry_after']}s"
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    if details:
        error["details"] = details
    return "application/json", {"error": error}


def _fastapi(failure: Failure, helpfulness: int) -> tuple[str, object]:
    if helpfulness < 2 or not failure.problems:
        return "application/json", {"detail": _sentence(failure, helpfulness)}
    rows = [
        {
            "loc": [problem.location, *_path(problem)],
            "msg": _words(problem, helpfulness),
            "type": "missing" if problem.keyword == "required" else f"{problem.keyword}_error",
        }
        for problem in failure.problems
    ]
    return "application/json", {"detail": rows}


def _path(problem: Problem) -> list[str | int]:
    if problem.location != "body":
        return [_where(problem)]
    parts = [part for part in problem.pointer.split("/") if part]
    return [int(part) if part.isdigit() else part for part in parts]


def _bare(failure: Failure, helpfulness: int) -> tuple[str, object]:
    if helpfulness == 0:
        return "text/plain", b""
    return "application/json", {"error": failure.title if helpfulness < 2 else failure.detail}


def _mcp(failure: Failure, helpfulness: int) -> tuple[str, object]:
    lines = [_sentence(failure, helpfulness)]
    if helpfulness >= 2:
        lines += [f"{_where(p)}: {_words(p, helpfulness)}" for p in failure.problems]
    text = "\n".join(lines)
    return "application/json", {"isError": True, "content": [{"type": "text", "text": text}]}


Writer = Callable[[Failure, int], tuple[str, object]]

DIALECTS: Final[Mapping[str, Writer]] = {
    "rfc9457": _rfc9457,
    "stripe": _stripe,
    "github": _github,
    "twilio": _twilio,
    "google": _google,
    "fastapi": _fastapi,
    "bare": _bare,
    "mcp": _mcp,
}
"""How each dialect words a failure."""
