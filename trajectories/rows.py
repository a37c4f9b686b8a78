"""The one source of role prompts and training rows: what a model reads, what it learns to write.

Internal layout: rules, tool docs, history, then a short role marker. A prompt only ever grows at
its end, whichever role comes next: one trajectory is one training sequence and one cache prefix.
Published layout: the four row files of α-UMi (one row per turn), for exchange with other code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from trajectories.condensed import condense
from trajectories.protocol import END, ROLES, TAGS, Row, plan_of
from trajectories.published import published_rows
from trajectories.tool_docs import tool_docs

if TYPE_CHECKING:
    from trajectories.records import Message, Trajectory

__all__ = [
    "END",
    "ROLES",
    "TAGS",
    "Layout",
    "Row",
    "Segment",
    "head",
    "plan_of",
    "prompt",
    "rows",
    "sequence",
    "turn_text",
]

OBSERVATION_LIMIT: Final = 600
"""Characters of one observation a role reads; a longer one is condensed, and says so."""

RULES: Final = (
    "planner: names the next tool, or ends. caller: writes its arguments. "
    "summarizer: answers the user."
)

Layout = Literal["internal", "published"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a training sequence. Segments joined are the sequence."""

    text: str
    learn: bool
    role: str
    """Whose turn it belongs to: head, user, planner, caller, observation, summarizer."""
    message: int = -1
    """The turn's place among the messages; -1 for the head."""


def prompt(role: str, *, tools: Sequence[Mapping[str, Any]], messages: Sequence[Message]) -> str:
    """What `role` reads before it writes its turn. Appending turns only ever extends it.

    `tools` are in openai form. The role's text follows directly, starting with a space.
    """
    return head(tools) + "".join(_turn(message) for message in messages) + f"{role}:"


def head(tools: Sequence[Mapping[str, Any]]) -> str:
    """Rules and tool docs: the part that all turns and all roles share."""
    return f"{RULES}\nTools (* = required, string if not said):\n{tool_docs(tools).text}{END}\n"


def _turn(message: Message) -> str:
    return f"{message.role}: {turn_text(message)}{END}\n"


def turn_text(message: Message) -> str:
    """A turn's text as the roles read it: end markers defused, long observations condensed."""
    text = message.content
    if message.role == "observation":
        text = condense(text, OBSERVATION_LIMIT)
    # A tool's reply must not be able to end its own turn and speak as a role.
    return text.strip().replace(END, "< /s>")


def sequence(trajectory: Trajectory) -> list[Segment]:
    """A whole trajectory as one training sequence; only roles' own turns are learnt."""
    segments = [Segment(head(trajectory.tools), learn=False, role="head")]
    for index, message in enumerate(trajectory.messages):
        role, learn = message.role, message.learn and message.role in ROLES
        segments.append(Segment(f"{role}:", learn=False, role=role, message=index))
        segments.append(
            Segment(f" {turn_text(message)}{END}", learn=learn, role=role, message=index)
        )
        segments.append(Segment("\n", learn=False, role=role, message=index))
    return segments


def rows(trajectory: Trajectory, layout: Layout = "internal") -> list[Row]:
    """One row per role turn that may be learnt from (`Message.learn`)."""
    if layout == "published":
        return list(published_rows(trajectory))
    if layout != "internal":
        raise ValueError(f"unknown layout {layout!r}; valid: internal, published")
    return list(_internal(trajectory))


def _internal(trajectory: Trajectory) -> Iterator[Row]:
    text = head(trajectory.tools)
    for message in trajectory.messages:
        if message.learn and message.role in ROLES:
            yield Row(message.role, f"{text}{message.role}:", f" {turn_text(message)}")
        text += _turn(message)
