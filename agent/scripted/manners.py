"""How a scripted agent behaves when a call does not come back well: an agent is its manners."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Literal

from agent.moves import Call, Finish, GiveUp, Move, Play, Seen
from agent.scripted.scene import Scene, body_of, header_of

Trouble = Literal["none", "busy", "lost", "broken", "locked", "refused"]

Acting = Generator[Move, Seen, Seen]


@dataclass(frozen=True, slots=True)
class Manners:
    """What an agent does about trouble; the default does nothing about it."""

    retries: int = 0
    """How often one call is tried again."""
    waits: bool = False
    """Honours Retry-After and backs off where none is given."""
    signs_in: bool = False
    """Gets fresh credentials after a 401."""
    rereads: bool = False
    """Reads the documentation again after a refusal, then makes the call in its new form."""
    reads_back: bool = False
    """After a write that may or may not have happened, looks before it tries again."""
    verifies: bool = False
    """Looks after every write, even when it was told that all went well."""
    keeps_key: bool = True
    """Sends the same idempotency key again, where the tool has one."""
    on_failure: Literal["ignore", "give_up", "claim"] = "give_up"
    """When a step stays failed: go on regardless, stop honestly, or claim success."""


def play(scene: Scene, manners: Manners) -> Play:
    """Follow the reference solution with these manners."""
    if not getattr(scene.task, "solvable", True) and not scene.solution:
        yield GiveUp("None of the tools can do what is asked.")
        return
    for step in scene.solution:
        call = first_call(scene, step, manners)
        seen = yield from insist(scene, call, manners)
        scene.results.append(body_of(seen))
        if trouble(seen) == "none":
            continue
        if manners.on_failure == "give_up":
            yield GiveUp(f"{call.tool} keeps failing ({said(seen)}), and I must not guess.")
            return
        if manners.on_failure == "claim":
            break
    if not getattr(scene.task, "solvable", True):
        yield GiveUp("What was asked for cannot be done with these tools.")
        return
    yield Finish("Everything that was asked for is done.", scene.answer())


def first_call(scene: Scene, step: Any, manners: Manners) -> Call:
    """A solution step as a call, with an idempotency key where one can be given."""
    arguments = scene.resolve(step.arguments)
    key = scene.key_argument(step.tool)
    if manners.keeps_key and key is not None and not scene.reads(step.tool):
        arguments.setdefault(key, scene.draw.hex(32, f"key {len(scene.results)}"))
    return Call(step.thought or f"Next I use {step.tool}.", step.tool, arguments)


def insist(scene: Scene, call: Call, manners: Manners) -> Acting:
    """Make a call and, as far as the manners go, see it through."""
    seen: Seen = yield call
    for attempt in range(manners.retries):
        found = trouble(seen)
        if found == "none":
            break
        if found == "busy" and manners.waits:
            yield from pause(scene, seen, attempt)
        elif found == "locked" and manners.signs_in and (tool := scene.meta("authenticate")):
            yield Call("The credentials are no longer accepted. I sign in again.", tool)
        elif found in ("lost", "broken") and manners.waits and found == "broken":
            yield from pause(scene, seen, attempt)
        seen = yield again(scene, call, found, seen, attempt, manners)
    return seen


def again(
    scene: Scene, call: Call, found: Trouble, seen: Seen, attempt: int, manners: Manners
) -> Call:
    """The same call once more; an agent that keeps no key sends a new one."""
    arguments = call.arguments
    key = scene.key_argument(call.tool)
    if not manners.keeps_key and key is not None and isinstance(arguments, dict):
        arguments = {**arguments, key: scene.draw.hex(32, f"key {len(scene.results)} {attempt}")}
    return Call(f"{REASONS[found]} I try {call.tool} again.", call.tool, arguments)


REASONS = {
    "none": "That went well.",
    "busy": "The server was busy.",
    "lost": "No response arrived.",
    "broken": "The server failed.",
    "locked": "Access was denied.",
    "refused": "The call was refused.",
}


def pause(scene: Scene, seen: Seen, attempt: int) -> Generator[Move, Seen, None]:
    """Wait as long as the server asks, or back off: 1, 2, 4 … seconds."""
    tool = scene.meta("wait")
    if tool is None:
        return
    asked = retry_after(seen)
    seconds = float(2**attempt) if asked is None else asked
    why = "as it asks" if asked is not None else "to let it recover"
    yield Call(
        f"The server says {said(seen)}. I wait {seconds:g} s, {why}, before I try again.",
        tool,
        {"seconds": seconds},
    )


def trouble(seen: Seen) -> Trouble:
    """What kind of trouble an observation shows."""
    if not seen.error:
        return "none"
    if seen.status is None:
        return "lost"
    if seen.status in (429, 503) or header_of(seen, "retry-after") is not None:
        return "busy"
    if seen.status == 401:
        return "locked"
    return "broken" if seen.status >= 500 else "refused"


def retry_after(seen: Seen) -> float | None:
    """The seconds a Retry-After header asks for; None without one."""
    value = header_of(seen, "retry-after")
    try:
        return None if value is None else max(0.0, float(value))
    except ValueError:
        return None


def said(seen: Seen) -> str:
    """An error in a few words."""
    if seen.status is None:
        return "nothing: no response"
    return seen.text.partition("\n")[0].removeprefix("HTTP ")[:60]
