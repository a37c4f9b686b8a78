"""The pilot: tasks → collect → (train) → evaluate → stress → one report, on somebody's documents.

    for news in pilot(Brief(documents=("bookshop",), out=Path("out"), train=True)):
        ...

Every stage leaves its files in `out`, and each of them can be used without the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from agent.collect import Collected, collect
from agent.errors import AgentError
from agent.evaluation.live import live, wilson
from agent.holdout import Split, split
from agent.names import agent_from
from agent.provenance import hardware, versions
from agent.report.page import write_page
from sandbox import World
from sandbox.tasks import Report, Task, TaskFile, generate
from sandbox.tools import as_dialect, estimate_tokens
from trajectories import Store, Trajectory

WEATHER: dict[str, dict[str, str | None]] = {
    "clear": {"faults": None, "drift": None},
    "H01 and T03": {"faults": "H01,T03", "drift": None},
    "D01 and D03": {"faults": None, "drift": "D01,D03"},
}
"""Under which weather training trajectories are collected, and what stress tries."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a pilot is asked to do."""

    documents: tuple[str, ...]
    out: Path
    train: bool = False
    compare: tuple[str, ...] = ()
    """Further agents for the live evaluation and the stress matrix."""
    tasks: int = 360
    """Tasks per run, over all documents."""
    seed: int = 0
    recipe: str = "glpft"
    epochs: float = 1.0
    steps: int = 60
    """Held-out steps scored per part, before and after training."""
    live: int = 20
    """Held-out tasks attempted live by each agent."""
    stress: int = 12
    """Tasks per cell of the stress matrix."""
    only: tuple[str, ...] = ()
    command: str = "wavetank pilot"
    why_untrained: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a stage is."""

    name: str
    done: int
    total: int
    note: str = ""


@dataclass(slots=True)
class _Run:
    """What the stages hand on."""

    brief: Brief
    worlds: list[World]
    splits: list[Split] = field(default_factory=list)
    references: dict[str, list[Trajectory]] = field(default_factory=dict)
    """seen and unseen: reference trajectories of held-out tasks."""
    checkpoint: Path | None = None
    result: dict[str, Any] = field(default_factory=dict)


def pilot(brief: Brief) -> Iterator[Stage]:
    """Run all stages; yields progress and ends with `report.html` and `report.json` in `out`.

    Raises SandboxError, AgentError or TrajectoryError; what earlier stages wrote stays usable.
    """
    brief.out.mkdir(parents=True, exist_ok=True)
    run = _Run(brief, [World.load(source, only=brief.only) for source in brief.documents])
    run.result = _about(run)
    yield from _tasks(run)
    yield from _collect(run)
    if brief.train:
        yield from _train(run)
    yield from _static(run)
    yield from _live(run)
    yield from _stress(run)
    run.result["verdict"] = verdict(run.result)
    _write_json(brief.out / "report.json", run.result)
    write_page(run.result, brief.out / "report.html")
    yield Stage("report", 1, 1, str(brief.out / "report.html"))


def _about(run: _Run) -> dict[str, Any]:
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
        "seed": run.brief.seed,
        "hardware": hardware(),
        "versions": versions(),
        "documents": documents,
        "training": None,
        "why_untrained": run.brief.why_untrained,
        "evaluation": {"static": {}, "live": {}},
        "stress": [],
    }


# -- tasks ---------------------------------------------------------------------------------------


def _tasks(run: _Run) -> Iterator[Stage]:
    brief, made, reasons = run.brief, [], Counter[str]()
    share = -(-brief.tasks // len(run.worlds))
    for index, world in enumerate(run.worlds):
        report = Report()
        tasks = list(generate(world, n=share, seed=brief.seed, report=report))
        if not tasks:
            raise AgentError(f"{world.document.source}: no task could be made; {report.ended}")
        reasons.update({f"{kind}: {why}": count for kind, why, count in report.rows()})
        run.splits.append(split(tasks, seed=brief.seed))
        name = "tasks.yaml" if len(run.worlds) == 1 else f"tasks-{index + 1}.yaml"
        TaskFile(document=world.document.source, tasks=tasks).dump(brief.out / name)
        made += tasks
        yield Stage("tasks", len(made), brief.tasks)
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


# -- collect -------------------------------------------------------------------------------------


def _collect(run: _Run) -> Iterator[Stage]:
    brief = run.brief
    total = sum(len(part.train) + len(part.seen) + len(part.unseen) for part in run.splits)
    rows: dict[str, Counter[str]] = {name: Counter() for name in WEATHER}
    done = 0
    with Store.open(brief.out / "trajectories.db") as store:
        for world, part in zip(run.worlds, run.splits, strict=True):
            for name, weather in WEATHER.items():
                tasks = _under(name, part.train)
                for news in _reference(world, store, tasks, brief.seed, weather):
                    done += isinstance(news, Collected)
                    yield Stage("collect", done, total)
            for held_out in (part.seen, part.unseen):
                for news in _reference(world, store, held_out, brief.seed, WEATHER["clear"]):
                    done += isinstance(news, Collected)
                    yield Stage("collect", done, total)
        kept = {
            str(trajectory.task["id"]) + _place(trajectory): trajectory
            for trajectory in store.iterate(agent="scripted:perfect")
        }
    for trajectory in kept.values():
        row = rows[_weather_of(trajectory)]
        row["trajectories"] += 1
        row["succeeded"] += trajectory.outcome.success
        row["calls"] += int(trajectory.outcome.metrics.get("calls", 0))
        row["firings"] += int(trajectory.outcome.metrics.get("firings", 0))
    names = ("trajectories", "succeeded", "calls", "firings")
    run.result["collection"] = [
        {"weather": weather, **{name: row[name] for name in names}} for weather, row in rows.items()
    ]
    for place in ("train", "seen", "unseen"):
        wanted = {
            task.id + world.document.sha256
            for world, part in zip(run.worlds, run.splits, strict=True)
            for task in getattr(part, place)
        }
        run.references[place] = [
            trajectory
            for key, trajectory in sorted(kept.items())
            if key in wanted and trajectory.outcome.success
        ]
    yield Stage("collect", total, total)


def _place(trajectory: Trajectory) -> str:
    return trajectory.document.sha256


def _under(name: str, tasks: Sequence[Task]) -> list[Task]:
    """Six tenths of the tasks in clear weather, the rest shared by the others."""
    others = [key for key in WEATHER if key != "clear"]
    order = ["clear"] * 6 + others * 2
    return [task for index, task in enumerate(tasks) if order[index % len(order)] == name]


def _reference(
    world: World, store: Store, tasks: Sequence[Task], seed: int, weather: dict[str, str | None]
) -> Iterator[Any]:
    if tasks:
        yield from collect(
            [world],
            agent_from("scripted:perfect"),
            store,
            n=len(tasks),
            tasks=tasks,
            seed=seed,
            faults=weather["faults"],
            drift=weather["drift"],
        )


def _weather_of(trajectory: Trajectory) -> str:
    for name, weather in WEATHER.items():
        if (trajectory.faults, trajectory.drift) == (weather["faults"], weather["drift"]):
            return name
    return "clear"


# -- train ---------------------------------------------------------------------------------------


def _train(run: _Run) -> Iterator[Stage]:
    from time import perf_counter

    from agent.backends.local.model import DESCRIPTION
    from agent.glpft.recipes import Flags
    from agent.glpft.train import Progress, train

    brief = run.brief
    flags = Flags(recipe=brief.recipe, seed=brief.seed, epochs=brief.epochs)
    out = brief.out / "model"
    losses: list[dict[str, Any]] = []
    tokens, started = 0, perf_counter()
    if not (out / "checkpoint.json").is_file():
        for news in train(run.references["train"], out=out, flags=flags):
            if isinstance(news, Progress):
                tokens += news.tokens
                losses.append({"stage": news.stage, "step": news.step, "loss": news.loss})
                yield Stage(f"train {news.stage}", news.step, news.steps, f"loss {news.loss:.3f}")
    run.checkpoint = out
    run.result["training"] = {
        "recipe": brief.recipe,
        "backbone": DESCRIPTION,
        "rows": len(run.references["train"]),
        "tokens": tokens,
        "seconds": perf_counter() - started,
        "losses": losses,
    }


# -- evaluate ------------------------------------------------------------------------------------


def _static(run: _Run) -> Iterator[Stage]:
    """Step by step on held-out references: trivial baselines, and the roles before and after."""
    import asyncio

    from agent.evaluation import METRICS, baseline, difference, evaluate, evaluate_roles, steps_of

    if run.checkpoint is None:
        return
    from agent.backends.local import role_backends

    parts = {
        "unseen": "operations that training never saw",
        "seen": "fresh tasks on operations that training used",
    }
    steps = {name: _whole(steps_of(run.references[name]), run.brief.steps) for name in parts}
    scored: dict[str, dict[str, Any]] = {name: {} for name in parts}
    agents = {"untrained": "base", "trained": f"checkpoint:{run.checkpoint}"}
    for count, (agent, name) in enumerate(agents.items()):
        backends: dict[Any, Any] = dict(role_backends(name))
        for index, (part, wanted) in enumerate(steps.items()):
            yield Stage(f"evaluate {agent}", index, len(parts))
            if wanted:
                scored[part][agent] = asyncio.run(evaluate_roles(wanted, backends))
        yield Stage(f"evaluate {agent}", len(parts), len(parts), f"{count + 1} of {len(agents)}")
    for part, title in parts.items():
        if not steps[part]:
            continue
        change = {
            metric: difference(scored[part]["untrained"], scored[part]["trained"], metric)
            for metric in METRICS
        }
        for name in ("call4", "first-unused", "rationale"):
            scored[part][f"baseline:{name}"] = evaluate(steps[part], baseline(name))
        rows = {agent: scores.as_json() for agent, scores in scored[part].items()}
        run.result["evaluation"]["static"][part] = {
            "title": title,
            "n_steps": rows["trained"]["n_steps"],
            "n_trajectories": rows["trained"]["n_trajectories"],
            "agents": rows,
            "differences": {"trained − untrained": change},
        }


def _whole(steps: Sequence[Any], limit: int) -> list[Any]:
    """The first steps up to the limit, whole trajectories only."""
    kept: list[Any] = []
    for index, step in enumerate(steps):
        if len(kept) >= limit and step.cluster != steps[index - 1].cluster:
            break
        kept.append(step)
    return kept


def _agents(run: _Run) -> list[str]:
    trained = [f"checkpoint:{run.checkpoint}"] if run.checkpoint is not None else []
    return [*trained, *run.brief.compare, "scripted:perfect", "scripted:naive"]


def _live(run: _Run) -> Iterator[Stage]:
    agents = _agents(run)
    tasks = [
        _sample((*part.unseen, *part.seen), run.brief.live, len(run.worlds)) for part in run.splits
    ]
    for index, name in enumerate(agents):
        yield Stage("live", index, len(agents), name)
        run.result["evaluation"]["live"][_label(name)] = live(
            _episodes(run, name, tasks, WEATHER["clear"])
        )
    yield Stage("live", len(agents), len(agents))


def _stress(run: _Run) -> Iterator[Stage]:
    agents = [*_agents(run), "scripted:immediate", "scripted:polite", "scripted:looper"]
    tasks = [
        _sample((*part.unseen, *part.seen, *part.train), run.brief.stress, len(run.worlds))
        for part in run.splits
    ]
    total = len(agents) * len(WEATHER)
    for index, name in enumerate(agents):
        for place, (weather, plan) in enumerate(WEATHER.items()):
            yield Stage("stress", index * len(WEATHER) + place, total, f"{name}, {weather}")
            rows = _episodes(run, name, tasks, plan)
            won = sum(row.outcome.success for row in rows)
            run.result["stress"].append(
                {
                    "agent": _label(name),
                    "preset": weather,
                    "episodes": len(rows),
                    "success": round(100 * won / len(rows), 2) if rows else None,
                    "interval": wilson(won, len(rows)),
                    "duplicates": sum(1 for row in rows if row.outcome.metrics.get("collateral")),
                    "looped": sum(row.outcome.end == "repeats" for row in rows),
                }
            )
    yield Stage("stress", total, total)


def _episodes(
    run: _Run, agent: str, tasks: Sequence[Sequence[Task]], weather: dict[str, str | None]
) -> list[Trajectory]:
    with Store.open(":memory:") as store:
        for world, part in zip(run.worlds, tasks, strict=True):
            if part:
                for _ in collect(
                    [world],
                    agent_from(agent),
                    store,
                    n=len(part),
                    tasks=part,
                    seed=run.brief.seed,
                    faults=weather["faults"],
                    drift=weather["drift"],
                ):
                    pass
        return list(store.iterate())


def _sample(tasks: Sequence[Task], count: int, documents: int) -> list[Task]:
    return list(tasks[: max(1, -(-count // documents))])


def _label(agent: str) -> str:
    return "trained α-UMi" if agent.startswith("checkpoint:") else agent


# -- words and files -----------------------------------------------------------------------------


def verdict(result: dict[str, Any]) -> list[str]:
    """What the numbers say, in sentences; nothing is claimed that an interval does not hold."""
    lines = []
    for part in result["evaluation"]["static"].values():
        change = part["differences"]["trained − untrained"]["action_em"]
        if change[1] is None:
            continue
        low, high = change[1]
        held = "better" if low > 0 else "worse" if high < 0 else "not told apart"
        lines.append(
            f"On {part['title']}, the trained roles are {held} in Action EM: "
            f"{change[0]:+.1f} points, 95 % interval [{low:.1f}, {high:.1f}]."
        )
    for agent, row in result["evaluation"]["live"].items():
        if agent == "trained α-UMi" or not agent.startswith("scripted:"):
            lines.append(
                f"{agent} reached the goal of {row['success']:.0f} % of {row['n_tasks']} tasks."
            )
    worst = min(
        (row for row in result["stress"] if row["success"] is not None),
        key=lambda row: (row["success"], row["agent"]),
        default=None,
    )
    if worst is not None:
        lines.append(
            f"Weakest under stress: {worst['agent']} with {worst['preset']}, "
            f"{worst['success']:.0f} % of {worst['episodes']}."
        )
    return lines


def _write_json(path: Path, value: Any) -> None:
    packed = orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    path.write_bytes(packed)
