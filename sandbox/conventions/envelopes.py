"""Envelopes: where the entity or the list lies inside a reply or a request body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.conventions.schema_surface import Shape, reference
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import ends_in, same, singular
from sandbox.document import Operation
from sandbox.document.media_types import form_of
from sandbox.messages import ABSENT

# Where lists and entities usually lie inside an envelope, most telling first.
LIST_KEYS = (
    "data", "items", "results", "records", "entries", "values", "value", "list", "rows", "content",
)  # fmt: skip
ENTITY_KEYS = ("data", "result", "item", "resource", "response", "object", "payload")
_OUTER_KEYS = ("data", "result", "response", "_embedded")
_BESIDE = ("errors", "warnings", "links", "_links", "messages")
_AROUND = frozenset({*_BESIDE, "included", "jsonapi", "meta", "ok", "success", "response_metadata"})
_OUTCOMES = frozenset({"code", "message", "status", "error", "msg", "detail", "request_id"})

Look = Callable[[Any], Shape]


@dataclass(frozen=True, slots=True)
class Envelope:
    """Keys to follow, the schema found there, and whether it stands for one entity in a list."""

    keys: tuple[str, ...] = ()
    view: Any = None
    many: bool = False


def entity_envelope(
    look: Look, schema: Any, noun: str, wanted: Shape | None = None, component: str = ""
) -> Envelope:
    """Where one entity lies inside a reply or a body.

    `wanted` is the entity's shape and `component` the `$ref` of its schema, where they are known.
    """
    if schema is None:
        return Envelope()
    surface = look(schema)
    if surface.type == "array":
        listed = surface.items is not None and look(surface.items).type == "object"
        return Envelope((), surface.items, True) if listed else Envelope((), schema)
    if component and reference(schema) == component:
        return Envelope((), schema)
    key = _entity_key(look, surface, noun, wanted, component)
    if key is not None:
        return Envelope((key,), surface.properties[key])
    own = wanted is not None and len(set(wanted.properties) & set(surface.properties)) > 2
    arrays = {} if own else _arrays(look, surface)
    name = next((name for name in arrays if same(name, noun)), None)
    of_component = [n for n in arrays if component and reference(arrays[n].items) == component]
    name = of_component[0] if name is None and len(of_component) == 1 else name
    if name is not None and len(arrays) <= 2 and look(arrays[name].items).type == "object":
        return Envelope((name,), arrays[name].items, True)
    return Envelope((), schema)


def list_envelope(look: Look, schema: Any, noun: str) -> Envelope | None:
    """Where a list lies inside a reply; None when it holds none."""
    surface = look(schema)
    if surface.type == "array":
        return Envelope((), surface.items)
    direct = _named_list(look, surface, noun)
    if direct is not None:
        return direct
    for outer in _OUTER_KEYS:
        if outer in surface.properties:
            inner = _named_list(look, look(surface.properties[outer]), noun)
            if inner is not None:
                return Envelope((outer, *inner.keys), inner.view)
    return None


def pick_list(names: list[str], noun: str) -> str | None:
    """Which array of an envelope is the list itself."""
    for name in names:
        if noun and same(name, noun):
            return name
    for name in LIST_KEYS:
        if name in names:
            return name
    real = [name for name in names if name not in _BESIDE]
    # `envelopeTemplates` beside `folders` where the path ends in `templates`.
    ending = [name for name in real if noun and ends_in(name, noun)]
    chosen = ending if len(ending) == 1 else real
    return chosen[0] if len(chosen) == 1 else None


def success(operation: Operation) -> tuple[int, str | None, Any]:
    """(status, media type, schema) of the reply that means success."""
    if operation.success is None:
        return 200, None, None
    status, reply = operation.success
    media_type = preferred_media(reply.media)
    return status, media_type, reply.media[media_type].schema if media_type else None


def body_schema(operation: Operation) -> Any:
    """The schema of the preferred request body, or None."""
    if operation.body is None:
        return None
    media_type = preferred_media(operation.body.media)
    return operation.body.media[media_type].schema if media_type else None


def preferred_media(media: Mapping[str, Any]) -> str | None:
    """JSON first, then +json, then whatever is written first."""
    for name in media:
        if name.split(";")[0].strip() == "application/json":
            return name
    return next((name for name in media if form_of(name) == "json"), next(iter(media), None))


def fill_envelope(
    whole: Mapping[str, Any], keys: tuple[str, ...], shown: Any, extras: Mapping[str, Any]
) -> dict[str, Any]:
    """An envelope with what is shown under its keys; extras are pointers such as `meta/total`.

    An extra that is ABSENT is taken out.
    """
    copied = dict(whole)
    inner = copied
    for key in keys[:-1]:
        deeper = inner.get(key)
        inner[key] = dict(deeper) if isinstance(deeper, Mapping) else {}
        inner = inner[key]
    inner[keys[-1]] = shown
    for pointer, value in extras.items():
        _set_at(copied, pointer.split("/"), value)
    return copied


def _set_at(target: dict[str, Any], path: list[str], value: Any) -> None:
    for key in path[:-1]:
        deeper = target.get(key)
        if value is ABSENT and not isinstance(deeper, Mapping):
            return
        target[key] = dict(deeper) if isinstance(deeper, Mapping) else {}
        target = target[key]
    if value is ABSENT:
        target.pop(path[-1], None)
    else:
        target[path[-1]] = value


def _named_list(look: Look, surface: Shape, noun: str) -> Envelope | None:
    arrays = _arrays(look, surface)
    name = pick_list(list(arrays), noun)
    return Envelope((name,), arrays[name].items) if name is not None else None


def _arrays(look: Look, surface: Shape) -> dict[str, Shape]:
    found = ((name, look(value)) for name, value in surface.properties.items())
    return {name: inner for name, inner in found if inner.type == "array"}


def _entity_key(
    look: Look, surface: Shape, noun: str, wanted: Shape | None, component: str
) -> str | None:
    """The property under which an envelope holds the entity, or None when there is no envelope."""
    if surface.type != "object" or not surface.properties:
        return None
    names = surface.properties.keys()
    known = wanted.properties.keys() if wanted is not None else frozenset[str]()
    objects = [n for n, value in surface.properties.items() if look(value).type == "object"]
    if len(names) == 1 and objects:
        return objects[0]
    of_component = [
        n for n in objects if component and reference(surface.properties[n]) == component
    ]
    if len(of_component) == 1 and not names & known:
        return of_component[0]
    named = [n for n in objects if n in ENTITY_KEYS or same(n, singular(noun))]
    if named == ["object"] and not names.isdisjoint({"id", "node_id", "uid"}):
        return None  # What it is about, as of a Git reference; its own id stands beside.
    if named and len(names - _AROUND) <= 4:
        inner = look(surface.properties[named[0]]).properties.keys()
        return named[0] if len(names & known) <= len(inner & known) else None
    only = names - _AROUND - _OUTCOMES
    alone = len(only) == 1 and only <= set(objects) and names & _AROUND
    return next(iter(only)) if alone and not names & known else None


def outcome_members(look: Look, schema: Any) -> dict[str, tuple[Any, ...]]:
    """The members of a reply that say whether the call went well → what they say when it did.

    `success`, `ok` and the like are true, `errors` and `error` empty; the best value is first.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for name, inner in look(schema).properties.items():
        key, shape = key_of(name), look(inner)
        if shape.type == "boolean" and key in names("outcome", "succeeded"):
            found[name] = (True,)
        elif shape.type == "boolean" and key in names("outcome", "failed"):
            found[name] = (False,)
        elif key in names("outcome", "problems") and shape.type != "boolean":
            found[name] = ([], None, {}, "")
        elif key in names("outcome", "status"):
            words = [each for each in shape.keywords.get("enum", ()) if isinstance(each, str)]
            good = tuple(each for each in words if key_of(each) in names("outcome", "good"))
            if good and any(key_of(each) in names("outcome", "bad") for each in words):
                found[name] = good
    return found
