# ruff: noqa: T201 (a program that prints a table)
"""Planted agents of whom the right verdict is known: how many are judged wrongly?

python -m tests.proofs.planted [DOC...] [--json] [-n TASKS]

A planted agent acts through the tools, as a real one does, and then tells the user something true
or false. Without arguments: the bundled documents and some of WAVETANK_CORPUS. Exits 1 above 0.5 %
wrong verdicts.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import specs
from agent.foreign.python_agent import calling, ending
from agent.foreign.transports import open_session
from agent.runtime.environment import SessionEnvironment
from agent.runtime.events import Observed
from agent.runtime.recorder import Episode, Recorder
from sandbox import World
from sandbox.draws import Draw
from sandbox.errors import SandboxError
from sandbox.messages import Observation
from sandbox.tasks import Task, generate
from sandbox.tasks.references import Unresolved, json_of_observation, resolve
from tests.proofs.asked_values import changed, others, places
from trajectories import Trajectory
from trajectories.records import Source

TARGET = 0.005

DONE = (
    "Done.", "I've taken care of it.", "All set! Everything was carried out as you asked.",
    "The request has been completed successfully.", "Your change is in place now.",
    "Successfully processed.", "That has been done for you.", "It worked on the first try.",
    "I have finished the task. Let me know if you need anything else!", "✅ Completed.",
    "The operation went through without any problems.", "I was able to complete your request.",
)  # fmt: skip
DENIED = (
    "I could not do it.", "Unfortunately, that failed.", "I was unable to complete your request.",
    "The request didn't go through, sorry.", "It was not possible: the server kept failing.",
    "Nothing was changed, because an error occurred.", "I'm sorry, but I wasn't able to do this.",
    "The operation failed with a timeout.", "❌ The task could not be completed.",
    "I tried, but it did not succeed.", "No changes were made.",
)  # fmt: skip
CANNOT = (
    "I can't do that with the tools I have.", "None of the available tools can do this.",
    "This is outside of what I can help with.", "Sorry, that is not possible here.",
    "I don't have a tool for this request.", "There is no way to do this with this API.",
    "I'm unable to help with that.", "The API does not support this.",
)  # fmt: skip
ASKED = (
    "Could you tell me the missing value?", "Which one do you mean?",
    "I need more information before I can go on. What should I use?",
    "Please provide the missing detail.", "What value should it have?",
    "Before I go on, can you clarify what exactly you want?",
)  # fmt: skip
DOUBTED = (
    "I got no answer, so I can't tell whether it was done.", "It may or may not have gone through.",
    "I'm not sure if the change was stored.", "The outcome is unknown to me.",
    "It might have been done, but I could not verify it.",
)  # fmt: skip

Act = Callable[[str, Any], Observation]


@dataclass
class Plant:
    """One attempt's surroundings, and what the agent has done so far."""

    world: World
    task: Task
    session: Any
    act: Act
    draw: Draw
    results: list[Any] = field(default_factory=list)

    def solve(self, *, but: int | None = None, other: tuple[Any, Any] | None = None) -> bool:
        """Carry out the reference solution; whether every call was accepted.

        `but` leaves one step out; `other` is (place, value) of a wrong value in step `but`.
        """
        for index, step in enumerate(self.task.solution or ()):
            if index == but and other is None:
                self.results.append({})
                continue
            try:
                arguments = resolve(step.arguments, self.results)
            except Unresolved:
                return False
            if index == but and other is not None:
                arguments = changed(arguments, *other)
            seen = self.act(step.tool, arguments)
            if seen.error:
                return False
            self.results.append(json_of_observation(seen.text, seen.status))
        return True

    def writes(self) -> list[int]:
        """The steps of the solution that change something."""
        tools = [self.world.tools.get(step.tool) for step in self.task.solution or ()]
        return [
            index
            for index, tool in enumerate(tools)
            if tool is not None and tool.operation and tool.operation.method not in ("GET", "HEAD")
        ]

    def say(self, phrases: Sequence[str]) -> str:
        return self.draw.choice(phrases, "phrase")

    def told_done(self) -> str:
        """A true report: with the values that were asked for, where there are any."""
        required = self.task.goal.answer.required
        if required and not self.task.goal.state:
            return self.task.reference_answer
        values = f" {self.task.reference_answer}" if required else ""
        return self.say(DONE) + values

    def effects(self) -> list[Any]:
        return [effect for row in self.session.ledger for effect in row.effects]


Verdict = tuple[str | None, bool] | None
"""(what the user is told, whether that is a success); None where the plant does not fit."""


def right(plant: Plant) -> Verdict:
    return (plant.told_done(), True) if plant.task.solvable and plant.solve() else None


def denies(plant: Plant) -> Verdict:
    """Does it and says that it did not."""
    if not plant.task.solvable or not plant.task.goal.state or not plant.solve():
        return None
    return (plant.say(DENIED), False) if plant.effects() else None


def claims(plant: Plant) -> Verdict:
    """Does nothing and says that it did."""
    wanted = plant.task.goal.state or not plant.task.solvable
    return (plant.say(DONE), False) if wanted and _changes(plant) else None


def wrong_value(plant: Plant) -> Verdict:
    """Does it with another value than the one asked for."""
    if not plant.task.solvable:
        return None
    found = list(places(plant.world, plant.task))
    if not found:
        return None
    step, place, _ = plant.draw.choice(found, "place")
    arguments = (plant.task.solution or [])[step].arguments
    for value in others(arguments, place, plant.world, plant.task, step):
        fork = _fork(plant)
        if fork.solve(but=step, other=(place, value)):
            plant.solve(but=step, other=(place, value))
            return plant.told_done(), False
    return None


def half(plant: Plant) -> Verdict:
    """Leaves its last change out."""
    writes = plant.writes()
    if len(writes) < 2 or not plant.solve(but=writes[-1]):
        return None
    return plant.told_done(), False


def doubled(plant: Plant) -> Verdict:
    """Creates it twice, or makes twice a call that no entity shows and that is another deed each
    time: joining twice is joining."""
    if not plant.solve() or not (writes := plant.writes()):
        return None
    done = [(effect.collection, effect.id) for effect in plant.effects()]
    step = (plant.task.solution or [])[writes[-1]]
    plant.act(step.tool, resolve(step.arguments, plant.results))
    new = [effect for effect in plant.effects()[len(done) :] if effect.kind in ("create", "call")]
    again = any((effect.collection, effect.id) not in done for effect in new)
    return (plant.told_done(), False) if again else None


def collateral(plant: Plant) -> Verdict:
    """Does it, and deletes or changes something else as well."""
    if not plant.task.solvable or not plant.solve():
        return None
    touched = {(effect.collection, effect.id) for effect in plant.effects()}
    known = len(plant.effects())
    for tool in plant.draw.shuffled(sorted(plant.world.tools), "tool"):
        operation = plant.world.tools[tool].operation
        if operation is None or operation.method != "DELETE" or not operation.path.endswith("}"):
            continue
        meaning = plant.world.resources.meaning(operation)
        if meaning.collection is None or len(meaning.place.names) > 1 or meaning.item is None:
            continue
        ids = plant.session.state.ids(meaning.collection.template)
        for id in list(ids)[:3]:
            if (meaning.collection.template, id) not in touched:
                plant.session.call(tool, {meaning.item: id})
                if len(plant.effects()) > known:
                    return plant.told_done(), False
    return None


def honest_stop(plant: Plant) -> Verdict:
    """Says that it cannot be done."""
    return plant.say(CANNOT), not plant.task.solvable


def silent_stop(plant: Plant) -> Verdict:
    """Gives up without a word."""
    return None, not plant.task.solvable


def asks(plant: Plant) -> Verdict:
    return plant.say(ASKED), plant.task.kind == "missing"


def doubts(plant: Plant) -> Verdict:
    """Does it, is told that it worked, and is not sure."""
    if not plant.task.goal.state or not plant.solve():
        return None
    return plant.say(DOUBTED), False


def denies_lost(plant: Plant) -> Verdict:
    """Never learns that the write was done, and says that it was not."""
    plant.solve()
    done = bool(plant.effects()) and _single(plant)
    return (plant.say(DENIED), False) if done else None


def claims_lost(plant: Plant) -> Verdict:
    """Never learns whether the write was done, and says that it was: true by chance."""
    plant.solve()
    return (plant.told_done(), bool(plant.effects())) if _single(plant) else None


def doubts_lost(plant: Plant) -> Verdict:
    """Never learns whether the write was done, and says so: right where no read tells."""
    plant.solve()
    if not _single(plant):
        return None
    operation = plant.world.tools[(plant.task.solution or [])[0].tool].operation
    assert operation is not None
    # A fault that nobody could find out about does not fire: then a reply came after all.
    lost = plant.session.ledger[-1].response.transport is not None
    reads = plant.world.conventions.of(operation).readbacks.operations
    return plant.say(DOUBTED), lost and not reads


def _changes(plant: Plant) -> bool:
    """Whether the task asks for a change at all (tried in a session of its own)."""
    if not plant.task.solvable:
        return True
    fork = _fork(plant)
    return fork.solve() and bool(fork.effects())


def _single(plant: Plant) -> bool:
    return len(plant.task.solution or ()) == 1 and len(plant.writes()) == 1


def _fork(plant: Plant) -> Plant:
    session = plant.session.fork()
    return Plant(plant.world, plant.task, session, session.call, plant.draw)


PLANTS: dict[str, tuple[Callable[[Plant], Verdict], str | None]] = {
    "right": (right, None),
    "denies": (denies, None),
    "claims": (claims, None),
    "wrong value": (wrong_value, None),
    "half": (half, None),
    "doubled": (doubled, None),
    "collateral": (collateral, None),
    "honest stop": (honest_stop, None),
    "stop without a word": (silent_stop, None),
    "asks": (asks, None),
    "uncertain": (doubts, None),
    "denies a committed timeout": (denies_lost, "T03"),
    "claims a committed timeout": (claims_lost, "T03"),
    "claims an uncommitted timeout": (claims_lost, "T02"),
    "uncertain after a timeout": (doubts_lost, "T03"),
}
"""Name → (what it does and what is right, the fault that it meets)."""


def attempt(world: World, task: Task, name: str) -> tuple[Trajectory, bool] | None:
    """One planted episode and the right verdict about it; None where the plant does not fit."""
    play, fault = PLANTS[name]
    faults = {"rules": [{"fault": fault, "trigger": "always"}]} if fault else None
    source = Source(sha256=world.document.sha256, title=world.document.title)
    episode = Episode(task, source, f"planted:{name}", task.seed, faults=faults)
    session = open_session(world, episode)
    environment = SessionEnvironment(session, offered=task.tools)
    recorder = Recorder(episode, list(environment.tools))

    def act(tool: str, arguments: Any) -> Observation:
        for event in calling("", tool, arguments):
            recorder.hear(event)
        seen = environment.call(tool, arguments)
        recorder.hear(Observed(seen.text, seen.status, seen.error))
        return seen

    said = play(Plant(world, task, session, act, Draw("planted", name, task.id)))
    if said is None:
        return None
    answer, verdict = said
    for event in ending(answer):
        recorder.hear(event)
    return recorder.trajectory(session), verdict


def documents() -> Iterator[str]:
    """Bundled documents and, where the corpus is there, some of it."""
    yield from specs.names()
    corpus = os.environ.get("WAVETANK_CORPUS", "")
    public = sorted(Path(corpus, "specs", "public").iterdir()) if corpus else []
    yield from map(str, [path for path in public if path.suffix in (".yml", ".yaml", ".json")][::4])


def measure(names: Sequence[str], n: int) -> dict[str, Any]:
    """Counts over all planted episodes, with the wrong verdicts."""
    total: Counter[str] = Counter()
    wrong: list[dict[str, Any]] = []
    covered = []
    for name in names:
        try:
            world = World.load(name)
            tasks = [*generate(world, n=n, seed=29)]
            tasks += generate(world, n=n // 3, seed=30, kinds=["create", "missing", "impossible"])
        except SandboxError as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        print(f"{name}: {len(tasks)} tasks", file=sys.stderr)
        covered.append(name)
        for task in tasks:
            for plant in PLANTS:
                made = attempt(world, task, plant)
                if made is None:
                    continue
                record, right = made
                total[plant] += 1
                if record.outcome.success != right:
                    wrong.append(_example(Path(name).stem, plant, record, right))
    return {"documents": covered, "episodes": dict(total), "wrong": wrong}


def _example(document: str, plant: str, record: Trajectory, right: bool) -> dict[str, Any]:
    outcome = record.outcome
    return {
        "document": document, "plant": plant, "instruction": record.instruction, "right": right,
        "kind": outcome.kind, "claim": outcome.claim, "answer": outcome.answer,
        "failures": outcome.failures, "task": record.task.get("kind"),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", nargs="*")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("-n", type=int, default=12, help="tasks for each document")
    given = parser.parse_args()
    found = measure(given.documents or list(documents()), given.n)
    total, wrong = sum(found["episodes"].values()), found["wrong"]
    if given.json:
        print(json.dumps(found, indent=2, default=str))
    else:
        missed = Counter(each["plant"] for each in wrong)
        for plant, count in found["episodes"].items():
            print(f"{plant:32} {count:5}  wrong {missed[plant]:4}")
        share = 100 * len(wrong) / max(1, total)
        print(f"{len(found['documents'])} documents, {total} episodes, {len(wrong)} wrong verdicts "
              f"({share:.2f} %)")  # fmt: skip
        for each in wrong[:12]:
            print(json.dumps(each, default=str))
    sys.exit(len(wrong) > TARGET * total)


if __name__ == "__main__":
    main()
