"""An episode played again up to a step, and gone on with otherwise: under other faults, by another
agent, or with one call made by hand. The viewer's "go on from here", and the replacements by which
a step is blamed; the original is untouched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from agent.backends.scripted import read_observation
from agent.errors import AgentError
from agent.foreign.transports import open_session
from agent.runtime.environment import SessionEnvironment
from agent.runtime.episode import Agent, Budget, run
from agent.runtime.events import Answered, Called, Ended, Event, GaveUp, Observed, Planned, Reason
from agent.runtime.parsing import parse_plan, read_arguments
from agent.runtime.recorder import Episode, Recorder
from agent.runtime.rerun import Reruns, call_arguments, episode_of
from agent.runtime.roles import call_text
from sandbox.messages import Observation
from sandbox.world import Session, World
from trajectories import Trajectory
from trajectories.records import Call, Message
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
    agent = options.get("agent", "").strip()
    by = agent or ("by hand" if options.get("tool") and not options.get("faults") else record.agent)
    branch = json.dumps({"step": step, **options}, sort_keys=True)
    label = f"{record.label}/{branch}" if record.label else branch
    session, environment, recorder = _fork(
        record, step, plan, replace(plan, agent=by, label=label), world
    )
    faults = options.get("faults", "").strip()
    if faults:
        other = world.session(
            seed=plan.seed, label=plan.label, faults=None if faults == "none" else faults
        )
        session.faults = other.faults
    if agent:
        asyncio.run(_hand_over(agents(agent), recorder, environment))
    elif by == "by hand":
        _by_hand(recorder, environment, options)
    else:
        _again(record.messages[_first_turn(record, step) :], recorder, environment)
        recorder.hear(Ended(cast(Reason, record.outcome.end)))
    return recorder.trajectory(session)


def take_over(record: Trajectory, step: int, agent: Agent, world: World) -> Trajectory:
    """The first `step - 1` calls as they were; from there on a scripted agent that knows them.

    It is asked what it would have done from the start: a call that was made is not made again, its
    recorded reply is what came back. Under the label of the record, so that both make a pair.
    """
    plan = episode_of(record)
    by = replace(plan, agent=f"{agent.name} from step {step} of {record.agent}")
    session, _, recorder = _fork(record, step, plan, by, world)
    made = [
        (turn.call, shown)
        for turn, shown in zip(recorder.messages, recorder.messages[1:], strict=False)
        if turn.call is not None
    ]
    remembering = _Remembering(session, made, offered=plan.task.tools)
    asyncio.run(_hand_over(agent, recorder, remembering))
    return recorder.trajectory(session)


class _Remembering(SessionEnvironment):
    """A session in which calls that were made before are answered from memory."""

    def __init__(
        self, session: Session, made: list[tuple[Call, Message]], *, offered: Sequence[str]
    ) -> None:
        super().__init__(session, offered=offered)
        self._made = made
        self.remembered = False
        """Whether the last call was one of them."""

    def call(self, name: str, arguments: Mapping[str, Any] | str) -> Observation:
        """What came back when it was made; else it is made now."""
        for number, (call, shown) in enumerate(self._made):
            if call.name == name and self._plain(name, call_arguments(call)) == self._plain(
                name, arguments
            ):
                del self._made[number]
                self.remembered = True
                seen = read_observation(shown.content, shown.status)
                return Observation(seen.text, seen.status, seen.error)
        self.remembered = False
        return super().call(name, arguments)

    def _plain(self, name: str, arguments: Mapping[str, Any] | str) -> Any:
        """The arguments without the idempotency key: the same wish, whatever its key."""
        if isinstance(arguments, str):
            return arguments
        tool = self.session.tools.get(name)
        operation = None if tool is None else tool.operation
        if tool is None or operation is None:
            return dict(arguments)
        keyed = self.session.world.conventions.of(operation).idempotency
        key = None if keyed is None else keyed.name.lower()
        places = {name: place[1].lower() for name, place in tool.arguments.items()}
        return {n: v for n, v in arguments.items() if key is None or places.get(n) != key}


def _fork(
    record: Trajectory, step: int, plan: Episode, by: Episode, world: World
) -> tuple[Session, SessionEnvironment, Recorder]:
    """A session in the state before a step, and a recorder that has heard of the steps before."""
    session = open_session(world, plan)
    environment = SessionEnvironment(session, offered=plan.task.tools)
    recorder = Recorder(by, environment.tools)
    _again(record.messages[: _first_turn(record, step)], recorder, environment)
    return session, environment, recorder


def _first_turn(record: Trajectory, step: int) -> int:
    return timeline(record)[step - 1].turns[0].index


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


def call_by_hand(
    recorder: Recorder, environment: SessionEnvironment, name: str, raw: str
) -> Observation:
    """One call that no agent made, taken down; `raw` need not be JSON."""
    arguments = read_arguments(raw)
    recorder.hear(Called(name, arguments, raw, call_text(name, raw)))
    seen = environment.call(name, raw if arguments is None else arguments)
    recorder.hear(Observed(seen.text, seen.status, seen.error))
    return seen


def _by_hand(
    recorder: Recorder, environment: SessionEnvironment, options: Mapping[str, str]
) -> None:
    call_by_hand(recorder, environment, options["tool"], options.get("arguments", "{}"))
    recorder.hear(Ended("steps"))


async def _hand_over(agent: Agent, recorder: Recorder, environment: SessionEnvironment) -> None:
    plan = recorder.episode
    heard: list[Event] = []
    async for event in run(agent, plan.task, environment, Budget(), seed=plan.task.seed):
        heard.append(event)
        if isinstance(event, Called | Planned):
            continue
        # What was remembered has been heard when it was made.
        if not (isinstance(event, Observed) and getattr(environment, "remembered", False)):
            for each in heard:
                recorder.hear(each)
        heard = []
