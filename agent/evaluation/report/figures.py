"""What the viewer's pages of numbers show: how a training went, a results file, a store's data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from agent.errors import AgentError
from trajectories import Store, Trajectory
from trajectories.canonical import parse
from trajectories.viewer.figures import Bar, Bars, Figures, Lines, Table

CHECKPOINT: Final = ("checkpoint.json", "run.json")
"""A training's own file: of a finished one, and of one that is under way."""
_LOSS: Final = ".loss.json"
_SAMPLE: Final = 1_000
"""Records of a store that are read for its diversity, evenly spaced."""
_MANY: Final = 12
_NAMES: Final = ("name", "agent", "scenario")
"""Keys that name a row of results."""


def is_checkpoint(path: Path) -> bool:
    """Whether a folder holds a training, finished or under way."""
    return any((path / name).is_file() for name in CHECKPOINT)


def training_figures(path: Path) -> Figures:
    """The loss of each stage of a checkpoint folder, and what the stages read.

    Raises AgentError for a file that cannot be read.
    """
    made = next(_read_json(path / name) for name in CHECKPOINT if (path / name).is_file())
    stages = made.get("stages") or {}
    files = {file.name.removesuffix(_LOSS): file for file in path.glob(f"*{_LOSS}")}
    order = [*(name for name in stages if name in files), *sorted(files.keys() - stages.keys())]
    losses = {name: _read_json(files[name]) for name in order}
    flags = made.get("flags") or {}
    finished = (path / CHECKPOINT[0]).is_file()
    documents = len(made.get("documents") or ())
    facts = {name: flags.get(name) for name in ("recipe", "method")}
    facts |= {"backbone": made.get("backbone"), "documents": documents or None}
    return Figures(
        title=f"Training {path.resolve().name}",
        facts={name: value for name, value in facts.items() if value},
        parts=[
            *(Lines(f"{name}: loss", line, y=_NATS) for name, line in losses.items()),
            *tables(stages, "What each stage read"),
            *tables(flags, "Flags"),
        ],
        note="" if finished else "The training is under way: finished stages have their curves.",
    )


_NATS: Final = "nats per learnt token"


def result_figures(path: Path) -> Figures:
    """The figures of a results file: a yardstick's, or any JSON objects' as tables.

    Raises AgentError for a file that is no JSON object.
    """
    found = _read_json(path)
    if isinstance(found, list) and found and all(isinstance(row, dict) for row in found):
        return Figures(title=path.name, parts=list(tables(found, "Results")))
    if not isinstance(found, dict):
        kind = type(found).__name__
        raise AgentError(f"{path}: results are a JSON object or a list of them, not {kind}")
    if {"suite", "metrics", "baselines"} <= found.keys():
        return _yardstick(found)
    plain = {name: value for name, value in found.items() if _is_plain(value)}
    parts = tables({name: found[name] for name in found if name not in plain}, "")
    return Figures(title=path.name, facts=plain, parts=list(parts))


def _yardstick(found: Mapping[str, Any]) -> Figures:
    intervals, agent = found.get("intervals") or {}, str(found["agent"])
    scores = {agent: found["metrics"]}
    scores |= {f"baseline:{name}": means for name, means in found["baselines"].items()}
    drawn = [
        Bar(who, means[metric], _interval(intervals.get(metric) if who == agent else None), metric)
        for metric in found["metrics"]
        for who, means in scores.items()
        if metric in means
    ]
    rows = {who: dict(means) for who, means in scores.items()}
    for row in found.get("printed") or ():
        part = f", {row['part']}" if "part" in row else ""
        rows[f"{row['model']}{part} (printed)"] = {
            name: value for name, value in row.items() if name not in ("model", "part")
        }
    return Figures(
        title=f"{found['suite']}: {agent}",
        facts={"questions": f"{found.get('n_questions', 0):,} of {found.get('of', 0):,}",
               "source": found.get("source"), "licence": found.get("licence")},
        parts=[Bars("Percent, with 95 % intervals", drawn, "%", 100), _table("All figures", rows)],
        note=str(found.get("counts") or ""),
    )  # fmt: skip


def data_figures(store: Store) -> Figures:
    """What is in a store: outcomes, kinds, lengths, and how different its episodes are."""
    counts = {
        title: store.counts(term)
        for title, term in (
            ("Episodes by outcome", "verdict"), ("By kind of task", "kind"),
            ("By agent", "agent"), ("By fault that fired", "fault"), ("By drift", "drift"),
        )
    }  # fmt: skip
    total = store.count()
    records = list(store.sample(_SAMPLE))
    facts = {"episodes": total, "right": store.count(outcome="success")} | _diversity(records)
    counts["By document"] = dict(
        Counter(record.document.title or record.document.source for record in records).most_common(
            30
        )
    )
    calls = Counter(min(len(record.ledger), 20) for record in records)
    lengths = [Bar("20 or more" if n == 20 else str(n), calls[n]) for n in sorted(calls)]
    parts = [
        Bars(title, [Bar(name.replace("_", " "), count) for name, count in found.items()])
        for title, found in counts.items()
        if found
    ]
    note = (
        "" if len(records) == total else f"Lengths and diversity are of {len(records):,} of them."
    )
    return Figures("Data", facts, [*parts, Bars("Calls per episode", lengths)], note)


def _diversity(records: Sequence[Trajectory]) -> dict[str, Any]:
    from sandbox.tasks.diversity import distinct, mask_values, sequence
    from sandbox.tasks.models import SolutionStep, Task

    tasks = []
    for record in records:
        calls = [turn.call for turn in record.messages if turn.call is not None]
        steps = [
            SolutionStep.model_construct(tool=c.name, arguments=c.arguments or {}) for c in calls
        ]
        tasks.append(Task.model_construct(instruction=record.instruction, solution=steps))
    words = sorted(len(task.instruction.split()) for task in tasks) or [0]
    wordings, calls_made = list(map(mask_values, tasks)), list(map(sequence, tasks))
    return {
        "different wordings": len(set(wordings)),
        "different call sequences": len(set(calls_made)),
        "different pairs of both": len(set(zip(wordings, calls_made, strict=True))),
        "distinct-2 of the instructions": distinct((task.instruction for task in tasks), 2),
        "words per instruction": f"{words[0]} – {words[-1]}, median {median(words):g}",
        "tools called": len({tool for names in calls_made for tool in names}),
    }


def tables(value: Any, title: str) -> Iterator[Lines | Table]:
    """A JSON value as tables: mappings of alike things are rows, long lists of numbers curves."""
    if isinstance(value, list):
        if len(value) > _MANY and all(map(_is_number, value)):
            yield Lines(title, value)
            return
        value = {_row_name(item, number): item for number, item in enumerate(value, start=1)}
    if not isinstance(value, Mapping) or not value:
        return
    rows = {name: part for name, part in value.items() if isinstance(part, Mapping)}
    flat = {
        name: {key: cell for key, cell in part.items() if _is_plain(cell)}
        for name, part in rows.items()
    }
    flat = {name: cells for name, cells in flat.items() if cells}
    if len(flat) > 1:
        yield _table(title or "Results", flat)
    else:
        for name, cells in flat.items():
            yield Table(f"{title}: {name}" if title else name, ("", "value"), list(cells.items()))
    alone = {name: part for name, part in value.items() if _is_plain(part)}
    if alone:
        yield Table(title or "Results", ("", "value"), list(alone.items()))
    for name, part in value.items():
        below = {key: cell for key, cell in part.items() if not _is_plain(cell)} if (
            name in rows) else part  # fmt: skip
        if not _is_plain(part):
            yield from tables(below, f"{title}: {name}" if title else str(name))


def _row_name(item: Any, number: int) -> str:
    names = [str(item[key]) for key in _NAMES if key in item] if isinstance(item, dict) else []
    return " / ".join(names) or str(number)


def _table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Table:
    columns = list(dict.fromkeys(key for cells in rows.values() for key in cells))
    values = [[name, *(cells.get(key) for key in columns)] for name, cells in rows.items()]
    return Table(title, ["", *columns], values)


def _is_plain(value: Any) -> bool:
    """Whether a value stands in one cell: a scalar, or an interval."""
    return not isinstance(value, dict | list) or _interval(value) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _interval(value: Any) -> tuple[float, float] | None:
    pair = isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value))
    return (value[0], value[1]) if pair else None


def _read_json(path: Path) -> Any:
    try:
        return parse(path.read_bytes())
    except (OSError, ValueError) as error:
        raise AgentError(f"{path}: cannot be read: {error}") from None
