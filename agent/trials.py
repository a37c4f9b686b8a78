"""The pilot's trials: step by step on held-out references, live on whole tasks, under stress."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from agent.brief import WEATHER, Run, Stage
from agent.collect import collect
from agent.evaluation.live import live, wilson
from agent.names import agent_from
from sandbox.tasks import Task
from trajectories import Store, Trajectory


def step_by_step(run: Run) -> Iterator[Stage]:
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


def _agents(run: Run) -> list[str]:
    trained = [f"checkpoint:{run.checkpoint}"] if run.checkpoint is not None else []
    return [*trained, *run.brief.compare, "scripted:perfect", "scripted:naive"]


def whole_tasks(run: Run) -> Iterator[Stage]:
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


def stressed(run: Run) -> Iterator[Stage]:
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
    run: Run, agent: str, tasks: Sequence[Sequence[Task]], weather: dict[str, str | None]
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
