"""How a scripted agent behaves when a call does not come back well: its retry policy."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from agent.policies.actions import Action, Actions, Call, Finish, GiveUp, Seen
from agent.policies.error_signals import AMBIGUOUS, REASONS, Trouble, error_summary, trouble
from agent.policies.knowledge import Scene
from agent.policies.verification import look, pause, recollect, reread, survey, verify
from sandbox.conventions.idempotency import made_key
from sandbox.draws import Draw

CallActions = Generator[Action, Seen, Seen]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """What an agent does about trouble; the default does nothing about it."""

    retries: int = 0
    """How often one call is tried again."""
    waits: bool = False
    """Honours Retry-After, and backs off where none is given."""
    signs_in: bool = False
    """Gets fresh credentials when they are refused."""
    rereads: bool = False
    """Reads the documentation again after a refusal, then makes the call in its new form."""
    reads_back: bool = False
    """After a write that may or may not have happened, looks before it tries again."""
    reads_bodies: bool = False
    """Notices when a reply reports a failure under a status of success."""
    verifies: bool = False
    """Looks after every write, even when it was told that all went well."""
    keeps_key: bool = True
    """Sends the same idempotency key again, where the tool has one."""
    on_failure: Literal["ignore", "give_up", "claim"] = "give_up"
    """When a step stays failed: go on regardless, stop honestly, or claim success."""


def follow_solution(scene: Scene, policy: RetryPolicy) -> Actions:
    """Follow the reference solution with this policy."""
    for step in scene.solution:
        if policy.reads_back:
            yield from recollect(scene, step)
        seen = yield from see_through(scene, step, policy)
        found = trouble(seen, reads_bodies=policy.reads_bodies)
        scene.note(seen if found == "none" else Seen(seen.text, seen.status, error=True))
        if found == "none":
            continue
        if policy.on_failure == "claim":
            break
        if policy.reads_back and found in AMBIGUOUS and not scene.reveals(step.tool):
            failure = f"{step.tool} brought no answer ({error_summary(seen)})"
            doubt = f"{failure}, and no read shows its effect."
            yield GiveUp(f"{doubt} I cannot tell whether it was done.", "uncertain")
            return
        if policy.on_failure == "give_up":
            yield GiveUp(
                f"{step.tool} keeps failing ({error_summary(seen)}), and I must not guess."
            )
            return
    if not scene.solvable:
        yield GiveUp(scene.closing or "What is asked for cannot be done with these tools.")
        return
    yield Finish(scene.closing or "Everything that was asked for is done.", scene.answer())


def see_through(
    scene: Scene, step: Any, policy: RetryPolicy, again: int = 0, acknowledged: Seen | None = None
) -> CallActions:
    """Make a solution step's call and, as far as the policy goes, see it done.

    `again` is how often it turned out not to have been done, `acknowledged` what the server said
    when it claimed the first time that it was.
    """
    arguments = _with_key(scene, step.tool, scene.arguments_of(step), "", replace=False)
    thought = step.thought or f"Next I use {step.tool}."
    if again:
        thought = f"It is not there. I use {step.tool} again."
    call = Call(thought, *scene.adapt(step.tool, arguments))
    old: frozenset[str] = frozenset()
    if policy.verifies and not scene.reads(call.tool):
        old = yield from survey(scene, call)
    seen: Seen = yield call
    refusals = 0
    unheard = acknowledged is not None
    for attempt in range(policy.retries):
        found = trouble(seen, reads_bodies=policy.reads_bodies)
        if found == "none":
            break
        if found == "stale" and seen.status == 409 and unheard and policy.reads_back:
            # It cannot be done twice, so an earlier try was what did it.
            return acknowledged or Seen("", 200, error=False)
        blind = found == "lost" and policy.reads_back and not scene.reveals(call.tool)
        if blind and scene.key_argument(step.tool) not in arguments:
            # Nobody could see whether a second try did it twice.
            return seen
        unheard = unheard or (found in AMBIGUOUS and not scene.reads(call.tool))
        reason = yield from _prepare(scene, step, call, found, seen, attempt, policy)
        if reason is None:
            return seen
        if found in AMBIGUOUS and policy.reads_back and not scene.reads(call.tool):
            known, entity = yield from look(scene, call, f"{REASONS[found]} {_MAYBE}", old)
            if known == "done":
                text = "" if entity is None else orjson.dumps(entity).decode()
                return Seen(text, 200, error=False)
        if found == "refused" and seen.status == 404 and policy.reads_back:
            yield from reread(scene, step)
            key = scene.key_argument(step.tool)
            kept = {key: arguments[key]} if key in arguments else {}
            arguments = {**scene.arguments_of(step), **kept}
        if not policy.keeps_key:
            arguments = _with_key(scene, step.tool, arguments, f"{attempt}", replace=True)
        following = Call(f"{reason} I try again.", *scene.adapt(step.tool, arguments))
        same = (call.tool, call.arguments) == (following.tool, following.arguments)
        refusals += found == "refused" and same
        if refusals > (_LAGS if seen.status == 404 else 1):
            # The documentation says what it said before: trying on would only be stubborn.
            break
        call = following
        seen = yield call
        if found in AMBIGUOUS and seen.status in (404, 410) and scene.deletes(call.tool):
            # What is gone now was deleted by the try that nobody answered.
            return Seen("", 204, error=False)
    if policy.verifies and trouble(seen) == "none" and not scene.reads(call.tool):
        done = yield from verify(scene, call, seen, old, patient=not again)
        if not done and again < _AGAIN:
            seen = yield from see_through(scene, step, policy, again + 1, acknowledged or seen)
    return seen


_MAYBE: Final = "It may have happened all the same, so I look before I do it twice."

_AGAIN: Final = 2
"""How often a write that does not show is made once more."""

_LAGS: Final = 3
"""How often something that is not found is looked for again: it may only be late."""


def _prepare(
    scene: Scene,
    step: Any,
    call: Call,
    found: Trouble,
    seen: Seen,
    attempt: int,
    policy: RetryPolicy,
) -> Generator[Action, Seen, str | None]:
    """What comes before another try, and the words that lead to it; None to stop here."""
    if found == "busy" and policy.waits:
        yield from pause(scene, seen, attempt)
        return "The wait is over."
    if found in AMBIGUOUS and policy.waits:
        yield from pause(scene, seen, attempt)
    if found == "stale" and policy.reads_back:
        yield from look(scene, call, f"{REASONS[found]} I read it again before I change it.")
        return "I have read the present state."
    if found == "locked" and policy.signs_in and (tool := scene.meta("authenticate")):
        shown = yield Call("The credentials are not accepted, so I get fresh ones.", tool)
        if shown.error or trouble(shown, reads_bodies=True) != "none":
            return None
        return "I have signed in again."
    if found == "refused" and policy.rereads:
        if attempt and seen.status == 404 and policy.waits:
            yield from pause(scene, seen, attempt)
        elif tool := scene.meta("read_docs"):
            yield from _reread(scene, step, call, seen, tool)
            return "I have read the current documentation."
    return REASONS[found]


def _reread(
    scene: Scene, step: Any, call: Call, seen: Seen, tool: str
) -> Generator[Action, Seen, None]:
    """Read about the refused tool; where it is gone, read the list and then its successor."""
    thought = (
        f"The server says {error_summary(seen)}. The interface may have changed: I read it again."
    )
    shown = yield Call(thought, tool, {"tool": call.tool})
    if not shown.error:
        return
    yield Call(f"There is no {call.tool} any more. I look what there is instead.", tool, {})
    name, _ = scene.adapt(step.tool, scene.resolve(step.arguments))
    if name != call.tool:
        yield Call(f"It is called {name} now. I read how it is used.", tool, {"tool": name})


def _with_key(
    scene: Scene, tool: str, arguments: dict[str, Any], name: str, *, replace: bool
) -> dict[str, Any]:
    """The arguments with an idempotency key, where the tool takes one."""
    key = scene.key_argument(tool)
    if key is None or scene.reads(tool) or (key in arguments and not replace):
        return arguments
    # By the task alone: the same calls whatever the options of the session are.
    made = Draw("key", scene.task.instruction, len(scene.results), name)
    forms = (form["function"] for form in scene.tools() if form["function"]["name"] == tool)
    schema = next(forms)["parameters"]["properties"][key]
    return {**arguments, key: made_key(schema, made)}
