"""What plans do that say more than an id: parameters, models of time, who knows of a release.

Each plan meets the same client, which walks through the document while time passes; what is frozen
are its replies, their headers and the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any, Final, get_args
from urllib.parse import urlencode

from sandbox import Session, World
from sandbox.conventions.inputs import value_at
from sandbox.drift import operators, releases
from sandbox.drift.plan import Visibility
from sandbox.errors import SandboxError
from sandbox.faults import faults, plan
from sandbox.faults.error_shapes import DIALECTS
from sandbox.faults.recording import Tape
from sandbox.faults.registry import Fault
from sandbox.tools import Tool
from tests.bench.explorer import Explorer, walk
from tests.golden.replies import bytes_of, digest, first_ids, json_of, request_to
from tests.golden.walks import Client

Make = Callable[[World, str], Iterator[tuple[str, str]]]

_MODELS: Final[tuple[Mapping[str, Any], ...]] = (
    {"model": "iid", "p": 0.4},
    {"model": "iid", "p": 0.4, "sticky": "intent"},
    {"model": "iid", "p": 0.4, "sticky": "operation"},
    {"model": "two_stage", "p_arm": 0.9, "p": 0.4},
    {"model": "window", "from_s": 20, "to_s": 50},
    {"model": "state_guard", "collection": "", "count": 2, "n": None},
    {"model": "state_guard", "collection": "", "count": 1},
)
_SCOPED: Final[tuple[Mapping[str, Any], ...]] = (
    {"model": "first_n", "n": 2},
    {"model": "every_nth", "n": 3, "offset": 1},
    {"model": "at_calls", "calls": [1, 3]},
    {"model": "at_calls", "calls": [0], "after": 4},
    {"model": "window", "from_call": 2, "to_call": 5},
    {"model": "burst", "p_gb": 0.3, "p_bg": 0.4, "h_good": 0.1, "h_bad": 0.9},
    {"model": "token_bucket", "capacity": 2, "refill_per_s": 0.1},
    {"model": "concurrency", "max_inflight": 1, "hold_s": 10.0},
    {"model": "adaptive", "p": 0.3, "within_s": 8.0},
    {"model": "schedule", "steps": ["H08", None, "T03"], "last_sticks": True},
)
_SCOPES: Final = ("global", "client", "connection", "operation", "wire", "intent")
_RULES: Final[tuple[Mapping[str, Any], ...]] = (
    {"budget": 2},
    {"max_consecutive": 1},
    {"exclusive": None},
    {"exclusive": "mine"},
    {"match": {"op": "*s", "method": ["get", "POST"]}},
    {"match": {"path": "*}", "tag": "*"}},
    {"match": {"tool": "*e*", "does": ["list", "update", "delete"]}},
    {"match": {"header": {"if-match": "?*"}}},
    {"match": {"header": {"prefer": ""}, "session": ["", "s"]}},
    {"match": {"argument": {"name": "*", "limit": 2}, "agent": ""}},
)
_PLANS: Final[tuple[Mapping[str, Any], ...]] = (
    {"severity": 2},
    {"severity": 0.5},
    {"max_consecutive": None},
    {"fair": False},
)


def plan_parts() -> dict[str, Make]:
    """What makes the outputs of each part; they are given a world and its name."""
    made: dict[str, Make] = {"rules": rules, "what brings a release": drift_causes}
    for dialect in DIALECTS:
        made[f"errors in the dialect {dialect}"] = partial(dialects, dialect=dialect)
    for model in dict.fromkeys(each["model"] for each in (*_MODELS, *_SCOPED)):
        made[f"trigger {model}"] = partial(triggers, model=model)
    for mode in get_args(Visibility):
        made[f"releases {mode}"] = partial(drift_modes, mode=mode)
    for family in "THBSM":
        made[f"parameters of {family}"] = partial(fault_parameters, family=family)
    return made


def on_lists(world: World, name: str, family: str) -> Iterator[tuple[str, str]]:
    """Each fault of a family on pages after the first, filtered lists and what is read again."""
    for fault in (each for each in faults() if each.startswith(family)):
        rule = {"fault": fault, "trigger": "always"}
        session = world.session(seed=1, faults={"rules": [rule], "max_consecutive": None})
        texts = [each for tool in world.tools.values() for each in _pages(session, tool)]
        rows = [json.dumps(row.as_json()) for row in session.ledger]
        yield f"{name}/lists through {fault}", digest(map(str.encode, (*texts, *rows)))


def _pages(session: Session, tool: Tool) -> Iterator[str]:
    """A list's first pages, filtered by what they show; other reads three times."""
    assert tool.operation is not None
    facts = session.world.conventions.of(tool.operation)
    ids = first_ids(session.world.session(seed=1))
    if tool.operation.method != "GET":
        return
    request = request_to(session.world, tool.operation, ids)
    if facts.paging is None or facts.paging.position is None:
        yield from (str(session.handle(request)) for _ in range(3))
        return
    paging, position = facts.paging, facts.paging.position
    asked: dict[str, Any] = {} if paging.size is None else {paging.size.spelling: 2}
    shown = json_of(session.handle(request).body)
    for page in range(3):
        reply = session.handle(replace(request, query=urlencode(asked)))
        yield str(reply)
        following = (value_at(json_of(reply.body), each.pointer) for each in paging.next)
        number = paging.first + (page + 1) * (1 if paging.style == "page" else 2)
        asked[position.spelling] = number if paging.is_numbered else next(following, None) or "x"
    for one in facts.filters:
        found = [each[one.name] for each in walk(shown) if one.name in each][:1]
        query = urlencode([(one.name, value) for value in found])
        yield str(session.handle(replace(request, query=query)))


def fault_parameters(world: World, name: str, family: str) -> Iterator[tuple[str, str]]:
    """Each fault of a family with each of its parameters changed."""
    for fault in (each for each in faults().values() if each.id.startswith(family)):
        for param, value in _changes(fault):
            rule = {"fault": fault.id, "params": {param: value}, "trigger": "always"}
            source = {"rules": [rule], "max_consecutive": None}
            session = world.session(seed=1, faults=source)
            yield f"{name}/{fault.id} with {param} {value}", digest(_walk(session, rounds=1))


def _changes(fault: Fault) -> Iterator[tuple[str, Any]]:
    for param, default in fault.params.items():
        if isinstance(default, bool):
            yield param, not default
        elif param in fault.choices:
            yield from ((param, each) for each in fault.choices[param] if each != default)
        elif isinstance(default, int | float):
            yield param, default + 1 if isinstance(default, int) else default / 2


def triggers(world: World, name: str, model: str) -> Iterator[tuple[str, str]]:
    """A model of time in each scope it may have."""
    scoped = ({**each, "scope": scope} for each, scope in product(_SCOPED, _SCOPES))
    first = next(iter(world.resources.templates))
    for each in (*_MODELS, *scoped):
        if each["model"] == model:
            trigger = {**each, "collection": first} if "collection" in each else each
            rule = {"trigger": trigger} | ({} if "steps" in trigger else {"fault": "H08"})
            yield f"{name}/{json.dumps(each)}", _storm(world, {"rules": [rule]})


def rules(world: World, name: str) -> Iterator[tuple[str, str]]:
    """Rules with bounds and filters, plans with bounds, and faults that are composed."""
    often = {"model": "iid", "p": 0.6}
    for more in _RULES:
        three = [{"fault": each, "trigger": often, **more} for each in ("H08", "T03", "M04")]
        yield f"{name}/rules with {more}", _storm(world, {"rules": three})
    parts = [{"fault": "T01", "params": {"ms": 50}}, "H06"]
    composed = {"rules": [{"compose": parts, "trigger": often}]}
    yield f"{name}/composed", _storm(world, composed)
    five = [{"fault": each, "trigger": often} for each in ("H08", "T03", "M04", "S06", "S13")]
    for more in _PLANS:
        yield f"{name}/plan with {more}", _storm(world, {"rules": five, **more})


def dialects(world: World, name: str, dialect: str) -> Iterator[tuple[str, str]]:
    """Each fault told in a dialect, on a read, a list and a write of the document."""
    ids = first_ids(world.session(seed=1))
    operations = [*world.document.operations.values()]
    some = [operations[0], next(each for each in operations if each.path.endswith("}"))]
    some += [each for each in operations if each.method == "POST"][:1]
    for fault in faults():
        rule = {"fault": fault, "trigger": "always", "dialect": dialect}
        session = world.session(seed=1, faults={"rules": [rule]})
        texts = [bytes_of(session.handle(request_to(world, each, ids))) for each in some]
        yield f"{name}/{fault} told as {dialect}", digest(texts)


def _storm(world: World, source: Mapping[str, Any]) -> str:
    """What a plan does to two rounds of a walk, and what its tape says when played leniently."""
    session = world.session(seed=1, faults=source)
    texts = [*_walk(session, rounds=2)]
    tape = Tape.of(session.ledger, strict=False)
    again = world.session(seed=2, faults=plan(source).compile(world, 2, tape=tape))
    return digest([*texts, *_walk(again, rounds=1)])


def drift_modes(world: World, name: str, mode: str) -> Iterator[tuple[str, str]]:
    """Two releases one after the other, of which clients know as the mode says."""
    first = {"operators": [{"op": "D03", "count": 2}, {"op": "D01", "count": 2}], "after_calls": 6}
    second = {"operators": [{"op": "D15"}, {"op": "D04", "count": 2}], "after_calls": 15}
    both = {"strict": False, "releases": [first, second], "visibility": mode}
    for more in ({}, {"rollback_after": 30}, {"severity": 2}, {"share": 0.2}):
        yield f"{name}/{mode} {more}", _drifting(world, {**both, **more})


def drift_causes(world: World, name: str) -> Iterator[tuple[str, str]]:
    """Releases that time or an entity brings, and operators with each of their choices."""
    path = next(iter(world.resources.templates))
    for when in ({"after_s": 40}, {"when": {"collection": path, "count": 2}}):
        release = {"operators": [{"op": "D03", "count": 2}], **when}
        yield f"{name}/{when}", _drifting(world, {"strict": False, "releases": [release]})
    for operator in operators().values():
        for param, values in operator.choices.items():
            for value in values:
                step = {"op": operator.id, "params": {param: value}, "count": 2}
                source = {"strict": False, "releases": [{"operators": [step]}]}
                yield f"{name}/{operator.id} with {param} {value}", _drifting(world, source)


def _drifting(world: World, source: Mapping[str, Any]) -> str:
    session = world.session(seed=1, drift=source)
    made = releases(source, world, seed=1).releases
    notes = [(each.note, each.findings) for each in made]
    return digest([*_walk(session, rounds=2), repr(notes).encode()])


def _walk(session: Session, *, rounds: int) -> Iterator[bytes]:
    client = Client(Explorer(session.world, session))
    for round in range(rounds):
        for number, operation in enumerate(session.world.document.operations.values()):
            yield from map(bytes_of, client.calls(operation, round))
            if number % 3 == 0:
                yield session.call("wait", {"seconds": 4}).text.encode()
            if number % 7 == 3:
                yield session.call("read_docs", {}).text.encode()
                yield repr(sorted(session.tools)).encode()
    try:
        yield json.dumps([row.as_json() for row in session.ledger]).encode()
    except SandboxError as error:
        yield str(error).encode()
