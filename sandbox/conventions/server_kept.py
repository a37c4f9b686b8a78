"""What the server keeps: times of creation and change, versions and tags, by one list of names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sandbox.conventions.schema_surface import Shape
from sandbox.conventions.vocabulary import key_of, names
from sandbox.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Timestamps:
    """The times that the server keeps of a collection's entities."""

    created: tuple[str, ...] = ()
    """Properties written once, when the entity comes into being."""
    updated: tuple[str, ...] = ()
    """Properties written at every change."""
    schemas: Mapping[str, Any] = field(default_factory=dict)
    """Property → its schema as written."""
    evidence: tuple[str, ...] = ()


def timestamps_of(
    surface: Shape,
    created: tuple[str, ...] | None = None,
    updated: tuple[str, ...] | None = None,
) -> Timestamps:
    """The timestamps among the properties of an entity, as stated or else by their names.

    Raises UnknownName for a stated one that is no property.
    """
    for name in (*(created or ()), *(updated or ())):
        if name not in surface.properties:
            raise UnknownName("property", name, surface.properties)
    stated = {*(created or ()), *(updated or ())}
    rest = [n for n in surface.properties if n not in stated]
    if created is None:
        created = tuple(n for n in rest if keeps(n) == "created")
    if updated is None:
        updated = tuple(n for n in rest if keeps(n) == "updated")
    return Timestamps(
        created=created,
        updated=updated,
        schemas={name: surface.properties[name] for name in (*created, *updated)},
        evidence=tuple(f"`{name}`" for name in (*created, *updated)),
    )


@cache
def keeps(name: str) -> str:
    """created, updated or version for a field that the server keeps; "" for any other."""
    key = key_of(name)
    for kind in ("created", "updated"):
        if key in names("timestamps", kind):
            return kind
    if any(key in names("server_kept", kind) for kind in ("tags", "versions")):
        return "version"
    return ""
