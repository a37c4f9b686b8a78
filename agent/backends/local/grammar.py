"""Grammars that hold a role to the protocol while it writes, built from the offered tools.

Under the caller's grammar a malformed or invented call cannot be written: only an offered name,
then JSON that its schema admits. Schemas are followed as far as llguidance can; tools that have
parts which it cannot compile are counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from agent.backends.local.call_schemas import STYLE, close, compilable
from agent.backends.local.tokens import Tokens
from agent.errors import BackendError
from agent.runtime.answers import Answer, answer_of
from agent.runtime.conclusion import (
    covers_request,
    finished_calls,
    finished_creates,
    is_answered,
    is_complete,
    may_conclude,
)
from agent.runtime.decisions import (
    CALL,
    FAILED,
    FINISH,
    GIVE_UP,
    MOST_FAILURES,
    QUESTION,
    after_failure,
    decided_tool,
    failures_in_a_row,
    in_vain,
    miswritten_calls,
    name_in,
)
from agent.runtime.environment import ToolForm, name_of, parameters_of
from agent.runtime.feasibility import has_to_try, refusal_of
from agent.runtime.likeness import likest
from agent.runtime.request_values import is_number, request_of
from agent.runtime.roles import plan_text
from agent.runtime.spans import is_of_paging, is_position, restrict_to_what_was_read
from agent.runtime.tool_choice import (
    WRITING,
    fitting_tools,
    tool_kind,
    wishes,
)
from trajectories.protocol import Plan
from trajectories.records import Call, Message


@dataclass(frozen=True, slots=True)
class CallerGrammar:
    """A grammar in llguidance's Lark dialect, and the tools it holds only loosely."""

    lark: str
    loose: tuple[str, ...]


FORMS: Final = frozenset(
    {"spans", "stated", "refusals", "evidence", "wishes", "likeness", "answers"}
)
"""What can be left away to see what it does: `spans` (arguments are copied out of what was read),
`stated` (what the request states for an argument is its only candidate), `refusals` (no call that
was refused before, nothing made twice, no conclusion after a miswritten call), `evidence` (no
conclusion before the values that the request names were in a call or its reply, and what it asks
for was shown or done), `wishes` (only tools that do what the request asks for and take most of what
it states), `likeness` (of these only the ones whose names and descriptions share most with its
words), `answers` (values in answers are copied or calculated, the asked ones are given)."""


def turn_grammar(
    role: str,
    tools: Sequence[dict[str, Any]],
    messages: Sequence[Message],
    *,
    forms: Collection[str] = FORMS,
    tried: Collection[str] = (),
) -> str | None:
    """What holds a role to the protocol in its next turn (Lark); None where nothing does.

    A planner decides: a plan, and for a call an offered tool. A caller calls what was decided on.
    `forms` says how closely they are held. A tool that a planner decided on in a turn that was
    `tried` here counts as not offered.
    """
    if not tools:
        return None
    if tried:
        known = {name_in(text) for text in tried}
        tools = [tool for tool in tools if name_of(tool) not in known]
    offered = tools
    if "spans" in forms:
        states = "stated" in forms
        reading = {name_of(tool) for tool in tools if tool_kind(tool) == "reading"}
        tools = (
            restrict_to_what_was_read(
                tools,
                messages,
                request_states=states,
                reading=reading,
                is_change=bool(wishes(request_of(messages)) & WRITING),
            )
            or tools
        )
    if role == "planner":
        has_to = False
        if "wishes" in forms:
            if refusal := refusal_of(offered, messages):
                return _refusal_grammar(refusal.question)
            tools = fitting_tools(offered, tools, messages)
            has_to = has_to_try(offered, tools, messages)
        ends = may_conclude(messages, resolved="refusals" in forms)
        if "evidence" in forms:
            ends = ends and covers_request(messages) and is_answered(messages, offered)
            ends = ends and is_complete(messages, offered)
        finished, done = frozenset[str](), list[Call]()
        if "refusals" in forms:
            finished = finished_creates(messages, offered)
            refusing = in_vain(messages) | finished
            tired = failures_in_a_row(messages) >= MOST_FAILURES
            refused = miswritten_calls(messages)
            done = finished_calls(messages)
            tools = [
                tool
                for tool in tools
                if not (tired or name_of(tool) in refusing or _would_repeat(tool, refused))
                and not _adds_nothing(tool, done)
            ]
        if "likeness" in forms:
            tools = likest(tools, messages)
        names = [name_of(tool) for tool in tools]
        # Nothing is left to do for a request whose thing is made.
        ends = ends or (bool(finished or done) and not names)
        may_give_up = not (has_to and names)
        return _planner_grammar(tuple(names), after_failure(messages), ends, may_give_up)
    if role == "caller":
        decided = decided_tool(messages)
        held = [tool for tool in tools if name_of(tool) == decided]
        return caller_grammar(held or tools).lark
    if role == "summarizer" and "answers" in forms:
        return _summarizer_grammar(answer_of(messages))
    return None


def _would_repeat(tool: ToolForm, calls: Sequence[Call]) -> bool:
    """Whether the only call of a held tool is one of some calls."""
    only, needed, given = _only_values(tool)
    made = (call.arguments for call in calls if call.name == name_of(tool))
    return only.keys() == given.keys() == needed and only in made


def _adds_nothing(tool: ToolForm, calls: Sequence[Call]) -> bool:
    """Whether what a held tool requires is what one of some calls had, and the rest chooses no page
    of a list."""
    only, needed, given = _only_values(tool)
    if not needed or not needed <= only.keys() or any(map(_chooses_page, given)):
        return False
    wanted = {name: only[name] for name in needed}
    made = (call.arguments for call in calls if call.name == name_of(tool))
    return any(each is not None and wanted.items() <= each.items() for each in made)


def _only_values(tool: ToolForm) -> tuple[dict[str, Any], set[str], Mapping[str, Any]]:
    """The arguments of a held tool that have a single candidate, with it; the names of the required
    ones; the schemas of all."""
    parameters = parameters_of(tool)
    given = parameters.get("properties") or {}
    only = {
        name: part["enum"][0]
        for name, part in given.items()
        if isinstance(part, dict) and len(part.get("enum", ())) == 1
    }
    return only, set(parameters.get("required") or ()), given


def _chooses_page(name: str) -> bool:
    return is_position(name) or is_of_paging(name)


@lru_cache(maxsize=256)
def _planner_grammar(
    names: tuple[str, ...], failed: bool, may_conclude: bool, may_give_up: bool
) -> str:
    before = FAILED if failed else ""
    start, _, rest = CALL.partition("{}")
    reasons = " | ".join(_turn(words, "give_up") for words in GIVE_UP.values())
    ask = f'" Question: " /[^?\\n]{{2,90}}\\?/ {_literal(plan_text("", "give_up"))}'
    plans = {"reason": reasons, "question": ask} if may_give_up else {}
    if names:
        spoken = " | ".join(map(_literal, names))
        plans["call"] = f"{_literal(' ' + before + start)} ({spoken}) "
        plans["call"] += _literal(plan_text(rest, "call"))
    if may_conclude:
        plans["finish"] = _turn(before + FINISH, "finish")
    return "\n".join([f"start: {' | '.join(plans)}", *(f"{k}: {v}" for k, v in plans.items())])


def _refusal_grammar(question: str) -> str:
    reason = QUESTION.format(question) if question else GIVE_UP["cannot"]
    return f"start: reason\nreason: {_turn(reason, 'give_up')}"


_WORDS: Final = (
    'WORDS: /[^"0-9\\n]{0,89}[^\\w"\\n]/',
    'LAST: /[^"0-9\\n]{1,90}/',
)
"""Before a value, and at the end."""


@lru_cache(maxsize=256)
def _summarizer_grammar(answer: Answer) -> str | None:
    """Free words, and values only as they were read: the asked ones in their order among them,
    none glued to a word."""
    if not (answer.known or answer.asked):
        return None
    asked = [_spellings(texts) for texts in answer.asked]
    known = _spellings(answer.spoken if asked else answer.known)
    lines = [f"start: {' '.join(f'part asked{at}' for at in range(len(asked)))} end"]
    lines += [f"asked{at}: {spelt}" for at, spelt in enumerate(asked)]
    lines += ["part: WORDS (known WORDS){0,3}", f"known: {known}"] if known else ["part: WORDS"]
    free = "(WORDS known){0,3} LAST" if known else "LAST"
    lines += ["end: LAST?" if asked else f"end: {free}", *_WORDS]
    return "\n".join(lines)


def _spellings(texts: Sequence[str]) -> str:
    """The spellings of values in an answer: numbers, true and false as they are, texts in
    quotes."""
    bare = {text for text in texts if is_number(text) or text in ("true", "false")}
    return " | ".join(_literal(text if text in bare else f'"{text}"') for text in texts)


def _turn(thought: str, plan: Plan) -> str:
    return _literal(f" {plan_text(thought, plan)}")


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def matcher(tokens: Tokens, grammar: str) -> Any:
    """What tells, token by token, which tokens a grammar allows. Raises BackendError."""
    from llguidance import LLMatcher
    from llguidance.hf import from_tokenizer

    if tokens.masks is None:
        tokens.masks = from_tokenizer(tokens.tokenizer)
    if grammar not in tokens.matchers:
        if len(tokens.matchers) > 512:
            tokens.matchers.clear()
        tokens.matchers[grammar] = LLMatcher(
            tokens.masks, LLMatcher.grammar_from_lark(grammar), log_level=0
        )
    made = tokens.matchers[grammar].deep_copy()
    if made.is_error():
        raise BackendError("grammar", str(made.get_error()))
    return made


def forced_text(
    held: Any | None, finished: Callable[[list[int]], bool], end: int
) -> list[int] | None:
    """The ids of a turn that a matcher leaves no choice about, so that no model has to read for it;
    None where there is a choice."""
    if held is None:
        return None
    held, written = held.deep_copy(), list[int]()
    while ids := held.compute_ff_tokens():
        for token in ids:
            if token == end:
                return written
            written.append(token)
            held.consume_token(token)
            if finished(written):
                return written
    return written if written and held.is_stopped() else None


def caller_grammar(tools: Sequence[Mapping[str, Any]]) -> CallerGrammar:
    """The grammar of one call of one of `tools` (openai form): ` Action: …\\nAction Input: …`."""
    return _compile(json.dumps([tool["function"] for tool in tools], sort_keys=False))


@lru_cache(maxsize=256)
def _compile(functions: str) -> CallerGrammar:
    lines, loose = [], []
    offered = json.loads(functions)
    for index, function in enumerate(offered):
        wanted = close(function.get("parameters") or {})
        schema = compilable(wanted)
        if schema != wanted:
            loose.append(str(function["name"]))
        start = _literal(f" Action: {function['name']}\nAction Input: ")
        lines.append(f"call{index}: {start} arguments{index}")
        lines.append(f"arguments{index}: %json {json.dumps(schema | {'x-guidance': STYLE})}")
    heads = " | ".join(f"call{index}" for index in range(len(offered)))
    return CallerGrammar("\n".join([f"start: {heads}", *lines]), tuple(loose))
