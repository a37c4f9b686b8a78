"""Broken calls: really broken, labelled, and with the call they should have been."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import specs
from sandbox.draws import Draw
from sandbox.errors import UnknownName
from sandbox.tasks import generate
from sandbox.tasks.malformed import (
    MUTATORS,
    Ground,
    Malformed,
    apply,
    malform,
    malformed_calls,
)
from sandbox.tasks.malformed.valid_calls import is_valid
from sandbox.world import Session, World
from tests.sandbox.world.documents import does, thing, world_of


@lru_cache
def grounds(name: str) -> tuple[tuple[Ground, int], ...]:
    """Valid calls that really happen, each with the seed of its session."""
    world = World.load(name)
    found = []
    for task in generate(world, n=60, seed=2):
        for step in (task.solution or ())[:1]:
            ground = Ground.of(world, step.tool, dict(step.arguments))
            found.append((ground, task.seed))
    return tuple(found)


def status(session: Session, made: Malformed) -> int | None:
    if made.request is not None:
        return session.handle(made.request).status
    return [session.call(call.tool, call.arguments).status for call in made.calls][-1]


@pytest.mark.parametrize("id", [id for id in MUTATORS if id != "K11"])
def test_the_server_answers_as_the_catalogue_says(id: str) -> None:
    mutator, seen = MUTATORS[id], 0
    for name in specs.names():
        world = World.load(name)
        for ground, seed in grounds(name):
            made = apply(mutator, ground, Draw(id, name, seed))
            if made is None:
                continue
            seen += 1
            answer = status(world.session(seed=seed), made)
            assert not mutator.answers or answer in mutator.answers, (answer, made)
    assert seen >= 3


def test_another_entity_is_a_valid_call_with_another_id() -> None:
    world = World.load("bookshop")
    ids = world.session(seed=1).call("listBooks", {}).text
    ground = Ground(
        world.tools["getBook"], {"book_id": "bk_000001"}, others={"book_id": "bk_000002"}
    )
    made = apply(MUTATORS["K11"], ground, Draw(ids))
    assert made is not None
    assert made.calls[0].arguments == {"book_id": "bk_000002"}


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_the_strategy_gives_broken_calls_with_their_correction(data: st.DataObject) -> None:
    world = World.load(data.draw(st.sampled_from(specs.names())))
    tool = world.tools[data.draw(st.sampled_from(sorted(world.tools)))]
    made = data.draw(malformed_calls(tool))
    assert is_valid(tool, made.corrected.arguments)
    assert made.calls != (made.corrected,)
    if MUTATORS[made.id[:3]].surely_refused and made.calls[-1].tool == tool.name:
        assert not is_valid(tool, made.calls[-1].arguments)


def test_the_same_draw_breaks_the_same_way() -> None:
    for ground, _ in grounds("calendar"):
        assert malform(ground, Draw(1)) == malform(ground, Draw(1))


def test_two_things_can_be_wrong_at_once() -> None:
    found = [
        malform(ground, Draw(n, index))
        for n in range(8)
        for index, (ground, _) in enumerate(grounds("helpdesk"))
    ]
    double = [made for made in found if made is not None and "+" in made.id]
    assert 0.02 < len(double) / len(found) < 0.25


def test_an_unknown_mutator_is_named() -> None:
    ground, _ = grounds("calendar")[0]
    with pytest.raises(UnknownName, match="K99"):
        malform(ground, Draw(1), ids=["K99"])


@pytest.mark.parametrize(("most", "size"), [(3, 30), (99, 990), (100, 1000), (None, 1000)])
def test_too_many_entries_are_ten_times_what_is_allowed(most: int | None, size: int) -> None:
    tags = {"type": "array", "items": {"type": "string"}} | ({"maxItems": most} if most else {})
    world = world_of({"/a": {"post": does(201, takes=thing(tags=tags), operationId="add")}})
    ground = Ground.of(world, "add", {"tags": ["x"]})
    made = apply(MUTATORS["K22"], ground, Draw(1))
    if most is None:
        assert made is None
    else:
        assert made is not None
        sent = made.calls[0].arguments
        assert isinstance(sent, dict) and len(sent["tags"]) == size


def test_a_query_text_is_never_broken_by_a_list_or_an_object() -> None:
    shade = {"type": "string", "enum": ["red", "blue"]}
    query = {"name": "q", "in": "query", "required": True, "schema": shade}
    get = does(200, shows=thing(n={"type": "integer"}), operationId="look", parameters=[query])
    ground = Ground.of(world_of({"/looks": {"get": get}}), "look", {"q": "red"})
    made = [apply(MUTATORS["K06"], ground, Draw(n)) for n in range(24)]
    sent = [call.arguments for each in made if each is not None for call in each.calls]
    values = [given["q"] for given in sent if isinstance(given, dict)]
    assert values and not any(isinstance(value, list | dict) for value in values)


def test_a_call_is_broken_once_where_nothing_breaks_it_twice() -> None:
    extras = ("verbose", "format", "include_details", "debug", "language", "output", "async")
    number: dict[str, object] = {"type": "integer"}
    body = thing("id", id=number, **{name: {} for name in extras})
    world = world_of({"/lamps": {"post": does(201, body, body, operationId="addLamp")}})
    ground = Ground.of(world, "addLamp", {"id": 7})
    made = [malform(ground, Draw(n), ids=["K03", "K04", "K06"]) for n in range(200)]
    found = {each.id for each in made if each is not None}
    assert any("+" in name for name in found) and any("+" not in name for name in found)
    assert not any(name.endswith("+K05") for name in found)


@pytest.mark.parametrize(("tool", "near"), [("addLamp", "addLamps"), ("showLamps", "showLamp")])
def test_an_invented_tool_may_differ_in_its_number(tool: str, near: str) -> None:
    lamp = thing("id", id={"type": "integer"})
    ground = Ground.of(world_of({"/x": {"post": does(201, lamp, lamp, operationId=tool)}}), tool,
                       {"id": 7})  # fmt: skip
    made = [malform(ground, Draw(n), ids=["K01"]) for n in range(60)]
    assert near in {each.calls[0].tool for each in made if each is not None}


@pytest.mark.parametrize("id", ["K06", "K11"])
def test_what_an_open_body_takes_is_no_second_mistake(id: str) -> None:
    takes = thing(n={"type": "integer"}) | {"additionalProperties": True}
    world = world_of({"/a": {"post": does(201, takes=takes, operationId="add")}})
    ground = Ground.of(world, "add", {"n": 1}, others={"n": 2})
    assert apply(MUTATORS["K05"], ground, Draw(1)) is None
    found = [malform(ground, Draw(n), ids=[id]) for n in range(60)]
    assert {made.id for made in found if made is not None} == {id, f"{id}+K01", f"{id}+K12"}
