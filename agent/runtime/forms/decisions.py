"""A planner's turn as a decision: a short thought that the plan and the last reply determine, one
offered tool, and the tag.

Recorded turns of any wording are read in this form, in training as in evaluation, and planners are
held to it by a grammar. So what a planner has to choose is a plan and a name, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from agent.runtime.filled import as_written, without_filled_arguments
from agent.runtime.forms.acts import WRITING, kind_of
from agent.runtime.forms.shown_values import admits_failure, parsed_body
from agent.runtime.parsing import parse_call
from agent.runtime.roles import call_text, plan_text
from sandbox import exact_json
from sandbox.world.meta_calls import META
from trajectories.protocol import plan_of, without_tag
from trajectories.records import Call, Claim, Message, Trajectory
from trajectories.scoring.claims import spoken_claim
from trajectories.tool_docs import follow_reference

CALL: Final = "Call {}."
FINISH: Final = "All is done."
FAILED: Final = "It failed. "
"""Stands before a call or an end where the last call failed."""
GIVE_UP: Final[dict[Claim, str]] = {
    "cannot": "Cannot: no tool does this.",
    "not_done": "Not done: it keeps failing.",
    "uncertain": "Uncertain: no reply shows whether it was done.",
}
"""What giving up says, by claim; a question is put in words of its own."""
QUESTION: Final = "Question: {}"
MOST_FAILURES: Final = 8
"""Failed calls in a row after which no other is made."""
MOST_REFUSALS: Final = 3
"""Refused calls of one tool that may be followed by another."""
MOST_SAME: Final = 3
"""Equal replies to equal calls after which the tool is not called again."""
MOST_PAUSES: Final = 6
"""Calls of meta-tools after which none follows where nothing new was seen meanwhile."""
_LATER: Final = frozenset({408, 409, 425, 429})
MISWRITTEN: Final = frozenset({400, 405, 415, 422})
"""What refuses a call for how it was written, whenever it comes."""
GONE: Final = frozenset({404, 410})
"""Says that there is no such thing."""
UNFINISHED: Final = re.compile(
    r"\b(pending|queued|running|in.?progress|processing)\b", re.IGNORECASE
)
"""Says that something is not over yet."""
_SHORT: Final = 1_000
_REPORTS: Final = re.compile(r'"(?:status|ok|success|errors?)"\s*:\s*(?:false|"|\{|\[)')
"""What a body that admits a failure has; looked for first, since few replies have it."""
_SOON: Final = re.compile(
    r"temporar|try again|unavailable|timed? ?out|busy|overload", re.IGNORECASE
)
"""Says that the same call may go well later."""
_QUESTION: Final = re.compile(r"[^.!?\n]*\?")
_NAME: Final = re.compile(r"Call (\S+)\.\s+Next: caller\.\s*\Z")


def after_failure(messages: Sequence[Message]) -> bool:
    """Whether the last reply says, or shows by not being there, that the last call failed."""
    last = _last_reply(messages)
    if last is None:
        return False
    return is_lost(last) or (last.status is not None and last.status >= 300)


def in_vain(messages: Sequence[Message]) -> frozenset[str]:
    """The tools that would say the same once more: those that refused the same call twice, or
    several calls, and none of whose calls has gone well since; and the one that answered the same
    call twice in a row.

    What may go well later (408, 409, 425, 429) is no such refusal.
    """
    refused: dict[str, list[str]] = {}
    made = list(_calls(messages))
    for call, status in made:
        if status is not None and status < 300:
            refused.pop(call.name, None)
        elif _is_for_good(status):
            refused.setdefault(call.name, []).append(call.raw)
    last = [(call.name, call.raw) for call, status in made[-2:] if status is not None]
    again = frozenset(name for name, _ in last[:1] if len(last) == 2 and last[0] == last[1])
    return again | frozenset(
        name
        for name, calls in refused.items()
        if len(calls) > MOST_REFUSALS or len(set(calls)) < len(calls)
    )


def going_in_circles(messages: Sequence[Message]) -> frozenset[str]:
    """The tools that bring nothing new: those that gave one reply to one call as often as
    `MOST_SAME`, or did one thing twice, since another was done; and all meta-tools after as many
    calls of them as `MOST_PAUSES` without anything new."""
    replies: dict[tuple[str, str], tuple[str, int]] = {}
    done: dict[tuple[str, str], int] = {}
    pauses = 0
    for call, reply in calls_made(messages):
        key = (call.name, call.raw)
        if call.name in META:
            pauses += 1
        elif went_well(reply) and kind_of(call.name, "") in WRITING:
            done[key] = done.get(key, 0) + 1
            if done[key] == 1:
                replies.clear()
                pauses = 0
        elif _is_for_good(reply.status):
            before, count = replies.get(key, ("", 0))
            is_same = before == reply.content and not UNFINISHED.search(reply.content)
            count = count + 1 if is_same else 1
            replies[key] = (reply.content, count)
            pauses = pauses if count > 1 else 0
    found = {name for (name, _), (_, count) in replies.items() if count >= MOST_SAME}
    found |= {name for (name, _), count in done.items() if count > 1}
    return frozenset(found | (META.keys() if pauses >= MOST_PAUSES else set()))


def _is_for_good(status: int | None) -> bool:
    """Whether a reply would be the same a little later."""
    return status is not None and status < 500 and status not in _LATER


def miswritten_calls(messages: Sequence[Message]) -> list[Call]:
    """The calls that were refused for how they were written, or because there is no such thing,
    since one went well: made once more, each is refused once more."""
    refused: list[Call] = []
    for call, status in _calls(messages):
        if status is not None and status < 300:
            refused.clear()
        elif status in MISWRITTEN or status in GONE:
            refused.append(call)
    return refused


def failures_in_a_row(messages: Sequence[Message]) -> int:
    """How many calls have failed since one went well; waiting and reading docs is neither."""
    count = 0
    for call, status in _calls(messages):
        if call.name not in META:
            count = 0 if status is not None and status < 300 else count + 1
    return count


def calls_made(messages: Sequence[Message]) -> Iterator[tuple[Call, Message]]:
    """Calls with their replies; what has no reply yet is left out.

    Conversations from elsewhere may have calls as text only, and replies without a status, which
    are taken to be good ones.
    """
    turns = [turn for turn in messages if turn.role == "caller"]
    replies = [_by_its_body(turn) for turn in messages if turn.role == "observation"]
    for turn, reply in zip(turns, replies, strict=False):
        if turn.call is not None:
            yield turn.call, reply
        else:
            status = 200 if reply.status is None else reply.status
            yield _call_in(turn.content), reply.model_copy(update={"status": status})


def _by_its_body(reply: Message) -> Message:
    """A reply with the status that its body deserves: some say in a reply of success that it is
    none (`{"status": "error"}`)."""
    if reply.status != 200 or len(reply.content) > _SHORT or not _REPORTS.search(reply.content):
        return reply
    if not admits_failure(parsed_body(reply.content)):
        return reply
    return reply.model_copy(update={"status": 502 if _SOON.search(reply.content) else 400})


def is_lost(reply: Message) -> bool:
    """Whether no reply arrived."""
    return reply.status is None and reply.content.startswith("No response")


def went_well(reply: Message) -> bool:
    """Whether a reply says that its call was carried out."""
    return reply.status is not None and reply.status < 300


def _calls(messages: Sequence[Message]) -> Iterator[tuple[Call, int | None]]:
    return ((call, reply.status) for call, reply in calls_made(messages))


def _call_in(text: str) -> Call:
    read = parse_call(text)
    return Call(name=read.name, arguments=read.arguments, raw=read.raw)


def _last_reply(messages: Sequence[Message]) -> Message | None:
    last = next((turn for turn in reversed(messages) if turn.role == "observation"), None)
    return None if last is None else _by_its_body(last)


def decided_tool(messages: Sequence[Message]) -> str | None:
    """The tool that the planner, who spoke last, has decided on; None for a turn of other form."""
    if not messages or messages[-1].role != "planner":
        return None
    return name_in(messages[-1].content)


def name_in(turn: str) -> str | None:
    """The tool that a planner's turn decides on; None for a turn of other form."""
    found = _NAME.search(turn)
    return found[1] if found else None


def decisions(
    messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = ()
) -> list[Message]:
    """The conversation with planners' turns as decisions and calls in the form callers write:
    arguments in the order of the tool's schema."""
    schemas = {str(tool["function"]["name"]): tool["function"].get("parameters") for tool in tools}
    read: list[Message] = []
    for index, turn in enumerate(messages):
        following = messages[index + 1] if index + 1 < len(messages) else None
        if turn.role == "planner":
            turn = turn.model_copy(update={"content": _decision(turn, following, read)})
        elif turn.role == "caller" and turn.call is not None and turn.call.arguments is not None:
            schema = schemas.get(turn.call.name) or {}
            given = exact_json.loads(turn.call.text())
            text = call_text(turn.call.name, as_written(_in_order(given, schema, schema)))
            turn = turn.model_copy(update={"content": text})
        read.append(turn)
    return read


def with_decisions(trajectory: Trajectory) -> Trajectory:
    """A record as roles read it and write it: in this form, without what the runtime fills."""
    plain = without_filled_arguments(trajectory)
    return plain.model_copy(update={"messages": decisions(plain.messages, plain.tools)})


def _in_order(value: Any, schema: Any, root: Mapping[str, Any]) -> Any:
    """A value whose objects have their keys in the order of the schema, others after them."""
    schema = follow_reference(schema, root)
    given = schema if isinstance(schema, Mapping) else {}
    if isinstance(value, list):
        return [_in_order(item, given.get("items"), root) for item in value]
    if not isinstance(value, dict):
        return value
    known = given.get("properties") or {}
    names = [name for name in known if name in value] + [n for n in value if n not in known]
    return {name: _in_order(value[name], known.get(name), root) for name in names}


def _decision(turn: Message, following: Message | None, before: Sequence[Message]) -> str:
    plan = plan_of(turn.content)
    failed = FAILED if after_failure(before) else ""
    if plan == "finish":
        return plan_text(failed + FINISH, plan)
    if plan == "give_up":
        return plan_text(_reason(without_tag(turn.content)), plan)
    named = following.call if following is not None and following.role == "caller" else None
    if plan is None or named is None or not named.name or " " in named.name:
        return turn.content
    return plan_text(failed + CALL.format(named.name), plan)


def _reason(thought: str) -> str:
    claim = spoken_claim("give_up", thought)
    asked = _QUESTION.findall(thought)
    if claim == "asks" and asked:
        return QUESTION.format(asked[-1].strip().removeprefix("Question:").strip())
    return GIVE_UP.get(claim, thought)
