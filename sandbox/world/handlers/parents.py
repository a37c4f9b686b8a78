"""A call that names its parent twice: in its path, and in its body or query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.conventions.parent_fields import ParentField
from sandbox.conventions.paths import id_text
from sandbox.document.problems import status_of
from sandbox.messages import Problem, Response
from sandbox.world.operation_call import Turn
from sandbox.world.state.ids import typed_id
from sandbox.world.state.population import set_at

_NOTHING: Final = object()


def contradiction(turn: Turn, entities: Iterator[tuple[str, Any]]) -> Response | None:
    """The refusal of a call whose body or query names another parent than its path does.

    `entities`: each entity of the body with its JSON pointer.
    """
    problems = []
    fields = turn.facts.parent_fields
    for each in fields:
        if each.location == "query":
            value = turn.arguments.query.get(each.path[0], _NOTHING)
            problems += _problems(turn, each, value, f"/{each.path[0]}")
    for where, entity in entities if fields else ():
        for each in fields:
            if each.location == "body" and not each.moves:
                value = _value_given(entity, each)
                problems += _problems(turn, each, value, "/".join((where, *each.path)))
    if not problems:
        return None
    operation = turn.meaning.operation
    return turn.world.error_responses.refuse(
        operation, status_of(problems, operation), problems=problems, helpfulness=turn.helpfulness
    )


def is_moved(turn: Turn, entity: Mapping[str, Any]) -> bool:
    """Whether an update gives the entity another parent than the path says."""
    return any(
        each.moves and _problems(turn, each, _value_given(entity, each), "")
        for each in turn.facts.parent_fields
    )


def _value_given(entity: Any, field: ParentField) -> Any:
    for name in field.path:
        entity = entity.get(name, _NOTHING) if isinstance(entity, Mapping) else _NOTHING
    return entity


def _problems(turn: Turn, field: ParentField, value: Any, pointer: str) -> list[Problem]:
    given = id_text(turn.arguments.path[field.parameter])
    also = turn.known_as.get(field.parameter, given)
    if value is _NOTHING or value is None or id_text(value) in (given, also):
        return []
    if typed_id(turn.world.document.schemas, field.schema, given) is None:
        return []  # The field goes by another name of the parent than the path.
    name = field.path[-1]
    message = f"must be {given}, as the path says"
    return [Problem(pointer, field.location, "parent", message, given, name)]


def with_parents(turn: Turn, path: str, entity: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entity written through a nested path, saying its parents where it can."""
    made, home = entity, turn.meaning.collection
    if not turn.population.facts[path].plain:
        made = turn.population.with_parent(path, entity)
    if home is None or home.schema is None:
        return made
    schemas = turn.world.document.schemas
    for each in turn.facts.parent_fields:
        name = each.path[0]
        if each.location == "body" and len(each.path) == 1 and name not in made:
            if name in home.shape.properties:
                given = turn.known_as.get(each.parameter, turn.arguments.path[each.parameter])
                value = typed_id(schemas, home.shape.properties[name], id_text(given))
                whole = set_at(dict(made), each.path, value)
                valid = schemas.validator(home.schema, "response").is_valid(whole)
                made = whole if valid and value is not None else made
    return made
