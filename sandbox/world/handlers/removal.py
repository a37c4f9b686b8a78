"""Removal: what DELETE leaves behind where the entity itself can say that it is deleted.

A soft-deleted entity is shown with its mark (`deleted_at`, `is_deleted`, a status) in the reply.
It stays readable where the document has a way back or a way to ask for it: a restore action, a
parameter such as `include_deleted`. Elsewhere it is gone, as clients expect.
"""

from __future__ import annotations

from typing import Any, Final

from sandbox.conventions.actions import WAYS_BACK
from sandbox.conventions.operation_model import Collection
from sandbox.conventions.resources import Resources
from sandbox.conventions.words import words
from sandbox.messages import Response
from sandbox.world.handlers.entity_replies import entity_reply
from sandbox.world.handlers.preconditions import stale
from sandbox.world.operation_call import Turn
from sandbox.world.state.state import Entity
from sandbox.world.state.timestamps import instant

_FLAGS: Final = (("deleted",), ("is", "deleted"), ("trashed",), ("is", "trashed"))
_TIMES: Final = (
    ("deleted", "at"), ("deleted", "on"), ("deleted", "date"), ("date", "deleted"),
    ("deletion", "date"), ("trashed", "at"), ("deleted", "time"),
)  # fmt: skip
_STATUSES: Final = ("status", "state")


def delete(turn: Turn) -> Response:
    """DELETE of an entity: marked where it can say so and _stays readable, else gone."""
    path, id, before = turn.target()
    if before is None:
        return turn.missing(path, id)
    refusal = stale(turn, path, id, before)
    if refusal is not None:
        return refusal
    after = _mark_deleted(turn, before)
    if after is not None and _stays(turn):
        turn.write("update", path, id, before, after)
    else:
        turn.write("delete", path, id, before, None)
        _remove_children(turn, turn.state.home(path), id)
    return entity_reply(turn, path, id, before if after is None else after)


def clear(turn: Turn) -> Response:
    """DELETE of a whole collection."""
    path = turn.path()
    view = turn.population.facts[path].view
    referring = view is not None and view.refers
    for id in turn.state.ids(path):
        if referring:
            turn.leave(path, id)
        else:
            turn.write("delete", path, id, turn.state.get(path, id), None)
    return turn.world.renderer.fresh(turn.meaning, turn.draw("clear"))


def _mark_deleted(turn: Turn, before: Entity) -> Entity | None:
    """The entity as deleted by its own fields; None when it cannot say so or nobody is told."""
    meaning, collection = turn.meaning, turn.meaning.collection
    assert collection is not None
    shows = meaning.schema is not None and turn.world.resources.alike(meaning.view, collection)
    if not shows or collection.schema is None:
        return None
    changed = dict(before)
    for name, schema in collection.shape.properties.items():
        value = _mark(name, turn.world.document.schemas.resolve(schema), turn.now)
        if value is not None:
            changed[name] = value
    valid = turn.world.document.schemas.validator(collection.schema, "response").is_valid
    return changed if changed != before and valid(changed) else None


def _stays(turn: Turn) -> bool:
    """Whether a deleted entity can still be asked for."""
    template = turn.meaning.place.template
    resources = turn.world.resources
    if any(resources.operations_at(f"{template}/{{}}/{verb}") for verb in WAYS_BACK):
        return True
    readers = (resources.operations_at(at).get("GET") for at in (template, template + "/{}"))
    return any(
        {"deleted", "trashed"} & set(words(parameter.name))
        for reader in readers
        if reader is not None
        for parameter in reader.parameters
        if parameter.location == "query"
    )


def _remove_children(turn: Turn, path: str, id: str) -> None:
    """What only an entity that is gone had goes with it; `path` is that of its collection.

    It follows from the call and is no write of its own on the record.
    """
    home = turn.world.resources.at(path)
    if home is None:
        return
    for below in _owned_below(turn.world.resources, home):
        nested = f"{path}/{id}/{below}"
        children = turn.state.ids(nested)
        for child in children:
            turn.state.delete(nested, child)
            _remove_children(turn, turn.state.home(nested), child)


def _owned_below(resources: Resources, home: Collection) -> tuple[str, ...]:
    """The last words of the nested paths whose entities have a path of their own besides."""
    known: tuple[str, ...] | None = home.memo.get("owned below")
    if known is None:
        views = [resources.view(nested) for nested in resources.nested_below(home.template)]
        owned = (v for v in views if v is not None and v.owned and v.parent == home.template)
        known = tuple(v.template.rpartition("/")[2] for v in owned if v.home != home.template)
        home.memo["owned below"] = known
    return known


def restoring_values(name: str, before: Any) -> list[Any]:
    """The values that take a mark back, best first; none for a field that is no mark."""
    if words(name) in _FLAGS:
        return [False] if before is True else []
    return [None, ""] if words(name) in _TIMES and before else []


def _mark(name: str, schema: Any, now: float) -> Any:
    if not isinstance(schema, dict):
        return None
    parts = words(name)
    if parts in _TIMES:
        return instant(schema, int(now))
    kind = schema.get("type")
    if parts in _FLAGS and (kind == "boolean" or (isinstance(kind, list) and "boolean" in kind)):
        return True
    options = schema.get("enum")
    if parts[-1:] and parts[-1] in _STATUSES and isinstance(options, list):
        return next((o for o in options if isinstance(o, str) and o.lower() == "deleted"), None)
    return None
