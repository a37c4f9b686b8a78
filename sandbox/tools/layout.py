"""How an operation's parameters and body lie in one object of arguments, and the way back.

Flat (the default): one argument per parameter and per property of an object body. Where names
meet, the body keeps the plain name and the parameter says where it is from (`id__path`). A body
that is no plain object is one argument, `body`. Grouped: one object per location.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.document.discriminators import is_base
from sandbox.errors import DocumentError
from sandbox.tools import describe
from sandbox.tools.inputs import legal_keys, tidy
from sandbox.tools.naming import key_name, name_with_location
from sandbox.tools.tool import Tool

if TYPE_CHECKING:
    from sandbox.conventions.conventions import Conventions
    from sandbox.document import Document, Operation, Schemas
    from sandbox.document.operations import Media, Parameter

LAYOUTS = ("flat", "grouped")
_PROTOCOL_HEADERS = ("accept", "content-type", "authorization")
"""OpenAPI ignores parameters of these names: media types and credentials are not arguments."""
WITH_BODY = "Required with a body."
"""Says in an argument's description that a request that has a body needs it."""
_NOT_FLAT = ("oneOf", "anyOf", "not", "if", "then", "else", "enum", "const", "patternProperties")


@dataclass(frozen=True, slots=True)
class _Argument:
    name: str
    location: str
    origin: str
    schema: Any
    required: bool
    description: str = ""


@dataclass(frozen=True, slots=True)
class _Fields:
    """The properties of an object body, as far as it is a plain object."""

    properties: Mapping[str, Any]
    required: frozenset[str]
    extra: Any
    losses: tuple[str, ...] = ()


def build(
    document: Document,
    operation: Operation,
    *,
    name: str,
    layout: str = "flat",
    conventions: Conventions | None = None,
) -> Tool:
    """The tool of one operation.

    An operation that cannot be converted whole is converted in part, and the losses say so.
    """
    said, losses = describe.description(
        operation.summary, operation.description, fallback=f"{operation.method} {operation.path}"
    )
    if operation.deprecated:
        said = f"Deprecated. {said}"
    media_type, media = body_media(operation)
    if operation.body is not None and len(operation.body.media) > 1:
        others = ", ".join(other for other in operation.body.media if other != media_type)
        losses += (f"body: only as {media_type}, not as {others}",)
    try:
        arguments, extra, more = _arguments(document, operation, media, layout)
        schema, renames = _schema(document.schemas, arguments, extra)
    except (RecursionError, DocumentError) as error:
        reason = str(error) if isinstance(error, DocumentError) else "schemas nested too deeply"
        arguments, more = [], (f"arguments: not converted, {reason}",)
        schema, renames = {"type": "object", "properties": {}}, {}
    return Tool(
        name=name,
        description=said,
        parameters=schema,
        operation=operation,
        arguments={argument.name: (argument.location, argument.origin) for argument in arguments},
        losses=losses + more,
        media_type=media_type,
        renames=renames,
        facts=conventions.of(operation) if conventions is not None else None,
    )


def body_media(operation: Operation) -> tuple[str | None, Media | None]:
    """The media type a tool sends its body as: JSON, then forms, then whatever comes first."""
    if operation.body is None or not operation.body.media:
        return None, None

    def rank(media_type: str) -> int:
        bare = media_type.split(";")[0].strip().lower()
        if bare == "application/json":
            return 0
        if bare.endswith("+json") or bare in ("*/*", "application/*"):
            return 1
        order = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
        return 2 + order.index(bare) if bare in order else 9

    best = min(operation.body.media, key=rank)
    return best, operation.body.media[best]


def credential_names(document: Document, operation: Operation) -> frozenset[tuple[str, str]]:
    """(location, lower-case name) of everything that carries a credential."""
    used = {scheme for alternative in operation.security for scheme in alternative}
    hidden = {("header", name) for name in _PROTOCOL_HEADERS}
    for key, scheme in document.security_schemes.items():
        place, name = scheme.get("in"), str(scheme.get("name", "")).lower()
        if scheme.get("type") == "apiKey" and (place == "header" or key in used):
            hidden.add((str(place), name))
    return frozenset(hidden)


def _arguments(
    document: Document, operation: Operation, media: Media | None, layout: str
) -> tuple[list[_Argument], Any, tuple[str, ...]]:
    hidden = credential_names(document, operation)
    parameters = [
        parameter
        for parameter in operation.parameters
        if (parameter.location, parameter.name.lower()) not in hidden
    ]
    if layout == "grouped":
        return _grouped_arguments(operation, parameters, media), False, ()
    listed: list[_Argument] = []
    taken: set[str] = set()
    extra: Any = False
    losses: tuple[str, ...] = ()
    if media is not None and operation.body is not None:
        fields = _fields(document.schemas, media.schema)
        if fields is None:
            whole = _Argument("body", "body", "", _body_schema(media), operation.body.required)
            listed.append(whole)
        else:
            listed.extend(_body_arguments(document.schemas, fields, whole=operation.body.required))
            extra, losses = fields.extra, fields.losses
            if not operation.body.required and fields.required:
                losses += ("body: optional as a whole, so its required fields are not marked",)
        taken.update(argument.name for argument in listed)
    return listed + _parameter_arguments(parameters, taken), extra, losses


def _parameter_arguments(parameters: list[Parameter], taken: set[str]) -> list[_Argument]:
    made = []
    for parameter in parameters:
        name = name_with_location(parameter.name, parameter.location, taken)
        taken.add(name)
        made.append(
            _Argument(
                name=name,
                location=parameter.location,
                origin=parameter.name,
                schema=_schema_of(parameter.schema),
                required=parameter.required,
                description=parameter.description,
            )
        )
    return made


def _body_arguments(schemas: Schemas, fields: _Fields, *, whole: bool) -> list[_Argument]:
    sent = {
        key: schema for key, schema in fields.properties.items() if not _read_only(schemas, schema)
    }
    taken = {key for key in sent if key_name(key) == key}
    made = []
    for key, schema in sent.items():
        name = key if key in taken else key_name(key, taken)
        taken.add(name)
        required = key in fields.required
        hint = WITH_BODY if required and not whole else ""
        made.append(_Argument(name, "body", key, schema, required and whole, hint))
    return made


def _read_only(schemas: Schemas, schema: Any) -> bool:
    resolved = schemas.resolve(schema) if isinstance(schema, dict) else schema
    return isinstance(resolved, dict) and resolved.get("readOnly") is True


def _grouped_arguments(
    operation: Operation, parameters: list[Parameter], media: Media | None
) -> list[_Argument]:
    made = []
    for location in ("path", "query", "header", "cookie"):
        held = [parameter for parameter in parameters if parameter.location == location]
        if held:
            needed = [parameter.name for parameter in held if parameter.required]
            schema: dict[str, Any] = {
                "type": "object",
                "properties": {item.name: _schema_with_description(item) for item in held},
                "additionalProperties": False,
            }
            if needed:
                schema["required"] = needed
            made.append(_Argument(location, location, "", schema, bool(needed)))
    if media is not None and operation.body is not None:
        made.append(_Argument("body", "body", "", _body_schema(media), operation.body.required))
    return made


def _schema_of(schema: Any) -> Any:
    return schema if isinstance(schema, dict | bool) else {}


def _body_schema(media: Media) -> Any:
    """A body without a schema is text or bytes to whoever has to write it."""
    return media.schema if isinstance(media.schema, dict | bool) else {}


def _schema_with_description(parameter: Parameter) -> Any:
    """The parameter's schema with the parameter's own description, which is the better one."""
    schema = _schema_of(parameter.schema)
    if not parameter.description or not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"allOf": [schema], "description": parameter.description}
    return {**schema, "description": parameter.description}


def _fields(schemas: Schemas, schema: Any, depth: int = 0) -> _Fields | None:
    """The fields of a plain object schema, `allOf` merged; None if the body is anything else."""
    resolved = schemas.resolve(schema) if isinstance(schema, dict) else None
    if not isinstance(resolved, dict) or depth > 16:
        return None
    named = schemas.names_in(schema) if depth == 0 and is_base(resolved) else None
    if named is not None and set(named.references) - {schema.get("$ref")}:
        return None
    losses: tuple[str, ...] = ()
    for keyword in _NOT_FLAT:
        if keyword in ("anyOf", "oneOf") and _only_required(resolved.get(keyword)):
            losses += (f"body: {keyword} is not enforced, which fields have to come together",)
        elif keyword in resolved:
            return None
    if resolved.get("type", "object") != "object":
        return None
    for keyword in ("minProperties", "maxProperties", "dependentRequired"):
        if keyword in resolved:
            losses += (f"body: {keyword} {resolved[keyword]} is not enforced",)
    properties: dict[str, Any] = {}
    required: set[str] = set()
    extra: Any = False
    for part in resolved.get("allOf", ()):
        inner = _fields(schemas, part, depth + 1)
        if inner is None:
            return None
        _merge(properties, inner.properties)
        required |= inner.required
        extra, losses = extra or inner.extra, losses + inner.losses
    own = resolved.get("properties")
    _merge(properties, own if isinstance(own, dict) else {})
    if not properties and depth == 0:
        return None
    if "" in properties:
        return None
    listed = resolved.get("required", ())
    required |= {name for name in listed if isinstance(name, str)}
    extra = extra or resolved.get("additionalProperties", False)
    if depth == 0:
        # A name that only `required` knows is a field whose values are what the object admits.
        undeclared = extra if isinstance(extra, dict) else {}
        properties |= {name: undeclared for name in sorted(required - properties.keys())}
    return _Fields(properties, frozenset(required), extra, losses)


def _merge(properties: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, schema in more.items():
        held = properties.get(key)
        same = held is None or held == schema
        properties[key] = schema if same else {"allOf": [held, schema]}


def _only_required(branches: Any) -> bool:
    """Whether a union only says which fields have to come together, as GitHub's do."""
    return isinstance(branches, list) and all(
        isinstance(branch, dict) and set(branch) <= {"required"} for branch in branches
    )


def _schema(
    schemas: Schemas, arguments: list[_Argument], extra: Any
) -> tuple[dict[str, Any], dict[str, str]]:
    """One self-contained schema of all arguments, and its renamed inner keys."""
    raw: dict[str, Any] = {
        "type": "object",
        "properties": {argument.name: argument.schema for argument in arguments},
        "additionalProperties": extra,
    }
    required = [argument.name for argument in arguments if argument.required]
    if required:
        raw["required"] = required
    bundled = schemas.bundle(raw, "request")
    schema, renames = legal_keys(tidy(bundled if isinstance(bundled, dict) else raw))
    for argument in arguments:
        said = describe.shorten(argument.description, describe.ARGUMENT_LIMIT)
        inner = schema["properties"].get(argument.name)
        if said and inner is not None:
            schema["properties"][argument.name] = _with_description(inner, said, argument)
    return schema, renames


def _with_description(inner: Any, said: str, argument: _Argument) -> Any:
    if not isinstance(inner, dict):
        return {"description": said} if inner is True else inner
    if argument.location == "body" and inner.get("description"):
        said = f"{inner['description']} {said}"
    return {**inner, "description": said}
