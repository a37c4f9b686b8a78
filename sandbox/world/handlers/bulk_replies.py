"""Replies of bulk operations: what became of each entity that was sent, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from sandbox.conventions.bulk import BulkReply, Outcomes
from sandbox.conventions.bulk import bulk_reply as reply_form
from sandbox.conventions.representations import in_media_type
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import words
from sandbox.messages import ABSENT, Problem, Response
from sandbox.world.operation_call import Turn
from sandbox.world.state.ids import typed_id
from sandbox.world.state.state import Entity

_FROM_ONE = frozenset({"line", "row"})
"""Words of numbers that count the entries from 1."""


class Outcome(NamedTuple):
    """What became of one entity that a call sent: made under its id, or refused."""

    given: Mapping[str, Any]
    id: str = ""
    entity: Entity = MappingProxyType({})
    status: int = 0
    """The status that the refusal of a call about this entity alone would have; 0: it was made."""
    text: str = ""
    problems: Sequence[Problem] = ()


def tells_failures(turn: Turn) -> bool:
    """Whether the call's reply can tell that some of its entities were refused."""
    return turn.meaning.bulk and _form(turn).tells_failures


def _form(turn: Turn) -> BulkReply:
    if "207" in turn.meaning.operation.replies and turn.meaning.status != 207:
        several = in_media_type(turn.world.resources, turn.meaning, 207)
        return reply_form(turn.world.resources, several)
    return reply_form(turn.world.resources, turn.meaning)


def bulk_reply(turn: Turn, path: str, outcomes: Sequence[Outcome]) -> Response:
    """The reply: its lists and numbers about these outcomes, the rest as the document has it."""
    if "207" in turn.meaning.operation.replies and any(each.status for each in outcomes):
        turn.meaning = in_media_type(turn.world.resources, turn.meaning, 207)
    form, renderer = reply_form(turn.world.resources, turn.meaning), turn.world.renderer
    draw, members = turn.draw("reply"), dict[str, Any]()
    for each in form.lists:
        about = [
            (index, outcome)
            for index, outcome in enumerate(outcomes)
            if each.about in ("all", "failed" if outcome.status else "made")
        ]
        entries = list(filter(_is_there, (_entry(turn, path, each, *one) for one in about)))
        if not each.keys:
            return renderer.reply(turn.meaning, entries, draw)
        inner = members
        for key in each.keys[:-1]:
            inner = inner.setdefault(key, {})
        inner[each.keys[-1]] = entries
    failed = sum(outcome.status > 0 for outcome in outcomes)
    numbers = {"all": len(outcomes), "failed": failed, "made": len(outcomes) - failed, "none": 0}
    members |= {name: numbers[about] for name, about in form.counts.items()}
    return renderer.fresh(turn.meaning, draw, like=members)


def _is_there(value: Any) -> bool:
    return value is not ABSENT


def _entry(turn: Turn, path: str, form: Outcomes, index: int, outcome: Outcome) -> Any:
    """The entry of a list about one outcome; ABSENT where the list has no form for it."""
    valid = turn.world.document.schemas.validator(form.schema, "response").is_valid
    if "" in form.members:
        value = _member(turn, path, form.members[""], "", form.schema, index, outcome)
        return value if value is not ABSENT and valid(value) else ABSENT
    properties = turn.world.resources.shape(form.schema).properties
    made: Any = _refusal(turn, form.schema, outcome) if outcome.status else ABSENT
    if not isinstance(made, dict):
        draw = turn.draw("entry").child(index)
        made = turn.world.values.make(form.schema, draw, sparse=True)
    for name, value in _members(turn, path, form, properties, index, outcome):
        trial = {**made, name: value}
        if value is ABSENT:
            trial.pop(name)
        made = trial if valid(trial) else made
    return made if valid(made) else ABSENT


def _members(
    turn: Turn, path: str, form: Outcomes, properties: Mapping[str, Any], index: int,
    outcome: Outcome,
) -> Iterator[tuple[str, Any]]:  # fmt: skip
    for name, role in form.members.items():
        value = _member(turn, path, role, name, properties[name], index, outcome)
        if value is ABSENT:
            yield name, None  # what a required member says of nothing
        yield name, value


def _member(
    turn: Turn, path: str, role: str, name: str, schema: Any, index: int, outcome: Outcome
) -> Any:
    """What one member of an entry tells of its outcome; ABSENT for nothing."""
    world, collection, made = turn.world, turn.meaning.collection, not outcome.status
    assert collection is not None
    if role == "index":
        return index + 1 if _FROM_ONE & set(words(name)) else index
    if role == "status":
        return _status(turn, schema, outcome)
    if role in ("succeeded", "failed"):
        return made == (role == "succeeded")
    if role == "sent":
        return outcome.given
    if role == "error":
        return ABSENT if made else _refusal(turn, schema, outcome)
    if not made:
        return ABSENT
    if role == "entity":
        draw, at = turn.draw("reply").child(outcome.id), (path, outcome.id)
        return world.renderer.projection.project(collection, schema, outcome.entity, draw, at)
    value = typed_id(world.document.schemas, schema, outcome.id)
    return ABSENT if value is None else value


def _status(turn: Turn, schema: Any, outcome: Outcome) -> Any:
    """How a member called status or code tells an outcome: as a number or in a word."""
    shape, status = turn.world.resources.shape(schema), outcome.status or 201
    if shape.type != "string" and "enum" not in shape.keywords:
        return status
    good = names("outcome", "good") | names("bulk", "made")
    bad = names("outcome", "bad") | names("bulk", "failed")
    choices = [each for each in shape.keywords.get("enum", ()) if isinstance(each, str)]
    fitting = (each for each in choices if key_of(each) in (bad if outcome.status else good))
    return next(fitting, "failed" if outcome.status else "created")


def _refusal(turn: Turn, schema: Any, outcome: Outcome) -> Any:
    """The refusal of one entity in the form of a schema; ABSENT where there is none."""
    return turn.world.error_responses.write(
        schema, outcome.status, outcome.text, outcome.problems, turn.helpfulness
    )
