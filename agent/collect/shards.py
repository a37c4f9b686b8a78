"""The plan of a collection: which tasks, in which worlds, under which labels. Pure and repeatable.

A shard is a few tasks of one document, generated under a seed of their own. A plan is made in
rounds: where a document yields fewer tasks than it was asked for, the next round asks the others,
and when none has more, tasks are repeated under new labels. The same yields give the same plan, so
a collection that was killed asks for the same ids again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from agent.collect.progress import Skipped, Yielded
from agent.collect.sharing import share_tools
from agent.runtime.recorder import Episode
from sandbox.draws import Draw
from sandbox.errors import PlanError
from sandbox.tasks.models import Task
from sandbox.world import World
from trajectories import Source

if TYPE_CHECKING:
    from sandbox.tasks import Report

CHUNK: Final = 24
"""Tasks in a shard."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all episodes of a collection share. All of it is JSON."""

    agent: str
    seed: int = 0
    faults: Any = None
    drift: Any = None
    options: Mapping[str, Any] | None = None
    """Session options: helpfulness, unknown, unknown_ids."""
    share_tools: bool = False
    """Whether tasks of a shard are offered the same tools in groups, as training wants it."""

    def episode(self, document: Source, task: Task, label: str) -> Episode:
        """One attempt at a task under this setting."""
        return Episode(
            task=task,
            document=document,
            agent=self.agent,
            seed=task.seed,
            label=label,
            faults=self.faults,
            drift=self.drift,
            options=self.options or {},
        )


@dataclass(frozen=True, slots=True)
class Shard:
    """A few tasks of one document."""

    document: int
    """Index of the world."""
    chunk: int
    count: int
    """Tasks asked for."""
    again: int = 0
    """How often these tasks were attempted before, under other labels."""


def plan_shards(documents: int, n: int) -> Generator[list[Shard], list[int], None]:
    """Rounds of shards that add up to `n` tasks; send back how many tasks each shard yielded.

    Ends when `n` is reached or no document yields anything.
    """
    chunks = [0] * documents
    yields: list[list[int]] = [[] for _ in range(documents)]
    fertile = list(range(documents))
    left = n
    while left > 0 and fertile:
        shards = _interleave(_fresh(fertile, left, chunks))
        counts = yield shards
        for shard, count in zip(shards, counts, strict=True):
            yields[shard.document].append(count)
            chunks[shard.document] += 1
            if count < shard.count and shard.document in fertile:
                fertile.remove(shard.document)
        left -= sum(counts)
    again = 0
    while left > 0 and any(map(any, yields)):
        again += 1
        shards = list(_repeat(yields, left, again))
        left -= sum((yield shards))


def _fresh(fertile: Sequence[int], left: int, chunks: Sequence[int]) -> list[list[Shard]]:
    columns = []
    for place, document in enumerate(fertile):
        quota = left // len(fertile) + (place < left % len(fertile))
        sizes = [CHUNK] * (quota // CHUNK) + [quota % CHUNK] * (quota % CHUNK > 0)
        first = chunks[document]
        columns.append([Shard(document, first + i, size) for i, size in enumerate(sizes)])
    return columns


def _interleave(columns: Sequence[Sequence[Shard]]) -> list[Shard]:
    """One shard of each document in turn, so that a cut-short run is balanced."""
    longest = max(map(len, columns), default=0)
    return [column[row] for row in range(longest) for column in columns if row < len(column)]


def _repeat(yields: Sequence[Sequence[int]], left: int, again: int) -> Iterator[Shard]:
    longest = max(map(len, yields))
    for chunk in range(longest):
        for document, counts in enumerate(yields):
            if chunk < len(counts) and counts[chunk] and left > 0:
                count = min(counts[chunk], left)
                left -= count
                yield Shard(document, chunk, count, again)


Made = tuple[list[Task], str]
"""Tasks, and why there are no more."""

_MADE: WeakKeyDictionary[World, OrderedDict[tuple[int, int], Made]] = WeakKeyDictionary()
"""What was generated last: agents and scenarios are compared on the same tasks."""
_KEPT: Final = 64


def shard_tasks(world: World, shard: Shard, *, seed: int) -> Made:
    """The tasks of a shard, each verified by its reference solution."""
    from sandbox.tasks import Report, generate

    made = _MADE.setdefault(world, OrderedDict())
    key = (shard.count, chunk_seed(world, shard, seed=seed))
    if key not in made:
        report = Report()
        found = list(generate(world, n=shard.count, seed=key[1], report=report))
        made[key] = found, reasons(report) if len(found) < shard.count else ""
        if len(made) > _KEPT:
            made.popitem(last=False)
    return made[key]


def reasons(report: Report, *, most: int = 4) -> str:
    """Why fewer tasks came than were asked for, most frequent reason first."""
    dropped = [f"{kind}: {reason} ({count})" for kind, reason, count in report.rows()[:most]]
    return "; ".join([part for part in (report.ended, *dropped) if part])


def chunk_seed(world: World, shard: Shard, *, seed: int) -> int:
    """The seed of a shard. Collections with neighbouring seeds share no shard's seed."""
    draw = Draw("shard", seed, world.document.sha256, shard.chunk)
    return draw.integer(0, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class Dealt:
    """A shard's attempts, and what is to be said about them."""

    episodes: list[Episode]
    news: tuple[Yielded | Skipped, ...]


def shard_episodes(
    world: World, shard: Shard, setting: Setting, tasks: Sequence[Task] | None = None
) -> Dealt:
    """The attempts of a shard. Given tasks are dealt out in their order, chunk by chunk.

    Where a drift finds nothing to change under a task's seed, the task is left out: that is known
    before it runs, so that the same plan comes about each time.
    """
    source = source_of(world)
    named = (source.title, source.source)
    why = ""
    if tasks is None:
        chosen, why = shard_tasks(world, shard, seed=setting.seed)
    else:
        start = shard.chunk * CHUNK
        chosen = list(tasks[start : start + shard.count])
    if setting.share_tools:
        chosen = share_tools(chosen, seed=setting.seed)
    label = label_of(setting, shard.again, generated=tasks is None)
    refused: dict[int, PlanError | None] = {
        seed: usable(world, setting, seed=seed, label=label) for seed in {t.seed for t in chosen}
    }
    fitting = [task for task in chosen if refused[task.seed] is None]
    news: tuple[Yielded | Skipped, ...] = (
        Yielded(*named, shard.count, len(fitting), shard.again, why),
    )
    if lost := [error for task in chosen if (error := refused[task.seed]) is not None]:
        news += (Skipped(*named, len(lost), str(lost[0])),)
    return Dealt([setting.episode(source, task, label) for task in fitting], news)


def undealt(world: World, shard: Shard, refusal: PlanError) -> Dealt:
    """A shard of a document that the plans cannot be applied to."""
    source = source_of(world)
    return Dealt([], (Skipped(source.title, source.source, shard.count, str(refusal)),))


def usable(
    world: World, setting: Setting, *, seed: int | None = None, label: str = ""
) -> PlanError | None:
    """Why the plans of a setting cannot be applied to a document; None when they can."""
    if setting.faults is None and setting.drift is None:
        return None
    try:
        world.session(
            seed=setting.seed if seed is None else seed,
            label=label,
            faults=setting.faults,
            drift=setting.drift,
        )
    except PlanError as error:
        return error
    return None


def label_of(setting: Setting, again: int, *, generated: bool) -> str:
    """Tells attempts apart: repetitions, and for given tasks the seed, which moves the faults."""
    seed = "" if generated or setting.seed == 0 else f"seed-{setting.seed}"
    repeat = f"again-{again}" if again else ""
    return "/".join(filter(None, (seed, repeat)))


def source_of(world: World) -> Source:
    """Which document a world was made from, as records keep it."""
    document = world.document
    return Source(sha256=document.sha256, source=document.source, title=document.title)
