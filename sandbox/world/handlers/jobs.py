"""Jobs in virtual time: what was begun moves through its states to an end, asked or not.

A job's work goes on with the session's clock; being asked for counts as a little time too, so that
a client that polls without waiting comes to the end as well.
"""

from __future__ import annotations

from math import ceil
from typing import Any, Final

from sandbox.conventions.jobs import Lifecycle
from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.conventions.paths import path_value
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import entity_noun
from sandbox.draws import Draw
from sandbox.messages import Response
from sandbox.world.operation_call import Turn
from sandbox.world.rendering.response_headers import waiting
from sandbox.world.state.state import Entity, Job
from sandbox.world.state.timestamps import instant

_SHORTEST, _LONGEST = 6, 20
"""Virtual seconds that a job takes."""
_POLL: Final = 2.0
"""Virtual seconds of work that one look at a job stands for."""
_BROUGHT: Final = ("result", "result_url", "output", "output_url", "download_url")
"""Fields that are filled in when a job has succeeded."""
_OUTCOMES: Final = (*_BROUGHT, "error", "failure", "error_message", "failure_reason")
_REASON: Final = "The work stopped half-way; nothing came of it. Start it again."
_STOPS: Final = frozenset({"cancel", "abort", "stop", "terminate", "kill"})


def lifecycle(turn: Turn, collection: Collection | None) -> Lifecycle | None:
    """How the entities of a collection move by themselves, if they do."""
    return None if collection is None else turn.world.conventions.about(collection).lifecycle


def first_stage(turn: Turn, collection: Collection, entity: dict[str, Any]) -> dict[str, Any]:
    """A new job at its first stage; itself where it is none."""
    life = lifecycle(turn, collection)
    if life is None:
        return entity
    fresh = {**entity, life.status: life.stages[0]}
    if life.progress in fresh:
        fresh[life.progress] = 0
    for name in _OUTCOMES:
        if fresh.get(name) is not None and name not in collection.shape.required:
            del fresh[name]
    if life.finished in fresh and life.finished not in collection.shape.required:
        del fresh[life.finished]
    return fresh if _valid(turn, collection, fresh) else entity


def start(turn: Turn, path: str, id: str, entity: Entity) -> None:
    """Let a job run from now on, if it is one and has not ended."""
    life = lifecycle(turn, turn.meaning.collection)
    if life is not None and not life.over(entity.get(life.status)):
        turn.state.run(path, id, Job(turn.now))


def look(turn: Turn, path: str, id: str) -> None:
    """Count one look at a job that runs."""
    known = turn.state.overlay.jobs.get((path, id))
    if known is not None:
        turn.state.run(path, id, known._replace(looks=known.looks + 1))
        _advance(turn, path, id)


def advance_all(turn: Turn) -> None:
    """Bring all jobs that run to where they are by now."""
    for path, id in sorted(turn.state.overlay.jobs.keys()):
        _advance(turn, path, id)


def _advance(turn: Turn, path: str, id: str) -> None:
    collection = turn.world.resources.at(path)
    life = lifecycle(turn, collection)
    entity = turn.state.get(path, id)
    if life is None or entity is None or life.over(entity.get(life.status)):
        turn.state.end(path, id)
        return
    assert collection is not None
    job = turn.state.overlay.jobs[path, id]
    draw = Draw(turn.seed, "job", path, id)
    whole = draw.integer(_SHORTEST, _LONGEST, "seconds")
    share = min(1.0, (turn.now - job.since + job.looks * _POLL) / whole)
    failed = job.fails_at is not None and share >= job.fails_at
    if failed and job.fails_at is not None:
        share = job.fails_at
    stage = min(int(share * (len(life.stages) - 1)), len(life.stages) - 1)
    moved: Entity = _at_stage(turn, collection, life, dict(entity), stage, share, draw)
    if failed:
        moved = _as_failed(turn, collection, life, moved)
    if moved != entity:
        turn.state.put(path, id, moved)
    if failed or stage == len(life.stages) - 1:
        turn.state.end(path, id)


def _as_failed(turn: Turn, collection: Collection, life: Lifecycle, entity: Entity) -> Entity:
    """A job as it stands after it failed, with what its document has to say why."""
    additions: dict[str, Any] = {life.status: life.failed}
    properties = collection.shape.properties
    for name in properties:
        if key_of(name) in names("outcome", "problems"):
            additions[name] = _REASON
    if life.finished is not None:
        additions[life.finished] = _moment(turn, properties[life.finished])
    for name, value in additions.items():
        if _takes(turn, collection, entity, name, value):
            entity = {**entity, name: value}
    return entity


def _moment(turn: Turn, schema: Any) -> Any:
    resolved = turn.world.document.schemas.resolve(schema)
    return instant(resolved if isinstance(resolved, dict) else {}, int(turn.now))


def _at_stage(
    turn: Turn, collection: Collection, life: Lifecycle, entity: dict[str, Any], stage: int,
    share: float, draw: Draw,
) -> dict[str, Any]:  # fmt: skip
    """The entity at a stage; what an end brings is filled in field by field, where valid."""
    result = {**entity, life.status: life.stages[stage]}
    if not _valid(turn, collection, result):
        return entity
    additions: dict[str, Any] = {}
    properties = collection.shape.properties
    if life.progress is not None and life.progress in properties:
        additions[life.progress] = int(share * 100)
    if stage == len(life.stages) - 1:
        if life.finished is not None:
            additions[life.finished] = _moment(turn, properties[life.finished])
        for name in properties:
            if key_of(name) in _BROUGHT and not entity.get(name):
                additions[name] = turn.world.values.make(properties[name], draw.child(name))
    for name, value in additions.items():
        if _takes(turn, collection, result, name, value):
            result = {**result, name: value}
    return result


def _takes(turn: Turn, collection: Collection, entity: Entity, name: str, value: Any) -> bool:
    return _valid(turn, collection, {**entity, name: value})


def _valid(turn: Turn, collection: Collection, entity: Entity) -> bool:
    validator = turn.world.document.schemas.validator(collection.schema, "response")
    return validator.is_valid(entity)


def stopping(turn: Turn, collection: Collection, before: Entity) -> Response | None:
    """The refusal to stop a job that has ended, where the document declares one."""
    life = lifecycle(turn, collection)
    over = life is not None and life.over(before.get(life.status))
    if not over or key_of(turn.meaning.verb) not in _STOPS:
        return None
    if "409" not in turn.meaning.operation.replies:
        return None
    return turn.refuse(409, f"The {entity_noun(collection.noun)} has ended already.")


def not_ready(turn: Turn) -> Response | None:
    """The declared refusal of a result whose job has not succeeded (yet)."""
    meaning = turn.meaning
    if meaning.operation.method != "GET" or not meaning.parents:
        return None
    refusal: int | None = meaning.memo.get("not ready", 0)
    if refusal == 0:
        refusal = meaning.memo["not ready"] = _early(turn, meaning)
    if refusal is None:
        return None
    place, name = meaning.parents[-1]
    collection = turn.world.resources.collection(place.template)
    life = lifecycle(turn, collection)
    path = place.fill({**turn.arguments.path, **turn.known_as})
    id = turn.known_as.get(name) or path_value(turn.arguments.path, name)
    look(turn, path, id)
    job = turn.state.get(path, id)
    if life is None or job is None or job.get(life.status) == life.stages[-1]:
        return None
    return turn.refuse(refusal, f"It is {job.get(life.status)}; there is no result.")


def _early(turn: Turn, meaning: Meaning) -> int | None:
    """The status that tells of a result too early; None where this is no job's result."""
    place, _ = meaning.parents[-1]
    collection = turn.world.resources.collection(place.template)
    if lifecycle(turn, collection) is None:
        return None
    declared = meaning.operation.replies
    found = next((status for status in (409, 425) if str(status) in declared), None)
    last = key_of(meaning.operation.path.rstrip("/").rpartition("/")[2])
    if found is None and last in names("jobs", "results") and "404" in declared:
        return 404
    return found


def with_retry_after(turn: Turn, response: Response) -> Response:
    """A reply that says when to come back, where it declares that it does."""
    meaning = turn.meaning
    declares: bool | None = meaning.memo.get("awaited")
    if declares is None:
        success = meaning.operation.success
        names_ = success[1].headers if success is not None else ()
        declares = meaning.memo["awaited"] = any(name.lower() == "retry-after" for name in names_)
    if not declares or response.header("retry-after") is not None:
        return response
    jobs = turn.state.overlay.jobs
    if response.status != 202 and not jobs:
        return response
    wait = ceil(_SHORTEST / 2)
    headers = (*response.headers, ("retry-after", str(wait)))
    return Response(response.status, headers, waiting(response.body, headers), response.delay)
