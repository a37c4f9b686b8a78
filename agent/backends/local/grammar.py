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

from agent.backends.local.answer_grammar import answer_grammar, as_literal
from agent.backends.local.call_schemas import STYLE, close, compilable
from agent.backends.local.tokens import Tokens
from agent.errors import BackendError
from agent.runtime.environment import ToolForm, name_of, parameters_of
from agent.runtime.forms.acts import WRITING, may_change, tool_kind, wishes
from agent.runtime.forms.answers import answer_of
from agent.runtime.forms.conclusion import (
    covers_request,
    finished_calls,
    finished_creates,
    has_changed_all,
    is_answered,
    is_complete,
    is_known,
    may_conclude,
)
from agent.runtime.forms.conditions import (
    condition_holds,
    is_to_act,
    is_unknown,
    tools_under_condition,
)
from agent.runtime.forms.decisions import (
    CALL,
    FAILED,
    FINISH,
    GIVE_UP,
    MOST_FAILURES,
    QUESTION,
    after_failure,
    decided_tool,
    failures_in_a_row,
    going_in_circles,
    in_vain,
    miswritten_calls,
    name_in,
)
from agent.runtime.forms.documentation import READ_DOCS, about_last_failure, outdated_tool
from agent.runtime.forms.feasibility import has_to_try, refusal_of
from agent.runtime.forms.likeness import likest
from agent.runtime.forms.lists_read import chooses_page, may_go_on
from agent.runtime.forms.lookbacks import with_looks
from agent.runtime.forms.miswritten import mended_call
from agent.runtime.forms.request_values import request_of
from agent.runtime.forms.required import with_requirements
from agent.runtime.forms.retries import NextCall, next_call
from agent.runtime.forms.spans import restrict_to_what_was_read
from agent.runtime.forms.tool_choice import fitting_tools
from agent.runtime.roles import plan_text
from trajectories.protocol import Plan
from trajectories.records import Call, Message


@dataclass(frozen=True, slots=True)
class CallerGrammar:
    """A grammar in llguidance's Lark dialect, and the tools it holds only loosely."""

    lark: str
    loose: tuple[str, ...]


FORMS: Final = frozenset(
    {"spans", "stated", "refusals", "evidence", "wishes", "likeness", "answers", "docs", "retries"}
)
"""What can be left away to see what it does: `spans` (arguments are copied out of what was read),
`stated` (what the request states for an argument is its only candidate), `refusals` (no call that
was refused before, nothing made twice, nothing called or said in circles, no conclusion after a
miswritten call), `evidence` (no conclusion before the values that the request names were in a call
or its reply, and what it asks for was shown or done; nothing more once a whole list has told it),
`wishes` (only tools that do what the request asks for and take most of what it states), `likeness`
(of these only the ones whose names and descriptions share most with its words), `answers` (values
in answers are copied or calculated, the asked ones are given), `docs` (documentation is read again
when a reply shows that it is out of date), `retries` (a failure that says nothing against a call is
waited for, looked after, tried again)."""

VERIFICATION: Final = "verification"
"""A form that only `NAME with verification` has: every write is looked after, whatever its reply
said, and made again where it is missing."""


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
    if role == "summarizer":
        return answer_grammar(answer_of(messages)) if "answers" in forms else None
    if tried:
        known = {name_in(text) for text in tried}
        tools = [tool for tool in tools if name_of(tool) not in known]
    if role == "planner" and "docs" in forms and outdated_tool(tools, messages):
        return _planner_grammar((READ_DOCS,), after_failure(messages), False, False)
    if "stated" in forms:
        tools = with_requirements(tools, messages)
    held, step = list(tools), None
    if "spans" in forms:
        held = _held(tools, messages, "stated" in forms) or held
    if "retries" in forms:
        step = next_call(tools, held, messages, verifies=VERIFICATION in forms)
        step = step or mended_call(tools, held, messages)
    if role == "planner":
        if step is not None:
            names = tuple(map(name_of, step.tools))
            return _planner_grammar(names, after_failure(messages), False, False)
        return _decision_grammar(tools, held, messages, forms)
    return _call_grammar(held, messages, forms, step) if role == "caller" else None


def _held(tools: Sequence[ToolForm], messages: Sequence[Message], states: bool) -> list[ToolForm]:
    """The tools that can be called, their arguments restricted to what was read."""
    return restrict_to_what_was_read(
        tools,
        messages,
        request_states=states,
        reading={name_of(tool) for tool in tools if tool_kind(tool) == "reading"},
        is_change=bool(wishes(request_of(messages)) & WRITING),
    )


def _decision_grammar(
    offered: Sequence[ToolForm],
    tools: list[ToolForm],
    messages: Sequence[Message],
    forms: Collection[str],
) -> str:
    """What a planner may decide on, of `offered` the `tools` that can be called."""
    has_to = False
    if "retries" in forms:
        messages = with_looks(messages, offered, verifies=VERIFICATION in forms)
    if "wishes" in forms:
        if refusal := refusal_of(offered, messages):
            return _refusal_grammar(refusal.question)
        tools = tools_under_condition(fitting_tools(offered, tools, messages), messages)
        has_to = has_to_try(offered, tools, messages)
    ends = may_conclude(messages, resolved="refusals" in forms)
    if "wishes" in forms:
        ends = ends and not (is_to_act(messages) or is_unknown(messages))
    if "evidence" in forms:
        ends = ends and covers_request(messages) and is_answered(messages, offered)
        ends = ends and is_complete(messages, offered)
    is_over = ends and "evidence" in forms and is_known(messages, offered)
    finished, done = frozenset[str](), list[Call]()
    if "refusals" in forms:
        finished = finished_creates(messages, offered)
        refusing = in_vain(messages) | going_in_circles(messages) | finished
        if has_changed_all(messages, offered):
            is_over = is_over or (ends and "reading" not in wishes(request_of(messages)))
            refusing |= {name_of(tool) for tool in tools if may_change(name_of(tool))}
        tired = failures_in_a_row(messages) >= MOST_FAILURES
        refused = miswritten_calls(messages)
        done, goes_on = finished_calls(messages), may_go_on(messages)
        tools = [
            tool
            for tool in tools
            if not (tired or name_of(tool) in refusing or _would_repeat(tool, refused))
            and not _adds_nothing(tool, done, goes_on)
        ]
    if is_over:
        tools = []
    elif "likeness" in forms:
        tools = likest(tools, messages)
    names = tuple(map(name_of, tools))
    # Nothing is left to do for a request whose thing is made.
    ends = ends or (bool(finished or done) and not names)
    must_tell = ends and "wishes" in forms and condition_holds(messages) is False
    may_give_up = not (has_to and names) and not must_tell and not is_over
    return _planner_grammar(names, after_failure(messages), ends, may_give_up)


def _call_grammar(
    tools: Sequence[ToolForm],
    messages: Sequence[Message],
    forms: Collection[str],
    step: NextCall | None,
) -> str:
    """The call of the tool that the planner has decided on; the very call of before where that is
    what has to follow."""
    decided = decided_tool(messages)
    held = [tool for tool in tools if name_of(tool) == decided]
    if "docs" in forms and decided == READ_DOCS:
        held = [about_last_failure(tool, messages) for tool in held]
    if step is not None and (same := [t for t in step.tools if name_of(t) == decided]):
        held = same
        if step.text:
            return f"start: {as_literal(f' {step.text}')}"
    return caller_grammar(held or tools).lark


def _would_repeat(tool: ToolForm, calls: Sequence[Call]) -> bool:
    """Whether the only call of a held tool is one of some calls."""
    only, needed, given = _only_values(tool)
    made = (call.arguments for call in calls if call.name == name_of(tool))
    return only.keys() == given.keys() == needed and only in made


def _adds_nothing(tool: ToolForm, calls: Sequence[Call], goes_on: bool) -> bool:
    """Whether what a held tool requires is what one of some calls had, and the rest chooses no page
    of a list that goes on; for one that requires nothing, whether nothing else is to be chosen."""
    only, needed, given = _only_values(tool)
    free = {name for name in given if not chooses_page(name)}
    if (goes_on and free != given.keys()) or not (needed or free) <= only.keys():
        return False
    wanted = {name: only[name] for name in needed or free}
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


@lru_cache(maxsize=256)
def _planner_grammar(
    names: tuple[str, ...], failed: bool, may_conclude: bool, may_give_up: bool
) -> str:
    before = FAILED if failed else ""
    start, _, rest = CALL.partition("{}")
    reasons = " | ".join(_turn(words, "give_up") for words in GIVE_UP.values())
    ask = f'" Question: " /[^?\\n]{{2,90}}\\?/ {as_literal(plan_text("", "give_up"))}'
    plans = {"reason": reasons, "question": ask} if may_give_up else {}
    if names:
        spoken = " | ".join(map(as_literal, names))
        plans["call"] = f"{as_literal(' ' + before + start)} ({spoken}) "
        plans["call"] += as_literal(plan_text(rest, "call"))
    if may_conclude:
        plans["finish"] = _turn(before + FINISH, "finish")
    return "\n".join([f"start: {' | '.join(plans)}", *(f"{k}: {v}" for k, v in plans.items())])


def _refusal_grammar(question: str) -> str:
    reason = QUESTION.format(question) if question else GIVE_UP["cannot"]
    return f"start: reason\nreason: {_turn(reason, 'give_up')}"


def _turn(thought: str, plan: Plan) -> str:
    return as_literal(f" {plan_text(thought, plan)}")


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
        start = as_literal(f" Action: {function['name']}\nAction Input: ")
        lines.append(f"call{index}: {start} arguments{index}")
        lines.append(f"arguments{index}: %json {json.dumps(schema | {'x-guidance': STYLE})}")
    heads = " | ".join(f"call{index}" for index in range(len(offered)))
    return CallerGrammar("\n".join([f"start: {heads}", *lines]), tuple(loose))
