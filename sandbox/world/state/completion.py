"""Completion: a value as it was sent or stored, with what the document requires besides made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from sandbox.conventions.schema_surface import branches
from sandbox.draws import Draw
from sandbox.errors import NoInstance

if TYPE_CHECKING:
    from sandbox.world.world import World

_DEPTH: Final = 6
_LACKING: Final = object()


def complete(world: World, schema: Any, value: Any, draw: Draw, depth: int = _DEPTH) -> Any:
    """The value where it is valid; else the same with missing required members made.

    Members of which the schema says nothing go only where it forbids them, those that only
    requests have go always. None when no completion of the value is valid.
    """
    valid = world.document.schemas.validator(schema, "response").is_valid
    if valid(value):
        return value
    for branch in (schema, *branches(world.document.schemas, schema)):
        for made in _completions(world, branch, value, draw, depth):
            if valid(made):
                return made
    return None


def conformed_value(world: World, schema: Any, value: Any, draw: Draw) -> Any:
    """The value completed; where that cannot be, its valid members in a value made afresh.

    Raises NoInstance where the schema has no instance.
    """
    found = complete(world, schema, value, draw)
    if found is not None or value is None:
        return found if found is not None else world.values.make(schema, draw)
    made = world.values.make(schema, draw)
    valid = world.document.schemas.validator(schema, "response").is_valid
    for name, member in value.items() if isinstance(value, Mapping) else ():
        trial = {**made, name: member} if isinstance(made, dict) else made
        made = trial if valid(trial) else made
    return made


def _completions(
    world: World, schema: Any, value: Any, draw: Draw, depth: int
) -> Iterator[dict[str, Any] | list[Any]]:
    surface = world.resources.shape(schema)
    if not depth:
        return
    if isinstance(value, list) and surface.items is not None:
        items = [
            complete(world, surface.items, item, draw.child(index), depth - 1)
            for index, item in enumerate(value)
        ]
        yield [item for item in items if item is not None]
    if not isinstance(value, Mapping) or not surface.properties:
        return
    made: dict[str, Any] = {}
    for name, member in value.items():
        inner = surface.properties.get(name, True)
        if not is_write_only(world, inner):
            whole = complete(world, inner, member, draw.child(name), depth - 1)
            if whole is not None or member is None:
                made[name] = whole
    for name, inner in surface.properties.items():
        default = _keyword(world, inner, "default", _LACKING)
        if name not in value and name in surface.required:
            try:
                made[name] = world.values.make(inner, draw.child(name), name=name)
            except NoInstance:
                return
        elif name not in value and default is not _LACKING:
            made[name] = default
    yield made
    yield {name: member for name, member in made.items() if name in surface.properties}


def is_write_only(world: World, schema: Any) -> bool:
    """Whether only requests have a member of this schema."""
    return bool(_keyword(world, schema, "writeOnly", False))


def _keyword(world: World, schema: Any, keyword: str, otherwise: Any) -> Any:
    resolved = world.document.schemas.resolve(schema)
    for each in (schema, resolved):
        if isinstance(each, Mapping) and keyword in each:
            return each[keyword]
    return otherwise
