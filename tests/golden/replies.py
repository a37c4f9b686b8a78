"""Replies of every operation to fixed calls, and what every GET says after each of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sandbox import Request, Response, Session, World
from sandbox.document import Operation
from sandbox.draws import Draw
from sandbox.errors import NoInstance

SEEDS = (1, 2)


def digest(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\x00".join(parts)).hexdigest()[:12]


def replies(world: World, name: str, rules: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """One fixed call of each operation, in sessions of their own."""
    sessions = [world.session(seed=seed, **rules) for seed in SEEDS]
    for operation in world.document.operations.values():
        texts = [session.fork().call(operation.id, {}).text for session in sessions]
        yield f"{name}/{operation.id} as a tool", digest(map(str.encode, texts))
        for variant, reads in _script(operation):
            replied = [_sent(session, operation, variant, reads) for session in sessions]
            title = f"{operation.id} {variant}".strip() + (" then reads" if reads else "")
            yield f"{name}/{title}", digest(part for each in replied for part in each)


def _script(operation: Operation) -> Iterator[tuple[str, bool]]:
    """The variants of an operation's call, and whether every GET follows."""
    yield "", False
    if operation.method != "GET":
        yield "", True
    if operation.body is not None:
        yield "without fields", False
    if "{" in operation.path:
        yield "of nothing", False


def _sent(session: Session, operation: Operation, variant: str, reads: bool) -> Iterator[bytes]:
    twin = session.fork()
    ids = {} if variant == "of nothing" else first_ids(session.fork())
    empty = variant == "without fields"
    yield bytes_of(twin.handle(request_to(twin.world, operation, ids, empty=empty)))
    if reads:
        for other in twin.world.document.operations.values():
            if other.method == "GET":
                yield bytes_of(twin.handle(request_to(twin.world, other, ids)))


def first_ids(session: Session) -> dict[str, str]:
    """The first id that each list tells, by the path template of the list."""
    ids: dict[str, str] = {}
    for operation in session.world.document.operations.values():
        if operation.method == "GET" and not operation.path.endswith("}"):
            body = session.handle(request_to(session.world, operation, ids)).body
            entity = _first(json_of(body))
            if entity:
                key = "id" if "id" in entity else next(iter(entity))
                ids[operation.path] = str(entity[key])
    return ids


def json_of(body: bytes) -> Any:
    """The value of a body; None where it is no JSON."""
    try:
        return json.loads(body or b"null")
    except ValueError:
        return None


def _first(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, list):
        return value[0] if value and isinstance(value[0], dict) else None
    inside = value.values() if isinstance(value, dict) else ()
    return next((found for each in inside if (found := _first(each))), None)


def request_to(
    world: World, operation: Operation, ids: Mapping[str, str], empty: bool = False
) -> Request:
    """A call with made values; paths take the ids that lists told."""
    path, template = "", ""
    for segment in operation.path.strip("/").split("/"):
        told = ids.get(template, "zzz") if segment.startswith("{") else segment
        path, template = f"{path}/{told}", f"{template}/{segment}"
    media = operation.body.media.get("application/json") if operation.body else None
    body = b""
    if media is not None:
        draw = Draw(7, operation.id)
        try:
            made = {} if empty else world.values.make(media.schema, draw, direction="request")
        except NoInstance:  # nothing is valid there
            made = {}
        body = json.dumps(made).encode()
    headers = (*_credentials(world), *((("content-type", "application/json"),) if body else ()))
    return Request(operation.method, world.document.base_path + path, "", headers, body)


def _credentials(world: World) -> Iterator[tuple[str, str]]:
    for scheme in world.document.security_schemes.values():
        if scheme.get("type") == "apiKey":
            yield str(scheme["name"]).lower(), "k-1234567890"
        else:
            basic = scheme.get("scheme") == "basic"
            yield "authorization", "Basic YW5uOnNlY3JldA==" if basic else "Bearer t-1234567890"


def bytes_of(response: Response) -> bytes:
    """All of a response, its delay among it."""
    head = [response.status, response.headers, response.delay, response.transport]
    return json.dumps(head).encode() + response.body
