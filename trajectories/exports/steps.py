"""Messages grouped into steps, and the chat turns that most formats share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trajectories.protocol import without_tag
from trajectories.records import Call, Message, Trajectory


@dataclass(frozen=True, slots=True)
class Step:
    """What belongs together: a user's turn, or thought, call and observation, or an answer."""

    user: Message | None = None
    planner: Message | None = None
    caller: Message | None = None
    observation: Message | None = None
    summarizer: Message | None = None

    @property
    def messages(self) -> tuple[Message, ...]:
        """The turns of the step in their order; all steps' turns are the record's messages."""
        turns = (self.user, self.planner, self.caller, self.observation, self.summarizer)
        return tuple(turn for turn in turns if turn is not None)

    @property
    def thought(self) -> str:
        """The planner's text without its tag."""
        return without_tag(self.planner.content) if self.planner is not None else ""

    @property
    def call(self) -> Call | None:
        return self.caller.call if self.caller is not None else None

    @property
    def learn(self) -> bool:
        """Whether all that the agent wrote in this step may be learnt."""
        spoken = (self.planner, self.caller, self.summarizer)
        return all(turn.learn for turn in spoken if turn is not None)


def steps(messages: Iterable[Message]) -> Iterator[Step]:
    """Group turns; their order is kept."""
    open: dict[str, Message] = {}
    for message in messages:
        if open and not _joins(open, message.role):
            yield Step(**open)
            open = {}
        open[message.role] = message
    if open:
        yield Step(**open)


def _joins(open: Mapping[str, Message], role: str) -> bool:
    if role in ("caller", "summarizer"):
        return len(open) == 1 and "planner" in open
    return role == "observation" and "caller" in open and role not in open


def system_of(trajectory: Trajectory) -> str:
    """The instructions that an imported record began with; "" for a record of ours."""
    return str(trajectory.options.get("system", ""))


@dataclass(frozen=True, slots=True)
class Turn:
    """A chat turn: system, user, assistant or tool."""

    role: str
    text: str = ""
    calls: tuple[tuple[str, Call], ...] = ()
    """(tool call id, call); only on an assistant's turn."""
    answers: str = ""
    """Tool call id; only on a tool's turn."""
    learn: bool = True
    labels: tuple[str, ...] = ()

    def json(self, arguments: Callable[[Call], Any]) -> dict[str, Any]:
        """The turn as a chat message; `arguments` renders a call's arguments."""
        if self.role == "tool":
            return {"role": "tool", "tool_call_id": self.answers, "content": self.text}
        message: dict[str, Any] = {"role": self.role, "content": self.text}
        if self.calls:
            message["tool_calls"] = [
                {
                    "id": id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": arguments(call)},
                }
                for id, call in self.calls
            ]
        return message


def chat(
    messages: Sequence[Message], *, slot: Callable[[Call], bool], system: str = ""
) -> list[Turn]:
    """The record as alternating chat turns, after the `system` turn where there is one.

    `slot` says whether the format has a place for a call. One without (arguments that are no JSON,
    where only objects are legal; an action without a name) stands as the assistant's text, word for
    word, and what was observed then as a user's turn, since a tool's turn must answer a call.
    """
    turns = [Turn("system", system)] if system else []
    for number, step in enumerate(steps(messages)):
        for turn in _turns(step, f"call_{number}", slot):
            _append(turns, turn)
    return turns


def _turns(step: Step, id: str, slot: Callable[[Call], bool]) -> Iterator[Turn]:
    labels = tuple(dict.fromkeys(label for turn in step.messages for label in turn.labels))
    call = step.call if step.call is not None and step.call.name and slot(step.call) else None
    if step.user is not None:
        yield Turn("user", step.user.content)
    if step.summarizer is not None:
        yield Turn("assistant", step.summarizer.content, learn=step.learn, labels=labels)
    elif step.planner is not None or step.caller is not None:
        written = step.caller.content if step.caller is not None and call is None else ""
        text = "\n".join(filter(None, (step.thought, written)))
        calls = ((id, call),) if call is not None else ()
        yield Turn("assistant", text, calls=calls, learn=step.learn, labels=labels)
    if step.observation is not None:
        answers = id if call is not None else ""
        yield Turn("tool" if answers else "user", step.observation.content, answers=answers)


def _append(turns: list[Turn], turn: Turn) -> None:
    last = turns[-1] if turns else None
    if last is None or last.role != turn.role or turn.role == "tool" or last.calls:
        if last is not None and last.calls and turn.role != "tool":
            # A call whose reply was never seen: the format wants one, so it gets an empty one.
            turns.extend(Turn("tool", answers=id) for id, _ in last.calls)
        turns.append(turn)
        return
    turns[-1] = replace(
        last,
        text="\n".join(filter(None, (last.text, turn.text))),
        calls=turn.calls,
        learn=last.learn and turn.learn,
        labels=tuple(dict.fromkeys(last.labels + turn.labels)),
    )
