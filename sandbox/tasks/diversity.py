"""How different a set of tasks is, in numbers that do not depend on the values in it.

distinct-n (Li et al. 2016): different word n-grams by all word n-grams. Overlap: for each task of
held-out phrase families, the largest Jaccard index of its word trigrams with any training task's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from sandbox.draws import Draw
from sandbox.tasks.models import Task

if TYPE_CHECKING:
    from sandbox.world.world import World

_QUOTED: Final = re.compile(r'"[^"]*"')
_WORD: Final = re.compile(r"\S*\d\S*|[^\W\d_]+|_+")
_MASK: Final = "_"
_NEAR: Final = 0.8
_COMPARED: Final = 4_000
"""Training tasks that a held-out one is compared with, at most."""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of something there is was used."""

    used: int
    of: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """Held-out tasks beside their nearest training task; shares and means in [0, 1]."""

    families: tuple[str, ...]
    """Held out whole."""
    held_out: int
    training: int
    mean: float
    highest: float
    near: float
    """Share of the held-out tasks with an overlap of 0.8 or more."""


@dataclass(frozen=True, slots=True)
class Diversity:
    """What `diversity` measures."""

    tasks: int
    pairs: int
    """Different (masked instruction, call sequence) pairs."""
    masked: int
    """Different masked instructions."""
    sequences: int
    """Different call sequences."""
    distinct: Mapping[int, float]
    """n → distinct-n of the instructions."""
    operations: Share
    arguments: Share
    words: tuple[int, float, int]
    """Of an instruction: least, median, most."""
    steps: Mapping[int, int]
    """Length of the solution → tasks."""
    kinds: Mapping[str, int]
    families: int
    """Phrase families."""
    overlap: Overlap | None
    """None when there are fewer than two families."""

    def as_json(self) -> dict[str, Any]:
        """All of it, nested."""
        return asdict(self)

    def rows(self) -> list[dict[str, Any]]:
        """One row per measure, for a table."""
        return [{"measure": name, "value": value} for name, value in self._rows()]

    def _rows(self) -> Iterator[tuple[str, str]]:
        yield "tasks", str(self.tasks)
        yield "distinct (masked instruction, call sequence) pairs", str(self.pairs)
        yield "distinct masked instructions", str(self.masked)
        yield "distinct call sequences", str(self.sequences)
        for n, value in self.distinct.items():
            yield f"distinct-{n}", f"{value:.3f}"
        yield "operations used", f"{self.operations.used} of {self.operations.of}"
        yield "arguments used", f"{self.arguments.used} of {self.arguments.of}"
        yield "words per instruction (least, median, most)", "{} {:g} {}".format(*self.words)
        yield "calls per solution", _counts(self.steps)
        yield "kinds", _counts(self.kinds)
        yield "phrase families", str(self.families)
        if self.overlap is not None:
            yield "held-out families", ", ".join(self.overlap.families)
            yield "held-out tasks", f"{self.overlap.held_out} beside {self.overlap.training}"
            yield (
                "overlap with the nearest training task (mean, highest)",
                f"{self.overlap.mean:.2f} {self.overlap.highest:.2f}",
            )
            yield f"held-out tasks with an overlap of {_NEAR} or more", f"{self.overlap.near:.0%}"


def diversity(
    tasks: Sequence[Task], world: World, *, seed: int = 0, share: float = 0.2
) -> Diversity:
    """Measure the tasks of a document; about `share` of the phrase families are held out."""
    plain = [mask_values(task) for task in tasks]
    calls = [sequence(task) for task in tasks]
    lengths = sorted(len(_words(task.instruction)) for task in tasks) or [0]
    given = {
        (step.tool, name)
        for task in tasks
        for step in task.solution or ()
        for name in step.arguments
    }
    return Diversity(
        tasks=len(tasks),
        pairs=len(set(zip(plain, calls, strict=True))),
        masked=len(set(plain)),
        sequences=len(set(calls)),
        distinct={n: distinct([task.instruction for task in tasks], n) for n in (1, 2, 3)},
        operations=Share(len({tool for names in calls for tool in names}), len(world.tools)),
        arguments=Share(len(given), sum(len(tool.arguments) for tool in world.tools.values())),
        words=(lengths[0], median(lengths), lengths[-1]),
        steps=dict(sorted(Counter(map(len, calls)).items())),
        kinds=dict(Counter(task.kind for task in tasks).most_common()),
        families=len({family(task) for task in tasks}),
        overlap=held_out_overlap(tasks, seed=seed, share=share),
    )


def mask_values(task: Task) -> str:
    """The instruction with its values blanked out, so that only the wording is left."""
    text = _QUOTED.sub(_MASK, task.instruction)
    given = {
        str(value)
        for step in task.solution or ()
        for value in _scalars(step.arguments)
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }
    if given:
        # Longest first: a value may be a part of another one.
        options = "|".join(re.escape(value) for value in sorted(given, key=len, reverse=True))
        text = re.sub(rf"(?<!\w)(?:{options})(?!\w)", _MASK, text)
    words = _words(text)
    return " ".join(_MASK if any(map(str.isdigit, word)) else word for word in words)


def sequence(task: Task) -> tuple[str, ...]:
    """The tools of the reference solution, in order."""
    return tuple(step.tool for step in task.solution or ())


def family(task: Task) -> str:
    """The phrase family: a template without its register."""
    return "/".join(task.template.split("/")[:2]) or task.kind


def distinct(texts: Iterable[str], n: int) -> float:
    """Different word n-grams by all word n-grams; 0 when there are none."""
    grams = Counter(gram for text in texts for gram in _grams(_words(text), n))
    return len(grams) / grams.total() if grams else 0.0


def held_out_overlap(tasks: Sequence[Task], *, seed: int, share: float) -> Overlap | None:
    """Hold phrase families out and look how near their tasks are to the rest."""
    names = sorted({family(task) for task in tasks})
    if len(names) < 2:
        return None
    held = Draw("families", seed).shuffled(names)[: max(1, round(share * len(names)))]
    outside = [task for task in tasks if family(task) in held]
    training = [frozenset(_shingles(task)) for task in tasks if family(task) not in held]
    known = list(dict.fromkeys(training))[:_COMPARED]
    nearest = [_nearest(frozenset(_shingles(task)), known) for task in outside]
    return Overlap(
        families=tuple(sorted(held)),
        held_out=len(outside),
        training=len(training),
        mean=sum(nearest) / len(nearest),
        highest=max(nearest),
        near=sum(each >= _NEAR for each in nearest) / len(nearest),
    )


def _nearest(grams: frozenset[str], known: Iterable[frozenset[str]]) -> float:
    """The largest Jaccard index with any of the known sets."""
    return max((len(grams & each) / max(1, len(grams | each)) for each in known), default=0.0)


def _shingles(task: Task) -> Iterator[str]:
    words = mask_values(task).split()
    return _grams(words, min(3, max(1, len(words))))


def _grams(words: Sequence[str], n: int) -> Iterator[str]:
    return (" ".join(words[start : start + n]) for start in range(len(words) - n + 1))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    else:
        yield value


def _counts(table: Mapping[Any, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in table.items())
