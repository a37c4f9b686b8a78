"""Looking after a write: whether it was done although nobody said so.

Which tool shows what another does follows from their names and arguments: one that only reads, is
about the same, and needs nothing that the write did not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from agent.runtime.environment import ToolForm, held_to, name_of, parameters_of
from agent.runtime.forms.acts import kind_of, own_words, tool_kind
from agent.runtime.forms.decisions import GONE, calls_made, is_lost, went_well
from agent.runtime.forms.lists_read import entries_of, is_list
from agent.runtime.forms.request_values import is_id
from agent.runtime.forms.shown_values import leaves_of, parsed_body, shown_values
from sandbox.conventions.words import same
from sandbox.world.meta_calls import META
from trajectories.records import Call, Message

_DONE: Final = 200
"""The status that a write has once it was found done, as if its reply had said so."""
_MISSING: Final = 503
"""The same for one that was found missing."""


def changes(call: Call, tools: Sequence[ToolForm]) -> bool:
    """Whether a call may change something."""
    kinds = {name_of(tool): tool_kind(tool) for tool in tools}
    return call.name not in META and kinds.get(call.name, kind_of(call.name, "")) != "reading"


def is_ambiguous(reply: Message) -> bool:
    """Whether a reply leaves open whether its call was carried out: none came, or the server
    failed without asking for another try later."""
    failed = reply.status in (500, 502, 504) and "retry-after:" not in reply.content.lower()
    return failed or is_lost(reply)


def lookers(tools: Sequence[ToolForm], call: Call, reply: Message | None = None) -> list[ToolForm]:
    """Those of the tools that show what a write did, held to the arguments that they share with it,
    or with the id that its `reply` shows; of several those that share most."""
    own = next((own_words(tool) for tool in tools if name_of(tool) == call.name), None)
    sent = {**_ids_in(tools, reply), **(call.arguments or {})}
    found: list[tuple[int, ToolForm]] = []
    for tool in tools:
        parameters = parameters_of(tool)
        needed = set(parameters.get("required") or ())
        if name_of(tool) in META or tool_kind(tool) != "reading" or not needed <= sent.keys():
            continue
        if own is not None and own_words(tool) == own:
            shared = needed & sent.keys()
            found.append((len(shared), held_to(tool, {name: sent[name] for name in shared})))
    most = max((count for count, _ in found), default=0)
    return [tool for count, tool in found if count == most]


def _ids_in(tools: Sequence[ToolForm], reply: Message | None) -> dict[str, Any]:
    """Argument of a tool → the id of the thing that a reply is about."""
    body = parsed_body(reply.content) if reply is not None else None
    inner = [body, *(body.values() if isinstance(body, dict) else ())]
    things = [each for each in inner if isinstance(each, dict)]
    found: dict[str, Any] = {}
    for tool in tools:
        for name in parameters_of(tool).get("required") or ():
            keys = [(thing, key) for thing in things for key in thing if is_id(key)]
            own = [thing[key] for thing, key in keys if same(key, name) or key.lower() == "id"]
            if is_id(name) and own and not isinstance(own[0], dict | list):
                found[name] = own[0]
    return found


def looks_after(
    made: Sequence[tuple[Call, Message]], tools: Sequence[ToolForm], at: int
) -> Iterator[tuple[Call, Message]]:
    """The looks that followed the call at a place, before anything else was changed."""
    names = {name_of(tool) for tool in lookers(tools, *made[at])}
    for call, reply in made[at + 1 :]:
        if changes(call, tools):
            return
        if call.name in names and (went_well(reply) or reply.status in GONE):
            yield call, reply


def is_done(call: Call, look: Message, tools: Sequence[ToolForm]) -> bool | None:
    """Whether a look shows that a write was carried out; None where it cannot tell."""
    kind = next((tool_kind(tool) for tool in tools if name_of(tool) == call.name), "")
    sent = call.arguments or {}
    shown = {value for _, value in shown_values(look.content)}
    ids = {str(value) for name, value in sent.items() if is_id(name)}
    if kind == "removing":
        return look.status in GONE or not (ids & shown if entries_of(look) else True)
    if look.status in GONE:
        return None
    if kind != "creating" or not is_list(look):
        return _agrees(sent, shown_values(look.content))
    agreeing = [_agrees(sent, leaves_of(entry)) for entry in entries_of(look)]
    tells = not agreeing or any(each is not None for each in agreeing)
    return any(agreeing) if tells else None


def _agrees(sent: Mapping[str, Any], shown: Iterable[tuple[str, str]]) -> bool | None:
    """Whether a thing has what was sent for it, as far as it shows such fields; None where it shows
    none of them."""
    has: dict[str, set[str]] = {}
    for name, value in shown:
        has.setdefault(name, set()).add(value)
    found = [
        value in has[name] for name, value in leaves_of(sent) if name in has and not is_id(name)
    ]
    return all(found) if found else None


def with_looks(
    messages: Sequence[Message], tools: Sequence[ToolForm], *, verifies: bool = False
) -> list[Message]:
    """The conversation in which a write without a clear reply that was looked after has the reply
    that it should have had: what is found done counts as gone well; with `verifies`, what is found
    missing as failed, whatever its reply said."""
    replies = [at for at, turn in enumerate(messages) if turn.role == "observation"]
    read, made = list(messages), list(calls_made(messages))
    for at, (call, reply) in enumerate(made):
        is_open = is_ambiguous(reply) or (verifies and went_well(reply))
        if changes(call, tools) and is_open:
            found = [is_done(call, look, tools) for _, look in looks_after(made, tools, at)]
            status = _DONE if any(found) else _MISSING if verifies and False in found else None
            if status is not None:
                turn = read[replies[at]]
                read[replies[at]] = turn.model_copy(update={"status": status})
    return read
