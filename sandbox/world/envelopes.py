"""Envelopes: where the entity or the list lies inside a reply or a request body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.openapi import Operation
from sandbox.world.naming import same, singular
from sandbox.world.shapes import Shape

# Where lists usually lie inside an envelope, most telling first.
LIST_KEYS = ("data", "items", "results", "records", "entries", "values", "value", "list", "rows", "content")
ENTITY_KEYS = ("data", "result", "item", "resource", "response", "object", "payload")


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
    return next((name for name in media if "json" in name), next(iter(media), None))


def entity_key(surface: Shape, noun: str, wanted: Shape | None, look: Callable[[Any], Shape]) -> str | None:
    """The property under which an envelope holds the entity, or None when there is no envelope."""
    if surface.type != "object" or not surface.properties:
        return None
    objects = [n for n, value in surface.properties.items() if look(value).type == "object"]
    if len(surface.properties) == 1 and objects and not surface.open:
        return objects[0]
    named = [n for n in objects if n in ENTITY_KEYS or same(n, singular(noun))]
    if not named:
        return objects[0] if len(surface.properties) == 1 and objects else None
    if wanted is not None and wanted.properties:
        inner = set(look(surface.properties[named[0]]).properties)
        here = set(surface.properties)
        if len(here & set(wanted.properties)) > len(inner & set(wanted.properties)):
            return None
    return named[0] if len(surface.properties) <= 4 else None


def pick_list(arrays: Mapping[str, Shape], noun: str) -> str | None:
    """Which array of an envelope is the list itself."""
    for name in arrays:
        if noun and same(name, noun):
            return name
    for name in LIST_KEYS:
        if name in arrays:
            return name
    real = [name for name in arrays if name not in ("errors", "warnings", "links", "_links")]
    return real[0] if len(real) == 1 else None
