"""Reads operations out of a tree: lenient, one bad operation costs one operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.document.media_objects import first_example, read_media, with_schema
from sandbox.document.operation_names import OperationNames
from sandbox.document.operations import (
    LOCATIONS,
    METHODS,
    Body,
    Media,
    Operation,
    Parameter,
    Reply,
)
from sandbox.document.references import References, pointer
from sandbox.document.schemas import Schemas
from sandbox.document.servers import read_servers
from sandbox.errors import DocumentError

# OpenAPI: header parameters with these names are ignored, other parts of the document say them.
_IGNORED_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})
_STYLES: Final = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
_TEMPLATE: Final = re.compile(r"\{([^{}]+)\}")
_STATUS: Final = re.compile(r"[1-5](\d\d|XX)|default")


class OperationReader:
    """Reads the operations of one tree, each shared component once."""

    def __init__(self, references: References, schemas: Schemas, home: str = "") -> None:
        self._home = home
        self._references = references
        self._schemas = schemas
        self._parameters: dict[str, Parameter] = {}
        self._bodies: dict[str, Body] = {}
        self._replies: dict[tuple[str, str], Reply] = {}
        self._root_security = _security(references.tree.get("security"))
        self.warnings: list[tuple[str, str]] = []
        """(JSON pointer, reason) of everything left out."""

    def read(self) -> Iterator[Operation]:
        """Every operation in document order; one that cannot be read carries its defect."""
        paths = self._references.tree.get("paths")
        if paths is None:
            return
        if not isinstance(paths, dict):
            self.warnings.append(("/paths", "is not a mapping of paths"))
            return
        names = OperationNames(paths)
        for path, item in paths.items():
            if path.startswith("x-"):
                continue
            place = pointer("paths", path)
            try:
                item = self._references.follow(item)
            except DocumentError as error:
                self.warnings.append((place, str(error)))
                continue
            if not isinstance(item, dict):
                self.warnings.append((place, "is not a path item"))
                continue
            for method in METHODS:
                if method in item:
                    yield self._operation(names, path, method, item)

    def _operation(
        self, names: OperationNames, path: str, method: str, item: dict[str, Any]
    ) -> Operation:
        place = pointer("paths", path, method)
        raw = item[method]
        template = path if path.startswith("/") else f"/{path}"
        try:
            if not isinstance(raw, dict):
                raise DocumentError(place, "is not an operation")
            return self._build(names, template, method, item, raw, place)
        except DocumentError as error:
            reason = str(error)
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
            reason = f"{place}: is malformed ({type(error).__name__}: {error})"
        self.warnings.append((place, f"{method.upper()} {path} is unusable: {reason}"))
        return Operation(
            id=self._name(names, raw if isinstance(raw, dict) else {}, template, method, place),
            method=method.upper(),
            path=template,
            schemas=self._schemas,
            pointer=place,
            summary=_text(raw, "summary"),
            description=_text(raw, "description"),
            unreadable=reason,
        )

    def _build(
        self,
        names: OperationNames,
        path: str,
        method: str,
        item: dict[str, Any],
        raw: dict[str, Any],
        place: str,
    ) -> Operation:
        parameters = self._merge(item.get("parameters"), raw.get("parameters"), path, place)
        body = self.body(raw["requestBody"], place) if raw.get("requestBody") else None
        replies = self._read_replies(raw.get("responses"), place)
        security = raw.get("security")
        return Operation(
            id=self._name(names, raw, path, method, place),
            method=method.upper(),
            path=path,
            schemas=self._schemas,
            parameters=parameters,
            body=body,
            replies=replies,
            security=self._root_security if security is None else _security(security),
            tags=tuple(str(tag) for tag in raw.get("tags") or () if isinstance(tag, str | int)),
            summary=_text(raw, "summary") or _text(item, "summary"),
            description=_text(raw, "description") or _text(item, "description"),
            deprecated=raw.get("deprecated") is True,
            pointer=place,
            servers=read_servers(raw.get("servers") or item.get("servers"), self._home),
        )

    def _name(
        self, names: OperationNames, raw: dict[str, Any], path: str, method: str, place: str
    ) -> str:
        name = names.take(raw, path, method)
        wanted = str(raw.get("operationId") or "").strip()
        if wanted not in ("", name):
            reason = f"its operationId {wanted!r} is another operation's too: it is called {name!r}"
            self.warnings.append((place, reason))
        return name

    def _merge(self, shared: Any, own: Any, path: str, place: str) -> tuple[Parameter, ...]:
        merged: dict[tuple[str, str], Parameter] = {}
        for raw in [*_as_list(shared), *_as_list(own)]:
            parameter = self.parameter(raw, place)
            if parameter.location == "header" and parameter.name.lower() in _IGNORED_HEADERS:
                continue
            merged[parameter.location, parameter.name] = parameter
        names = _TEMPLATE.findall(path)
        for name in names:
            if ("path", name) not in merged:
                self.warnings.append((place, f"path parameter {name!r} is not declared"))
                merged["path", name] = Parameter(
                    name=name,
                    location="path",
                    required=True,
                    schema={"type": "string"},
                    style="simple",
                    explode=False,
                )
        stray = [key for key in merged if key[0] == "path" and key[1] not in names]
        for key in stray:
            self.warnings.append((place, f"path parameter {key[1]!r} is not in the path"))
            del merged[key]
        return tuple(merged.values())

    def parameter(self, raw: Any, place: str) -> Parameter:
        """A parameter object or a reference to one."""
        reference = raw.get("$ref") if isinstance(raw, dict) else None
        if isinstance(reference, str) and reference in self._parameters:
            return self._parameters[reference]
        found = self._references.follow(raw)
        if not isinstance(found, dict) or not isinstance(found.get("name"), str | int | float):
            raise DocumentError(place, "has a parameter without a name")
        location = found.get("in")
        if location not in LOCATIONS:
            raise DocumentError(
                place,
                f"parameter {found['name']!r} is in {location!r}; valid are "
                + ", ".join(LOCATIONS),
            )
        parameter = self._parameter(found, str(found["name"]), location)
        if isinstance(reference, str):
            self._parameters[reference] = parameter
        return parameter

    def _parameter(self, raw: dict[str, Any], name: str, location: str) -> Parameter:
        style = raw.get("style")
        style = style if isinstance(style, str) else _STYLES[location]
        explode = raw.get("explode")
        media_type, schema = None, raw.get("schema", True)
        content = raw.get("content")
        if isinstance(content, dict) and content:
            media_type, media = next(iter(content.items()))
            schema = media.get("schema", True) if isinstance(media, dict) else True
        return Parameter(
            name=name,
            location=location,
            required=raw.get("required") is True or location == "path",
            schema=schema if isinstance(schema, dict | bool) else True,
            style=style,
            explode=explode if isinstance(explode, bool) else style in ("form", "deepObject"),
            media_type=media_type,
            description=_text(raw, "description"),
            example=first_example(raw, self._references),
            deprecated=raw.get("deprecated") is True,
            allow_reserved=raw.get("allowReserved") is True,
        )

    def body(self, raw: Any, place: str) -> Body:
        """A request body object or a reference to one."""
        reference = raw.get("$ref") if isinstance(raw, dict) else None
        if isinstance(reference, str) and reference in self._bodies:
            return self._bodies[reference]
        found = self._references.follow(raw)
        if not isinstance(found, dict):
            raise DocumentError(place, "has a requestBody that is not an object")
        body = Body(
            required=found.get("required") is True,
            media=self._media(found.get("content")),
            description=_text(found, "description"),
        )
        if isinstance(reference, str):
            self._bodies[reference] = body
        return body

    def _read_replies(self, raw: Any, place: str) -> dict[str, Reply]:
        if not isinstance(raw, dict):
            return {}
        replies: dict[str, Reply] = {}
        for key, value in raw.items():
            status = key.upper() if len(key) == 3 else key.lower()
            if not _STATUS.fullmatch(status):
                if not key.startswith("x-"):
                    self.warnings.append((place, f"reply {key!r} is not a status code"))
                continue
            try:
                replies[status] = self._reply(status, value, place)
            except DocumentError as error:
                if status[0] == "2":
                    raise
                # A broken error reply costs that reply, not the operation.
                self.warnings.append((place, f"reply {status} left out: {error}"))
        return replies

    def _reply(self, status: str, raw: Any, place: str) -> Reply:
        reference = raw.get("$ref") if isinstance(raw, dict) else None
        if isinstance(reference, str) and (status, reference) in self._replies:
            return self._replies[status, reference]
        found = self._references.follow(raw)
        if not isinstance(found, dict):
            raise DocumentError(place, f"has a reply {status} that is not an object")
        reply = Reply(
            status=status,
            media={
                name: with_schema(name, media)
                for name, media in self._media(found.get("content")).items()
            },
            headers=self._headers(found.get("headers"), place),
            description=_text(found, "description"),
        )
        if isinstance(reference, str):
            self._replies[status, reference] = reply
        return reply

    def _headers(self, raw: Any, place: str) -> dict[str, Parameter]:
        headers: dict[str, Parameter] = {}
        for name, value in raw.items() if isinstance(raw, dict) else ():
            try:
                found = self._references.follow(value)
            except DocumentError as error:
                self.warnings.append((place, f"header {name!r} left out: {error}"))
                continue
            if isinstance(found, dict):
                headers[name] = self._parameter(found, name, "header")
        return headers

    def _media(self, content: Any) -> dict[str, Media]:
        if isinstance(content, dict) and "$ref" in content:
            content = self._references.follow(content)
        if not isinstance(content, dict):
            return {}
        return {
            name.strip().lower() or "*/*": read_media(
                self._references.follow(raw), self._references
            )
            for name, raw in content.items()
        }


def _security(raw: Any) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    return tuple(
        {name: tuple(map(str, _as_list(scopes))) for name, scopes in alternative.items()}
        for alternative in _as_list(raw)
        if isinstance(alternative, dict)
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(raw: Any, key: str) -> str:
    value = raw.get(key) if isinstance(raw, dict) else None
    return value if isinstance(value, str) else ""
