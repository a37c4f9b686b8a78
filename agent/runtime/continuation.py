"""An episode played again up to a step, and gone on with otherwise: under other faults, by another
agent, or with one call made by hand. The viewer's "go on from here"; the original is untouched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from agent.errors import AgentError
from agent.foreign.transports import open_session
from agent.runtime.environment import SessionEnvironment
from agent.runtime.episode import Agent, Budget, run
from agent.runtime.events import Answered, Called, Ended, GaveUp, Observed, Planned, Reason
from agent.runtime.parsing import parse_plan, read_arguments
from agent.runtime.recorder import Recorder
from agent.runtime.rerun import Reruns, call_arguments, episode_of
from agent.runtime.roles import call_text
from trajectories import Trajectory
from trajectories.records import Message
from trajectories.timeline import timeline

Agents = Callable[[str], Agent]


def continue_episode(
    record: Trajectory, step: int, options: Mapping[str, str], *, worlds: Reruns, agents: Agents
) -> Trajectory:
    """A new record: the first `step - 1` calls as they were, then what the options say.

    `faults` is the plan from there on ("none": calm); `agent` takes over in the state reached;
    `tool` with `arguments` (JSON) makes that one call; without either, the recorded calls go on.
    Raises AgentError where the document cannot be read, SandboxError for a plan that is none.
    """
    steps = timeline(record)
    if not 1 <= step <= len(steps):
        raise AgentError(f"step {step} is not among 1 to {len(steps)}")
    plan = episode_of(record)
    world = worlds.world(record)
    session = open_session(world, plan)
    environment = SessionEnvironment(session, offered=plan.task.tools)
    agent = options.get("agent", "").strip()
    by = agent or ("by hand" if options.get("tool") and not options.get("faults") else record.agent)
    branch = json.dumps({"step": step, **options}, sort_keys=True)
    label = f"{record.label}/{branch}" if record.label else branch
    recorder = Recorder(replace(plan, agent=by, label=label), environment.tools)
    first = steps[step - 1].turns[0].index
    _again(record.messages[:first], recorder, environment)
    faults = options.get("faults", "").strip()
    if faults:
        other = world.session(
            seed=plan.seed, label=plan.label, faults=None if faults == "none" else faults
        )
        session.storm = other.storm
    if agent:
        asyncio.run(_hand_over(agents(agent), recorder, environment))
    elif by == "by hand":
        _by_hand(recorder, environment, options)
    else:
        _again(record.messages[first:], recorder, environment)
        recorder.hear(Ended(cast(Reason, record.outcome.end)))
    return recorder.trajectory(session)


def _again(messages: list[Message], recorder: Recorder, environment: SessionEnvironment) -> None:
    """The recorded turns once more; what the world says to them may differ."""
    for turn in messages:
        if turn.role == "planner":
            plan = parse_plan(turn.content)
            recorder.hear(Planned(plan.text, plan.plan))
            if plan.plan == "give_up":
                recorder.hear(GaveUp(plan.text))
        elif turn.role == "caller" and turn.call is not None:
            call = turn.call
            recorder.hear(Called(call.name, call.arguments, call.raw, turn.content))
            seen = environment.call(call.name, call_arguments(call))
            recorder.hear(Observed(seen.text, seen.status, seen.error))
        elif turn.role == "summarizer":
            recorder.hear(Answered(turn.content))


def _by_hand(
    recorder: Recorder, environment: SessionEnvironment, options: Mapping[str, str]
) -> None:
    name, raw = options["tool"], options.get("arguments", "{}")
    arguments = read_arguments(raw)
    recorder.hear(Called(name, arguments, raw, call_text(name, raw)))
    seen = environment.call(name, raw if arguments is None else arguments)
    recorder.hear(Observed(seen.text, seen.status, seen.error))
    recorder.hear(Ended("steps"))


async def _hand_over(agent: Agent, recorder: Recorder, environment: SessionEnvironment) -> None:
    plan = recorder.episode
    async for event in run(agent, plan.task, environment, Budget(), seed=plan.task.seed):
        recorder.hear(event)
