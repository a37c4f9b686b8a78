"""Paged lists are walked to their end, as a client would, and show each entity once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from sandbox import Session, World
from sandbox.conventions.inputs import Input
from sandbox.conventions.operation_model import Meaning
from sandbox.conventions.paging import Paging
from sandbox.document import Operation, encode
from sandbox.errors import SandboxError
from sandbox.messages import ABSENT, Arguments, Response
from tests.bench.explorer import Explorer
from tests.proofs.tally import Tally

_MOST_PAGES: Final = 60
_SIZES: Final = (3, 5, 10, 20, 50, 100, 500)


def measure(world: World, name: str) -> Tally:
    """Paged list operations; good are those whose pages, put together, are the whole list."""
    tally = Tally()
    for operation in world.document.operations.values():
        if operation.defect is not None:
            continue
        meaning, paging = world.resources.meaning(operation), world.conventions.of(operation).paging
        if meaning.act != "list" or paging is None or not paging.goes_on:
            continue
        if meaning.collection is None or meaning.schema is None:
            continue
        try:
            wrong = _Walk(world, operation, meaning, paging).wrong()
        except SandboxError:
            continue
        if wrong is not None:
            tally.count(not wrong, f"{name}: {operation.method} {operation.path} {wrong}")
    return tally


class _Walk:
    def __init__(
        self, world: World, operation: Operation, meaning: Meaning, paging: Paging
    ) -> None:
        self.operation, self.meaning, self.paging = operation, meaning, paging
        self.explorer = Explorer(world, world.session(seed=1))
        self.session: Session = self.explorer.session

    def wrong(self) -> str | None:
        """What is wrong with the walk; "" for nothing, None where no call can begin it."""
        path = self.explorer.path_values(self.operation.path)
        if path is None:
            return None
        arguments = self.explorer.arguments(self.operation, path, ABSENT, 0)
        for place in self.paging.places:
            arguments = _with(arguments, place, None)
        whole = self._whole(arguments)
        response = self._send(arguments)
        for size in _SIZES if self.paging.size is not None else ():
            sized = _with(arguments, self.paging.size, size)
            smaller = self._send(sized)
            if smaller.status < 300:
                arguments, response = sized, smaller
                break
        if response.status >= 300:
            return f"answers {response.status}" if response.status >= 500 else None
        seen: list[bytes] = []
        known = Counter(whole or ())
        for _ in range(_MOST_PAGES):
            entries = self._entries(response)
            new = [orjson.dumps(entry) for entry in entries]
            twice = [row for row in new if row in seen and len(row) > 40 and known[row] < 2]
            if twice:
                return f"shows {twice[0][:60]!r} twice"
            seen += new
            following = self._next(arguments, response, entries, len(seen))
            if following is None:
                break
            if isinstance(following, Arguments):
                arguments, response = following, self._send(following)
            else:
                response = following
            if response.status >= 300:
                return f"answers {response.status} on the way"
        else:
            return "does not end"
        if whole is not None and len(seen) != len(whole):
            told = "" if self.paging.next or self.paging.is_numbered else ", no reply has a next"
            return f"shows {len(seen)} of {len(whole)}{told}"
        return ""

    def _whole(self, arguments: Arguments) -> list[bytes] | None:
        """The entries of one page of the largest size, where it is not full."""
        for size in reversed(_SIZES) if self.paging.size is not None else ():
            response = self._send(_with(arguments, self.paging.size, size))
            if response.status < 300:
                found = [orjson.dumps(entry) for entry in self._entries(response)]
                return found if len(found) < size else None
        return None

    def _send(self, arguments: Arguments) -> Response:
        request = encode(self.operation, arguments, self.explorer.world.document.base_path)
        return self.session.handle(self.explorer.signed(self.operation, request))

    def _entries(self, response: Response) -> list[Any]:
        found: Any = orjson.loads(response.body or b"null")
        for key in self.meaning.keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found if isinstance(found, list) else []

    def _next(
        self, arguments: Arguments, response: Response, entries: list[Any], count: int
    ) -> Arguments | Response | None:
        """The next call, or its reply where a URL leads there; None at the end."""
        position = self.paging.position
        assert position is not None
        body = orjson.loads(response.body or b"null")
        for told in self.paging.next:
            value = response.header(told.pointer[0]) if told.header else _at(body, told.pointer)
            if not value and value != 0:
                return None
            if told.kind == "url" and isinstance(value, str):
                return self._follow(value.partition(">")[0].lstrip("<"))
            return _with(arguments, position, value)
        if self.paging.link_list is not None:
            links = {each["rel"]: each["href"] for each in _at(body, self.paging.link_list) or ()}
            return self._follow(links["next"]) if "next" in links else None
        if self.paging.link_header and not self.paging.is_numbered:
            found = re.search(r'<([^>]*)>; rel="next"', response.header("link") or "")
            return self._follow(found[1]) if found else None
        if not entries:
            return None
        if self.paging.style == "page":
            given = _read(arguments, position)
            return _with(arguments, position, (self.paging.first if given is None else given) + 1)
        if self.paging.style == "offset":
            return _with(arguments, position, self.paging.first + count)
        if self.paging.style == "after" and self.meaning.collection is not None:
            last = _at(entries[-1], self.meaning.collection.id_path)
            return None if last is None else _with(arguments, position, last)
        return None

    def _follow(self, url: str) -> Response:
        parts = urlsplit(url)
        request = encode(self.operation, Arguments(), "")
        request = replace(request, path=parts.path, query=parts.query, body=b"")
        return self.session.handle(self.explorer.signed(self.operation, request))


def _at(value: Any, pointer: tuple[str, ...]) -> Any:
    for key in pointer:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _read(arguments: Arguments, place: Input) -> Any:
    return place.read(_values(arguments, place))


def _with(arguments: Arguments, place: Input | None, value: Any) -> Arguments:
    if place is None or (value is None and _read(arguments, place) is None):
        return arguments
    made = place.put(_values(arguments, place), value)
    if place.location == "query":
        return replace(arguments, query=made)
    if place.location == "header":
        return replace(arguments, header=made)
    return replace(arguments, body=made)


def _values(arguments: Arguments, place: Input) -> Mapping[str, Any]:
    if place.location == "body":
        return arguments.body if isinstance(arguments.body, Mapping) else {}
    return arguments.query if place.location == "query" else arguments.header
