"""The operations of one thing, in the protocol of the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.draws import Draw
from sandbox.invention.schemas import Schema, Schemas, Thing
from sandbox.invention.style import article, plural, to_casing

_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "list": ("List {nouns}", "Returns the {nouns} that you can see, a page at a time."),
    "create": ("Create {a_noun}", "Creates {a_noun} and returns it with its new identifier."),
    "read": ("Get {a_noun}", "Returns one {noun} by its identifier."),
    "update": ("Update {a_noun}", "Changes the given fields of {a_noun}; others stay as they are."),
    "replace": ("Replace {a_noun}", "Replaces all fields of {a_noun} by those that are sent."),
    "delete": ("Delete {a_noun}", "Deletes {a_noun} for good. This cannot be undone."),
}
_PATHS: Final[Mapping[str, tuple[str, str]]] = {
    "list": ("GET", ""), "create": ("POST", ""), "read": ("GET", "/{}"),
    "update": ("PATCH", "/{}"), "replace": ("PUT", "/{}"), "delete": ("DELETE", "/{}"),
}  # fmt: skip
_SUFFIXES: Final[Mapping[str, tuple[str, str]]] = {
    "list": ("GET", "/list"), "create": ("POST", "/create"), "read": ("GET", "/{}/get"),
    "update": ("POST", "/{}/update"), "delete": ("POST", "/{}/delete"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """One operation and where it stands."""

    path: str
    method: str
    operation: dict[str, Any]


def operations(
    schemas: Schemas, thing: Thing, parent: Thing | None, draw: Draw
) -> Iterator[Written]:
    """Every operation of a thing; some documents leave replacing or deleting away."""
    style = schemas.style
    acts = ["list", "create", "read"]
    acts += ["update"] if style.update != "put" or style.protocol != "REST" else []
    acts += ["replace"] if style.update != "patch" and style.protocol == "REST" else []
    acts += ["delete"] if draw.chance(0.85, "delete") else []
    for act in acts:
        yield _write_operation(schemas, thing, parent, act, "", draw)
    for verb in thing.verbs:
        yield _write_operation(schemas, thing, parent, "verb", verb, draw)


def _write_operation(
    schemas: Schemas, thing: Thing, parent: Thing | None, act: str, verb: str, draw: Draw
) -> Written:
    style = schemas.style
    if style.protocol == "RPC":
        path, method = f"/{style.segment(thing.noun)}.{verb or _rpc(act)}", "POST"
        parameters: list[Schema] = []
        body: Schema | None = _rpc_body(schemas, thing, act)
    else:
        path, method, parameters = _place(schemas, thing, parent, act, verb)
        sends = {"create": schemas.body, "replace": schemas.body, "update": schemas.change}
        body = sends[act](thing) if act in sends else None
        if act == "list":
            parameters = [*parameters, *_queries(schemas, thing)]
        if act == "create" and style.idempotency:
            parameters = [*parameters, _parameter("Idempotency-Key", "header", {"type": "string"})]
    operation: dict[str, Any] = {"tags": [thing.noun]}
    if style.named:
        name = _operation_name(thing, act, verb)
        operation["operationId"] = to_casing(name, "snake" if style.fields == "snake" else "camel")
    operation |= _words(style.descriptions, thing, act, verb)
    if parameters:
        operation["parameters"] = parameters
    if body is not None:
        content = {schemas.media: {"schema": body}}
        operation["requestBody"] = {"required": True, "content": content}
    operation["responses"] = _responses(schemas, thing, act)
    return Written(style.prefix + path, method.lower(), operation)


def _rpc(act: str) -> str:
    return {"read": "info", "replace": "update"}.get(act, act)


def _rpc_body(schemas: Schemas, thing: Thing, act: str) -> Schema:
    if act == "create":
        return schemas.body(thing)
    if act == "list":
        queries = {query["name"]: query["schema"] for query in _queries(schemas, thing)}
        return {"type": "object", "properties": queries}
    key = schemas.style.key(f"{thing.noun}_id")
    properties = {key: schemas.id()}
    if act == "update":
        properties |= schemas.change(thing)["properties"]
    return {"type": "object", "properties": properties, "required": [key]}


def _place(
    schemas: Schemas, thing: Thing, parent: Thing | None, act: str, verb: str
) -> tuple[str, str, list[Schema]]:
    style = schemas.style
    forms = _SUFFIXES if style.protocol == "verb suffixes" else _PATHS
    if act == "verb":
        method, rest = "POST", f"/{{}}/{to_casing(verb, style.paths)}"
    else:
        method, rest = forms[act]
    key = style.key(f"{thing.noun}_id")
    own = _parameter(key, "path", _path_id(schemas))
    parameters = [own] if "{}" in rest else []
    if style.protocol == "OData":
        path = f"/{style.segment(thing.noun)}" + rest.replace("/{}", f"({{{key}}})", 1)
        return path, method, parameters
    home = f"/{style.segment(thing.noun)}"
    if style.nesting and parent is not None:
        above = style.key(f"{parent.noun}_id")
        home = f"/{style.segment(parent.noun)}/{{{above}}}{home}"
        parameters = [_parameter(above, "path", _path_id(schemas)), *parameters]
    return home + rest.replace("{}", f"{{{key}}}"), method, parameters


def _path_id(schemas: Schemas) -> Schema:
    if schemas.style.protocol == "JSON:API" and schemas.style.ids == "integer":
        return {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"}
    return schemas.id()


def _parameter(name: str, place: str, schema: Schema) -> Schema:
    made: Schema = {"name": name, "in": place, "schema": schema}
    return made | {"required": True} if place == "path" else made


def _queries(schemas: Schemas, thing: Thing) -> Iterator[Schema]:
    """Paging and filters of a list."""
    style = schemas.style
    size = {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    number = {"type": "integer", "minimum": 1, "default": 1}
    skip = {"type": "integer", "minimum": 0, "default": 0}
    if style.protocol == "OData":
        yield _parameter("$top", "query", size)
        yield _parameter("$skip", "query", skip)
        yield _parameter("$filter", "query", {"type": "string"})
        yield _parameter("$count", "query", {"type": "boolean"})
        return
    if style.protocol == "JSON:API":
        yield _parameter("page[number]", "query", number)
        yield _parameter("page[size]", "query", size)
    elif style.paging != "none":
        firsts: dict[str, tuple[str, Schema]] = {
            "page": ("page", number), "offset": ("offset", skip),
            "cursor": ("cursor", {"type": "string"}), "after": ("starting_after", schemas.id()),
        }  # fmt: skip
        first = firsts[style.paging]
        yield _parameter(style.key(first[0]), "query", first[1])
        yield _parameter(
            style.key("per_page" if style.paging == "page" else "limit"), "query", size
        )
    for name, schema in thing.fields.items():
        if schema.get("enum") or schema.get("type") == "boolean":
            key = style.key(name)
            key = f"filter[{key}]" if style.protocol == "JSON:API" else key
            yield _parameter(key, "query", dict(schema))
    if thing.of and not style.nesting and style.protocol != "JSON:API":
        yield _parameter(schemas.parent_key(thing), "query", schemas.id())


def _operation_name(thing: Thing, act: str, verb: str) -> str:
    if act == "list":
        return f"list_{plural(thing.noun)}"
    return f"{verb or {'read': 'get'}.get(act, act)}_{thing.noun}"


def _words(descriptions: str, thing: Thing, act: str, verb: str) -> dict[str, str]:
    noun = thing.noun.replace("_", " ")
    slots = {
        "noun": noun,
        "nouns": plural(thing.noun).replace("_", " "),
        "a_noun": article(thing.noun),
    }
    terse, verbose = _SENTENCES.get(act, (f"{verb.capitalize()} {{a_noun}}", ""))
    if act == "verb":
        verbose = f"Takes {{a_noun}} by its identifier and leaves it {thing.verbs[verb]}."
    if descriptions == "missing":
        return {}
    made = {"summary": terse.format(**slots)}
    return made | {"description": verbose.format(**slots)} if descriptions == "verbose" else made


def _responses(schemas: Schemas, thing: Thing, act: str) -> dict[str, Any]:
    def reply(text: str, schema: Schema, media: str) -> dict[str, Any]:
        return {"description": text, "content": {media: {"schema": schema}}}

    style = schemas.style
    good: dict[str, Any]
    if act == "delete" and style.protocol != "RPC":
        good = {"204": {"description": "Deleted"}}
    elif act == "delete":
        ok = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
        good = {"200": reply("Deleted", ok, schemas.media)}
    elif act == "list":
        good = {"200": reply("A list", schemas.many(thing), schemas.media)}
    else:
        code = "201" if act == "create" and style.protocol != "RPC" else "200"
        good = {code: reply("The thing", schemas.one(thing), schemas.media)}
    refused = {"$ref": "#/components/responses/Refused"}
    bad = ["400", *(["404"] if act not in ("list", "create") or style.nesting else [])]
    bad += ["401"] if style.auth != "none" else []
    return good | dict.fromkeys(sorted(bad), refused)
