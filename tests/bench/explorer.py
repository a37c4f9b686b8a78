"""An outsider who learns a served document by calling it: knows paths and schemas, no inference.

Used by the corpus table and the create/read/update/delete counts, so that the sandbox's own guesses
about resources never judge themselves.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

import orjson

from sandbox import Request, Response, Session, World
from sandbox.document import Operation, encode
from sandbox.document.operations import Parameter
from sandbox.document.security import credentials
from sandbox.draws import Draw
from sandbox.errors import SandboxError
from sandbox.messages import ABSENT, Arguments

_ID_NAMES = ("id", "uuid", "uid", "sid", "key", "slug", "name", "number", "code", "gid", "username")


@dataclass(slots=True)
class Explorer:
    """Calls one session's operations with generated arguments and learnt ids."""

    world: World
    session: Session
    known: dict[str, list[str]] = field(default_factory=dict)
    """Item path with its own parameter open → ids learnt for it."""
    asking: list[str] = field(default_factory=list)
    """The lists that are being asked for ids elsewhere, so that none is asked for its own."""

    operations: dict[tuple[str, str], Operation] = field(init=False)
    """(method, path) → operation."""

    def __post_init__(self) -> None:
        found = self.world.document.operations.values()
        self.operations = {(operation.method, operation.path): operation for operation in found}

    def call(
        self, operation: Operation, path: Mapping[str, Any], body: Any = ABSENT, salt: int = 0
    ) -> Response:
        """Call with the given path values; everything else that is required is generated."""
        arguments = self.arguments(operation, path, body, salt)
        request = encode(operation, arguments, self.world.document.base_path)
        return self.session.handle(self.signed(operation, request))

    def signed(self, operation: Operation, request: Request) -> Request:
        """The request with credentials that the document accepts."""
        extra, headers = credentials(operation, self.world.document)
        query = "&".join(part for part in (request.query, extra) if part)
        return replace(request, query=query, headers=(*request.headers, *headers))

    def arguments(
        self, operation: Operation, path: Mapping[str, Any], body: Any, salt: int
    ) -> Arguments:
        draw = Draw("explorer", operation.id, salt)
        places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        for parameter in operation.parameters:
            shaped = parameter.location == "path" and self._kind(parameter) in ("array", "object")
            if parameter.location == "path" and parameter.name in path and not shaped:
                places["path"][parameter.name] = typed(
                    self.world, parameter.schema, path[parameter.name]
                )
            elif parameter.required:
                places[parameter.location][parameter.name] = self._made(
                    parameter, draw.child(parameter.name)
                )
        media_type = None
        if operation.body is not None and operation.body.media:
            media_type = json_first(list(operation.body.media))
            schema = operation.body.media[media_type].schema
            if body is ABSENT:
                body = self.world.values.make(
                    schema if schema is not None else True, draw.child("body"), direction="request"
                )
                if isinstance(body, dict):
                    # Nobody names another parent than the one that the path goes through.
                    body |= {name: places["path"][name] for name in body.keys() & places["path"]}
        return Arguments(**places, body=body, media_type=media_type if body is not ABSENT else None)

    def _kind(self, parameter: Parameter) -> Any:
        resolved = self.world.document.schemas.resolve(parameter.schema)
        return resolved.get("type") if isinstance(resolved, dict) else None

    def _made(self, parameter: Parameter, draw: Draw) -> Any:
        """A valid value that can be sent: an empty list in a query is no value at all."""
        made: Any = None
        valid = self.world.document.schemas.validator(parameter.schema, "request").is_valid
        if parameter.location == "query" and "page" in _words(parameter.name) and valid(1):
            return 1
        for attempt in range(8):
            made = self.world.values.make(
                parameter.schema,
                draw.child(attempt) if attempt else draw,
                name=parameter.name,
                direction="request",
            )
            if made != []:
                break
        return made

    def forget(self) -> None:
        """Learn all ids again: what was renamed or deleted since is no id any more."""
        self.known.clear()

    def path_values(self, template: str) -> dict[str, str] | None:
        """Values for a path's parameters, learnt outermost first; None when one is missing."""
        values: dict[str, str] = {}
        for prefix, name in openings(template):
            if name in values:
                continue
            found = self.ids(prefix, name, values)
            second = template.removeprefix(f"{prefix}/{{{name}}}/").partition("/")[0]
            if second.startswith("{") and self._is_part(f"{prefix}/{{{name}}}"):
                pair = self._pair(prefix, name, second.strip("{}"), values)
                if pair is not None:
                    values |= pair
                    continue
            fitting = [text for text in found if self._fits(prefix, name, text, template)]
            if not found:
                return None
            values[name] = (fitting or self._invented(prefix, name, template))[0]
        return values

    def _is_part(self, path: str) -> bool:
        """Whether nothing is at a path or right below it: its parameter is half an address."""
        return not any(
            p == path or (p.startswith(path + "/") and p[len(path) + 1] != "{")
            for _, p in self.operations
        )

    def _pair(
        self, prefix: str, first: str, second: str, values: Mapping[str, str]
    ) -> dict[str, str] | None:
        """Two parameters that address one thing together, as an entry of some list has them."""
        noun = prefix.rpartition("/")[2]
        reader = self.operations.get(("GET", f"{prefix}/{{{first}}}/{{{second}}}"))
        lists = [
            path
            for method, path in self.operations
            if method == "GET" and path.endswith("/" + noun) and path not in self.asking
        ]
        for path in sorted(lists, key=lambda path: (path != prefix, len(path))):
            self.asking.append(path)
            try:
                asked = values if path == prefix else self.path_values(path)
                lister = self.operations["GET", path]
                reply = read_json(self.call(lister, asked)) if asked is not None else None
            except SandboxError:
                continue
            finally:
                self.asking.remove(path)
            entries = reply if isinstance(reply, list) else list(walk(reply))
            for entry in entries[:20]:
                ways = itertools.product(_parts(entry, first), _parts(entry, second))
                for one, other in itertools.islice(ways, 12):
                    pair = {first: one, second: other}
                    if reader is None or self._opens(reader, {**values, **pair}):
                        return pair
        return None

    def ids(self, prefix: str, name: str, values: Mapping[str, str]) -> list[str]:
        """Ids for `prefix/{name}`: from a list when there is one, else any valid value."""
        key = filled(prefix, values) + "/{" + name + "}"
        if key not in self.known:
            self.known[key] = self._learn(prefix, name, values)
        return self.known[key]

    def _learn(self, prefix: str, name: str, values: Mapping[str, str]) -> list[str]:
        """Ids from a list, else from a search beside it, else from creating one, else invented."""
        reader = self._item_reader(prefix)
        for source in self._sources(prefix):
            try:
                # Another salt than the tour's: the same body twice may be a conflict.
                response = self.call(source, values, salt=99)
            except SandboxError:
                continue
            told = [*located(response), *candidate_ids(read_json(response), name, prefix)]
            found = list(dict.fromkeys(told))[:40]
            candidates = [text for text in found if self._fits(prefix, name, text)]
            if reader is None and candidates:
                return candidates[:20]
            own = reader.path.rpartition("{")[2].partition("}")[0] if reader else ""
            good = [c for c in candidates if reader and self._opens(reader, {**values, own: c})]
            if good:
                return good
        return self._elsewhere(prefix, name, reader) or self._invented(prefix, name)

    def _elsewhere(self, prefix: str, name: str, reader: Operation | None) -> list[str]:
        """Ids out of lists elsewhere whose paths end in the same word: `/user/orgs` for `/orgs`."""
        noun = prefix.rpartition("/")[2]
        for (method, path), operation in self.operations.items():
            if method != "GET" or path == prefix or not path.endswith("/" + noun) or not noun:
                continue
            if operation.defect or path.startswith(prefix + "/") or path in self.asking:
                continue
            self.asking.append(path)
            try:
                values = self.path_values(path)
                reply = read_json(self.call(operation, values)) if values is not None else None
            except SandboxError:
                continue
            finally:
                self.asking.remove(path)
            for text in dict.fromkeys(candidate_ids(reply, name, prefix)):
                own = reader.path.rpartition("{")[2].partition("}")[0] if reader else name
                if self._fits(prefix, name, text) and (
                    reader is None or self._opens(reader, {own: text})
                ):
                    return [text]
        return []

    def _item_reader(self, prefix: str) -> Operation | None:
        """The GET of one entity, however it calls its parameter."""
        for (method, path), operation in self.operations.items():
            rest = path.removesuffix(".json").removeprefix(prefix + "/")
            if method == "GET" and rest.startswith("{") and rest.find("}") == len(rest) - 1:
                return None if operation.defect else operation
        return None

    def _fits(self, prefix: str, name: str, text: str, template: str = "") -> bool:
        """Whether the document admits a text as this path parameter (of one path, if given)."""
        for operation in self.operations.values():
            if operation.path.startswith(template or f"{prefix}/{{{name}}}"):
                schema = next((p.schema for p in operation.parameters if p.name == name), True)
                valid = self.world.document.schemas.validator(schema, "request").is_valid
                return bool(valid(typed(self.world, schema, text)))
        return True

    def _sources(self, prefix: str) -> list[Operation]:
        """Operations that may tell ids of a collection, most likely first."""
        listing = self._reader(prefix)
        beside = [
            operation
            for (method, path), operation in self.operations.items()
            if method == "GET" and path.startswith(prefix + "/") and "{" not in path[len(prefix) :]
        ]
        creating = self.operations.get(("POST", prefix)) or self.operations.get(
            ("POST", f"{prefix}.json")
        )
        found = [listing, *beside[:4], creating]
        return [operation for operation in found if operation is not None and not operation.defect]

    def _reader(self, path: str) -> Operation | None:
        found = self.operations
        return found.get(("GET", path)) or found.get(("GET", f"{path}.json"))

    def _opens(self, reader: Operation, values: Mapping[str, str]) -> bool:
        try:
            status = self.call(reader, values).status
            # A read that cannot be mocked cannot deny that the entity is there.
            return status < 300 or status == 501
        except SandboxError:
            return False

    def _invented(self, prefix: str, name: str, template: str = "") -> list[str]:
        for operation in self.operations.values():
            if operation.path.startswith(template or f"{prefix}/{{{name}}}"):
                schema = next((p.schema for p in operation.parameters if p.name == name), None)
                if schema is not None:
                    value = self.world.values.make(
                        schema, Draw("invented", prefix, name), name=name
                    )
                    return [text(value)]
        return ["1"]


def openings(template: str) -> Iterator[tuple[str, str]]:
    """(path before, name) of every whole-segment parameter of a path."""
    segments = template.split("/")
    for index, segment in enumerate(segments):
        bare = segment.removesuffix(".json")
        if bare.startswith("{") and bare.endswith("}"):
            yield "/".join(segments[:index]), bare[1:-1]


def filled(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


def candidate_ids(reply: Any, name: str, prefix: str = "") -> Iterator[str]:
    """Scalars in a reply that may be the id called `name`, the most telling names first."""
    noun = prefix.rpartition("/")[2]
    own = reply.get(noun) if isinstance(reply, dict) and noun else None
    objects = [*(walk(own) if own is not None else ()), *walk(reply)]
    wanted = _words(name)
    for item in objects:
        if _plain(item.get(name)):
            yield text(item[name])
    for item in objects:
        for key, value in item.items():
            mine = _words(key)
            if _plain(value) and (mine <= wanted or wanted <= mine):
                yield text(value)
    for wanted_key in _ID_NAMES:
        for item in objects:
            for key, value in item.items():
                if key.lower() == wanted_key and _plain(value):
                    yield text(value)


def _parts(entry: Any, name: str) -> list[str]:
    """What of an entry of a list may be one of two parameters that address it."""
    inner = entry.get(name) if isinstance(entry, dict) else None
    owned = (
        [text(value) for value in inner.values() if _plain(value)]
        if isinstance(inner, dict)
        else []
    )
    return list(dict.fromkeys([*owned, *candidate_ids(entry, name)]))[:12]


def located(response: Response) -> list[str]:
    """The id at the end of a reply's Location header, if it has one."""
    location = response.header("location")
    return [unquote(location.rstrip("/").rpartition("/")[2])] if location else []


def _words(name: str) -> set[str]:
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name)}


def _plain(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def walk(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Every object in a JSON value, shallow ones first at each branch."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            if depth < 4:
                yield from walk(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value[:40]:
            yield from walk(inner, depth + 1)


def read_json(response: Response) -> Any:
    if response.status >= 300 or not response.body:
        return None
    try:
        return orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return None


def json_first(names: list[str]) -> str:
    return next((name for name in names if "json" in name), names[0])


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def typed(world: World, schema: Any, value: str) -> Any:
    """A learnt id as the parameter's type."""
    resolved = world.document.schemas.resolve(schema)
    kind = resolved.get("type") if isinstance(resolved, dict) else None
    if kind in ("integer", "number") or (isinstance(kind, list) and "integer" in kind):
        try:
            return int(value) if float(value).is_integer() else float(value)
        except ValueError:
            return value
    return value
