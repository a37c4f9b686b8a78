"""The pilot's trials: step by step on held-out references, live on whole tasks, under stress."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from agent.agents import agent_from
from agent.collect.collect import episodes
from agent.evaluation.live import live, wilson
from agent.evaluation.pilot_config import SCENARIOS, Run, Stage
from agent.evaluation.report.verdict import TRAINED, UNTRAINED
from agent.runtime.episode import Budget
from sandbox.tasks import Task
from trajectories import Trajectory

# Enough for nearly every reference turn; an untrained model writes on until it is stopped.
_TURN = 128
BASE: Final = "base"
"""The agent before training: the backbone alone, under the same decision forms."""


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


def _untrained_agents(run: Run) -> list[str]:
    """What a trained model is compared with on whole tasks; pilots that train lack the time."""
    return [BASE] if run.checkpoint is not None and run.brief.bundled else []


def whole_tasks(run: Run) -> Iterator[Stage]:
    """Live: every agent on the same held-out tasks, in clear scenario."""
    agents = [*_untrained_agents(run), *_agents(run)]
    for index, name in enumerate(agents):
        yield Stage("live", index, len(agents), name)
        tasks = [
            _sample(run, name, (*part.unseen, *part.seen), run.brief.live) for part in run.splits
        ]
        rows = _episodes(run, name, tasks, SCENARIOS["clear"])
        run.result["evaluation"]["live"][_label(name)] = live(rows)
    yield Stage("live", len(agents), len(agents))


def run_stress(run: Run) -> Iterator[Stage]:
    """Every agent through every scenario, on the same tasks and seeds."""
    agents = [*_agents(run), "scripted:immediate", "scripted:polite", "scripted:looper"]
    total = len(agents) * len(SCENARIOS)
    for index, name in enumerate(agents):
        tasks = [
            _sample(run, name, (*part.unseen, *part.seen, *part.train), run.brief.stress)
            for part in run.splits
        ]
        for place, scenario in enumerate(SCENARIOS):
            yield Stage("stress", index * len(SCENARIOS) + place, total, f"{name}, {scenario}")
            rows = _episodes(run, name, tasks, SCENARIOS[scenario])
            run.result["stress"].append(_cell(name, scenario, rows))
            run.trials[_label(name), scenario] = rows
    yield Stage("stress", total, total)


def _cell(agent: str, scenario: str, rows: Sequence[Trajectory]) -> dict[str, Any]:
    won = sum(row.outcome.success for row in rows)
    return {
        "agent": _label(agent),
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
    # A small model that has lost its way is not worth minutes.
    budget = Budget(steps=4, turn=96) if _is_model(run, agent) else None
    assert run.store is not None
    found: list[Trajectory] = []
    for world, part in zip(run.worlds, tasks, strict=True):
        if part:
            found += episodes(
                [world], run.agents[agent], run.store, n=len(part), tasks=part,
                seed=run.brief.seed, budget=budget, **scenario,
            )  # fmt: skip
    return found


def _sample(run: Run, agent: str, tasks: Sequence[Task], count: int) -> list[Task]:
    """The first tasks, shared by the documents; a model of ours gets a third of them."""
    wanted = -(-count // 3) if _is_model(run, agent) else count
    return list(tasks[: max(1, -(-wanted // len(run.worlds)))])


def _is_model(run: Run, agent: str) -> bool:
    return agent in (*_models(run), *_untrained_agents(run))


def _label(agent: str) -> str:
    if agent.startswith("checkpoint:"):
        return TRAINED
    return UNTRAINED if agent == BASE else agent
