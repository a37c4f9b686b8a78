"""Credentials: their absence and the wrong scheme are refused, any plausible one is accepted."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_plus

from sandbox.document.operations import Operation
from sandbox.messages import Headers, Problem, Request

if TYPE_CHECKING:
    from sandbox.document.document import Document


def check_security(
    operation: Operation, document: Document, request: Request, accepted: Container[str] = ()
) -> Problem | None:
    """None when one of the operation's alternatives is met, else what the nearest one lacks.

    `accepted` are the only secrets that are let in (Basic: user:password); () is any plausible one.
    """
    if not operation.security:
        return None
    lacks = [
        _lacking(alternative, document, request, accepted) for alternative in operation.security
    ]
    if not all(lacks):
        return None
    first = lacks[0]
    present = [lack for lack in lacks for keyword, *_ in lack if keyword != "missing"]
    keyword, name, message = (present[0] if present else first)[0]
    expected = [
        " and ".join(_describe(document, scheme) for scheme in alternative)
        for alternative in operation.security
    ]
    return Problem("", "security", keyword, message, expected=expected, name=name)


def credentials(
    operation: Operation, document: Document, token: str = "wavetank-token"
) -> tuple[str, Headers]:
    """Query text and headers that meet the operation's first alternative."""
    query: list[str] = []
    headers: list[tuple[str, str]] = []
    for name in operation.security[0] if operation.security else ():
        scheme = document.security_schemes.get(name, {})
        kind, place = scheme.get("type"), scheme.get("in")
        if kind == "apiKey" and place == "query":
            query.append(f"{quote(str(scheme.get('name')))}={quote(token)}")
        elif kind == "apiKey" and place == "cookie":
            headers.append(("cookie", f"{scheme.get('name')}={quote(token)}"))
        elif kind == "apiKey":
            headers.append((str(scheme.get("name", "authorization")).lower(), token))
        elif kind == "http" and str(scheme.get("scheme", "")).lower() == "basic":
            headers.append(("authorization", "Basic d2F2ZXRhbms6d2F2ZXRhbms="))
        elif kind != "mutualTLS":
            wanted = str(scheme.get("scheme", "bearer")) if kind == "http" else "bearer"
            headers.append(("authorization", f"{wanted.capitalize()} {token}"))
    return "&".join(query), tuple(headers)


def presented_secrets(operation: Operation, document: Document, request: Request) -> list[str]:
    """The secrets by which a request says who sends it, in whatever scheme it may do so."""
    found: list[str] = []
    for name in {name for alternative in operation.security for name in alternative}:
        scheme = document.security_schemes.get(name)
        if isinstance(scheme, Mapping):
            found.append(_sent_key(scheme, request) if scheme.get("type") == "apiKey" else "")
    given = (request.header("authorization") or "").strip()
    kind, _, value = given.partition(" ")
    found += [value.strip() or kind] + (_decode_basic(value).split(":")[1:] if value else [])
    return [each for each in found if each]


Lack = tuple[str, str, str]


def _lacking(
    alternative: Mapping[str, Any], document: Document, request: Request, accepted: Container[str]
) -> list[Lack]:
    """(keyword, scheme, message) for every scheme of an alternative that is not met."""
    found = (
        _check(name, document.security_schemes.get(name), request, accepted) for name in alternative
    )
    return [lack for lack in found if lack is not None]


def _check(name: str, scheme: Any, request: Request, accepted: Container[str]) -> Lack | None:
    if not isinstance(scheme, Mapping):
        return None  # Required but nowhere declared: nobody could present it.
    kind = scheme.get("type")
    if kind == "apiKey":
        return _check_key(name, scheme, request, accepted)
    if kind == "mutualTLS":
        return None
    wanted = str(scheme.get("scheme", "bearer")).lower() if kind == "http" else "bearer"
    sent = request.header("authorization")
    if not sent or not sent.strip():
        return ("missing", name, f"an Authorization header ({wanted.capitalize()}) is required")
    given, _, value = sent.strip().partition(" ")
    if given.lower() != wanted:
        return (
            "scheme",
            name,
            f"the Authorization header must use {wanted.capitalize()}, not {given[:20]!r}",
        )
    if not value.strip():
        return ("malformed", name, f"the {wanted.capitalize()} credential is empty")
    secret = value.strip() if wanted != "basic" else _decode_basic(value.strip())
    if not secret:
        return ("malformed", name, "the Basic credential is not base64 of user:password")
    return _stranger(name, secret, accepted)


def _check_key(
    name: str, scheme: Mapping[str, Any], request: Request, accepted: Container[str]
) -> Lack | None:
    secret = _sent_key(scheme, request)
    if secret:
        return _stranger(name, secret, accepted)
    key, place = str(scheme.get("name", "")), scheme.get("in")
    return ("missing", name, f"an API key is required in {place} {key!r}")


def _sent_key(scheme: Mapping[str, Any], request: Request) -> str:
    """The API key that a request carries where a scheme wants it; "" where it carries none."""
    key, place = str(scheme.get("name", "")), scheme.get("in")
    if place == "query":
        pairs = (part.partition("=") for part in request.query.split("&"))
        value = next((given for left, _, given in pairs if unquote_plus(left) == key), "")
        return unquote_plus(value).strip()
    if place == "cookie":
        cookies = (request.header("cookie") or "").split(";")
        parts = (part.strip().partition("=") for part in cookies)
        return next((given for left, _, given in parts if left == key), "").strip()
    return (request.header(key.lower()) or "").strip()


def _stranger(name: str, secret: str, accepted: Container[str]) -> Lack | None:
    if not accepted or secret in accepted:
        return None
    return ("unknown", name, "this credential is not known here")


def _decode_basic(value: str) -> str:
    """user:password of a Basic credential; nothing where it is none."""
    try:
        pair = b64decode(value, validate=True).decode("utf-8", "replace")
    except ValueError:
        return ""
    return pair if ":" in pair else ""


def _describe(document: Document, name: str) -> str:
    scheme = document.security_schemes.get(name)
    if not isinstance(scheme, Mapping):
        return name
    if scheme.get("type") == "apiKey":
        return f"{scheme.get('in')} {scheme.get('name')}"
    wanted = scheme.get("scheme", "bearer") if scheme.get("type") == "http" else "bearer"
    return f"Authorization: {str(wanted).capitalize()} …"
