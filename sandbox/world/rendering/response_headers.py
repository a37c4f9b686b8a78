"""Declared response headers: examples first, in their style (OpenAPI §4.8.21, RFC 9110)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

import orjson

from sandbox.conventions.words import words
from sandbox.document.operations import Parameter
from sandbox.document.schemas import Schemas
from sandbox.document.styles import encode_header
from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance
from sandbox.messages import Headers
from sandbox.values import Values

_FRAMING: Final = frozenset(
    {"content-type", "content-length", "transfer-encoding", "connection", "content-encoding",
     "date", "trailer", "keep-alive", "upgrade"}
)  # fmt: skip
"""What HTTP itself says about a message, whatever the document declares."""
_EARNED: Final = frozenset(
    {"location", "content-location", "link", "retry-after", "etag", "last-modified", "warning",
     "deprecation", "sunset", "age", "allow", "www-authenticate", "preference-applied",
     "content-range", "accept-ranges", "expires", "refresh"}
)  # fmt: skip
"""What a client acts upon: sent only with a real value, or with the document's own."""
WAITING: Final = frozenset({202, 429, 503})
"""Statuses after which a client comes back: `Retry-After` says when."""
_MISSING: Final = object()


def declared_headers(
    headers: Mapping[str, Parameter],
    schemas: Schemas,
    values: Values,
    draw: Draw,
    given: Mapping[str, str],
) -> Headers:
    """The headers that a reply declares, with the `given` values where there are any.

    One that is given as "" is left out, unless each reply must have it.

    An optional header without an example is sent with a generated value, except those that a
    client acts upon (`Location`, `Link`, `Retry-After` …).
    """
    found: list[tuple[str, str]] = []
    for name, header in headers.items():
        lower = name.lower()
        if lower in _FRAMING:
            continue
        value = given.get(lower)
        if value is None:
            value = _value(lower, header, schemas, values, draw)
        if value or (value is not None and header.required):
            found.append((lower, value))
    return tuple(found)


def http_date(value: Any) -> str | None:
    """A moment as a header states it: from an ISO text, or from seconds or milliseconds of Unix."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def waiting(body: bytes, headers: Headers) -> bytes:
    """A JSON body whose members about waiting say the same as its Retry-After header."""
    text = next((value for name, value in headers if name == "retry-after"), "")
    if not text.isdecimal() or b"etry" not in body:
        return body
    try:
        return orjson.dumps(_waiting(orjson.loads(body), int(text)))
    except orjson.JSONDecodeError:
        return body


def _waiting(value: Any, seconds: int) -> Any:
    if isinstance(value, list):
        return [_waiting(item, seconds) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, item in value.items():
        parts = words(name)
        number = isinstance(item, int | float) and not isinstance(item, bool)
        if parts[:2] != ("retry", "after") or not (number or str(item).isdecimal()):
            found[name] = _waiting(item, seconds)
            continue
        factor = 1000 if {"ms", "millis", "milliseconds"} & set(parts) else 1
        found[name] = seconds * factor if number else str(seconds * factor)
    return found


def _value(
    name: str, header: Parameter, schemas: Schemas, values: Values, draw: Draw
) -> str | None:
    try:
        stated = _stated_value(header, schemas)
    except DocumentError:
        return None
    if stated is not _MISSING:
        return _visible(encode_header(header, stated))
    if name == "content-disposition":
        return "attachment"
    limited = "ratelimit" in name.replace("-", "") or name.startswith("x-rate")
    if not header.required and (name in _EARNED or limited):
        return None
    try:
        made = values.make(header.schema, draw.child("header", name), name=name)
    except (NoInstance, DocumentError):
        return None
    return _visible(encode_header(header, made))


def _stated_value(header: Parameter, schemas: Schemas) -> Any:
    """The document's own value: an example, a default, or the only one there is."""
    if header.example is not None:
        return header.example
    schema = schemas.resolve(header.schema)
    if isinstance(schema, Mapping):
        for key in ("example", "default", "const"):
            if key in schema:
                return schema[key]
        listed = schema.get("examples")
        if isinstance(listed, list) and listed:
            return listed[0]
    return _MISSING


def _visible(text: str) -> str:
    """The characters that may stand in a header."""
    return "".join(character for character in text if " " <= character <= "~")
