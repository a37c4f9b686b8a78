"""A client's walk through a document: optional parameters, values seen before, repeats, links.

Every operation is called several times in one session. What a reply showed goes into later calls
under the same name, so that filters find something, marks of pages fit and conditions hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox import Request, Response, World
from sandbox.document import Operation, encode
from sandbox.document.operations import Parameter
from sandbox.draws import Draw
from sandbox.errors import SandboxError
from sandbox.messages import ABSENT
from tests.bench.explorer import Explorer, walk
from tests.golden.replies import bytes_of, digest, first_ids, json_of, request_to

ROUNDS: Final = 4
_MOST_LINKS: Final = 3
_CONDITIONS: Final = {"GET": "if-none-match", "PUT": "if-match", "PATCH": "if-match"}
_EXTRAS: Final = (
    {"accept": "application/xml"},
    {"range": "bytes=2-9", "prefer": "return=minimal"},
    {"if-match": '"other"', "idempotency-key": "k-1"},
    {"if-modified-since": "Thu, 01 Jan 2099 00:00:00 GMT", "accept": "text/plain;q=0.5, */*"},
)


def walked(world: World, name: str, *, rounds: int = ROUNDS) -> Iterator[tuple[str, str]]:
    """The replies to each operation's calls, and at the end the ledger of all."""
    client = Client(Explorer(world, world.session(seed=1)))
    texts: dict[str, list[bytes]] = {each: [] for each in world.document.operations}
    for round in range(rounds):
        for operation in world.document.operations.values():
            texts[operation.id] += map(bytes_of, client.calls(operation, round))
    yield f"{name}/walk", digest(text for each in texts.values() for text in each)
    rows = [row.as_json() for row in client.explorer.session.ledger]
    yield f"{name}/ledger of the walk", digest(json.dumps(row).encode() for row in rows)
    yield f"{name}/lives", digest(bytes_of(each) for each in _lives(world))


def _lives(world: World) -> Iterator[Response]:
    """Each path's entity deleted, written again, changed, listed, over and over in one session."""
    operations = {(each.method, each.path): each for each in world.document.operations.values()}
    session = world.session(seed=1)
    ids = first_ids(session.fork())
    for path in dict.fromkeys(path for _, path in operations if path.endswith("}")):
        above = path.rpartition("/")[0]
        for (
            method
        ) in "GET LIST PATCH GET DELETE GET DELETE LIST PUT LIST GET POST DELETE PUT".split():
            place = above if method in ("LIST", "POST") else path
            operation = operations.get(("GET" if method == "LIST" else method, place))
            if operation is not None:
                yield session.handle(request_to(world, operation, ids))


@dataclass(slots=True)
class Client:
    """Who walks: what it learns in one session goes into its later calls."""

    explorer: Explorer
    seen: dict[str, list[Any]] = field(default_factory=dict)
    """What replies showed, by the plain name of the field."""

    def calls(self, operation: Operation, round: int) -> Iterator[Response]:
        """The replies to one operation's call, to where they lead, and to variants of it."""
        draw = Draw("walk", operation.id, round)
        try:
            request = self._request(operation, draw, round)
        except SandboxError:
            return
        response = self._sent(request)
        yield response
        for _ in range(_MOST_LINKS):
            link = next(_links(response), None)
            if operation.method != "GET" or link is None:
                break
            parts = urlsplit(link)
            response = self._sent(replace(request, path=parts.path, query=parts.query))
            yield response
        if draw.chance(0.4, "again"):
            yield self._sent(request)
        mark = response.header("etag") or response.header("last-modified")
        if mark and operation.method in _CONDITIONS:
            yield self._sent(_with(request, {_CONDITIONS[operation.method]: mark}))
        yield self._sent(_with(request, _EXTRAS[round]))
        if operation.method == "DELETE":
            self.explorer.forget()
        if operation.method == "GET" and round == 1:
            for method in ("HEAD", "OPTIONS", "DELETE"):
                yield self._sent(replace(request, method=method))

    def _sent(self, request: Request) -> Response:
        response = self.explorer.session.handle(request)
        for entity in walk(json_of(response.body)):
            for name, value in entity.items():
                if isinstance(value, str | int | float):
                    self.seen.setdefault(_plain(name), []).append(value)
        return response

    def _request(self, operation: Operation, draw: Draw, round: int) -> Request:
        path = self.explorer.path_values(operation.path) or {}
        arguments = self.explorer.arguments(operation, path, ABSENT, round)
        places = {"query": dict(arguments.query), "header": dict(arguments.header)}
        for parameter in operation.parameters:
            if parameter.location in places and draw.chance(0.5, parameter.name):
                value = self._value(parameter, draw.child(parameter.name))
                places[parameter.location][parameter.name] = value
        body = arguments.body
        if isinstance(body, dict) and draw.chance(0.5, "body"):
            body = {name: self._known(name, draw, value) for name, value in body.items()}
        made = replace(arguments, body=body, query=places["query"], header=places["header"])
        request = encode(operation, made, self.explorer.world.document.base_path)
        return self.explorer.signed(operation, request)

    def _value(self, parameter: Parameter, draw: Draw) -> Any:
        made = self.explorer.world.values.make(
            parameter.schema, draw, name=parameter.name, direction="request"
        )
        return self._known(parameter.name, draw, made)

    def _known(self, name: str, draw: Draw, made: Any) -> Any:
        """A value that a reply showed under this name, where there is one, or else `made`."""
        if not isinstance(made, str | int | float):
            return made
        words = _plain(name)
        known = self.seen.get(words) or [
            value for key, values in self.seen.items() if words.endswith(key) for value in values
        ]
        return draw.choice(known, "known") if known and draw.chance(0.7, "known?") else made


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _with(request: Request, headers: Mapping[str, str]) -> Request:
    return replace(request, headers=(*request.headers, *headers.items()))


def _links(response: Response) -> Iterator[str]:
    """Where a reply says that the list goes on."""
    header = response.header("link") or ""
    for part in header.split(","):
        if 'rel="next"' in part:
            yield part.partition("<")[2].partition(">")[0]
    for entity in walk(json_of(response.body)):
        for name, value in entity.items():
            if "next" in name.lower() and isinstance(value, str) and "?" in value:
                yield value
