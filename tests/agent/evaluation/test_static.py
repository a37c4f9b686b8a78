"""Roles are evaluated on the reference's history, each reading the planner's own words."""

from __future__ import annotations

import asyncio
from typing import Any

from agent.backends import RoleRequest
from agent.evaluation import evaluate_roles, steps_of
from agent.runtime.roles import Role
from trajectories.records import Message, Outcome, Trajectory

TOOL = {"type": "function", "function": {"name": "get_book", "description": "", "parameters": {}}}


class Fixed:
    """Writes one text per role and keeps what it was asked."""

    def __init__(self, **texts: str) -> None:
        self.texts = texts
        self.asked: list[RoleRequest] = []

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        self.asked += requests
        return [self.texts[request.role] for request in requests]


def cast(backend: Fixed) -> dict[Role, Any]:
    return {"planner": backend, "caller": backend, "summarizer": backend}


def record() -> Trajectory:
    return Trajectory(
        id="one",
        tools=[TOOL],
        messages=[
            Message(role="user", content="Who wrote b1?"),
            Message(role="planner", content="Look. Next: caller."),
            Message(role="caller", content='Action: get_book\nAction Input: {"id":"b1"}'),
            Message(role="observation", content="Ann"),
            Message(role="planner", content="Known. Next: conclusion."),
            Message(role="summarizer", content="Ann."),
        ],
        outcome=Outcome(success=True, end="finish"),
    )


def test_a_planner_that_always_calls_gets_half_the_plans() -> None:
    backend = Fixed(
        planner="Go. Next: caller.", caller='Action: get_book\nAction Input: {"id":"b1"}'
    )
    found = asyncio.run(evaluate_roles(steps_of([record()]), cast(backend))).as_json()
    assert (found["plan_acc"], found["action_em"], found["argument_f1"]) == (50.0, 100.0, 100.0)
    assert found["rouge_l"] == 0.0 and found["no_tag"] == 0.0 and found["n_steps"] == 2


def test_the_caller_reads_the_predicted_plan_after_the_reference_history() -> None:
    backend = Fixed(planner="Mine. Next: caller.", caller="Action: x")
    asyncio.run(evaluate_roles(steps_of([record()]), cast(backend)))
    second = [request for request in backend.asked if request.role == "caller"][1].prompt
    assert "planner: Look. Next: caller.</s>" in second
    assert second.endswith("planner: Mine. Next: caller.</s>\ncaller:")


def test_a_plan_without_a_tag_is_sent_to_the_caller_and_counted() -> None:
    backend = Fixed(planner="Hm", caller="Action: get_book\nAction Input: {}")
    found = asyncio.run(evaluate_roles(steps_of([record()]), cast(backend))).as_json()
    assert found["no_tag"] == 100.0 and found["action_em"] == 100.0
    assert backend.asked[-1].prompt.endswith("planner: Hm Next: caller.</s>\ncaller:")


def test_turns_that_may_not_be_learnt_are_no_reference() -> None:
    turns = [turn.model_copy(update={"learn": False}) for turn in record().messages]
    assert steps_of([record().model_copy(update={"messages": turns})]) == []
