"""Requests to typed arguments and back: `decode(encode(arguments)) == arguments` when valid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote_plus

from sandbox.document import styles
from sandbox.document.bodies import (
    FORM,
    MULTIPART,
    MalformedBody,
    decode_body,
    encode_body,
    is_json,
    load_json,
)
from sandbox.document.data_urls import from_bytes
from sandbox.document.media_types import essence
from sandbox.document.operations import Media, Operation, Parameter
from sandbox.document.url_texts import SAFE, json_text, quote
from sandbox.document.value_kinds import Shape
from sandbox.messages import ABSENT, Arguments, Problem, Request

_EXACT: Final = {"string": str, "integer": int, "boolean": bool}
_NAME: Final = re.compile(r"\{([^{}]+)\}")
_KINDS_KEPT: Final = 32
_PLAIN_INTEGER: Final = re.compile(r"[1-9][0-9]{0,17}")


class _Plan:
    """What the codec needs of one operation, made once."""

    __slots__ = (
        "by", "exact", "json", "kinds", "media", "media_type", "path", "schemas", "shapes",
    )  # fmt: skip

    def __init__(self, operation: Operation) -> None:
        schemas = self.schemas = operation.schemas
        self.by: dict[str, dict[str, Parameter]] = {
            location: {} for location in ("path", "query", "header", "cookie")
        }
        self.shapes: dict[tuple[str, str], Shape] = {}
        self.exact: dict[str, dict[str, type]] = {location: {} for location in self.by}
        for parameter in operation.parameters:
            self.by[parameter.location][parameter.name] = parameter
            shape = schemas.shape(parameter.schema)
            self.shapes[parameter.location, parameter.name] = shape
            kinds = shape.kinds - {"null"}
            if len(kinds) == 1 and parameter.media_type is None:
                kind = _EXACT.get(next(iter(kinds)))
                if kind is not None:
                    self.exact[parameter.location][parameter.name] = kind
        self.path = _pieces(operation.path, self.by["path"])
        self.media = operation.body.media if operation.body else {}
        self.media_type = _preferred_media_type(self.media)
        self.json = is_json(self.media_type)
        self.kinds: dict[str, tuple[str, Media | None]] = {}
        """Content-Type → the media type that it names and what is declared of it."""

    def fitting(self, location: str, name: str, value: Any) -> Any:
        """A structure where none is admitted becomes JSON text, so that a violation shows it."""
        if not isinstance(value, Mapping | list | tuple):
            return value
        shape = self.shapes.get((location, name))
        kinds = shape.kinds if shape is not None else frozenset({"array"})
        wanted = "object" if isinstance(value, Mapping) else "array"
        return value if wanted in kinds else json_text(value)


def _pieces(template: str, declared: Mapping[str, Parameter]) -> list[tuple[str, str]]:
    """A path template as (percent-encoded text, name of the value that follows)."""
    pieces: list[tuple[str, str]] = []
    end = 0
    for found in _NAME.finditer(template):
        if found[1] in declared:
            pieces.append((quote(template[end : found.start()], SAFE), found[1]))
            end = found.end()
    return [*pieces, (quote(template[end:], SAFE), "")]


def _plan(operation: Operation) -> _Plan:
    plan = operation.memo.get("codec")
    if plan is None:
        plan = operation.memo["codec"] = _Plan(operation)
    return plan


def _preferred_media_type(media: Mapping[str, Media]) -> str:
    """The media type a call without a preference uses: JSON, then forms, then the first."""
    for wanted in (is_json, FORM.__eq__, MULTIPART.__eq__):
        for name in media:
            if wanted(essence(name)):
                return "application/json" if "*" in name else name
    return next(iter(media), "application/json")


def canonical(operation: Operation, arguments: Arguments) -> Arguments:
    """`arguments` as a server would read them off the wire; the same object when nothing moves."""
    plan: _Plan = operation.memo.get("codec") or _plan(operation)
    exact = plan.exact
    wanted = plan.media_type
    if arguments.body is ABSENT:
        same = arguments.media_type is None
    else:
        if arguments.media_type is None or "*" in arguments.media_type:
            arguments = Arguments(
                arguments.path,
                arguments.query,
                arguments.header,
                arguments.cookie,
                arguments.body,
                wanted,
            )
        same = plan.json and arguments.media_type == wanted
    if same and not arguments.header and not arguments.cookie:
        types = exact["path"]
        for name, value in arguments.path.items():
            if types.get(name) is not type(value) or value == "":
                break
        else:
            types = exact["query"]
            for name, value in arguments.query.items():
                if types.get(name) is not type(value):
                    break
            else:
                return arguments
    return _through_text(operation, plan, arguments)


def encode(operation: Operation, arguments: Arguments, base_path: str = "") -> Request:
    """The request that carries these arguments. Missing path values stay as `{name}`."""
    plan = _plan(operation)
    values, query, headers, body = _encode_parts(plan, arguments)
    path = base_path.rstrip("/")
    for text, name in plan.path:
        path += text + values.get(name, f"%7B{name}%7D" if name else "")
    return Request(operation.method, path, query, headers, body)


def decode(
    operation: Operation, request: Request, path_values: Mapping[str, str]
) -> tuple[Arguments, list[Problem]]:
    """The typed arguments of a request, and what could not be read at all.

    `path_values`: percent-encoded, as `Router.match` gives them. A text that does not fit its
    type stays a text, for the validator to report.
    """
    return _decode_parts(
        _plan(operation), path_values, request.query, request.headers, request.body
    )


def _through_text(operation: Operation, plan: _Plan, arguments: Arguments) -> Arguments:
    values, query, headers, body = _encode_parts(plan, arguments)
    media = plan.media.get(arguments.media_type or plan.media_type)
    keep = arguments.body is not ABSENT and (
        media is None or is_json(arguments.media_type or plan.media_type)
    )
    read, problems = _decode_parts(plan, values, query, headers, b"" if keep else body)
    if keep or problems:
        kind = arguments.media_type or (plan.media_type if arguments.body is not ABSENT else None)
        return replace(read, body=arguments.body, media_type=kind)
    return read


def _encode_parts(
    plan: _Plan, arguments: Arguments
) -> tuple[dict[str, str], str, tuple[tuple[str, str], ...], bytes]:
    """Encoded path values, query string, headers and body."""
    paths = plan.by["path"]
    values = {
        name: styles.encode_path(paths[name], plan.fitting("path", name, value))
        for name, value in arguments.path.items()
        if name in paths and value is not None
    }
    pairs: styles.Pairs = []
    for name, value in arguments.query.items():
        if value is not None:
            parameter = plan.by["query"].get(name) or Parameter(name=name, location="query")
            pairs += styles.encode_query(parameter, plan.fitting("query", name, value))
    headers = [
        (name.lower(), styles.encode_header(declared, plan.fitting("header", name, value)))
        for name, declared, value in _declared_values(plan, "header", arguments.header)
    ]
    cookies = [
        pair
        for name, declared, value in _declared_values(plan, "cookie", arguments.cookie)
        for pair in styles.encode_cookie(declared, plan.fitting("cookie", name, value))
    ]
    if cookies:
        headers.append(("cookie", "; ".join(f"{name}={value}" for name, value in cookies)))
    body = b""
    if arguments.body is not ABSENT:
        body, kind = _written_body(plan, arguments)
        headers.append(("content-type", kind))
    query = "&".join(f"{name}={value}" for name, value in pairs)
    return values, query, tuple(headers), body


def _declared_values(
    plan: _Plan, location: str, values: Mapping[str, Any]
) -> list[tuple[str, Parameter, Any]]:
    """The values of declared parameters; null means not sent."""
    if not values:
        return []
    declared = plan.by[location]
    return [
        (name, declared[name], value)
        for name, value in values.items()
        if name in declared and value is not None
    ]


def _written_body(plan: _Plan, arguments: Arguments) -> tuple[bytes, str]:
    wanted = arguments.media_type or plan.media_type
    media = _media_for(plan, wanted) or Media()
    shape = _body_shape(plan, media)
    return encode_body(arguments.body, wanted, media, shape)


def _decode_parts(
    plan: _Plan,
    path_values: Mapping[str, str],
    query: str,
    headers: tuple[tuple[str, str], ...],
    body: bytes,
) -> tuple[Arguments, list[Problem]]:
    problems: list[Problem] = []
    path: dict[str, Any] = {}
    declared, exact = plan.by["path"], plan.exact["path"]
    for name, raw in path_values.items():
        if exact.get(name) is int and _PLAIN_INTEGER.fullmatch(raw):
            path[name] = int(raw)
        elif name in declared:
            path[name] = styles.decode_path(declared[name], raw, plan.shapes["path", name])
    header: dict[str, Any] = {}
    cookie: dict[str, Any] = {}
    value, media_type = ABSENT, None
    if plan.by["header"] or plan.by["cookie"]:
        sent = {name.lower(): raw for name, raw in reversed(headers)}
        for name, parameter in plan.by["header"].items():
            text = sent.get(name.lower())
            if text is not None:
                header[name] = styles.decode_header(parameter, text, plan.shapes["header", name])
        if plan.by["cookie"] and "cookie" in sent:
            cookie = _read_cookies(plan, sent["cookie"])
    if body:
        kind = next((raw for name, raw in headers if name.lower() == "content-type"), None)
        value, media_type = _read_body(plan, kind, body, problems)
    read = _read_query(plan, query) if query else {}
    return Arguments(path, read, header, cookie, value, media_type), problems


def _read_query(plan: _Plan, query: str) -> dict[str, Any]:
    raw: dict[str, list[str]] = {}
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            raw.setdefault(unquote_plus(name), []).append(value)
    used: set[str] = set()
    read: dict[str, Any] = {}
    declared = plan.by["query"]
    # Parameters that stand under their own name go first: an exploded object takes the rest.
    for name, parameter in sorted(declared.items(), key=lambda pair: pair[0] not in raw):
        value = styles.decode_query(parameter, raw, plan.shapes["query", name], used)
        if value is not ABSENT:
            read[name] = value
    for name, values in raw.items():
        if name not in used:
            plain = [unquote_plus(value) for value in values]
            read[name] = plain[0] if len(plain) == 1 else plain
    return read


def _read_cookies(plan: _Plan, raw: str) -> dict[str, Any]:
    sent = dict(part.strip().partition("=")[::2] for part in raw.split(";"))
    return {
        name: styles.decode_cookie(parameter, sent[name], plan.shapes["cookie", name])
        for name, parameter in plan.by["cookie"].items()
        if name in sent
    }


def _read_body(
    plan: _Plan, content_type: str | None, body: bytes, problems: list[Problem]
) -> tuple[Any, str]:
    if content_type is None:
        content_type = plan.media_type
    known = plan.kinds.get(content_type)
    if known is None:
        kind = essence(content_type)
        known = kind, _media_for(plan, kind)
        if len(plan.kinds) < _KINDS_KEPT:
            plan.kinds[content_type] = known
    kind, media = known
    if plan.media and media is None:
        problems.append(
            Problem(
                "",
                "body",
                "mediaType",
                f"media type {kind!r} is not accepted",
                expected=list(plan.media),
                name="content-type",
            )
        )
        return ABSENT, kind
    try:
        if not plan.media and not is_json(kind):
            return from_bytes(body), kind
        if media is None:
            return load_json(body), kind
        return decode_body(body, content_type, media, _body_shape(plan, media)), kind
    except MalformedBody as error:
        problems.append(Problem("", "body", error.keyword, str(error), expected=kind))
        return ABSENT, kind


def _media_for(plan: _Plan, kind: str) -> Media | None:
    """The media object for a media type: exact, then ranges (`text/*`, `*/*`)."""
    kind = essence(kind)
    for name, media in plan.media.items():
        if essence(name) == kind:
            return media
    for wanted in (f"{kind.partition('/')[0]}/*", "*/*"):
        for name, media in plan.media.items():
            if essence(name) == wanted:
                return media
    return None


def _body_shape(plan: _Plan, media: Media) -> Shape:
    key = ("body", str(id(media)))
    shape = plan.shapes.get(key)
    if shape is None:
        schema = media.schema if media.schema is not None else True
        shape = plan.shapes[key] = plan.schemas.shape(schema)
    return shape
