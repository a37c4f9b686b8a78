"""Stumbling on purpose: a broken call, what the server says about it, and the call put right.

The mistakes are those of `sandbox.tasks.malformed` that a server surely refuses. The mistake is
labelled and masked; what follows is the recovery that can be learnt.
"""

from __future__ import annotations

from typing import Any, Final

from agent.policies.actions import Actions, Call, Finish, GiveUp
from agent.policies.error_signals import REASONS, error_summary, trouble
from agent.policies.knowledge import Scene
from agent.policies.retry_policy import RetryPolicy, see_through
from agent.policies.verification import pause, recollect
from sandbox.draws import Draw
from sandbox.messages import Observation
from sandbox.tasks.malformed import Ground, Malformed, malform
from sandbox.tasks.models import SolutionStep
from sandbox.tasks.repairs import thought_of

KINDS: Final = "K01 K03 K04 K05 K06 K07 K08 K09 K12 K13 K14".split()
"""Mutators whose call is refused whatever the state is."""

_AGAIN: Final = 0.3
"""How often a second step goes wrong as well."""
_PATIENCE: Final = 6


def stumble(scene: Scene, policy: RetryPolicy) -> Actions:
    """Follow the reference solution with this policy, and get one or two calls wrong first."""
    # Not the script's own draws: the same mistakes at every helpfulness, others in a repetition.
    label = getattr(getattr(scene.environment, "session", None), "label", "")
    draw = Draw("stumbles", scene.task.instruction, label)
    places = draw.shuffled(range(len(scene.solution)), "where")
    left = 2 if draw.chance(_AGAIN, "twice") else 1
    chosen = set(places[:left])
    for number, step in enumerate(scene.solution):
        if number in chosen:
            broken = misdone(scene, step, draw.child(number))
            if broken is not None:
                step = yield from _put_right(scene, step, broken, draw.child(number))
            else:
                # Here nothing can go wrong in a way that is surely refused: later, then.
                chosen.add(number + 1)
        yield from recollect(scene, step)
        seen = yield from see_through(scene, step, policy)
        found = trouble(seen, reads_bodies=policy.reads_bodies)
        if found != "none":
            yield GiveUp(
                f"{step.tool} keeps failing ({error_summary(seen)}), and I must not guess."
            )
            return
        scene.note(seen)
    if not scene.solvable:
        yield GiveUp(scene.closing or "What is asked for cannot be done with these tools.")
        return
    yield Finish(scene.closing or "Everything that was asked for is done.", scene.answer())


def misdone(scene: Scene, step: Any, draw: Draw) -> Malformed | None:
    """A step's call with a mistake in it; None when none fits, or a drift would be to blame."""
    session = getattr(scene.environment, "session", None)
    if session is None or session.live != session.docs:
        return None
    tool, arguments = scene.adapt(step.tool, scene.resolve(step.arguments))
    home = session.release_world(session.docs)
    if tool not in home.tools:
        return None
    broken = malform(Ground.of(home, tool, arguments), draw, KINDS)
    return broken if broken is not None and len(broken.calls) == 1 else None


def _put_right(scene: Scene, step: Any, broken: Malformed, draw: Draw) -> Any:
    """Make the broken call until the server has said what is wrong; then the step, rethought."""
    wrong = broken.calls[0]
    seen = yield Call(step.thought or f"Next I use {step.tool}.", wrong.tool, wrong.arguments)
    for attempt in range(_PATIENCE):
        found = trouble(seen, reads_bodies=True)
        if found in ("none", "refused", "stale"):
            break
        if found == "locked" and (tool := scene.meta("authenticate")):
            yield Call("The credentials are not accepted, so I get fresh ones.", tool)
        else:
            yield from pause(scene, seen, attempt)
        again = f"{REASONS[found]} I try again."
        seen = yield Call(again, wrong.tool, wrong.arguments)
    if seen.error:
        shown = Observation(seen.text, seen.status, seen.error)
        thought = thought_of(broken, shown, broken.corrected.tool, draw)
    else:
        thought = f"That was not the call I meant. I use {step.tool} as it is documented."
    return SolutionStep(tool=step.tool, arguments=step.arguments, thought=thought)
