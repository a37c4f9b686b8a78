"""Swagger 2.0 becomes OpenAPI 3.0: one shallow pass over paths, schemas untouched."""

from __future__ import annotations

from typing import Any, Final

import orjson

from sandbox.document.operations import METHODS
from sandbox.document.references import References
from sandbox.errors import DocumentError

_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_COLLECTION: Final = {
    "csv": ("form", False),
    "multi": ("form", True),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
    "tsv": ("form", False),
}
# Keywords of a 2.0 parameter that belong to its schema in 3.0.
_SCHEMA_KEYS: Final = (
    "type",
    "format",
    "items",
    "default",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "enum",
    "multipleOf",
    "x-nullable",
    "x-example",
)
_FLOWS: Final = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}


def upconvert(text: bytes) -> dict[str, Any]:
    """The 3.0.3 tree of a 2.0 document in compact JSON."""
    # There every reference is one exact text, so no walk is needed.
    data = text.replace(b'"$ref":"#/definitions/', b'"$ref":"#/components/schemas/')
    data = data.replace(b'"$ref":"#/responses/', b'"$ref":"#/components/responses/')
    return _Converter(orjson.loads(data)).tree()


class _Converter:
    def __init__(self, swagger: dict[str, Any]) -> None:
        self._swagger = swagger
        self._references = References(swagger)
        self._consumes = _texts(swagger.get("consumes"))
        self._produces = _texts(swagger.get("produces"))

    def tree(self) -> dict[str, Any]:
        swagger = self._swagger
        kept: dict[str, Any] = {
            key: swagger[key]
            for key in ("info", "tags", "externalDocs", "security")
            if key in swagger
        }
        paths = swagger.get("paths")
        extensions = {key: value for key, value in swagger.items() if key.startswith("x-")}
        return {
            "openapi": "3.0.3",
            **kept,
            "servers": self._servers(),
            "paths": {path: self._item(item) for path, item in _items(paths)},
            "components": {
                "schemas": _mapping(swagger.get("definitions")),
                "responses": {
                    name: self._response(raw, self._produces)
                    for name, raw in _items(swagger.get("responses"))
                },
                "parameters": {
                    name: self._parameter(raw)
                    for name, raw in _items(swagger.get("parameters"))
                    if isinstance(raw, dict) and raw.get("in") not in ("body", "formData")
                },
                "securitySchemes": {
                    name: _security_scheme(raw)
                    for name, raw in _items(swagger.get("securityDefinitions"))
                },
            },
            **extensions,
        }

    def _servers(self) -> list[dict[str, str]]:
        host, base = self._swagger.get("host"), str(self._swagger.get("basePath") or "")
        if not host:
            return [{"url": base or "/"}]
        schemes = _texts(self._swagger.get("schemes")) or ["https"]
        base = "" if base == "/" else base
        return [{"url": f"{scheme}://{host}{base}"} for scheme in schemes]

    def _item(self, item: Any) -> Any:
        if not isinstance(item, dict):
            return item
        made = {key: value for key, value in item.items() if key not in METHODS}
        shared = item.get("parameters")
        plain, bodies = self._split_parameters(shared)
        if "parameters" in made:
            made["parameters"] = plain
        for method in METHODS:
            if method in item:
                made[method] = self._operation(item[method], bodies)
        return made

    def _operation(self, raw: Any, shared: list[dict[str, Any]]) -> Any:
        if not isinstance(raw, dict):
            return raw
        moved = ("parameters", "consumes", "produces", "schemes", "responses")
        made = {key: value for key, value in raw.items() if key not in moved}
        plain, bodies = self._split_parameters(raw.get("parameters"))
        if plain:
            made["parameters"] = plain
        consumes = _texts(raw.get("consumes")) if "consumes" in raw else self._consumes
        produces = _texts(raw.get("produces")) if "produces" in raw else self._produces
        if body := _request_body([*shared, *bodies], consumes):
            made["requestBody"] = body
        responses = raw.get("responses")
        made["responses"] = {
            status: self._response(reply, produces) for status, reply in _items(responses)
        }
        return made

    def _split_parameters(self, raw: Any) -> tuple[list[Any], list[dict[str, Any]]]:
        """Parameters of 3.0, and those that become the body."""
        plain: list[Any] = []
        bodies: list[dict[str, Any]] = []
        for entry in raw if isinstance(raw, list) else ():
            found = self._follow(entry)
            if isinstance(found, dict) and found.get("in") in ("body", "formData"):
                bodies.append(found)
            elif found is not entry and isinstance(entry, dict):
                reference = str(entry["$ref"])
                prefix = "#/parameters/"
                plain.append(
                    {"$ref": reference.replace(prefix, "#/components/parameters/", 1)}
                    if reference.startswith(prefix)
                    else self._parameter(found)
                )
            else:
                plain.append(self._parameter(entry))
        return plain, bodies

    def _follow(self, entry: Any) -> Any:
        try:
            return self._references.follow(entry)
        except DocumentError:
            return entry  # The operation that uses it reports it.

    def _parameter(self, raw: Any) -> Any:
        if not isinstance(raw, dict) or "$ref" in raw:
            return raw
        made = {
            key: value
            for key, value in raw.items()
            if key not in _SCHEMA_KEYS and key not in ("collectionFormat", "schema")
        }
        made["schema"] = raw.get("schema") or _schema_of(raw)
        if raw.get("type") == "array":
            style, explode = _COLLECTION.get(str(raw.get("collectionFormat")), ("form", False))
            if raw.get("in") in ("path", "header"):
                style, explode = "simple", False
            made["style"], made["explode"] = style, explode
        return made

    def _response(self, raw: Any, produces: list[str]) -> Any:
        if not isinstance(raw, dict) or "$ref" in raw:
            return raw
        made = {
            key: value for key, value in raw.items() if key not in ("schema", "examples", "headers")
        }
        headers = raw.get("headers")
        if isinstance(headers, dict):
            made["headers"] = {name: self._parameter(header) for name, header in headers.items()}
        examples = _mapping(raw.get("examples"))
        if "schema" in raw or examples:
            media = produces or [key for key in examples if "/" in key] or ["application/json"]
            made["content"] = {
                kind: _media(raw.get("schema"), examples.get(kind)) for kind in media
            }
        return made


def _request_body(raw: list[dict[str, Any]], consumes: list[str]) -> dict[str, Any] | None:
    if not raw:
        return None
    whole = [entry for entry in raw if entry.get("in") == "body"]
    if whole:
        entry = whole[-1]
        media = {"schema": entry.get("schema", {})}
        return {
            "required": entry.get("required") is True,
            "description": str(entry.get("description") or ""),
            "content": {kind: media for kind in consumes or ["application/json"]},
            "x-body-name": entry.get("name", "body"),
        }
    return _form_body(raw, consumes)


def _form_body(fields: list[dict[str, Any]], consumes: list[str]) -> dict[str, Any]:
    files = any(field.get("type") == "file" for field in fields)
    kinds = [kind for kind in consumes if kind in (_FORM, _MULTIPART)]
    if files or not kinds:
        kinds = [_MULTIPART] if files else [_FORM]
    properties, encoding = {}, {}
    for field in fields:
        name = str(field.get("name"))
        properties[name] = _schema_of(field)
        if field.get("description"):
            properties[name]["description"] = field["description"]
        if field.get("type") == "array":
            style, explode = _COLLECTION.get(str(field.get("collectionFormat")), ("form", False))
            encoding[name] = {"style": style, "explode": explode}
    needed = [str(field.get("name")) for field in fields if field.get("required") is True]
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if needed:
        schema["required"] = needed
    media: dict[str, Any] = {"schema": schema}
    if encoding:
        media["encoding"] = encoding
    return {"required": bool(needed), "content": {kind: media for kind in kinds}}


def _schema_of(raw: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {key: raw[key] for key in _SCHEMA_KEYS if key in raw}
    if made.get("type") == "file":
        made["type"], made["format"] = "string", "binary"
    return made


def _media(schema: Any, example: Any) -> dict[str, Any]:
    made: dict[str, Any] = {} if schema is None else {"schema": schema}
    if isinstance(schema, dict) and schema.get("type") == "file":
        made["schema"] = {"type": "string", "format": "binary"}
    if example is not None:
        made["example"] = example
    return made


def _security_scheme(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    kept = {
        key: value for key, value in raw.items() if key == "description" or key.startswith("x-")
    }
    if raw.get("type") == "basic":
        return {"type": "http", "scheme": "basic", **kept}
    if raw.get("type") == "apiKey":
        return {"type": "apiKey", "name": raw.get("name"), "in": raw.get("in"), **kept}
    flow = {key: raw[key] for key in ("authorizationUrl", "tokenUrl") if key in raw}
    flow["scopes"] = _mapping(raw.get("scopes"))
    name = _FLOWS.get(str(raw.get("flow")), "implicit")
    return {"type": "oauth2", "flows": {name: flow}, **kept}


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
