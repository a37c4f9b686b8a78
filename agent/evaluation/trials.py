"""The pilot's trials: step by step on held-out references, live on whole tasks, under stress."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from agent.agents import agent_from
from agent.collect.collect import episodes
from agent.evaluation.live import live, wilson
from agent.evaluation.pilot_config import SCENARIOS, Run, Stage
from agent.evaluation.report.choice import BUNDLED, TRAINED, UNTRAINED
from sandbox.tasks import Task
from trajectories import Trajectory
from trajectories.scoring.intervals import Part, percent
from trajectories.scoring.intervals import difference as paired

# Enough for nearly every reference turn; an untrained model writes on until it is stopped.
_TURN = 128
BASE: Final = "base"
"""The backbone alone, under the same decision forms."""
SHIPPED: Final = "umi"
"""What training on somebody's documents has to beat, where it goes on from the bundled stage 1."""


def step_by_step(run: Run) -> Iterator[Stage]:
    """Step by step on held-out references: trivial baselines, and the roles before and after."""
    import asyncio

    from agent.evaluation import METRICS, baseline, difference, evaluate, evaluate_roles, steps_of

    if run.checkpoint is None:
        return
    from agent.backends.local import role_backends
    from agent.backends.local.backend import WITHOUT
    from agent.backends.local.checkpoint import STARTED, read_checkpoint

    parts = {
        "unseen": "operations that training never saw",
        "seen": "fresh tasks on operations that training used",
    }
    if run.brief.bundled:
        del parts["seen"]  # the bundled adapters have read nothing of these documents
    limits = {"unseen": run.brief.steps, "seen": run.brief.steps // 4}
    steps = {name: _whole(steps_of(run.references[name]), limits[name]) for name in parts}
    scored: dict[str, dict[str, Any]] = {name: {} for name in parts}
    free = {"untrained, no forms": BASE + WITHOUT + "grammar"} if run.brief.bundled else {}
    before = {"bundled": "umi"} if read_checkpoint(run.checkpoint).backbone == STARTED else {}
    agents = {**free, "untrained": BASE, **before, "trained": f"checkpoint:{run.checkpoint}"}
    for count, (agent, name) in enumerate(agents.items()):
        backends: dict[Any, Any] = dict(role_backends(name))
        for index, (part, wanted) in enumerate(steps.items()):
            yield Stage(f"evaluate {agent}", index, len(parts))
            if wanted:
                scored[part][agent] = asyncio.run(
                    evaluate_roles(wanted, backends, max_tokens=_TURN)
                )
        yield Stage(f"evaluate {agent}", len(parts), len(parts), f"{count + 1} of {len(agents)}")
    for part, title in parts.items():
        if not steps[part]:
            continue
        change = {
            metric: difference(scored[part]["untrained"], scored[part]["trained"], metric)
            for metric in METRICS
        }
        for name in ("call4", "first-unused"):
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


def _agents(run: Run) -> list[str]:
    return [*_models(run), *run.brief.compare, "scripted:perfect", "scripted:naive"]


def _models(run: Run) -> list[str]:
    return [f"checkpoint:{run.checkpoint}"] if run.checkpoint is not None else []


def _before(run: Run) -> list[str]:
    """What the roles are compared with on whole tasks: what there was before they were trained."""
    if run.checkpoint is None:
        return []
    from agent.backends.local.checkpoint import STARTED, read_checkpoint

    return [SHIPPED if read_checkpoint(run.checkpoint).backbone == STARTED else BASE]


def whole_tasks(run: Run) -> Iterator[Stage]:
    """Live: every agent on the same held-out tasks, in clear scenario; then how far from the roles
    each other one is, and what each of ours costs."""
    before = _before(run)
    agents, ours = [*before, *_agents(run)], [*before, *_models(run)]
    tasks = [_sample(run, (*part.unseen, *part.seen), run.brief.live) for part in run.splits]
    found: dict[str, dict[str, Part]] = {}
    for index, name in enumerate(agents):
        yield Stage("live", index, len(agents), name)
        started = perf_counter()
        rows = _episodes(run, name, tasks, SCENARIOS["clear"])
        seconds = perf_counter() - started
        row = live(rows) | _time(seconds, sum(each.outcome.success for each in rows))
        row |= _cost(run, name) if name in ours else {}
        run.result["evaluation"]["live"][label(name)] = row
        found[label(name)] = {str(r.task.get("id")): (float(r.outcome.success), 1) for r in rows}
    others = [label(name) for name in (*before, *run.brief.compare)]
    if roles := found.get(TRAINED):
        run.result["evaluation"]["gains"] = {name: _gain(roles, found[name]) for name in others}
    yield Stage("live", len(agents), len(agents))


def _gain(roles: Mapping[str, Part], other: Mapping[str, Part]) -> dict[str, Any]:
    """Whole tasks that the roles solve more than another agent, in points, paired by tasks."""
    both = roles.keys() & other.keys()
    won = sum(roles[task][0] - other[task][0] for task in both)
    return {
        "points": round(100 * won / len(both), 2) if both else 0.0,
        "interval": percent(paired(roles, other)),
        "n_tasks": len(both),
    }


def _time(seconds: float, solved: int) -> dict[str, Any]:
    """Seconds by the clock for each solved task; what only our own models know of is left open."""
    return {
        "seconds_per_solved": round(seconds / solved, 2) if solved else None,
        "storage_mb": None,
        "training_tokens": None,
        "training_seconds": None,
    }


def _cost(run: Run, agent: str) -> dict[str, Any]:
    """What one of our own models takes on disk, and took to train."""
    from agent.backends.local.checkpoint import bundled_checkpoint, read_checkpoint, stored_bytes

    place = agent.partition(":")[2]
    made = read_checkpoint(Path(place)) if place else bundled_checkpoint()
    made = replace(made, stage1=None, roles={}) if agent == BASE else made
    stored = stored_bytes(made)
    training = (run.result["training"] or {}) if place else {}
    return {
        "storage_mb": None if stored is None else round(stored / 1e6, 1),
        "training_tokens": training.get("tokens", 0),
        "training_seconds": round(training.get("seconds", 0)),
    }


def run_stress(run: Run) -> Iterator[Stage]:
    """Every agent through every scenario, on the same tasks and seeds."""
    agents = [*_agents(run), "scripted:immediate", "scripted:polite", "scripted:looper"]
    total = len(agents) * len(SCENARIOS)
    tasks = [
        _sample(run, (*part.unseen, *part.seen, *part.train), run.brief.stress)
        for part in run.splits
    ]
    for index, name in enumerate(agents):
        for place, scenario in enumerate(SCENARIOS):
            yield Stage("stress", index * len(SCENARIOS) + place, total, f"{name}, {scenario}")
            rows = _episodes(run, name, tasks, SCENARIOS[scenario])
            run.result["stress"].append(_cell(name, scenario, rows))
            run.trials[label(name), scenario] = rows
    yield Stage("stress", total, total)


def _cell(agent: str, scenario: str, rows: Sequence[Trajectory]) -> dict[str, Any]:
    won = sum(row.outcome.success for row in rows)
    return {
        "agent": label(agent),
        "preset": scenario,
        "episodes": len(rows),
        "success": round(100 * won / len(rows), 2) if rows else None,
        "interval": wilson(won, len(rows)),
        "duplicates": sum(1 for row in rows if row.outcome.metrics.get("collateral")),
        "looped": sum(row.outcome.end == "repeats" for row in rows),
    }


def _episodes(
    run: Run, agent: str, tasks: Sequence[Sequence[Task]], scenario: dict[str, str | None]
) -> list[Trajectory]:
    if agent not in run.agents:
        run.agents[agent] = agent_from(agent)
    assert run.store is not None
    found: list[Trajectory] = []
    for world, part in zip(run.worlds, tasks, strict=True):
        if part:
            found += episodes(
                [world], run.agents[agent], run.store, n=len(part), tasks=part,
                seed=run.brief.seed, **scenario,
            )  # fmt: skip
    return found


def _sample(run: Run, tasks: Sequence[Task], count: int) -> list[Task]:
    """The first tasks, shared by the documents."""
    return list(tasks[: max(1, -(-count // len(run.worlds)))])


def label(agent: str) -> str:
    """What the report calls an agent."""
    if agent.startswith("checkpoint:"):
        return TRAINED
    return {BASE: UNTRAINED, SHIPPED: BUNDLED}.get(agent, agent)
