"""The witness: the smallest case that still shows a finding, and the test that is saved of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agent.agents import agent_from
from agent.errors import AgentError
from agent.evaluation.blame import blame
from agent.evaluation.cases import Case, Player
from agent.evaluation.ddmin import minimise
from agent.evaluation.reductions import world_cases
from agent.evaluation.saved_test import LINES, as_pytest
from agent.evaluation.shrink import Witness, shrink
from agent.evaluation.smaller_tasks import task_cases
from agent.runtime.environment import Environment
from agent.runtime.episode import Budget
from agent.runtime.events import Event

NOTE = {
    "type": "object",
    "required": ["text", "pages"],
    "properties": {
        "text": {"type": "string"},
        "pages": {"type": "integer"},
        "colour": {"type": "string"},
        "shelf": {"type": "string"},
    },
}


def operation(name: str, **more: Any) -> dict[str, Any]:
    reply = {"content": {"application/json": {"schema": more.pop("shows")}}, "description": ""}
    return {"operationId": name, "responses": {"200": reply}, **more}


def notebook() -> Case:
    """Creating a note while replies are lost, with a drift and operations that do not matter."""
    sent = {"required": True, "content": {"application/json": {"schema": NOTE}}}
    tree = {
        "openapi": "3.0.3",
        "info": {"title": "Notes", "version": "1", "description": "Many words."},
        "paths": {
            "/notes": {
                "get": operation("listNotes", shows={"type": "array", "items": NOTE}),
                "post": operation("createNote", shows=NOTE, requestBody=sent),
            },
            "/pens": {"get": operation("listPens", shows={"type": "array", "items": NOTE})},
            "/inks": {"get": operation("listInks", shows={"type": "array", "items": NOTE})},
        },
    }
    values = {"text": "Milk", "pages": 7, "colour": "red", "shelf": "upper"}
    goal = {"collection": "/notes", "id": "*", "pointer": "/text", "value": "Milk"}
    task = {
        "id": "t",
        "instruction": "Write a note.",
        "goal": {"state": [goal]},
        "solution": [
            {"tool": "listPens", "arguments": {}},
            {"tool": "createNote", "arguments": values},
        ],
    }  # fmt: skip
    drift = {"releases": [{"operators": [{"op": "D15", "target": {"op": "listInks"}}]}]}
    return Case(tree, task, faults="T03,B11,H20", drift=drift)


@pytest.fixture(scope="module")
def witness() -> Witness:
    return shrink(notebook(), agent_from("mutant:repeats-writes"), "duplicate_effect")


@dataclass
class Slow:
    """Repeats writes, and takes 50 ms or more for an episode."""

    name: str = "slow"

    async def episode(
        self, task: Any, environment: Environment, *, budget: Budget, seed: int
    ) -> AsyncIterator[Event]:
        await asyncio.sleep(0.05)
        agent = agent_from("mutant:repeats-writes")
        async for event in agent.episode(task, environment, budget=budget, seed=seed):
            yield event


@pytest.mark.parametrize("seconds", [0.0, 1.0])
def test_a_search_whose_time_is_up_ends_with_the_smallest_case_so_far(seconds: float) -> None:
    found = shrink(notebook(), Slow(), "duplicate_effect", seconds=seconds)
    assert not found.complete and found.seconds < 60
    assert (found.failed, found.runs) == (5, 5) and found.reduction >= 0
    assert seconds or (found.case, found.candidates) == (notebook(), 0)


def test_what_does_not_matter_is_left_out(witness: Witness) -> None:
    assert witness.complete and witness.failed == witness.runs
    assert witness.reduction >= 50 and witness.after["drift"] == 0 < witness.before["drift"]
    assert list(witness.case.document["paths"]) == ["/notes"]
    assert [step["tool"] for step in witness.case.task["solution"]] == ["createNote"]
    assert [rule["fault"] for rule in witness.case.faults["rules"]] == ["T03"]


def test_steps_and_statements_that_do_not_matter_are_left_out_of_a_task() -> None:
    case = notebook()
    note = {"text": "Milk", "pages": 7, "colour": "red", "shelf": "upper"}
    first = {"$result": 0, "pointer": "/text"}
    solution = [
        {"tool": "createNote", "arguments": {**note, "text": "First"}},
        {"tool": "createNote", "arguments": {**note, "colour": first}},
    ]
    goal = [{"collection": "/notes", "id": "*", "pointer": "/colour", "value": "First"}]
    task = {**case.task, "solution": solution, "goal": {"state": goal * 2}}
    held = Case(case.document, task)
    bad = agent_from("mutant:wrong-number")
    with Player(bad) as player, Player(agent_from("scripted:verifier")) as good:
        small = task_cases(held, lambda each: player.play(each).outcome.kind == "wrong"
                           and good.play(each).outcome.success)  # fmt: skip
    assert [step["arguments"] for step in small.task["solution"]] == [{"text": "a", "pages": 0}]
    assert len(small.task["goal"]["state"]) == 1 and "createNote with" in small.task["instruction"]


def test_no_part_of_the_witness_can_be_left_out(witness: Witness) -> None:
    again = shrink(witness.case, agent_from("mutant:repeats-writes"), "duplicate_effect")
    assert again.case == witness.case and again.reduction == 0


def test_the_case_reads_back_and_is_right_for_the_good_agent(witness: Witness) -> None:
    text = as_pytest(witness, "mutant:repeats-writes", place=Path("tests/test_storm.py"))
    assert len(text.splitlines()) <= LINES
    space: dict[str, Any] = {}
    exec(text, space)
    assert Case.parse(space["CASE"]) == witness.case and "duplicate_effect" in text
    assert re.findall(r"^(?:from|import) .*", text, re.MULTILINE) == ["import pytest"]
    assert "duplicate_effect" in witness.case.findings("mutant:repeats-writes")
    assert "duplicate_effect" not in witness.case.findings("scripted:verifier")


def test_the_repeated_write_is_to_blame(witness: Witness) -> None:
    found = blame(witness.record, witness.case.world)
    assert found is not None and found.role == "planner" and "createNote" in found.did
    assert found.instead.startswith("calling listNotes") and found.chosen.outcome.success
    pair = found.pair(witness.record)
    assert pair.chosen.messages[: pair.shared] == witness.record.messages[: pair.shared]
    assert pair.chosen.ledger[0] == witness.record.ledger[0]


@pytest.mark.parametrize(
    ("bug", "role"),
    [("claims-undone", "planner"), ("wrong-number", "caller"), ("denies-done", "summarizer")],
)
def test_each_role_is_blamed_for_its_own_mistake(bug: str, role: str) -> None:
    case = notebook()
    with Player(agent_from(f"mutant:{bug}")) as player:
        found = blame(player.play(Case(case.document, case.task)), case.world)
    assert found is not None and found.role == role


@dataclass
class Moody:
    """The good agent, or by a seeded chance the one with the bug."""

    luck: Random
    share: float
    name: str = "moody"

    def episode(
        self, task: Any, environment: Environment, *, budget: Budget, seed: int
    ) -> AsyncIterator[Event]:
        bad = self.luck.random() < self.share
        chosen = agent_from("mutant:repeats-writes" if bad else "scripted:verifier")
        return chosen.episode(task, environment, budget=budget, seed=seed)


@pytest.mark.parametrize("luck", [1, 11])  # 11: the first five tries all fail
def test_an_agent_that_fails_now_and_then_is_shrunk_with_its_probability(luck: int) -> None:
    found = shrink(notebook(), Moody(Random(luck), 0.4), "duplicate_effect")
    assert [rule["fault"] for rule in found.case.faults["rules"]] == ["T03"]
    assert list(found.case.document["paths"]) == ["/notes"] and found.reduction >= 50
    low, high = found.interval
    assert found.runs == 20 and low < 0.4 < high and 0 < found.failed < 20
    saved = as_pytest(found, "python:bot.py:solve", place=Path("test_storm.py"))
    assert re.search(r"runs=([2-9]|1\d)\)", saved)


def test_a_finding_that_does_not_occur_is_one_sentence() -> None:
    with pytest.raises(AgentError, match="does not occur again in 30 runs"):
        shrink(notebook(), agent_from("scripted:verifier"), "duplicate_effect")


def test_a_part_that_matters_in_two_places_is_kept() -> None:
    tried: list[list[int]] = []

    def holds(kept: list[int]) -> bool:
        tried.append(kept)
        return {3, 17} <= set(kept)

    assert minimise(range(20), holds) == [3, 17] and len(tried) < 60
    assert minimise([1, 2], lambda kept: True) == []


def test_a_smaller_world_answers_under_the_same_status() -> None:
    case = notebook()
    responses = case.document["paths"]["/notes"]["post"]["responses"]
    responses["201"], responses["404"] = responses.pop("200"), {"description": "none"}

    def holds(smaller: Case) -> bool:
        return (
            smaller.world.session().call("createNote", {"text": "Milk", "pages": 7}).error is False
        )

    post = world_cases(case, holds).document["paths"]["/notes"]["post"]
    assert post["responses"] == {"201": {}}
