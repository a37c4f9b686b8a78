"""Violations as RFC 9457 problem details, as helpful as asked for.

H0 status only, H1 a generic sentence, H2 names the place, H3 adds what would be valid, H4 adds
the nearest valid spelling.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from http import HTTPStatus
from json import JSONDecoder, dumps
from typing import Any, Final

from sandbox.document.json_schema import INTEGER_BOUNDS
from sandbox.document.operations import Operation
from sandbox.messages import Problem

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
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
_SHOWN: Final = 20
_WHOLE: Final = frozenset({"json", "form", "encoding", "mediaType", "defect", "depth"})
"""Rules about a whole body or request; their messages name no value."""
_PLAIN: Final = {
    "required": "is missing",
    "additionalProperties": "is not known here",
    "unevaluatedProperties": "is not known here",
    "type": "has the wrong type",
    "enum": "is not one of the accepted values",
    "const": "is not the accepted value",
    "pattern": "does not have the right form",
    "format": "does not have the right form",
    "minimum": "is too small",
    "exclusiveMinimum": "is too small",
    "maximum": "is too large",
    "exclusiveMaximum": "is too large",
    "multipleOf": "is not a multiple of the right number",
    "minLength": "is too short",
    "maxLength": "is too long",
    "minItems": "has too few entries",
    "maxItems": "has too many entries",
    "uniqueItems": "repeats an entry",
    "minProperties": "has too few members",
    "maxProperties": "has too many members",
    "parent": "contradicts the path",
}
_BOUNDS: Final = {
    "const": "must be {}",
    "pattern": "must match {}",
    "format": "must be a valid {}",
    "minimum": "must be at least {}",
    "exclusiveMinimum": "must be greater than {}",
    "maximum": "must be at most {}",
    "exclusiveMaximum": "must be less than {}",
    "multipleOf": "must be a multiple of {}",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minItems": "must have at least {} entries",
    "maxItems": "must have at most {} entries",
}
_FORMATS: Final = {
    bound: name
    for name, bounds in INTEGER_BOUNDS.items()
    for bound in bounds
    if abs(bound) > 2**16  # smaller ones are bounds that documents write themselves
}
"""The formats of integers by their bounds, which no agent can read off its tools."""
_KINDS: Final = {
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def status_of(problems: Sequence[Problem], operation: Operation | None = None) -> int:
    """The status that answers these problems.

    501 for an operation that cannot be used, 401, 415, 400 for what cannot be read, else 422; but
    what the operation declares goes first: 422 and 400 stand in for each other, and a path that
    names nothing there could be is a 404 where nothing else is declared.
    """
    keywords = {problem.keyword for problem in problems}
    locations = {problem.location for problem in problems}
    if "defect" in keywords:
        return 501
    if "security" in locations:
        return 401
    if locations != {"body"}:
        keywords = {problem.keyword for problem in problems if problem.location == "body"}
    if "mediaType" in keywords:
        return 415
    fitting = [422, 400]
    if keywords & {"json", "form", "encoding"}:
        fitting = [400, 422]
    elif locations <= {"path"} and all(problem.keyword != "required" for problem in problems):
        fitting = [422, 400, 404]
    declared = operation.replies if operation is not None else {}
    return next((status for status in fitting if str(status) in declared), fitting[0])


def problem_body(
    problems: Iterable[Problem], helpfulness: int = 2, status: int = 422, detail: str = ""
) -> dict[str, Any]:
    """The problem object; `errors` holds one entry per violation with its JSON pointer."""
    title = phrase(status)
    if helpfulness <= 0:
        return {"type": "about:blank", "title": title, "status": status}
    listed = list(problems)[:_SHOWN] if helpfulness > 1 else []
    sentences = [sentence(problem, helpfulness) for problem in listed]
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail or "; ".join(sentences) or _GENERIC.get(status, title),
    }
    if listed:
        body["errors"] = [
            _entry(problem, text, helpfulness)
            for problem, text in zip(listed, sentences, strict=True)
        ]
    return body


def generic(status: int) -> str:
    """What a status means, whatever went wrong."""
    return _GENERIC.get(status) or f"{phrase(status)}."


def sentence(problem: Problem, helpfulness: int) -> str:
    """One violation as a clause: "price must be a number"."""
    if problem.location == "security" or problem.keyword in _WHOLE:
        return problem.message
    return f"{place_of(problem)} {reason(problem, helpfulness)}"


def reason(problem: Problem, helpfulness: int) -> str:
    """Why a value is not valid: its kind of fault at H2, what would be valid from H3 on."""
    rule, expected = problem.keyword, problem.expected
    if problem.location == "security" or rule in _WHOLE:
        return problem.message
    plain = _PLAIN.get(rule, "is not valid")
    bounded = rule in ("minimum", "maximum") and expected in _FORMATS
    if helpfulness < 3 and not bounded and rule != "discriminator":
        return plain
    if rule == "type" and expected is not None:
        kinds = expected if isinstance(expected, list) else [expected]
        text = f"must be {' or '.join(_KINDS.get(kind, str(kind)) for kind in kinds)}"
    elif rule in ("enum", "discriminator") and isinstance(expected, list):
        text = f"must be one of: {', '.join(map(_value, expected[:_SHOWN]))}"
    elif rule in _BOUNDS and expected is not None:
        text = _BOUNDS[rule].format(_value(expected))
        if expected in _FORMATS:
            text += f" ({_FORMATS[expected]})"
    else:
        text = plain if rule in ("required", "additionalProperties") else problem.message
    near = _near(problem) if helpfulness >= 4 else None
    return f"{text}; did you mean {near!r}?" if near else text


def place_of(problem: Problem) -> str:
    """Where a violation is, in words: `items.0.price`, `query limit`."""
    if problem.location == "security":
        return "credentials"
    path = ".".join([part for part in problem.pointer.split("/") if part])
    if "~" in path:
        path = path.replace("~1", "/").replace("~0", "~")
    path = path or problem.name
    if problem.location == "body":
        return path or "the body"
    return f"{problem.location} {path}".strip()


def _value(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value)


def _entry(problem: Problem, text: str, helpfulness: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "detail": text,
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


def _near(problem: Problem) -> str | None:
    """The valid spelling nearest to what was sent."""
    valid = problem.expected
    if problem.keyword not in ("additionalProperties", "enum", "discriminator") or not isinstance(
        valid, list
    ):
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


def phrase(status: int) -> str:
    """The standard reason phrase, or a plain one for unlisted codes."""
    return _PHRASES.get(status, "Error")
