"""The reference solver: through calm and through bad weather."""

from __future__ import annotations

import pytest

import specs
from sandbox.messages import Observation
from sandbox.tasks import Task, generate, judge
from sandbox.tasks.models import SolutionStep
from sandbox.tasks.solver import moves, solve
from sandbox.world import World


@pytest.mark.parametrize("faults", [None, "H01", "T03", "H01,T03"])
@pytest.mark.parametrize("name", specs.names())
def test_solves_every_task_in_every_weather(name: str, faults: str | None) -> None:
    world = World.load(name)
    for task in generate(world, n=40, seed=6):
        session = world.session(seed=task.seed, label=task.id, faults=faults)
        ending = solve(task, session.call, session.tools)
        verdict = judge(task, session, ending.answer)
        assert verdict.success, (task.instruction, verdict.failures)


def close() -> Task:
    steps = [SolutionStep(tool="close_ticket", arguments={"ticket_id": 4711})]
    return Task(id="close", instruction="Close it.", solution=steps, reference_answer="Closed.")


def test_waits_as_long_as_it_is_asked_to() -> None:
    tools = World.load("helpdesk").session().tools
    play = moves(close(), tools)
    assert next(play).tool == "close_ticket"
    busy = Observation("HTTP 429 Too Many Requests\nRetry-After: 30\n\n{}", 429, error=True)
    move = play.send(busy)
    assert (move.tool, move.arguments, move.why) == ("wait", {"seconds": 30.0}, "wait")
    assert play.send(Observation("Waited 30 s.", 200, error=False)).why == "retry"


def test_signs_in_again_after_a_401() -> None:
    tools = World.load("helpdesk").session().tools
    play = moves(close(), tools)
    next(play)
    assert play.send(Observation("HTTP 401 Unauthorized", 401, error=True)).tool == "authenticate"


def test_looks_before_it_repeats_a_lost_write() -> None:
    tools = World.load("helpdesk").session().tools
    play = moves(close(), tools)
    next(play)
    move = play.send(Observation("No response: the request timed out.", None, error=True))
    assert (move.tool, move.why) == ("get_ticket", "read_back")


def test_gives_up_honestly_when_nothing_helps() -> None:
    tools = World.load("helpdesk").session().tools
    down = Observation("HTTP 500 Internal Server Error", 500, error=True)
    ending = solve(close(), lambda tool, arguments: down, tools)
    assert ending.gave_up and "close_ticket keeps failing" in ending.thought
