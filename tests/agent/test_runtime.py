"""The loop: order of events, budgets as data, malformed calls passed on as written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from agent.backends import RoleRequest
from agent.errors import DoesNotFit
from agent.runtime.batching import Batcher
from agent.runtime.environment import ToolForm
from agent.runtime.episode import Budget, run
from agent.runtime.events import Answered, Called, Ended, Event, GaveUp, Observed, Planned
from agent.runtime.roles import ROLES
from agent.runtime.umi import umi
from sandbox.messages import Observation


@dataclass
class Lines:
    """A backend that says its lines, then the last one for ever."""

    lines: list[str]
    heard: list[RoleRequest] = field(default_factory=list)

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        self.heard += requests
        return [self.lines.pop(0) if len(self.lines) > 1 else self.lines[0] for _ in requests]


@dataclass
class Shop:
    """One tool that answers 7, or else what it is given."""

    reply: str = "7"
    calls: list[tuple[str, Any]] = field(default_factory=list)
    tools: list[ToolForm] = field(
        default_factory=lambda: [
            {
                "type": "function",
                "function": {
                    "name": "count",
                    "description": "Count the books.",
                    "parameters": {"type": "object", "properties": {}},
                },
            }
        ]
    )

    def call(self, name: str, arguments: Mapping[str, Any] | str) -> Observation:
        self.calls.append((name, arguments))
        return Observation(self.reply, 200, False)


@dataclass
class Ask:
    instruction: str = "How many books are there?"


def episode(lines: list[str], shop: Shop, budget: Budget | None = None) -> list[Event]:
    backend = Lines(lines)

    async def listen() -> list[Event]:
        agent = umi("lines", dict.fromkeys(ROLES, backend))
        return [event async for event in run(agent, Ask(), shop, budget)]

    return asyncio.run(listen())


def test_a_call_and_an_answer() -> None:
    shop = Shop()
    call = "Action: count\nAction Input: {}"
    events = episode(
        ["I count. Next: caller.", call, "I know. Next: conclusion.", "There are 7."], shop
    )
    assert events == [
        Planned("I count. Next: caller.", "call"),
        Called("count", {}, "{}", call),
        Observed("7", 200, False),
        Planned("I know. Next: conclusion.", "finish"),
        Answered("There are 7.", "done"),
        Ended("finish"),
    ]
    assert shop.calls == [("count", {})]


class Sums(Lines):
    """One whose answers give what the runtime calculates."""

    calculates = True


@pytest.mark.parametrize(("kind", "calculated"), [(Sums, ("count of count = 2",)), (Lines, ())])
def test_an_answer_says_what_the_runtime_has_calculated_for_it(
    kind: type[Lines], calculated: tuple[str, ...]
) -> None:
    backend = kind(["I know. Next: conclusion.", "There are 2."])
    backend.lines[:0] = ["I count. Next: caller.", "Action: count\nAction Input: {}"]

    async def listen() -> list[Event]:
        agent = umi("sums", dict.fromkeys(ROLES, Batcher(backend)))
        return [event async for event in run(agent, Ask(), Shop(reply='[{"id": 1}, {"id": 2}]'))]

    assert asyncio.run(listen())[-2] == Answered("There are 2.", "done", calculated)


def test_giving_up_ends_without_an_answer() -> None:
    text = "Which shop do you mean? Next: give up."
    assert episode([text], Shop())[1:] == [GaveUp(text, "asks"), Ended("give_up")]


def test_a_call_that_is_not_json_goes_out_as_written() -> None:
    shop = Shop()
    events = episode(
        ["Next: caller.", "Action: count\nAction Input: {'a': 1}", "Next: give up."], shop
    )
    assert shop.calls == [("count", "{'a': 1}")]
    assert isinstance(events[1], Called) and events[1].arguments is None


def test_identical_calls_in_a_row_end_the_episode() -> None:
    lines = ["Next: caller.", "Action: count\nAction Input: {}"] * 9
    events = episode(lines, shop := Shop(), Budget(repeats=3))
    assert events[-1] == Ended("repeats", "planner")
    assert len(shop.calls) == 3


def test_steps_end_the_episode() -> None:
    lines = [
        text
        for n in range(9)
        for text in ("Next: caller.", f'Action: count\nAction Input: {{"n": {n}}}')
    ]
    assert episode(lines, shop := Shop(), Budget(steps=4))[-1] == Ended("steps", "planner")
    assert len(shop.calls) == 4


def test_a_planner_without_tags_is_stopped() -> None:
    events = episode(["Well …"], shop := Shop(), Budget(untagged=2, repeats=9))
    assert events[-1] == Ended("error", "planner")
    assert len(shop.calls) == 2


def test_tokens_are_held_against_the_role_that_spent_them() -> None:
    events = episode(["Next: caller.", "x" * 400], Shop(), Budget(tokens=100))
    assert events[-1] == Ended("tokens", "caller")


@dataclass
class Narrow(Lines):
    """Reads a few characters only."""

    context: int = 10_000

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        if any(len(request.prompt) > self.context for request in requests):
            raise DoesNotFit("narrow", "too long")
        return await super().generate(requests)


def narrow(context: int) -> list[Event]:
    lines = ["Next: caller.", *(f'Action: count\nAction Input: {{"n": {n}}}' for n in range(99))]
    backend = Narrow([text for call in lines[1:] for text in (lines[0], call)], context=context)

    async def listen() -> list[Event]:
        agent = umi("narrow", dict.fromkeys(ROLES, Batcher(backend)))
        return [event async for event in run(agent, Ask(), Shop(), Budget(steps=90))]

    return asyncio.run(listen())


def test_a_conversation_that_no_longer_fits_ends() -> None:
    ended = narrow(1_000)[-1]
    assert isinstance(ended, Ended) and ended.reason == "tokens"


def test_tool_docs_that_do_not_fit_are_ours() -> None:
    with pytest.raises(DoesNotFit):
        narrow(10)


def test_one_long_prompt_does_not_spoil_the_batch() -> None:
    backend = Batcher(Narrow(["ok"], context=3))
    requests = [RoleRequest("planner", text) for text in ("a", "long one", "b")]

    async def ask() -> list[object]:
        asked = (backend.generate([request]) for request in requests)
        return await asyncio.gather(*asked, return_exceptions=True)

    first, second, third = asyncio.run(ask())
    assert (first, third) == (["ok"], ["ok"]) and isinstance(second, DoesNotFit)


def test_each_role_reads_what_was_said_before() -> None:
    backend = Lines(["I count. Next: caller.", "Action: count", "Next: conclusion.", "7"])
    agent = umi("lines", dict.fromkeys(ROLES, backend))

    async def listen() -> None:
        async for _ in run(agent, Ask(), Shop()):
            pass

    asyncio.run(listen())
    planner, caller, _, summarizer = (request.prompt for request in backend.heard)
    assert planner.endswith("planner:") and caller.endswith("caller:")
    assert caller.startswith(planner)
    assert "How many books" in planner and "observation: 7" in summarizer
