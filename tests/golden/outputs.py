"""What is frozen: replies, tools in every dialect, a drifted document, every export format.

A name leads to a short digest: `bookshop/createBook` is one fixed call of an operation, sent to a
session of its own for each seed; `bookshop/createBook then reads` is what every GET says after it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox import Document, Request, Response, Session, World
from sandbox.document import Operation
from sandbox.draws import Draw
from sandbox.drift import releases
from sandbox.tools import DIALECTS, as_dialect
from specs import names
from tests.trajectories.little import finished, malformed
from trajectories.exports import FORMATS, export

SEEDS = (1, 2)
RULES: dict[str, dict[str, Any]] = {
    "calm": {},
    "faults": {"faults": "H01,B01,S01"},
    "drift": {"drift": "D03,D20"},
}


def outputs(folder: Path) -> dict[str, str]:
    """Every frozen output by name; `folder` takes the exported files."""
    return dict([*_replies(), *_tools(), *_drifted_document(), *_exports(folder)])


def digest(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\x00".join(parts)).hexdigest()[:12]


def _replies() -> Iterator[tuple[str, str]]:
    for name in names():
        world = World.load(name)
        for label, rules in RULES.items():
            if label != "calm" and name != "bookshop":
                continue
            title = name if label == "calm" else f"{name} with {label}"
            sessions = [world.session(seed=seed, **rules) for seed in SEEDS]
            for operation in world.document.operations.values():
                texts = [session.fork().call(operation.id, {}).text for session in sessions]
                yield f"{title}/{operation.id} as a tool", digest(map(str.encode, texts))
                for variant, reads in _script(operation):
                    told = [_sent(session, operation, variant, reads) for session in sessions]
                    said = f"{operation.id} {variant}".strip() + (" then reads" if reads else "")
                    yield f"{title}/{said}", digest(part for each in told for part in each)


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
    ids = {} if variant == "of nothing" else _ids(session.fork())
    empty = variant == "without fields"
    yield _bytes(twin.handle(_request(twin.world, operation, ids, empty=empty)))
    if reads:
        for other in twin.world.document.operations.values():
            if other.method == "GET":
                yield _bytes(twin.handle(_request(twin.world, other, ids)))


def _ids(session: Session) -> dict[str, str]:
    """The first id that each list tells, by the path template of the list."""
    ids: dict[str, str] = {}
    for operation in session.world.document.operations.values():
        if operation.method == "GET" and not operation.path.endswith("}"):
            body = session.handle(_request(session.world, operation, ids)).body
            entity = _first(json.loads(body or b"null"))
            if entity:
                key = "id" if "id" in entity else next(iter(entity))
                ids[operation.path] = str(entity[key])
    return ids


def _first(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, list):
        return value[0] if value and isinstance(value[0], dict) else None
    inside = value.values() if isinstance(value, dict) else ()
    return next((found for each in inside if (found := _first(each))), None)


def _request(
    world: World, operation: Operation, ids: Mapping[str, str], empty: bool = False
) -> Request:
    path, template = "", ""
    for segment in operation.path.strip("/").split("/"):
        told = ids.get(template, "zzz") if segment.startswith("{") else segment
        path, template = f"{path}/{told}", f"{template}/{segment}"
    media = operation.body.media.get("application/json") if operation.body else None
    body = b""
    if media is not None:
        draw = Draw(7, operation.id)
        made = {} if empty else world.values.make(media.schema, draw, direction="request")
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


def _bytes(response: Response) -> bytes:
    head = [response.status, response.headers, response.delay, response.transport]
    return json.dumps(head).encode() + response.body


def _tools() -> Iterator[tuple[str, str]]:
    for name in names():
        tools = World.load(name).session().tools
        for dialect in DIALECTS:
            texts = [json.dumps(as_dialect(tools[each], dialect)).encode() for each in tools]
            yield f"{name}/tools as {dialect}", digest(texts)


def _drifted_document() -> Iterator[tuple[str, str]]:
    drift = releases("D03,D20,D05", World.load("bookshop"), seed=1, label="")
    assert drift is not None
    document: Document = drift.releases[-1].document
    yield "bookshop/drifted document", digest([json.dumps(document.tree).encode()])


def _exports(folder: Path) -> Iterator[tuple[str, str]]:
    for format in sorted(set(FORMATS) - {"trl-preference"}):  # these two make no pair
        files = export([finished(), malformed()], format, folder / format).files
        if format == "trl":  # parquet bytes follow the library's version, its rows do not
            from pyarrow import parquet

            parts = [json.dumps(parquet.read_table(each).to_pylist()).encode() for each in files]
        else:
            parts = [each.read_bytes() for each in sorted(files)]
        yield f"export/{format}", digest(parts)
