"""What follows a call that failed for no fault of its own, as a client library would have it: the
wait that was asked for, fresh credentials, a look after a write that may have happened, the call
once more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Final

from agent.runtime.environment import ToolForm, held_to, name_of
from agent.runtime.forms.decisions import GONE, calls_made, is_lost, went_well
from agent.runtime.forms.lookbacks import changes, is_ambiguous, is_done, lookers, looks_after
from sandbox.conventions.idempotency import identifies
from sandbox.world.meta_calls import META
from trajectories.records import Call, Message

MOST_TRIES: Final = 4
"""Failed tries in a row after which a call is not made again."""
LONGEST: Final = 3_600
"""Seconds that are waited at most because a reply asks for it."""
_LATER: Final = frozenset({408, 425, 429})
_BUSY: Final = frozenset({403, 409, 423})
"""With the wait that is asked for these say the same."""
_AFTER: Final = re.compile(
    r"^(retry-after|x-ratelimit-reset): *(.+)$", re.IGNORECASE | re.MULTILINE
)
_DATE: Final = re.compile(r"^date: *(.+)$", re.IGNORECASE | re.MULTILINE)
_DURATION: Final = 1e8
"""A reset below this is a duration in seconds, not a moment."""


@dataclass(frozen=True, slots=True)
class NextCall:
    """What has to be called next."""

    tools: tuple[ToolForm, ...]
    """One of them, held to its arguments."""
    text: str = ""
    """The whole call as it was written before, where it is that; else empty."""


def next_call(
    tools: Sequence[ToolForm],
    callable_tools: Sequence[ToolForm],
    messages: Sequence[Message],
    *,
    verifies: bool = False,
) -> NextCall | None:
    """What follows a failure that says nothing against the call; None after anything else, and
    where the call has failed too often.

    `tools` are all that are offered, `callable_tools` those that can be called now. With
    `verifies`, a look follows every write, and what it finds missing is made again.
    """
    made = list(calls_made(messages))
    at = next((n for n in reversed(range(len(made))) if made[n][0].name not in META), None)
    if at is None:
        return None
    call, reply = made[at]
    since = [other.name for other, _ in made[at + 1 :]]
    looked = None if changes(call, tools) else _looked_after(made, at, tools, verifies)
    if looked is not None:
        # A look that went well is not made again; what it shows decides about the write.
        write = made[looked][0]
        *_, (_, last) = looks_after(made, tools, looked)
        repeated = sum(other.raw == write.raw for other, _ in made if other.name == write.name)
        if is_done(write, last, tools) is not False or repeated >= MOST_TRIES:
            return None
        return _again(write, messages, looked, callable_tools)
    if verifies and changes(call, tools) and went_well(reply):
        looking = lookers(tools, call, reply)
        return NextCall(tuple(looking)) if looking else None
    if not _is_transient(reply) or _tries(made, at) >= MOST_TRIES:
        return None
    offered = {name_of(tool): tool for tool in tools}
    if reply.status == 401:
        fresh = offered.get("authenticate")
        if fresh is None or "authenticate" not in since:
            return None if fresh is None else NextCall((fresh,))
        return _again(call, messages, at, callable_tools)
    seconds = _asked_wait(reply) or 2.0 ** (_tries(made, at) - 1)
    if "wait" in offered and "wait" not in since:
        return NextCall((held_to(offered["wait"], {"seconds": int(seconds + 0.999)}),))
    has_key = any(identifies(name, "") for name in call.arguments or {})
    if changes(call, tools) and is_ambiguous(reply) and not has_key:
        ready = {name_of(tool) for tool in callable_tools}
        looking = [tool for tool in lookers(tools, call) if name_of(tool) in ready]
        if looking:
            return NextCall(tuple(looking))
    return _again(call, messages, at, callable_tools)


def _looked_after(
    made: Sequence[tuple[Call, Message]], at: int, tools: Sequence[ToolForm], verifies: bool
) -> int | None:
    """The place of the ambiguous write that the call at a place looks after; of any write that went
    well, with `verifies`."""
    for before in reversed(range(at)):
        call, reply = made[before]
        if changes(call, tools):
            is_look = made[at][0].name in {name_of(tool) for tool in lookers(tools, call, reply)}
            fine = went_well(made[at][1]) or made[at][1].status in GONE
            is_open = is_ambiguous(reply) or (verifies and went_well(reply))
            return before if is_look and fine and is_open else None
    return None


def _again(
    call: Call, messages: Sequence[Message], at: int, tools: Sequence[ToolForm]
) -> NextCall | None:
    """The call at a place once more, as it was written; None where it cannot be made any more."""
    held = tuple(tool for tool in tools if name_of(tool) == call.name)
    written = [turn.content for turn in messages if turn.role == "caller"]
    return NextCall(held, written[at]) if held and written[at].startswith("Action:") else None


def _is_transient(reply: Message) -> bool:
    if reply.status is None:
        return is_lost(reply)
    is_busy = reply.status in _BUSY and _AFTER.search(reply.content) is not None
    return reply.status in _LATER or is_busy or reply.status == 401 or reply.status >= 500


def _tries(made: Sequence[tuple[Call, Message]], at: int) -> int:
    """How often the call at a place was made in a row, other calls aside, and failed so."""
    call, count = made[at][0], 0
    for other, reply in reversed(made[: at + 1]):
        if other.name in META:
            continue
        if (other.name, other.raw) == (call.name, call.raw):
            if not _is_transient(reply):
                break
            count += 1
        elif other.name == call.name:
            break
    return count


def _asked_wait(reply: Message) -> float:
    """The seconds that a reply asks to wait, at most `LONGEST`; 0 where it asks for none."""
    found = _AFTER.search(reply.content)
    if found is None:
        return 0.0
    try:
        seconds = float(found[2])
    except ValueError:
        date = _DATE.search(reply.content)
        try:
            moment = parsedate_to_datetime(found[2])
            seconds = (moment - parsedate_to_datetime(date[1])).total_seconds() if date else 60.0
        except (ValueError, TypeError):  # no date; or only one of the two says its zone
            return 0.0
    if not isfinite(seconds):
        return 0.0
    return 60.0 if seconds >= _DURATION else min(max(seconds, 0.0), LONGEST)
