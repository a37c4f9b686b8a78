"""Generated tasks: every kind, verified, said in plain English, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import pytest

import specs
from sandbox.document import Document
from sandbox.errors import UnknownName
from sandbox.tasks import Report, Task, generate, judge
from sandbox.tasks.answers import states
from sandbox.tasks.generate import RECIPES
from sandbox.tasks.models import is_reference
from sandbox.tasks.references import json_of_observation, resolve
from sandbox.tasks.value_phrases import leaves
from sandbox.world import World
from tests.sandbox.world.documents import by, does, thing, world_of


@lru_cache
def tasks(name: str) -> tuple[Task, ...]:
    return tuple(generate(World.load(name), n=150, seed=1))


@pytest.mark.parametrize("name", specs.names())
def test_every_kind_comes_out_of_our_own_documents(name: str) -> None:
    found = Counter(task.kind for task in tasks(name))
    assert set(found) == set(RECIPES)
    assert sum(found.values()) == 150


@pytest.mark.parametrize("name", specs.names())
def test_the_solution_of_every_task_convinces_the_judge(name: str) -> None:
    world = World.load(name)
    for task in tasks(name):
        session = world.session(seed=task.seed)
        results: list[object] = []
        for step in task.solution or ():
            seen = session.call(step.tool, resolve(step.arguments, results))
            results.append(json_of_observation(seen.text, seen.status))
        verdict = judge(task, session, task.reference_answer)
        assert verdict.success, (task.instruction, verdict)


@pytest.mark.parametrize("name", specs.names())
def test_doing_nothing_never_convinces_the_judge(name: str) -> None:
    world = World.load(name)
    for task in tasks(name):
        session = world.session(seed=task.seed)
        done = judge(task, session, "Done.").success
        assert not (task.solvable and done), task.instruction


@pytest.mark.parametrize("name", specs.names())
def test_an_instruction_holds_every_value_the_solution_needs(name: str) -> None:
    for task in tasks(name):
        if task.kind in ("aggregate", "chain"):
            continue
        for step in task.solution or ():
            for value in step.arguments.values():
                needed = [] if is_reference(value) else [leaf for _, leaf in leaves(value)]
                assert all(isinstance(v, bool) or states(task.instruction, v) for v in needed)


@pytest.mark.parametrize("name", specs.names())
def test_the_tools_offered_are_few_and_hold_those_needed(name: str) -> None:
    for task in tasks(name):
        needed = {step.tool for step in task.solution or ()}
        assert needed <= set(task.tools)
        assert len(needed) < len(task.tools) <= 9 or not task.solvable
        if task.kind == "impossible":
            assert task.tools and not task.solution


@pytest.mark.parametrize("name", specs.names())
def test_thoughts_name_the_tool_and_instructions_do_not(name: str) -> None:
    for task in tasks(name):
        for step in task.solution or ():
            assert step.tool in step.thought
            assert step.tool not in task.instruction
        assert task.closing_thought and task.reference_answer
        assert "{" not in task.instruction and "  " not in task.instruction


def test_the_same_seed_says_the_same_and_another_does_not() -> None:
    world = World.load("calendar")
    first = [task.model_dump() for task in generate(world, n=40, seed=8)]
    again = [task.model_dump() for task in generate(World.load("calendar"), n=40, seed=8)]
    other = [task.instruction for task in generate(world, n=40, seed=9)]
    assert first == again
    assert len({task["instruction"] for task in first} & set(other)) <= 2


def test_chosen_kinds_only() -> None:
    found = list(generate(World.load("helpdesk"), n=20, seed=1, kinds=["act", "aggregate"]))
    assert {task.kind for task in found} == {"act", "aggregate"}
    with pytest.raises(UnknownName, match="aggregate"):
        next(generate(World.load("helpdesk"), n=1, seed=1, kinds=["agregate"]))


def test_a_poor_document_yields_little_and_says_why() -> None:
    world = World.load("bookshop", only=["op:createReview"])
    report = Report()
    found = list(generate(world, n=30, seed=1, kinds=["delete", "read"], report=report))
    assert found == []
    assert report.ended == "no kind of task works out"
    assert ("delete", "no tool deletes anything", 20) in report.rows()


def test_instructions_are_varied() -> None:
    found = [task for name in specs.names() for task in tasks(name)]
    assert len({task.instruction for task in found if task.kind != "irrelevant"}) > 420
    assert len({task.template for task in found}) > 150


def test_a_document_that_keeps_nothing_says_so() -> None:
    report, info = Report(), {"title": "Echo", "version": "1"}
    post = {"operationId": "echo", "responses": {"200": {"description": "an echo"}}}
    document = {"openapi": "3.1.0", "info": info, "paths": {"/echo": {"post": post}}}
    assert not list(
        generate(World(Document.from_tree(document, source="echo")), n=2, seed=1, report=report)
    )
    assert report.ended.endswith(": no operation reads, lists or keeps anything")
    empty = {"openapi": "3.1.0", "info": info, "paths": {}}
    assert not list(
        generate(World(Document.from_tree(empty, source="echo")), n=2, seed=1, report=report)
    )
    assert report.ended.endswith(": the document has no operations")


@pytest.mark.parametrize(("name", "said"), [("user", "the current user"), ("depot", "the depot")])
def test_what_exists_only_once_is_called_without_an_id(name: str, said: str) -> None:
    shown = thing(city={"type": "string"}, seats={"type": "integer"})
    world = world_of({f"/{name}": {"get": does(shows=shown), "put": does(takes=shown)}})
    made = list(generate(world, n=3, seed=1, kinds=["read"]))
    assert made and all(said in task.instruction for task in made)
    assert not any("None" in task.instruction or " none" in task.instruction for task in made)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("colour", "whose colour is "), ("status", "with the status "), ("type", "of the type "),
        ("title", "called "), ("event", None), ("start_time", None), ("due_date", None),
    ],
)  # fmt: skip
def test_a_filter_is_said_in_words_unless_it_names_the_thing_or_a_moment(
    field: str, said: str | None
) -> None:
    moment = {"type": "integer", "minimum": 1, "maximum": 2}
    value = moment if "_" in field else {"type": "string", "enum": ["fair", "race"]}
    events = {"type": "array", "items": thing(id={"type": "string"}, **{field: value})}
    get = does(shows=events, parameters=[by(field, "query", value)])
    found = list(generate(world_of({"/events": {"get": get}}), n=3, seed=1, kinds=["filter"]))
    assert bool(found) == (said is not None)
    assert all(said is not None and said in task.instruction for task in found)
