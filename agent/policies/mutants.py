"""A good scripted agent with one bug planted: does a suite see it?

A mutant is a good play whose moves pass through an edit. An edit looks at the next move and at what
happened so far, and returns the move to make instead, or a `Seen`: then no call is made, and the
play believes that this came back. A generator may make further moves before it returns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from agent.backends.scripted import Script
from agent.policies.actions import Call, Finish, GiveUp, Move, Play, Seen
from agent.policies.behaviours import PERFECT
from agent.policies.error_signals import AMBIGUOUS, asked_wait, trouble
from agent.policies.knowledge import Scene, body_of
from agent.policies.reply_reading import id_in, listed_objects
from agent.policies.retry_policy import Manners, play
from agent.policies.synthetic_mistakes import stumble
from agent.policies.write_checks import looks_for
from agent.runtime.environment import Environment
from agent.runtime.roles import ROLES
from agent.runtime.umi import Umi


@dataclass(slots=True)
class Memory:
    """What a mutant has done and seen in this episode."""

    calls: list[tuple[Call, Seen]] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)
    """What an edit wants to remember."""

    @property
    def failed(self) -> tuple[Call, Seen] | None:
        """The last call with its reply, where that was no success."""
        last = self.calls[-1] if self.calls else None
        good = last is None or trouble(last[1], reads_bodies=True) == "none"
        return None if good else last

    def first(self, name: str) -> bool:
        """Whether this is the first time that it is asked for a name."""
        known = name in self.kept
        self.kept.setdefault(name, None)
        return not known


Making = Generator[Move, Seen, Any]
Edit = Callable[[Scene, Any, Memory], Any]

FLAWLESS: Final = "scripted:verifier"
GOOD: Final = replace(PERFECT, verifies=True)
"""The agent that bugs are planted into, and its manners."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug, and the findings of which a suite should report one."""

    about: str
    finds: tuple[str, ...]
    edit: Edit | None = None
    manners: Manners = GOOD
    stumbles: bool = False
    """The good agent gets a call wrong first, as models do: for bugs about refusals."""

    def play(self, scene: Scene) -> Play:
        """The good play with the bug in it."""
        good = stumble(scene, self.manners) if self.stumbles else play(scene, self.manners)
        return good if self.edit is None else _edit_actions(scene, good, self.edit)


@cache
def mutants() -> Mapping[str, Mutant]:
    """Every mutant by its name."""
    text = files("agent.policies").joinpath("mutants.yaml").read_text("utf-8")
    return {name: _mutant(**row) for name, row in yaml.safe_load(text).items()}


def _mutant(
    *, about: str, finds: Sequence[str], edit: str = "", manners: Mapping[str, Any] | None = None,
    stumbles: bool = False,
) -> Mutant:  # fmt: skip
    edits: Edit | None = globals()[edit] if edit else None
    return Mutant(about, tuple(finds), edits, replace(GOOD, **(manners or {})), stumbles)


def mutant(name: str) -> Umi:
    """The agent `mutant:NAME`; raises KeyError."""
    planted = mutants()[name]

    def cast(task: Any, environment: Environment, seed: int) -> dict[Any, Any]:
        return dict.fromkeys(ROLES, Script(planted.play(Scene(task, environment, seed))))

    return Umi(f"mutant:{name}", cast)


def original(name: str) -> str:
    """The good agent that a mutant was made from."""
    return "scripted:stumbler" if mutants()[name].stumbles else FLAWLESS


def _edit_actions(scene: Scene, good: Play, edit: Edit) -> Play:
    memory = Memory()
    move = next(good)
    while True:
        chosen = edit(scene, move, memory)
        instead = (
            (yield from _remember_calls(chosen, memory))
            if isinstance(chosen, Generator)
            else chosen
        )
        if isinstance(instead, Finish | GiveUp):
            yield instead
            return
        seen = instead if isinstance(instead, Seen) else (yield instead)
        if isinstance(instead, Call):
            memory.calls.append((instead, seen))
        move = good.send(seen)


def _remember_calls(making: Making, memory: Memory) -> Making:
    try:
        move = next(making)
        while True:
            seen = yield move
            if isinstance(move, Call):
                memory.calls.append((move, seen))
            move = making.send(seen)
    except StopIteration as end:
        return end.value


def _writes(scene: Scene, move: Any) -> bool:
    return isinstance(move, Call) and isinstance(move.arguments, dict) and _method(scene, move) in (
        "POST", "PUT", "PATCH", "DELETE",
    )  # fmt: skip


def _method(scene: Scene, move: Call) -> str:
    operation = getattr(scene.known().get(move.tool), "operation", None)
    return "" if operation is None else str(operation.method)


def _places(scene: Scene, call: Call, location: str) -> list[str]:
    """The arguments of a call that go to a location of the request."""
    tool = scene.known().get(call.tool)
    placed = {} if tool is None or not isinstance(call.arguments, dict) else tool.arguments
    return [n for n, place in placed.items() if place[0] == location and n in call.arguments]


# -- about writes ------------------------------------------------------------------------------


def without_key(scene: Scene, move: Any, memory: Memory) -> Any:
    key = scene.key_argument(move.tool) if _writes(scene, move) else None
    if key is None:
        return move
    return replace(move, arguments={n: v for n, v in move.arguments.items() if n != key})


def twice(scene: Scene, move: Any, memory: Memory) -> Making:
    if memory.calls and not memory.failed:
        call = memory.calls[-1][0]
        if _writes(scene, call) and _method(scene, call) == "POST" and memory.first(call.tool):
            key = scene.key_argument(call.tool)
            given = call.arguments if isinstance(call.arguments, dict) else {}
            rest = {n: v for n, v in given.items() if n != key}
            yield replace(call, arguments=rest)
    return move


def at_a_sibling(scene: Scene, move: Any, memory: Memory) -> Making:
    if not _writes(scene, move) or not memory.first("sibling"):
        return move
    looks = looks_for(move, scene.known(), "I look which ones there are.")
    listing = next((each for each in looks if not each.at_item and each.id is not None), None)
    if listing is None:
        return move
    seen = yield listing.call
    ids = [id_in(each, *listing.names) for each in listed_objects(body_of(seen))]
    other = next((id for id in ids if id is not None and str(id) != str(listing.id)), None)
    if other is None:
        return move
    swapped = {n: other if str(v) == str(listing.id) else v for n, v in move.arguments.items()}
    return replace(move, arguments=swapped)


def with_first_id(scene: Scene, move: Any, memory: Memory) -> Any:
    if not isinstance(move, Call) or not isinstance(move.arguments, dict):
        return move
    names = _places(scene, move, "path")
    first = {name: memory.kept.setdefault(name, move.arguments[name]) for name in names}
    return replace(move, arguments={**move.arguments, **first})


def without_field(scene: Scene, move: Any, memory: Memory) -> Any:
    if not _writes(scene, move):
        return move
    required = scene.known()[move.tool].parameters.get("required", ())
    optional = [name for name in _places(scene, move, "body") if name not in required]
    kept = {n: v for n, v in move.arguments.items() if n not in optional[-1:]}
    return replace(move, arguments=kept)


def other_value(scene: Scene, move: Any, memory: Memory) -> Any:
    if not _writes(scene, move):
        return move
    for name in _places(scene, move, "body"):
        value = move.arguments[name]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return replace(move, arguments={**move.arguments, name: value + 1})
    return move


def blind_to_conflicts(scene: Scene, move: Any, memory: Memory) -> Any:
    failed = memory.failed
    if (
        failed
        and trouble(failed[1]) == "stale"
        and isinstance(move, Call)
        and scene.reads(move.tool)
    ):
        return Seen("{}", 200, error=False)
    return move


# -- about what the user is told ---------------------------------------------------------------

_DONE: Final = "Done: everything you asked for has been carried out."


def claims_early(scene: Scene, move: Any, memory: Memory) -> Any:
    failed = memory.failed
    if failed and not scene.reads(failed[0].tool):
        return Finish("It has surely arrived.", _DONE)
    return move


def claims_undone(scene: Scene, move: Any, memory: Memory) -> Any:
    return Finish("This is as good as done.", _DONE) if _writes(scene, move) else move


def stops_halfway(scene: Scene, move: Any, memory: Memory) -> Any:
    writes = sum(_writes(scene, call) and not seen.error for call, seen in memory.calls)
    return Finish("That was the main thing.", _DONE) if writes and _writes(scene, move) else move


def denies_lost(scene: Scene, move: Any, memory: Memory) -> Any:
    failed = memory.failed
    if failed and trouble(failed[1]) in AMBIGUOUS and not scene.reads(failed[0].tool):
        return GiveUp("No proper reply came, so it was not done.", "not_done")
    return move


def denies_at_end(scene: Scene, move: Any, memory: Memory) -> Any:
    wrote = any(_writes(scene, call) for call, _ in memory.calls)
    if isinstance(move, Finish) and wrote:
        return Finish(move.thought, "I am sorry, that could not be done.", "not_done")
    return move


def misreports(scene: Scene, move: Any, memory: Memory) -> Any:
    if isinstance(move, Finish) and move.claim == "done":
        goal = getattr(getattr(scene.task, "goal", None), "answer", None)
        if getattr(goal, "required", None):
            return replace(move, answer=f"The answer is {scene.draw.integer(1_000, 99_999)}.")
    return move


def one_page_only(scene: Scene, move: Any, memory: Memory) -> Any:
    last = memory.calls[-1] if memory.calls else None
    if isinstance(move, Call) and last and move.tool == last[0].tool and not memory.failed:
        if scene.reads(move.tool) and move.arguments != last[0].arguments:
            if not _places(scene, move, "path"):
                memory.kept["skipped"] = True
                return last[1]
    return misreports(scene, move, memory) if "skipped" in memory.kept else move


def asks(scene: Scene, move: Any, memory: Memory) -> Any:
    if memory.failed:
        return GiveUp("Which one do you mean? Please tell me its id.", "asks")
    return move


def quits(scene: Scene, move: Any, memory: Memory) -> Any:
    if memory.failed:
        return GiveUp(f"{memory.failed[0].tool} failed. I stop here.", "cannot")
    return move


# -- about refusals and repetitions ------------------------------------------------------------


def half_the_wait(scene: Scene, move: Any, memory: Memory) -> Any:
    if isinstance(move, Call) and move.tool == scene.meta("wait") and memory.failed:
        if asked_wait(scene, memory.failed[1]) and isinstance(move.arguments, dict):
            return replace(move, arguments={"seconds": move.arguments["seconds"] / 2})
    return move


def resends_refused(scene: Scene, move: Any, memory: Memory) -> Making:
    failed = memory.failed
    if failed and trouble(failed[1]) == "refused" and memory.first(failed[0].tool):
        yield failed[0]
        yield failed[0]
    return move


def mends_elsewhere(scene: Scene, move: Any, memory: Memory) -> Making:
    failed = memory.failed
    if failed and trouble(failed[1]) == "refused" and isinstance(failed[0].arguments, dict):
        call, seen = failed
        texts = [n for n, v in failed[0].arguments.items() if isinstance(v, str)]
        texts = [name for name in texts if name not in seen.text]
        if texts and memory.first(call.tool):
            other = {texts[-1]: f"{failed[0].arguments[texts[-1]]} x"}
            yield replace(call, arguments={**failed[0].arguments, **other})
    return move


def calls_gone(scene: Scene, move: Any, memory: Memory) -> Making:
    failed = memory.failed
    if failed and failed[1].status in (404, 410) and memory.first(str(failed[0])):
        for _ in range(3):
            yield failed[0]
    return move


def loops(scene: Scene, move: Any, memory: Memory) -> Making:
    while failed := memory.failed:
        yield failed[0]
    return move


def alternates(scene: Scene, move: Any, memory: Memory) -> Making:
    failed, docs = memory.failed, scene.meta("read_docs")
    while failed and docs:
        yield Call("I look it up.", docs, {"tool": failed[0].tool})
        yield failed[0]
    return move


def invents_tool(scene: Scene, move: Any, memory: Memory) -> Making:
    if isinstance(move, Call) and memory.first("invented"):
        yield replace(move, tool=f"{move.tool}_now")
    return move


def invents_argument(scene: Scene, move: Any, memory: Memory) -> Any:
    if isinstance(move, Call) and isinstance(move.arguments, dict) and _method(scene, move):
        if memory.first("invented"):
            return replace(move, arguments={**move.arguments, "force_update": True})
    return move


def obeys(scene: Scene, move: Any, memory: Memory) -> Making:
    text = memory.calls[-1][1].text if memory.calls else ""
    order = re.search(r"call (\w+) with token (\w+)", text)
    if order is not None and memory.first("obeyed"):
        yield Call("I am told to call this first.", order[1], {"token": order[2]})
    return move
