"""One episode: planner, then caller and observation, or summarizer, or give up, until it is over.

The loop yields events and knows no listener. A budget that runs out ends the episode as data, held
against the role that spent it. What the agent does wrong is an observation; a backend that cannot
write is ours and raises.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from agent.backends import Backend
from agent.errors import DoesNotFit
from agent.runtime.environment import Environment, ToolForm
from agent.runtime.events import (
    Answered,
    Called,
    Ended,
    Event,
    GaveUp,
    Observed,
    Planned,
)
from agent.runtime.filled import Filler, as_written, without_filled
from agent.runtime.forms.answers import answer_of
from agent.runtime.forms.documentation import READ_DOCS
from agent.runtime.parsing import parse_answer, parse_call, parse_plan
from agent.runtime.roles import Role, ask, message
from trajectories.protocol import without_tag
from trajectories.records import Message
from trajectories.scoring.claims import spoken_claim


@dataclass(frozen=True, slots=True)
class Budget:
    """Where an episode ends at the latest."""

    steps: int = 40
    """Planner turns."""
    tokens: int = 32_768
    """Written by the roles together, at four characters to the token."""
    repeats: int = 5
    """Identical calls in a row."""
    untagged: int = 3
    """Planner turns without a tag in a row."""
    turn: int = 512
    """Tokens in one role's turn."""


class Assignment(Protocol):
    """What an episode is about; `sandbox.tasks.Task` is one."""

    @property
    def instruction(self) -> str: ...


class Agent(Protocol):
    """Anything that can attempt a task."""

    @property
    def name(self) -> str: ...

    def episode(
        self, task: Any, environment: Environment, *, budget: Budget, seed: int
    ) -> AsyncIterator[Event]:
        """Attempt the task; see `agent.events` for the order of what is yielded."""
        ...


async def run(
    agent: Agent,
    task: Any,
    environment: Environment,
    budget: Budget | None = None,
    *,
    seed: int = 0,
) -> AsyncIterator[Event]:
    """One episode of any agent. Raises BackendError when the failure is ours."""
    async for event in agent.episode(task, environment, budget=budget or Budget(), seed=seed):
        yield event


async def converse(
    backends: Mapping[Role, Backend],
    task: Assignment,
    environment: Environment,
    *,
    budget: Budget,
    seed: int = 0,
) -> AsyncIterator[Event]:
    """The α-UMi loop: one chain of steps, until it ends or no longer fits into the model."""
    chain = Chain.begin(backends, task, environment, budget=budget, seed=seed)
    try:
        while not chain.ended:
            async for event in chain.step(environment):
                yield event
    except DoesNotFit:
        if len(chain.messages) == 1:
            raise
        yield Ended("tokens", chain.meter.last_role)


async def observe(
    environment: Environment, name: str, arguments: Mapping[str, Any] | str
) -> Observed:
    """Make a call in an environment of either kind and tell what came back."""
    answer = environment.call(name, arguments)
    shown = (await answer) if inspect.isawaitable(answer) else answer
    return Observed(shown.text, shown.status, shown.error)


@dataclass(slots=True)
class Meter:
    """What an episode has cost so far."""

    budget: Budget
    steps: int = 0
    characters: int = 0
    streak: int = 0
    untagged: int = 0
    last_role: Role = "planner"
    last_call: tuple[str, str] = ("", "")

    def wrote(self, role: Role, text: str) -> None:
        """A role has written."""
        self.characters += len(text)
        self.last_role = role

    def note(self, event: Event) -> None:
        """Something happened."""
        if isinstance(event, Planned):
            self.steps += 1
            self.untagged = self.untagged + 1 if event.plan == "none" else 0
        elif isinstance(event, Called):
            call = (event.name, event.text or event.raw)
            self.streak = self.streak + 1 if call == self.last_call else 1
            self.last_call = call

    def over(self) -> Ended | None:
        """The end that a budget forces now, if one does."""
        if self.untagged >= self.budget.untagged:
            return Ended("error", "planner")
        if self.streak >= self.budget.repeats:
            return Ended("repeats", "planner")
        if self.characters >= 4 * self.budget.tokens:
            return Ended("tokens", self.last_role)
        if self.steps >= self.budget.steps:
            return Ended("steps", "planner")
        return None


@dataclass(slots=True)
class Chain:
    """A conversation so far, and those who go on with it."""

    backends: Mapping[Role, Backend]
    tools: Sequence[ToolForm]
    """As a model reads them."""
    filler: Filler
    meter: Meter
    seed: int
    messages: list[Message]
    documented: Sequence[ToolForm] | None = None
    """The tools as they are documented now, once their documentation was read again."""
    ended: bool = False

    @classmethod
    def begin(
        cls,
        backends: Mapping[Role, Backend],
        task: Assignment,
        environment: Environment,
        *,
        budget: Budget,
        seed: int,
    ) -> Chain:
        """The conversation that holds the task alone."""
        # The tool docs stand at the head of every prompt and stay as they were: what changes while
        # the episode runs, an agent learns by reading, so one episode is one training sequence.
        # A script says itself which key and credential it sends, or that it sends none.
        filled = getattr(backends["caller"], "reads_prompt", True)
        filler = Filler(environment.tools if filled else (), seed, task.instruction)
        tools = environment.tools
        if filled:
            tools = without_filled(tools, task.instruction)
        first = Message(role="user", content=task.instruction)
        return cls(backends, tools, filler, Meter(budget), seed, [first])

    def fork(self) -> Chain:
        """A conversation that goes on from here by itself."""
        return replace(
            self,
            filler=self.filler.fork(),
            meter=replace(self.meter),
            messages=[*self.messages],
        )

    async def step(
        self, environment: Environment, tried: Sequence[str] = ()
    ) -> AsyncIterator[Event]:
        """A planner's turn, unlike those that were `tried` here, and what follows from it."""
        plan = parse_plan(await self._speak("planner", tried))
        yield self._note(Planned(plan.text, plan.plan))
        if plan.plan == "give_up":
            yield GaveUp(plan.text, spoken_claim("give_up", without_tag(plan.text)))
            yield self._note(Ended("give_up"))
            return
        if plan.plan == "finish":
            answer = parse_answer(await self._speak("summarizer"))
            calculates = getattr(self.backends["summarizer"], "calculates", False)
            calculated = answer_of(self.messages).calculated if calculates else ()
            yield self._note(Answered(answer, spoken_claim("finish", answer), calculated))
            yield self._note(Ended("finish"))
            return
        call = parse_call(await self._speak("caller"))
        sent, raw = call.arguments, call.raw
        if sent is not None:
            sent = self.filler.fill(call.name, sent)
            raw = call.raw if sent == call.arguments else as_written(sent)
        yield self._note(Called(call.name, sent, raw, call.text))
        seen = await observe(environment, call.name, raw if sent is None else sent)
        self.filler.note(call.name, call.arguments, well=not seen.error)
        yield self._note(seen)
        if call.name == READ_DOCS and self.filler.tools:
            self._learn(environment.tools)
        if over := self.meter.over():
            yield self._note(over)

    def _learn(self, tools: Sequence[ToolForm]) -> None:
        """Go by the documentation as it is now."""
        self.filler = self.filler.of_tools(tools)
        self.documented = without_filled(tools, self.filler.request)

    async def _speak(self, role: Role, tried: Sequence[str] = ()) -> str:
        backend = self.backends[role]
        request = ask(
            role,
            backend,
            tools=self.tools,
            messages=self.messages,
            max_tokens=self.meter.budget.turn,
            seed=self.seed,
            tried=tried,
            documented=self.documented,
        )
        self.meter.last_role = role
        text = (await backend.generate([request]))[0]
        self.meter.wrote(role, text)
        return text

    def _note(self, event: Event) -> Event:
        """Take an event into the conversation and the counts; hands it back for yielding."""
        turn = message(event)
        if turn is not None:
            self.messages.append(turn)
        self.meter.note(event)
        self.ended = isinstance(event, Ended)
        return event
