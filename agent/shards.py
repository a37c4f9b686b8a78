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
from typing import Any, Final
from weakref import WeakKeyDictionary

from agent.recorder import Episode
from sandbox.draws import Draw
from sandbox.tasks.models import Task
from sandbox.world import World
from trajectories import Source

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
        shards = _interleaved(_fresh(fertile, left, chunks))
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
        shards = list(_repeated(yields, left, again))
        left -= sum((yield shards))


def _fresh(fertile: Sequence[int], left: int, chunks: Sequence[int]) -> list[list[Shard]]:
    columns = []
    for place, document in enumerate(fertile):
        quota = left // len(fertile) + (place < left % len(fertile))
        sizes = [CHUNK] * (quota // CHUNK) + [quota % CHUNK] * (quota % CHUNK > 0)
        first = chunks[document]
        columns.append([Shard(document, first + i, size) for i, size in enumerate(sizes)])
    return columns


def _interleaved(columns: Sequence[Sequence[Shard]]) -> list[Shard]:
    """One shard of each document in turn, so that a cut-short run is balanced."""
    longest = max(map(len, columns), default=0)
    return [column[row] for row in range(longest) for column in columns if row < len(column)]


def _repeated(yields: Sequence[Sequence[int]], left: int, again: int) -> Iterator[Shard]:
    longest = max(map(len, yields))
    for chunk in range(longest):
        for document, counts in enumerate(yields):
            if chunk < len(counts) and counts[chunk] and left > 0:
                count = min(counts[chunk], left)
                left -= count
                yield Shard(document, chunk, count, again)


_MADE: WeakKeyDictionary[World, OrderedDict[tuple[int, int], list[Task]]] = WeakKeyDictionary()
"""What was generated last: agents are compared, and weathers too, on the same tasks."""
_KEPT: Final = 64


def shard_tasks(world: World, shard: Shard, *, seed: int) -> list[Task]:
    """The tasks of a shard, each verified by its reference solution."""
    from sandbox.tasks import generate

    made = _MADE.setdefault(world, OrderedDict())
    key = (shard.count, chunk_seed(world, shard, seed=seed))
    if key not in made:
        made[key] = list(generate(world, n=shard.count, seed=key[1]))
        if len(made) > _KEPT:
            made.popitem(last=False)
    return made[key]


def chunk_seed(world: World, shard: Shard, *, seed: int) -> int:
    """The seed of a shard. Collections with neighbouring seeds share no shard's seed."""
    draw = Draw("shard", seed, world.document.sha256, shard.chunk)
    return draw.integer(0, 2**31 - 1)


def shard_episodes(
    world: World, shard: Shard, setting: Setting, tasks: Sequence[Task] | None = None
) -> list[Episode]:
    """The attempts of a shard. Given tasks are dealt out in their order, chunk by chunk."""
    if tasks is None:
        chosen = shard_tasks(world, shard, seed=setting.seed)
    else:
        start = shard.chunk * CHUNK
        chosen = list(tasks[start : start + shard.count])
    label = label_of(setting, shard.again, generated=tasks is None)
    source = source_of(world)
    return [setting.episode(source, task, label) for task in chosen]


def label_of(setting: Setting, again: int, *, generated: bool) -> str:
    """Tells attempts apart: repetitions, and for given tasks the seed, which moves the weather."""
    seed = "" if generated or setting.seed == 0 else f"seed-{setting.seed}"
    repeat = f"again-{again}" if again else ""
    return "/".join(filter(None, (seed, repeat)))


def source_of(world: World) -> Source:
    """Which document a world was made from, as records keep it."""
    document = world.document
    return Source(sha256=document.sha256, source=document.source, title=document.title)
