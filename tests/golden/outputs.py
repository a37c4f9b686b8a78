"""What is frozen, in parts: replies, tools, facts, tasks, faults, drift, broken calls, scoring.

A part is a name and what makes its outputs; an output is a name that leads to a short digest:
`bookshop/createBook` is one fixed call of an operation, sent to a session of its own for each seed,
`bookshop/createBook then reads` is what every GET says after it. The invented documents bring the
conventions that the bundled ones lack; the little ones of documents.jsonl, an operation or two
each, what the invented ones lack; the real ones, where WAVETANK_CORPUS names their folder, bring
what nobody invents.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from agent.cli.model_rows import model_rows
from sandbox import World
from sandbox.draws import Draw
from sandbox.drift import operators, releases
from sandbox.errors import NoInstance, PlanError
from sandbox.faults import faults
from sandbox.tasks import generate
from sandbox.tasks.generate import RECIPES
from sandbox.tasks.malformed import MUTATORS, Ground, apply, malform, valid_arguments
from sandbox.tools import DIALECTS, as_dialect
from tests.bench.explorer import walk
from tests.golden.changes import changes
from tests.golden.conversations import conversations
from tests.golden.drifting import next_version, release_texts, through_versions
from tests.golden.episodes import of_agents, through_drift, through_faults, with_bugs
from tests.golden.files import files, own_entities
from tests.golden.plans import on_lists, plan_parts
from tests.golden.replies import bytes_of, digest, first_ids, json_of, replies, request_to
from tests.golden.requests import asked_with_headers
from tests.golden.signing_in import signing_in
from tests.golden.texts import answers, catalogues, claims, narrowed, variety
from tests.golden.tours import endings, goals, tours
from tests.golden.understanding import understanding_of
from tests.golden.verdicts import verdicts
from tests.golden.walks import ROUNDS, walked
from tests.golden.words import deeds, in_words
from tests.golden.worlds import (
    BUNDLED,
    DENSE,
    INVENTED,
    LARGE,
    LITTLE,
    SMALL,
    STATED,
    world_named,
)
from tests.trajectories.little import finished, malformed
from trajectories.exports import FORMATS, export

Outputs = Iterator[tuple[str, str]]


def parts() -> dict[str, Callable[[Path], Outputs]]:
    """What makes each part; it is given a folder of its own for files."""
    made: dict[str, Callable[[Path], Outputs]] = {"exports": _exports, "versions": through_versions}
    for name in (DENSE, *BUNDLED, *INVENTED):
        made[f"replies of {name}"] = partial(_replies, name)
        made[f"facts of {name}"] = partial(_facts, name)
        made[f"tasks of {name}"] = partial(_tasks, name)
        made[f"drift of {name}"] = partial(_drift, name)
        made[f"broken calls of {name}"] = partial(_broken_calls, name)
        made[f"walk through {name}"] = partial(_walk, name)
        made[f"tours of {name}"] = partial(_tours, name)
        made[f"endings of {name}"] = partial(_endings, name)
        made[f"goals of {name}"] = partial(_goals, name)
    for name in (DENSE, "bookshop", "helpdesk"):
        made[f"faults of {name}"] = partial(_faults, name)
    for family in "THABSMX":
        for name in (DENSE, "bookshop", "helpdesk"):
            made[f"lists of {name} through {family}"] = partial(_lists, name, family)
    for part, planned in plan_parts().items():
        made[f"{part} on {DENSE}"] = partial(_planned, planned)
    for name in SMALL:
        for make in (
            _facts,
            _replies,
            _walk,
            _tasks,
            _drift,
            _faults,
            _broken_calls,
            _tours,
            _endings,
        ):
            made[f"{make.__name__.strip('_')} of real {name}"] = partial(_whole, make, name)
    for name in LARGE:
        for make in (_facts, _walk, _tasks, _endings):
            made[f"{make.__name__.strip('_')} of real {name}"] = partial(_whole, make, name)
    for name in LITTLE:
        made[f"all of {name}"] = partial(_all, name)
    for name in (DENSE, "bookshop"):
        made[f"headers to {name}"] = partial(_with_headers, name)
    for name in SMALL[::3]:
        part = f"headers of real {name}"
        made[part] = partial(_whole, _with_headers, name)
    made |= {"conversations": conversations, "files": files}
    for name in STATED:
        made[f"all of {name}"] = partial(_all, name)
        made[f"{name} in its next version"] = partial(next_version, name)
    for name in (DENSE, *BUNDLED):
        made[f"seed data of {name}"] = partial(_seeded, name)
    for read in (
        claims,
        answers,
        variety,
        signing_in,
        in_words,
        deeds,
        verdicts,
        changes,
        own_entities,
        catalogues,
        narrowed,
    ):
        made[read.__name__] = partial(_of_texts, read)
    for family in "THABSMX":
        made[f"scoring of {family}"] = partial(through_faults, family)
    made["scoring of drift"] = through_drift
    made["scoring of bugs"] = with_bugs
    for name in ("bookshop", "bank", "travel"):
        made[f"scoring on {name}"] = partial(of_agents, name)
    return made


def _replies(name: str, folder: Path) -> Outputs:
    found = replies(world_named(name), name, {})
    if name in INVENTED:  # a digest for all of them: there are many
        yield f"{name}/replies", digest(text.encode() for _, text in found)
    yield from found
    if name == "bookshop":
        yield from replies(world_named(name), f"{name} with faults", {"faults": "H01,B01,S01"})
        yield from replies(world_named(name), f"{name} with drift", {"drift": "D03,D20"})
    tools = world_named(name).session().tools
    for dialect in DIALECTS:
        yield f"{name}/tools as {dialect}", _of(as_dialect(tools[each], dialect) for each in tools)


def _walk(name: str, folder: Path) -> Outputs:
    yield from walked(world_named(name), name, rounds=1 if name in LARGE else ROUNDS)


def _tours(name: str, folder: Path) -> Outputs:
    yield from tours(world_named(name), name)


def _seeded(name: str, folder: Path) -> Outputs:
    """A world of a user's own entities: some that it made itself, with fields left out."""
    world = world_named(name)
    session, data = world.session(seed=1), dict[str, Any]()
    ids = first_ids(session.fork())
    for operation in world.document.operations.values():
        if operation.method == "GET" and not operation.path.endswith("}"):
            reply = json_of(session.handle(request_to(world, operation, ids)).body)
            entities = [each for each in walk(reply) if "id" in each][:3]
            path = request_to(world, operation, ids).path.removeprefix(world.document.base_path)
            data[path] = [dict([*each.items()][: -1 - n]) for n, each in enumerate(entities)]
    for path, entities in data.items():
        try:
            own = World(world.document, data={path: entities})
            texts = [text for _, text in walked(own, name, rounds=1)]
        except PlanError as error:
            texts = [str(error)]
        yield f"{name}/seeded {path}", digest(map(str.encode, texts))


def _lists(name: str, family: str, folder: Path) -> Outputs:
    yield from on_lists(world_named(name), name, family)


def _planned(make: Callable[[World, str], Outputs], folder: Path) -> Outputs:
    yield from make(world_named(DENSE), DENSE)


def _of_texts(make: Callable[[], Outputs], folder: Path) -> Outputs:
    yield from make()


def _with_headers(name: str, folder: Path) -> Outputs:
    yield from asked_with_headers(world_named(name), name)


def _endings(name: str, folder: Path) -> Outputs:
    yield from endings(world_named(name), name)


def _goals(name: str, folder: Path) -> Outputs:
    yield from goals(world_named(name), name)


def _all(name: str, folder: Path) -> Outputs:
    """Each kind of output of a little document, as one digest."""
    kinds = (_facts, _replies, _walk, _tasks, _drift, _broken_calls, _tours, _silent_faults, _goals)
    for make in kinds:
        yield from _whole(make, name, folder)


def _whole(make: Callable[[str, Path], Outputs], name: str, folder: Path) -> Outputs:
    """All outputs of a kind as one digest."""
    found = make(name, folder)
    yield f"{name}{make.__name__}", digest(text.encode() for each in found for text in each)


def _facts(name: str, folder: Path) -> Outputs:
    yield f"{name}/facts", _of(model_rows(world_named(name)))
    yield f"{name}/understanding", digest(map(str.encode, understanding_of(world_named(name))))


def _tasks(name: str, folder: Path) -> Outputs:
    for seed in (1, 2):
        tasks = generate(world_named(name), n=6 if name in LITTLE else 25, seed=seed)
        texts = [task.model_dump(mode="json") for task in tasks]
        yield f"{name}/tasks of seed {seed}", _of(texts)
    kinds = [generate(world_named(name), n=3, seed=3, kinds=[kind]) for kind in RECIPES]
    texts = [task.model_dump(mode="json") for tasks in kinds for task in tasks]
    yield f"{name}/tasks by kind", _of(texts)


def _faults(name: str, folder: Path) -> Outputs:
    """What each fault makes of a read, a list and a write, made twice."""
    yield from _meeting(name, faults())


def _silent_faults(name: str, folder: Path) -> Outputs:
    """What those do that strike only where some read reveals them."""
    yield from _meeting(name, ("T03", "S02", "S06", "S07", "S09", "S13", "M08", "X04"))


def _meeting(name: str, ids_of_faults: Iterable[str]) -> Outputs:
    world = world_named(name)
    ids = first_ids(world.session(seed=1))
    operations = world.document.operations.values()
    for fault in ids_of_faults:
        texts: list[bytes] = []
        for operation in operations:
            rule = {"trigger": {"model": "schedule", "steps": [fault, fault]}}
            session = world.session(seed=1, faults={"rules": [rule]})
            for _ in range(3):
                request = request_to(world, operation, ids)
                texts.append(bytes_of(session.handle(request)))
            texts.append(json.dumps([row.as_json() for row in session.ledger]).encode())
        yield f"{name}/{fault}", digest(texts)


def _drift(name: str, folder: Path) -> Outputs:
    """What each operator makes of the document and of calls, and what old calls say then."""
    world = world_named(name)
    ids = first_ids(world.session(seed=1))
    for operator in operators():
        texts: list[bytes] = []
        for seed in range(1, 6) if name == DENSE else (1,):
            try:
                drift = releases(operator, world, seed=seed, label="")
            except PlanError:
                continue
            if drift is None:
                continue
            session = world.session(seed=seed, drift=operator)
            texts += [
                each.encode()
                for release in drift.releases
                for each in release_texts(world, release)
            ]
            for operation in world.document.operations.values():
                twin = session.fork()
                texts.append(bytes_of(twin.handle(request_to(world, operation, ids))))
                texts += [json.dumps(row.as_json()).encode() for row in twin.ledger]
        if texts:
            yield f"{name}/{operator}", digest(texts)


def _broken_calls(name: str, folder: Path) -> Outputs:
    """What each mutator makes of each tool's call, and what the world says to it."""
    world, texts, said = world_named(name), list[str](), list[str]()
    tools = world.session().tools
    for tool in tools.values():
        draw = Draw("golden", tool.name)
        try:
            ground = Ground(tool, valid_arguments(tool, draw, optional=0.6), tools)
            others = valid_arguments(tool, draw.child("others"), optional=1)
        except NoInstance:
            continue
        schemas = world.document.schemas
        ground = replace(ground, base_path="/v1", others=others, schemas=schemas)
        made = [apply(mutator, ground, draw.child(id)) for id, mutator in MUTATORS.items()]
        made += [malform(ground, draw.child(index)) for index in range(8)]
        texts.append(repr(made))
        for each in filter(None, made):
            session = world.session(seed=1)
            if each.request is not None:
                said.append(repr(session.handle(each.request)))
            said += [session.call(call.tool, call.arguments).text for call in each.calls]
            said += [json.dumps(row.as_json()) for row in session.ledger]
    yield f"{name}/broken calls", digest(map(str.encode, texts))
    yield f"{name}/replies to broken calls", digest(map(str.encode, said))


def _exports(folder: Path) -> Outputs:
    for format in sorted(set(FORMATS) - {"trl-preference"}):  # these two make no pair
        files = export([finished(), malformed()], format, folder / format).files
        if format == "trl":  # parquet bytes follow the library's version, its rows do not
            from pyarrow import parquet

            texts = [json.dumps(parquet.read_table(each).to_pylist()).encode() for each in files]
        else:
            texts = [each.read_bytes() for each in sorted(files)]
        yield f"export/{format}", digest(texts)


def _of(values: Iterable[Any]) -> str:
    return digest(json.dumps(value, sort_keys=True, default=str).encode() for value in values)
