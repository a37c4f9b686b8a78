"""The pilot: tasks → collect → (train) → evaluate → stress → one report, on somebody's documents.

    for news in pilot(Brief(documents=("bookshop",), out=Path("out"), train=True)):
        ...

Every stage leaves its files in `out`, and each of them can be used without the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import orjson

import specs
from agent.agents import agent_from
from agent.collect.collect import Collected, collect
from agent.collect.holdout import split_tasks
from agent.errors import AgentError
from agent.evaluation.pilot_config import SCENARIOS, Brief, Run, Stage
from agent.evaluation.provenance import hardware, versions
from agent.evaluation.report.choice import choice
from agent.evaluation.report.page import write_page
from agent.evaluation.report.verdict import verdict
from agent.evaluation.starting_point import names_read, starting_point
from agent.evaluation.steps import steps_of
from agent.evaluation.trials import run_stress, step_by_step, whole_tasks
from sandbox import World
from sandbox.tasks import Report, Task, TaskFile, generate
from sandbox.tools import as_dialect, estimate_tokens
from trajectories import Store, Trajectory

if TYPE_CHECKING:
    from agent.training.recipes import Flags


def pilot(brief: Brief) -> Iterator[Stage]:
    """Run all stages; yields progress and ends with `report.html` and `report.json` in `out`.

    Raises SandboxError, AgentError or TrajectoryError; what earlier stages wrote stays usable.
    """
    brief.out.mkdir(parents=True, exist_ok=True)
    run = Run(brief, [World.load(source, only=brief.only) for source in brief.documents])
    run.result = _about(run)
    yield from _tasks(run)
    yield from _collect(run)
    if brief.train:
        yield from _train(run)
    elif brief.bundled:
        from agent.backends.local.model import BUNDLED

        run.checkpoint = BUNDLED
    yield from step_by_step(run)
    with Store.open(brief.store) as run.store:
        yield from whole_tasks(run)
        yield from run_stress(run)
    run.result["choice"] = choice(run.result)
    run.result["verdict"] = verdict(run.result)
    _write_json(brief.out / "report.json", run.result)
    write_page(run.result, brief.out / "report.html", run.trials)
    yield Stage("report", 1, 1, str(brief.out / "report.html"))


def estimate(brief: Brief) -> dict[str, Any]:
    """What a pilot would do, before it does it: its tasks and trajectories are made and counted,
    its training is counted and two of its steps are timed; nothing is kept.

    `minutes` are of training alone, on this machine; None without training.
    """
    with TemporaryDirectory() as folder:
        brief = replace(brief, out=Path(folder))
        run = Run(brief, [World.load(source, only=brief.only) for source in brief.documents])
        for _ in chain(_tasks(run), _collect(run)):
            pass
    found = {
        "tasks": run.result["tasks"]["total"],
        "trajectories": sum(row["trajectories"] for row in run.result["collection"]),
        "steps": min(brief.steps, len(steps_of(run.references["unseen"]))) if brief.train else 0,
        "tokens": None,
        "minutes": None,
    }
    if brief.train:
        from agent.training.forecast import estimate as forecast

        start, flags = _training_flags(run)
        made = forecast(run.references["train"], backbone=start, flags=flags)
        assert made.seconds is not None
        found |= {"tokens": made.tokens, "minutes": round(made.seconds / 60, 1)}
    return found


def _about(run: Run) -> dict[str, Any]:
    documents = []
    for world in run.worlds:
        forms = [as_dialect(tool, "openai") for tool in world.tools.values()]
        documents.append(
            {
                "title": world.document.title or world.document.source,
                "source": world.document.source,
                "sha256": world.document.sha256,
                "operations": len(world.document.operations),
                "tools": len(forms),
                "tokens": sum(map(estimate_tokens, forms)),
                "warnings": [f"{n.pointer}: {n.reason}" for n in world.document.warnings],
            }
        )
    return {
        "title": ", ".join(str(row["title"]) for row in documents),
        "command": run.brief.command,
        "run": run.brief.run,
        "seed": run.brief.seed,
        "hardware": hardware(),
        "versions": versions(),
        "documents": documents,
        "training": None,
        "why_untrained": run.brief.why_untrained,
        "evaluation": {"static": {}, "live": {}, "gains": {}},
        "stress": [],
    }


# -- tasks ---------------------------------------------------------------------------------------


def _tasks(run: Run) -> Iterator[Stage]:
    brief, made, reasons = run.brief, [], Counter[str]()
    share = -(-brief.tasks // len(run.worlds))
    known = names_read() if brief.train else frozenset[str]()
    for index, world in enumerate(run.worlds):
        report = Report()
        tasks = list(generate(world, n=share, seed=brief.seed, report=report))
        if not tasks:
            raise AgentError(f"{world.document.source}: no task could be made; {report.ended}")
        reasons.update({f"{kind}: {why}": count for kind, why, count in report.rows()})
        run.splits.append(split_tasks(tasks, seed=brief.seed, known=known))
        name = "tasks.yaml" if len(run.worlds) == 1 else f"tasks-{index + 1}.yaml"
        TaskFile(document=world.document.source, tasks=tasks).dump(brief.out / name)
        made += tasks
        yield Stage("tasks", len(made), brief.tasks)
    if brief.train:
        run.others = list(_others(run))
    yield Stage("tasks", len(made), len(made))
    run.result["tasks"] = {
        "total": len(made),
        "train": sum(len(part.train) for part in run.splits),
        "seen": sum(len(part.seen) for part in run.splits),
        "unseen": sum(len(part.unseen) for part in run.splits),
        "held_out": [name for part in run.splits for name in part.tools],
        "kinds": dict(sorted(Counter(task.kind for task in made).items())),
        "examples": [
            {"kind": task.kind, "instruction": task.instruction}
            for task in {task.kind: task for task in reversed(made)}.values()
        ],
        "reasons": [f"{why} ({count})" for why, count in reasons.most_common(6)],
    }


def _others(run: Run) -> Iterator[tuple[World, list[Task]]]:
    """The bundled documents that are not the pilot's own, with tasks for training alone.

    A task that shows a tool of a held-out name is left away: training must not see even the name.
    """
    own = {world.document.sha256 for world in run.worlds}
    held = {name for part in run.splits for name in part.tools}
    for name in specs.names() if run.brief.others else ():
        world = World.load(name)
        if world.document.sha256 not in own:
            made = generate(world, n=run.brief.others, seed=run.brief.seed)
            yield world, [task for task in made if not held.intersection(task.tools)]


# -- collect -------------------------------------------------------------------------------------


_BUNDLED: Final = " (bundled documents)"


def _collect(run: Run) -> Iterator[Stage]:
    jobs = list(_jobs(run))
    total, done = sum(len(tasks) for _, tasks, _ in jobs), 0
    with Store.open(run.brief.out / "trajectories.db") as store:
        for world, tasks, scenario in jobs:
            for news in _reference(world, store, tasks, run.brief.seed, scenario):
                done += isinstance(news, Collected)
                yield Stage("collect", done, total)
        kept = {
            str(trajectory.task["id"]) + trajectory.document.sha256: trajectory
            for trajectory in store.iterate(agent="scripted:perfect")
        }
    run.result["collection"] = _collection(run, kept.values())
    own = list(zip(run.worlds, run.splits, strict=True))
    places: dict[str, list[tuple[World, Sequence[Task]]]] = {
        "train": _training(run),
        "seen": [(world, part.seen) for world, part in own],
        "unseen": [(world, part.unseen) for world, part in own],
    }
    for place, offered in places.items():
        wanted = {task.id + world.document.sha256 for world, tasks in offered for task in tasks}
        run.references[place] = [
            trajectory
            for key, trajectory in sorted(kept.items())
            if key in wanted and trajectory.outcome.success
        ]
    yield Stage("collect", total, total)


def _jobs(run: Run) -> Iterator[tuple[World, Sequence[Task], dict[str, str | None]]]:
    """What is collected: training under every scenario, what is held out in clear scenario."""
    for world, tasks in _training(run):
        for name, scenario in SCENARIOS.items():
            yield world, _under(name, tasks), scenario
    for world, part in zip(run.worlds, run.splits, strict=True):
        yield world, part.seen, SCENARIOS["clear"]
        yield world, part.unseen, SCENARIOS["clear"]


def _training(run: Run) -> list[tuple[World, Sequence[Task]]]:
    """What training may see: its share of the pilot's own tasks, and the bundled documents'."""
    own = zip(run.worlds, run.splits, strict=True)
    return [*((world, part.train) for world, part in own), *run.others]


def _is_bundled(run: Run, trajectory: Trajectory) -> bool:
    """Whether a trajectory is about a bundled document that training also reads."""
    return any(trajectory.document.sha256 == world.document.sha256 for world, _ in run.others)


def _collection(run: Run, kept: Iterable[Trajectory]) -> list[dict[str, Any]]:
    """What was collected, by scenario, apart for the bundled documents."""
    names = [*SCENARIOS, *(name + _BUNDLED for name in SCENARIOS if run.others)]
    rows: dict[str, Counter[str]] = {name: Counter() for name in names}
    for trajectory in kept:
        row = rows[_scenario_of(trajectory) + _BUNDLED * _is_bundled(run, trajectory)]
        row["trajectories"] += 1
        row["succeeded"] += trajectory.outcome.success
        row["calls"] += int(trajectory.outcome.metrics.get("calls", 0))
        row["firings"] += int(trajectory.outcome.metrics.get("firings", 0))
    counted = ("trajectories", "succeeded", "calls", "firings")
    return [{"scenario": name, **{key: row[key] for key in counted}} for name, row in rows.items()]


def _under(name: str, tasks: Sequence[Task]) -> list[Task]:
    """Six tenths of the tasks in clear scenario, the rest shared by the others."""
    others = [key for key in SCENARIOS if key != "clear"]
    order = ["clear"] * 6 + others * 2
    return [task for index, task in enumerate(tasks) if order[index % len(order)] == name]


def _reference(
    world: World, store: Store, tasks: Sequence[Task], seed: int, scenario: dict[str, str | None]
) -> Iterator[Any]:
    if tasks:
        yield from collect(
            [world],
            agent_from("scripted:perfect"),
            store,
            n=len(tasks),
            tasks=tasks,
            seed=seed,
            faults=scenario["faults"],
            drift=scenario["drift"],
        )


def _scenario_of(trajectory: Trajectory) -> str:
    for name, scenario in SCENARIOS.items():
        if (trajectory.faults, trajectory.drift) == (scenario["faults"], scenario["drift"]):
            return name
    return "clear"


# -- train ---------------------------------------------------------------------------------------


def _train(run: Run) -> Iterator[Stage]:
    from time import perf_counter

    from agent.backends.local.checkpoint import FILE, read_checkpoint, read_course
    from agent.training.card import describe_backbone
    from agent.training.train import Progress, train

    brief = run.brief
    start, flags = _training_flags(run)
    out = brief.out / "model"
    started = perf_counter()
    if not (out / FILE).is_file():
        for news in train(run.references["train"], out=out, backbone=start, flags=flags):
            if isinstance(news, Progress):
                yield Stage(f"train {news.stage}", news.step, news.steps, f"loss {news.loss:.3f}")
    run.checkpoint = out
    # Read back, so that a pilot that was stopped and started again tells of the whole training.
    course = read_course(out)
    run.result["training"] = {
        "recipe": brief.recipe,
        "backbone": describe_backbone(read_checkpoint(out).backbone),
        "rows": len(run.references["train"]),
        "bundled": sum(_is_bundled(run, each) for each in run.references["train"]),
        "tokens": course.tokens,
        "seconds": perf_counter() - started,
        "losses": [
            {"stage": name, "step": step, "loss": loss}
            for name, losses in course.losses.items()
            for step, loss in enumerate(losses, 1)
        ],
    }


def _training_flags(run: Run) -> tuple[str, Flags]:
    """The backbone that training starts from, and its flags."""
    from agent.backends.local.checkpoint import STARTED
    from agent.training.recipes import Flags

    brief, start = run.brief, starting_point(run)
    flags = Flags(recipe=brief.recipe, seed=brief.seed, epochs=brief.epochs, tokens=brief.tokens)
    if start == STARTED:
        # What was learnt from many documents is only brought up to this one, not written anew:
        # roles that were trained faster than this say more than their stage 1 gets wrong.
        flags = replace(
            flags,
            learning_rate=flags.learning_rate / 3,
            role_learning_rate=flags.role_learning_rate / 4,
        )
    return start, flags


def _write_json(path: Path, value: Any) -> None:
    packed = orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    path.write_bytes(packed)
