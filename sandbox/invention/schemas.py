"""The schemas of an invented document: its things, lists of them, bodies and errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.draws import Draw
from sandbox.invention.style import Style, to_casing

Schema = dict[str, Any]
_IDS: Final[Mapping[str, Schema]] = {
    "integer": {"type": "integer", "minimum": 1},
    "uuid": {"type": "string", "format": "uuid"},
    "slug": {"type": "string", "pattern": "^[a-z][a-z0-9-]{3,30}$"},
    "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{6}$"},
}
_TIMES: Final[Mapping[str, tuple[str, str]]] = {
    "at": ("created_at", "updated_at"),
    "on": ("created_on", "modified_on"),
    "time": ("create_time", "update_time"),
}
JSON_API: Final = "application/vnd.api+json"


@dataclass(frozen=True, slots=True)
class Thing:
    """One kind of thing: what its collection holds."""

    noun: str
    fields: Mapping[str, Any]
    """Name in snake case → schema."""
    required: tuple[str, ...]
    verbs: Mapping[str, str]
    """Verb → the status that it leaves."""
    of: str = ""
    """The noun of what it belongs to, where that is in the document."""

    @property
    def component(self) -> str:
        return to_casing(self.noun, "pascal")


class Schemas:
    """Schemas in one style."""

    def __init__(self, style: Style, kinds: Mapping[str, Schema], draw: Draw) -> None:
        self.style = style
        self._kinds = kinds
        self._draw = draw

    def field(self, kind: str | list[str]) -> Schema:
        """The schema of a field of some kind."""
        return (
            {"type": "string", "enum": kind} if isinstance(kind, list) else dict(self._kinds[kind])
        )

    def id(self) -> Schema:
        return dict(_IDS[self.style.ids])

    def id_key(self, thing: Thing) -> str:
        """The name of a thing's own id."""
        own = self.style.id_field == "own" and self.style.protocol != "JSON:API"
        return self.style.key(f"{thing.noun}_id" if own else "id")

    def parent_key(self, thing: Thing) -> str:
        """The field that names what a thing belongs to."""
        return self.style.key(f"{thing.of}_id")

    def components(self, thing: Thing) -> dict[str, Schema]:
        """A thing as it is shown and as it is sent."""
        sent = self._request_properties(thing)
        shown: dict[str, Schema] = dict(sent)
        if thing.verbs:
            values = ["active", *dict.fromkeys(thing.verbs.values())]
            shown[self.style.key("status")] = {"type": "string", "enum": values, "readOnly": True}
        for name in _TIMES.get(self.style.timestamps, ()):
            shown[self.style.key(name)] = {
                "type": "string", "format": "date-time", "readOnly": True,
            }  # fmt: skip
        required = [self.style.key(name) for name in thing.required]
        required += [self.parent_key(thing)] if self._names_parent(thing) else []
        if self.style.protocol == "JSON:API":
            kind = {"type": "string", "enum": [self.style.segment(thing.noun)]}
            sent_resource = {
                "type": "object",
                "required": ["type", "attributes"],
                "properties": {"type": kind, "attributes": _object(sent, required)},
            }
            resource = {
                "type": "object",
                "required": ["type", "id", "attributes"],
                "properties": {
                    "type": kind,
                    "id": {**self.id(), "type": "string"}
                    if self.style.ids != "integer"
                    else {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"},
                    "attributes": _object(shown, list(shown)),
                },
            }
            return {thing.component: resource, f"{thing.component}Input": sent_resource}
        own = {self.id_key(thing): {**self.id(), "readOnly": True}}
        always = [*own, *required]
        return {
            thing.component: _object({**own, **shown}, always),
            f"{thing.component}Input": _object(sent, required),
        }

    def _request_properties(self, thing: Thing) -> dict[str, Schema]:
        sent = {self.style.key(name): schema for name, schema in thing.fields.items()}
        if self._names_parent(thing):
            sent[self.parent_key(thing)] = self.id()
        return sent

    def _names_parent(self, thing: Thing) -> bool:
        return bool(thing.of) and not self.style.nesting

    def one(self, thing: Thing) -> Schema:
        """The reply that shows one thing."""
        shown = _ref(thing.component)
        if self.style.protocol == "JSON:API":
            return _object({"data": shown}, ["data"])
        if self.style.protocol == "RPC":
            key = self.style.key(thing.noun)
            return _object({"ok": {"type": "boolean"}, key: shown}, ["ok", key])
        if self.style.wraps_one and self.style.protocol == "REST":
            key = self.style.key(thing.noun) if self.style.envelope == "named" else "data"
            return _object({key: shown}, [key])
        return shown

    def many(self, thing: Thing) -> Schema:
        """The reply that lists things."""
        listed = {"type": "array", "items": _ref(thing.component)}
        if self.style.protocol == "OData":
            return _object({"@odata.count": {"type": "integer"}, "value": listed}, ["value"])
        if self.style.protocol == "JSON:API":
            meta = _object({"total": {"type": "integer"}}, [])
            links = _object({"next": {"type": "string", "format": "uri"}}, [])
            return _object({"data": listed, "meta": meta, "links": links}, ["data"])
        if self.style.envelope == "none":
            return listed
        named = self.style.envelope == "named"
        key = self.style.key(self.style.segment(thing.noun)) if named else self.style.envelope
        properties: dict[str, Schema] = {key: listed}
        if self.style.total:
            properties[self.style.key("total_count")] = {"type": "integer"}
        if self.style.paging == "cursor":
            properties[self.style.key("next_cursor")] = {"type": "string"}
        if self.style.paging == "after":
            properties[self.style.key("has_more")] = {"type": "boolean"}
        if self.style.protocol == "RPC":
            properties["ok"] = {"type": "boolean"}
        return _object(properties, [key])

    def body(self, thing: Thing) -> Schema:
        """What is sent to make or to change a thing."""
        sent = _ref(f"{thing.component}Input")
        if self.style.protocol == "JSON:API":
            return _object({"data": sent}, ["data"])
        if self.style.wraps_body:
            key = self.style.key(thing.noun)
            return _object({key: sent}, [key])
        return sent

    def change(self, thing: Thing) -> Schema:
        """What is sent to change some fields of a thing."""
        if self.style.protocol == "JSON:API":
            attributes = _object(self._request_properties(thing), [])
            return _object({"data": _object({"attributes": attributes}, ["attributes"])}, ["data"])
        sent = _object(self._request_properties(thing), [])
        return _object({self.style.key(thing.noun): sent}, []) if self.style.wraps_body else sent

    def error(self) -> Schema:
        """The reply that refuses."""
        text = {"type": "string"}
        if self.style.protocol == "JSON:API" or self.style.errors == "list":
            entry = _object({"status": text, "title": text, "detail": text}, ["title"])
            return _object({"errors": {"type": "array", "items": entry}}, ["errors"])
        if self.style.errors == "problem":
            fields = {"type": text, "title": text, "status": {"type": "integer"}, "detail": text}
            return _object(fields, ["title", "status"])
        if self.style.errors == "nested":
            return _object(
                {"error": _object({"code": text, "message": text}, ["message"])}, ["error"]
            )
        return _object({"message": text, "code": {"type": "integer"}}, ["message"])

    @property
    def error_media(self) -> str:
        problem = self.style.errors == "problem" and self.style.protocol != "JSON:API"
        return "application/problem+json" if problem else self.media

    @property
    def media(self) -> str:
        return JSON_API if self.style.protocol == "JSON:API" else "application/json"


def _ref(component: str) -> Schema:
    return {"$ref": f"#/components/schemas/{component}"}


def _object(properties: Mapping[str, Schema], required: list[str]) -> Schema:
    made: Schema = {"type": "object", "properties": dict(properties)}
    return made | {"required": required} if required else made
