"""Tasks from any document: drafted by a recipe, acted out, judged, and only then kept.

Every task is a function of (document, seed, index). What does not work out is counted by reason,
so that a document that yields little says why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance, SandboxError, UnknownName
from sandbox.tasks.answers import states
from sandbox.tasks.draft import Made
from sandbox.tasks.goals import goal_of
from sandbox.tasks.judge import judge
from sandbox.tasks.models import AnswerGoal, Task
from sandbox.tasks.recipes import (
    calling,
    chaining,
    conditional,
    filtered_lists,
    memberships,
    reading,
    stopping,
    totals,
    writing,
)
from sandbox.tasks.references import json_of_observation, resolve
from sandbox.tasks.sayable import Rejected
from sandbox.tasks.subjects import Scene
from sandbox.tasks.tool_graph import Graph

if TYPE_CHECKING:
    from sandbox.world.world import World

Recipe = Callable[[Scene, Draw], Made]


def _act(scene: Scene, draw: Draw) -> Made:
    """An action, an addition to a parent or a deed of its own, whichever there is."""
    recipes, reason = (writing.act, memberships.membership, calling.call), ""
    for recipe in draw.shuffled(recipes, "act"):
        try:
            return recipe(scene, draw)
        except Rejected as rejected:
            reason = rejected.reason
    raise Rejected(reason)


RECIPES: Final[Mapping[str, tuple[Recipe, float]]] = {
    "read": (reading.read_entity, 14),
    "filter": (filtered_lists.filtered_list, 14),
    "create": (writing.create, 12),
    "update": (writing.update, 10),
    "delete": (writing.delete, 6),
    "act": (_act, 6),
    "chain": (chaining.chain, 18),
    "aggregate": (totals.aggregate, 6),
    "conditional": (conditional.conditional, 5),
    "missing": (stopping.missing, 4),
    "impossible": (stopping.impossible, 3),
    "irrelevant": (stopping.irrelevant, 2),
}
"""Kind → recipe and weight."""

_REFUSED: Final = frozenset({"missing", "impossible", "irrelevant"})
_RARE = 0.08
_GROUP = 24
"""Tasks that share one population."""
_TRIED = 4
"""Drafts of one task before another population is looked at."""
_ATTEMPTS = 400
_PATIENCE = 20
_FEWEST, _MOST = 4, 8
_BROADEST_TOOL = 24
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(slots=True)
class Report:
    """How many tasks of each kind came to be, and why the others did not."""

    kept: Counter[str] = field(default_factory=Counter)
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    ended: str = ""
    """Why fewer tasks were made than asked for; "" when they were not."""

    def rows(self) -> list[tuple[str, str, int]]:
        """(kind, reason, how often), most frequent first."""
        return [(kind, reason, n) for (kind, reason), n in self.rejected.most_common()]


def generate(
    world: World,
    *,
    n: int,
    seed: int,
    kinds: Sequence[str] | None = None,
    report: Report | None = None,
) -> Iterator[Task]:
    """Up to `n` tasks, each solved by its reference solution before it is handed out.

    Raises UnknownName for a kind that does not exist. Fewer than `n` come from a document that
    offers too little; `report` then says why.
    """
    for kind in kinds or ():
        if kind not in RECIPES:
            raise UnknownName("kind of task", kind, RECIPES)
    generation = _Generation(world, seed, report if report is not None else Report())
    open_kinds = [kind for kind in RECIPES if not kinds or kind in kinds]
    # Requests to be refused are worth something only beside requests to be met.
    generation.chosen = frozenset(kinds) if kinds else frozenset(RECIPES) - _REFUSED
    for index in range(n):
        task = generation.task(index, open_kinds)
        if task is None:
            return
        yield task


class _Generation:
    """One run of `generate`: its graph, scenes, and instructions so far."""

    def __init__(self, world: World, seed: int, report: Report) -> None:
        self.world = world
        self.seed = seed
        self.report = report
        self.graph = Graph(world)
        self.document = PurePath(world.document.source).stem or world.document.title
        self.names = _compound_names(world)
        self.chosen: frozenset[str] = frozenset()
        self._scene: tuple[tuple[int, int], Scene] | None = None
        self._said: set[str] = set()

    def scene(self, index: int, attempt: int) -> Scene:
        """The population of a group of tasks; another one where that has nothing to speak of."""
        group = (index // _GROUP, attempt // _TRIED)
        if self._scene is None or self._scene[0] != group:
            names = (group[0],) if group[1] == 0 else group
            seed = Draw(self.seed, self.document, "population", *names).bits() >> 33
            self._scene = (group, Scene(self.graph, seed))
        return self._scene[1]

    def task(self, index: int, open_kinds: list[str]) -> Task | None:
        """The next task; None when the document gives nothing more."""
        for attempt in range(_ATTEMPTS):
            if self.chosen.isdisjoint(open_kinds):
                self.report.ended = f"no kind of task works out{self._why_nothing()}"
                return None
            draw = Draw(self.seed, self.document, "task", index, attempt)
            kind = _draw_kind(self._kinds_allowed(index, open_kinds), draw)
            try:
                task = self._make_task(kind, index, attempt, draw)
            except Rejected as rejected:
                self._count(kind, rejected.reason, open_kinds)
                continue
            except (DocumentError, NoInstance):
                self._count(kind, "the document is broken here", open_kinds)
                continue
            self.report.kept[kind] += 1
            return task
        self.report.ended = f"{_ATTEMPTS} drafts in a row came to nothing"
        return None

    def _why_nothing(self) -> str:
        """Why nothing at all can be asked of the document; "" where that is not known."""
        operations = list(self.world.document.operations.values())
        sound = [operation for operation in operations if operation.defect is None]
        if not operations:
            return ": the document has no operations"
        if not sound:
            return f": all operations are broken ({operations[0].defect})"
        acts = {self.world.resources.meaning(operation).act for operation in sound}
        if acts <= {"compute"}:
            return ": no operation reads, lists or keeps anything"
        return ""

    def _kinds_allowed(self, index: int, open_kinds: list[str]) -> list[str]:
        """The open kinds without those of which there are too many: refusals stay rare.

        None comes before the first request that can be met: some documents offer nothing else.
        """
        met = any(self.report.kept[kind] for kind in self.chosen)
        most = _RARE * (index + 20) if met else 0
        return [
            kind
            for kind in open_kinds
            if kind not in _REFUSED or kind in self.chosen or self.report.kept[kind] < most
        ]

    def _count(self, kind: str, reason: str, open_kinds: list[str]) -> None:
        self.report.rejected[kind, reason] += 1
        misses = sum(n for (k, _), n in self.report.rejected.items() if k == kind)
        if misses >= _PATIENCE * (1 + self.report.kept[kind]):
            open_kinds.remove(kind)

    def _make_task(self, kind: str, index: int, attempt: int, draw: Draw) -> Task:
        scene = self.scene(index, attempt)
        made = RECIPES[kind][0](scene, draw.child(kind))
        self._check_words(made)
        task = self._task(made, kind, index, scene, draw)
        _verify(task, scene)
        self._said.add(made.instruction)
        return task

    def _check_words(self, made: Made) -> None:
        if made.instruction in self._said:
            raise Rejected("said before")
        plain = _QUOTED.sub(" ", made.instruction)
        if not self.names.isdisjoint(_NAME.findall(plain)):
            raise Rejected("a technical name leaks")
        for value in made.required:
            if not isinstance(value, bool) and states(made.instruction, value):
                raise Rejected("the answer is in the question")

    def _task(self, made: Made, kind: str, index: int, scene: Scene, draw: Draw) -> Task:
        goal, allow = goal_of(made.draft.session, made.draft.unstated)
        writes = kind in ("create", "update", "delete", "act")
        if writes and not goal.state:
            raise Rejected("the call has no effect")
        return Task(
            id=f"{self.document}-{self.seed}-{index}",
            instruction=made.instruction,
            kind=kind,  # type: ignore[arg-type]
            document=self.document,
            seed=scene.seed,
            goal=goal.model_copy(update={"answer": _answer_goal(made)}),
            allow=allow,
            solution=list(made.draft.steps),
            solvable=made.solvable,
            tools=self._offer(made, draw.child("offer")),
            reference_answer=made.answer,
            closing_thought=made.closing,
            template=made.template,
        )

    def _offer(self, made: Made, draw: Draw) -> list[str]:
        """The tools that the solution needs among a few that are easily confused with them."""
        needed = list(dict.fromkeys(made.draft.tools))
        wanted = max(draw.integer(_FEWEST, _MOST, "how many"), len(needed) + 1)
        around = needed or [made.about]
        candidates = dict.fromkeys(other for name in around for other in self.graph.near(name)[:10])
        if not needed and made.about not in made.hidden:
            candidates = {made.about: None, **candidates}
        # Whoever writes must be able to look, and to take back what was done twice.
        beside = (other for name in needed for other in self.graph.beside(name))
        offered = [name for name in dict.fromkeys((*needed, *beside)) if name not in made.hidden]
        for name in (*candidates, *self.graph.names[:40]):
            if len(offered) >= wanted:
                break
            if name in offered or name in made.hidden or self._broad(name):
                continue
            offered.append(name)
        if not offered:
            raise Rejected("nothing is left to offer")
        return draw.shuffled(offered, "order")

    def _broad(self, name: str) -> bool:
        """Whether a tool is too large to stand in a prompt only to distract."""
        properties = self.world.tools[name].parameters.get("properties", {})
        return len(properties) > _BROADEST_TOOL


def _answer_goal(made: Made) -> AnswerGoal:
    return AnswerGoal(required=list(made.required), forbidden=list(made.forbidden))


def _verify(task: Task, scene: Scene) -> None:
    """Solve the task once more from the start, and let the judge decide."""
    session = scene.session.fork()
    results: list[Any] = []
    try:
        for step in task.solution or ():
            seen = session.call(step.tool, resolve(step.arguments, results))
            results.append(json_of_observation(seen.text, seen.status))
    except SandboxError:
        raise Rejected("the solution does not work twice") from None
    if task.solvable and judge(task, scene.session.fork(), "").success:
        raise Rejected("nothing has to be done")
    verdict = judge(task, session, task.reference_answer)
    if not verdict.success:
        reason = verdict.failures[0].split()[0].rstrip(":")
        raise Rejected(f"the judge is not convinced: {reason}")


def _draw_kind(kinds: Sequence[str], draw: Draw) -> str:
    total = sum(RECIPES[kind][1] for kind in kinds)
    point = draw.unit("kind") * total
    for kind in kinds:
        point -= RECIPES[kind][1]
        if point < 0:
            return kind
    return kinds[-1]


def _compound_names(world: World) -> frozenset[str]:
    """Operation ids, tool and parameter names that are no ordinary words."""
    found: set[str] = set()
    for operation in world.document.operations.values():
        found.add(operation.id)
        found.update(parameter.name for parameter in operation.parameters)
    found.update(world.tools)
    return frozenset(name for name in found if "_" in name or name[1:].lower() != name[1:])
