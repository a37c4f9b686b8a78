"""A recording speaks again: same calls, same observations; out of turn it says where."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.backends import RoleRequest
from agent.backends.replay import Replay
from agent.collect.collect import collect
from agent.errors import BackendError
from agent.policies.behaviours import scripted
from agent.runtime.environment import SessionEnvironment
from agent.runtime.episode import run
from agent.runtime.events import Observed
from agent.runtime.rerun import Reruns, verify
from agent.runtime.roles import ROLES
from agent.runtime.umi import umi
from sandbox.world import World
from tests.agent.worlds import add_book, shelf
from trajectories import Store, Trajectory


def recorded() -> Trajectory:
    with Store.open(":memory:") as store:
        list(collect([shelf()], scripted("perfect"), store, n=1, tasks=[add_book()], faults="T03"))
        return next(store.iterate())


def test_what_was_said_is_said_again_and_sees_the_same() -> None:
    record = recorded()
    agent = umi("replay", dict.fromkeys(ROLES, Replay(record.messages)))
    environment = SessionEnvironment(shelf().session(faults=record.faults))

    async def listen() -> list[str]:
        steps = run(agent, add_book(), environment)
        return [event.text async for event in steps if isinstance(event, Observed)]

    shown = [turn.content for turn in record.messages if turn.role == "observation"]
    assert asyncio.run(listen()) == shown and len(shown) > 1


def test_a_role_out_of_turn_is_said() -> None:
    replay = Replay(recorded().messages, place="run 7")
    with pytest.raises(BackendError, match="run 7, role turn 0: the planner spoke here"):
        asyncio.run(replay.generate([RoleRequest("caller", "")]))


def test_the_end_of_a_recording_is_said() -> None:
    with pytest.raises(BackendError, match="the recording has ended"):
        asyncio.run(Replay([]).generate([RoleRequest("planner", "")]))


def test_replies_that_keep_the_order_of_what_was_sent_are_reproduced(corpus: Path) -> None:
    world = World.load(corpus / "specs" / "public" / "spotify.yml")
    rerun = Reruns([world.document.source])
    with Store.open(":memory:") as store:
        list(collect([world], scripted("perfect"), store, n=60, seed=3, drift="drift-lag"))
        assert [str(r) for r in (verify(t, rerun) for t in store.neighbours()) if not r.same] == []
