"""Checking: looks are made as patiently as any call, over all pages, until they tell."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from agent.policies.actions import Action, Call, Seen
from agent.policies.error_signals import REASONS, asked_wait, error_summary, trouble
from agent.policies.knowledge import Scene, body_of, header_of
from agent.policies.reply_reading import id_in, listed_objects
from agent.policies.write_checks import Found, Look, alike, extras, judge_look, looks_for, removal
from sandbox.tasks.list_reading import next_page

_TRIES: Final = 6
_PAGES: Final = 8
_LAGS: Final = 2
"""How often something that is not found is looked for again: it may only be late."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a look came to."""

    found: Found
    entity: Any = None
    listed: list[Mapping[str, Any]] = field(default_factory=list)


def look(
    scene: Scene, call: Call, why: str, old: frozenset[str] = frozenset()
) -> Generator[Action, Seen, tuple[Found, Any]]:
    """Read what a write should have changed; `unknown` where no tool can tell.

    `old` are the ids of what looked the same before the write.
    """
    shown = yield from _first_to_tell(
        scene, looks_for(call, scene.operations_by_tool(), why, old=old)
    )
    return shown.found, shown.entity


def survey(scene: Scene, call: Call) -> Generator[Action, Seen, frozenset[str]]:
    """The ids of entities that look like what a call is about to create."""
    why = "I look what is there already, so that I can tell what is new."
    for each in looks_for(call, scene.operations_by_tool(), why):
        if each.kind == "create" and not each.at_item:
            shown = yield from _take_look(scene, each, whole=True)
            return alike(each, shown.listed)
    return frozenset()


def verify(
    scene: Scene, call: Call, seen: Seen, old: frozenset[str], *, patient: bool = True
) -> Generator[Action, Seen, bool]:
    """Look whether a write that was reported done is there, and there once only; False if not."""
    why = "I check that it really happened."
    place = header_of(seen, "location") or ""
    looks = looks_for(
        call, scene.operations_by_tool(), why, told=body_of(seen), place=place, old=old
    )
    shown = yield from _first_to_tell(scene, looks)
    for attempt in range(_LAGS if patient else 0):
        if shown.found != "not_done":
            break
        # It may only be late: doing it again at once could do it twice.
        yield from _patience(scene, float(2 ** (attempt + 1)))
        shown = yield from _first_to_tell(scene, looks)
    if shown.found == "not_done":
        return False
    for each in looks:
        if each.kind == "create" and not each.at_item:
            yield from _once_only(scene, call, each, shown)
    return True


def pause(scene: Scene, seen: Seen, attempt: int) -> Generator[Action, Seen, None]:
    """Wait as long as the server asks, or back off: 1, 2, 4 … seconds."""
    tool = scene.meta("wait")
    if tool is None:
        return
    asked = asked_wait(scene, seen)
    # Where too much was asked and nobody says how long to wait, a second is never enough.
    least = 8 if seen.status == 429 else 1
    seconds = float(least * 2**attempt) if asked is None else asked
    if asked is None:
        thought = f"{error_summary(seen).capitalize()}. I give it {seconds:g} s before I try again."
    else:
        thought = (
            f"The server says {error_summary(seen)} and asks for {seconds:g} s. I wait that long."
        )
    yield Call(thought, tool, {"seconds": int(seconds) if seconds.is_integer() else seconds})


def patiently(scene: Scene, call: Call) -> Generator[Action, Seen, Seen]:
    """Make a call that does no harm when it is repeated, until it gets through."""
    seen: Seen = yield call
    for attempt in range(_TRIES):
        found = trouble(seen, reads_bodies=True)
        if found == "locked" and (tool := scene.meta("authenticate")):
            yield Call("The credentials are not accepted, so I get fresh ones.", tool)
        elif found in ("busy", "lost", "broken", "disguised", "garbled"):
            yield from pause(scene, seen, attempt)
        else:
            break
        seen = yield replace(call, thought=f"{REASONS[found]} I try again.")
    return seen


def recollect(scene: Scene, step: Any) -> Generator[Action, Seen, None]:
    """Read once more what a step needs and earlier replies did not show, page by page."""
    for _ in range(_LAGS):
        source = scene.missing(step.arguments)
        if source is None or source >= len(scene.results):
            return
        earlier = scene.solution[source]
        name, arguments = scene.adapt(earlier.tool, scene.resolve(earlier.arguments))
        tool = scene.operations_by_tool().get(name)
        if tool is None or not scene.reads(name):
            return
        for _ in range(_PAGES):
            why = "What I need next was not in the reply. I look once more."
            seen = yield from patiently(scene, Call(why, name, arguments))
            if seen.error:
                return
            body = scene.results[source] = body_of(seen)
            following = next_page(tool, arguments, body, header_of(seen, "link") or "")
            if scene.missing(step.arguments) != source:
                break
            if following is None:
                break
            arguments = following


def reread(scene: Scene, step: Any) -> Generator[Action, Seen, None]:
    """Read again where a step's values came from: one of them may have been shown wrongly."""
    for source in scene.sources(step.arguments):
        earlier = scene.solution[source]
        name, arguments = scene.adapt(earlier.tool, scene.resolve(earlier.arguments))
        if scene.reads(name):
            why = "What I was given does not exist. I look at where I have it from."
            seen = yield from patiently(scene, Call(why, name, arguments))
            scene.results[source] = scene.results[source] if seen.error else body_of(seen)


def _first_to_tell(scene: Scene, looks: Sequence[Look]) -> Generator[Action, Seen, Shown]:
    """The first look that says that it was done, or what the surest of the others says."""
    best = Shown("unknown")
    for each in looks:
        shown = yield from _take_look(scene, each)
        if shown.found == "done" or (each.at_item and each.kind == "delete"):
            return shown
        best = shown if best.found == "unknown" else best
    return best


def _take_look(
    scene: Scene, looking: Look, *, whole: bool = False
) -> Generator[Action, Seen, Shown]:
    """Make a look; in a list, go on to further pages until it tells, or to the end."""
    entities: list[Mapping[str, Any]] = []
    reading = looking.call
    for _ in range(1 if looking.at_item else _PAGES):
        seen = yield from patiently(scene, reading)
        found, entity = judge_look(looking, seen)
        if found == "unknown" and looking.at_item and not seen.error:
            # Somebody else's entity, or half of it: asked again, it may be the right one.
            seen = yield from patiently(scene, reading)
            found, entity = judge_look(looking, seen)
        news = [each for each in listed_objects(body_of(seen)) if each not in entities]
        entities += news
        if found != "absent" and not whole:
            return Shown(found, entity, entities)
        if not news:
            break
        assert isinstance(reading.arguments, dict)
        link = header_of(seen, "link") or ""
        arguments = next_page(looking.tool, reading.arguments, body_of(seen), link)
        if arguments is None:
            break
        reading = Call("It may stand further on. I read the next page.", reading.tool, arguments)
    return Shown("done" if looking.kind == "delete" else "not_done", None, entities)


def _once_only(
    scene: Scene, call: Call, looking: Look, shown: Shown
) -> Generator[Action, Seen, None]:
    """Find what was made beyond the one that was asked for, and take it back."""
    mine = id_in(shown.entity, *looking.names)
    if shown.found != "done" or mine is None:
        return
    listing = shown if shown.listed else (yield from _take_look(scene, looking))
    for extra in extras(looking, listing.listed, mine):
        undo = removal(call, scene.operations_by_tool(), extra)
        if undo is not None:
            yield from patiently(scene, undo)


def _patience(scene: Scene, seconds: float) -> Generator[Action, Seen, None]:
    tool = scene.meta("wait")
    if tool is not None:
        thought = f"It does not show yet. I give it {seconds:g} s and look again."
        yield Call(thought, tool, {"seconds": int(seconds)})
