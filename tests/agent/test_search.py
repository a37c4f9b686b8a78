"""A search tries branches in forks of the session; the one that it takes is all that happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from agent.agents import agent_from
from agent.backends import RoleRequest
from agent.backends.local.grammar import turn_grammar
from agent.collect.collect import collect
from agent.errors import AgentError, UnknownAgent
from agent.runtime.environment import SessionEnvironment
from agent.runtime.episode import Budget, run
from agent.runtime.events import Answered, Called, Ended, Event, GaveUp, Searched
from agent.runtime.roles import ROLES
from agent.runtime.search import Tree
from agent.runtime.umi import Umi
from sandbox import World
from tests.agent.test_runtime import Ask, Shop
from trajectories import Message, Store

CREATE = 'Action: createAuthor\nAction Input: {"name": "%s", "country": "FR"}'


@dataclass
class Roles:
    """Writes what a function says of the calls made so far and of how often it was tried."""

    planner: Callable[[list[str], int], str]
    heard: list[RoleRequest] = field(default_factory=list)

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        return [self._text(request) for request in requests]

    def _text(self, request: RoleRequest) -> str:
        self.heard.append(request)
        if request.role == "summarizer":
            return "Done."
        if request.role == "caller":
            return CREATE % str(request.messages[-1].content).split()[0]
        calls = [turn.call for turn in request.messages if turn.call is not None]
        made = [str((call.arguments or {})["name"]) for call in calls]
        return self.planner(made, len(request.tried))


def attempt(roles: Roles, environment: SessionEnvironment, **tree: int) -> list[Event]:
    agent = Umi("it", lambda *_: dict.fromkeys(ROLES, roles), tree=Tree(**tree))

    async def events() -> list[Event]:
        return [event async for event in run(agent, Ask(), environment, Budget())]

    return asyncio.run(events())


def names(session: SessionEnvironment) -> list[str]:
    shown = session.session.call("listAuthors", {"per_page": 50}).text
    return [name for name in ("Ann", "Bea") if f'"{name}"' in shown]


def in_a_bookshop() -> SessionEnvironment:
    return SessionEnvironment(World.load("bookshop").session(seed=1))


def test_what_a_branch_that_led_nowhere_has_done_was_never_done() -> None:
    def planner(made: list[str], tried: int) -> str:
        if made == ["Ann"]:
            return "Bad idea. Next: give up."
        return (
            "All is done. Next: conclusion." if made else f"{['Ann', 'Bea'][tried]} Next: caller."
        )

    shop = in_a_bookshop()
    first, *events = attempt(Roles(planner), shop)
    assert names(shop) == ["Bea"] and len(shop.session.ledger) == 2
    assert first == Searched(steps=4, calls=2)
    assert [type(event) for event in events].count(Called) == 1
    assert isinstance(events[-2], Answered) and events[-1] == Ended("finish")


def test_a_record_says_what_its_search_cost() -> None:
    roles = Roles(lambda made, tried: f"N{tried} Next: {'conclusion' if made else 'caller'}.")
    agent = Umi("it", lambda *_: dict.fromkeys(ROLES, roles), tree=Tree())
    with Store.open(":memory:") as store:
        list(collect([World.load("bookshop")], agent, store, n=1))
        metrics = next(store.iterate()).outcome.metrics
    assert (metrics["searched_steps"], metrics["searched_calls"], metrics["steps"]) == (2, 1, 1)


def test_giving_up_goes_back_two_levels_and_the_first_who_gave_up_is_taken() -> None:
    roles = Roles(lambda made, tried: f"No {made}. Next: give up." if made else "Ann Next: caller.")
    shop = in_a_bookshop()
    events = attempt(roles, shop)
    assert events[0] == Searched(steps=3, calls=2)  # the same turn again is no other child
    assert events[-2:] == [GaveUp("No ['Ann']. Next: give up."), Ended("give_up")]
    assert names(shop) == ["Ann"]


@pytest.mark.parametrize("nodes", [1, 3, 6])
def test_a_search_without_an_end_is_cut_off_at_its_nodes(nodes: int) -> None:
    roles = Roles(lambda made, tried: f"N{len(made)}{tried} Next: caller.")
    first, *events = attempt(roles, in_a_bookshop(), nodes=nodes)
    assert first == Searched(steps=nodes, calls=nodes)
    assert events[-1] == Ended("steps", "planner")
    assert sum(isinstance(event, Called) for event in events) == nodes


def test_a_later_child_hears_what_was_tried() -> None:
    tools = [{"type": "function", "function": {"name": name}} for name in ("listCats", "getCat")]
    told = [Message(role="user", content="Which cats are there?")]
    free = turn_grammar("planner", tools, told, forms=()) or ""
    held = turn_grammar("planner", tools, told, forms=(), tried=["Call listCats.\n Next: caller."])
    assert "listCats" in free and "getCat" in free
    assert "listCats" not in (held or "") and "getCat" in (held or "")


def test_what_cannot_be_forked_cannot_be_searched() -> None:
    with pytest.raises(AgentError, match="--transport in-process"):
        attempt(Roles(lambda made, tried: "No. Next: give up."), Shop())  # type: ignore[arg-type]
    for name in ("scripted:perfect with search", "python:bot.py:solve with search"):
        with pytest.raises(UnknownAgent):
            agent_from(name)
