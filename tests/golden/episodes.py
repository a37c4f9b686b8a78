"""What scoring says of scripted agents in fixed scenarios: labels, incidents, classes, rates.

One output for each fault and each drift operator, and one for each agent with a bug: what is
frozen is the judgement, not the words of the agents.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

from agent.agents import agent_from, known_agents
from agent.collect.job import Job
from agent.collect.shards import Setting, Shard
from agent.policies.mutants import mutants
from agent.runtime.episode import Budget
from sandbox import World
from sandbox.drift import operators
from sandbox.errors import PlanError
from sandbox.faults import faults
from sandbox.tasks import Task, generate
from sandbox.tasks.generate import RECIPES
from tests.golden.replies import digest
from trajectories import Trajectory
from trajectories.exports import FORMATS, export
from trajectories.labels import label, limit_per_scenario, recovers
from trajectories.scoring.attribution import attribute
from trajectories.scoring.classes import call_class, loop_class
from trajectories.scoring.evidence import early_calls, further_calls, used_planted_value
from trajectories.scoring.findings import findings, summarise
from trajectories.scoring.incidents import Episode, incidents
from trajectories.scoring.oracles import holds, is_recovered
from trajectories.scoring.outcomes import claim_shares
from trajectories.scoring.primitives import PRIMITIVES
from trajectories.scoring.rates import counts, rates

AGENTS: Final = ("perfect", "polite", "keyless", "fabricator", "looper")
KINDS: Final = ("create", "update", "delete", "aggregate")


def through_faults(family: str, folder: Path) -> Iterator[tuple[str, str]]:
    """The scripted agents through each fault of a family, which hits two of three first calls."""
    for fault in sorted(each for each in faults() if each.startswith(family)):
        rule = {
            "trigger": {"model": "schedule", "steps": [fault, None, fault], "scope": "operation"}
        }
        records = [
            record
            for name in ("bank", "inventory")
            for agent in AGENTS
            for record in _played(name, f"scripted:{agent}", *KINDS, faults={"rules": [rule]})
        ]
        yield f"scoring/{fault}", judged(records, folder)
        yield f"scoring/{fault} by every oracle", by_every_oracle(records)


def through_drift(folder: Path) -> Iterator[tuple[str, str]]:
    """Three agents through each drift operator, and through it with lost replies."""
    for operator in operators():
        records: list[Trajectory] = []
        for agent in ("perfect", "polite", "naive"):
            for rules in ({}, {"faults": "T03"}):
                records += _played("helpdesk", f"scripted:{agent}", *KINDS, drift=operator, **rules)
        if records:
            yield f"scoring/{operator}", judged(records, folder)
            yield f"scoring/{operator} by every oracle", by_every_oracle(records)


def with_bugs(folder: Path) -> Iterator[tuple[str, str]]:
    """Good agents with one bug each, in calm weather and where replies are lost."""
    for bug in mutants():
        records = [
            record
            for rules in ({}, {"faults": "T03,H01"}, {"faults": "hostile"})
            for record in _played("inventory", f"mutant:{bug}", *KINDS, **rules)
        ]
        yield f"scoring/{bug}", judged(records, folder)


def of_agents(name: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Every scripted agent on the tasks of one document, and what exports make of the records."""
    records: list[Trajectory] = []
    for agent in sorted(each for each in known_agents() if each.startswith("scripted:")):
        if agent != "scripted:NAME":
            records += _played(name, agent, *RECIPES, faults="flaky")
    yield f"scoring/agents on {name}", judged(records, folder)
    for format in FORMATS:
        out = folder / f"{name}-{format}"
        texts = map(_rows_of, sorted(export(records[::3], format, out).files))
        yield f"exports/{format} on {name}", digest(texts)


def judged(records: Sequence[Trajectory], folder: Path) -> str:
    """A digest of everything that scoring and labels say of some records."""
    scored = [Episode.of(record) for record in records]
    texts: list[Any] = [[rate.as_json() for rate in rates(scored).values()], counts(scored)]
    texts += [list(map(asdict, summarise(records)))]
    for record, episode in zip(records, scored, strict=True):
        marked = label(record)
        texts.append([(turn.labels, turn.learn) for turn in marked.messages])
        texts.append([recovers(marked), *map(asdict, findings(record))])
        texts.append([record.outcome.model_dump(mode="json"), claim_shares(record.outcome)])
        texts.append([call_class(episode, index) for index in range(len(episode.rows))])
        texts.append(list(_incidents_of(episode)))
        for end in ("finish", "give_up", "steps", "repeats"):
            failures = record.outcome.failures
            texts.append(
                attribute(record.ledger, end=end, role="caller", kind="wrong", failures=failures)
            )
    texts.append([each.id for each in limit_per_scenario(records, limit=1)])
    return digest(json.dumps(text, sort_keys=True, default=str).encode() for text in texts)


def by_every_oracle(records: Sequence[Trajectory]) -> str:
    """A digest of what each primitive says of each incident, whatever fault it is of."""
    scored = [Episode.of(record) for record in records]
    found = [
        [holds({name: number}, incident, episode) for name in PRIMITIVES]
        for episode in scored
        for incident in incidents(episode)
        for number in (0, 2)
    ]
    return digest([json.dumps(found).encode()])


def _incidents_of(episode: Episode) -> Iterator[Any]:
    for incident in incidents(episode):
        yield asdict(incident)
        yield is_recovered(incident, episode), loop_class(incident, episode)
        yield early_calls(incident, episode), further_calls(incident, episode)
        yield used_planted_value(incident, episode), episode.disclosed, episode.truthful


def _played(name: str, agent: str, *kinds: str, **rules: Any) -> list[Trajectory]:
    """One episode for a task of each kind; none where the rules find no place in the document."""
    played, world = agent_from(agent), _world(name)
    tasks = [task for kind in kinds for task in _tasks(name, kind)]
    job = Job([world], played, Setting(played.name, 1, **rules), tasks, Budget(), 1)
    try:
        dealt = job.episodes(Shard(0, 0, len(tasks)))
    except PlanError:
        return []
    return [asyncio.run(job.attempt(world, each)) for each in dealt.episodes]


_world = cache(World.load)


@cache
def _tasks(name: str, kind: str) -> list[Task]:
    return list(generate(_world(name), n=1, seed=1, kinds=[kind]))


def _rows_of(file: Path) -> bytes:
    if file.suffix != ".parquet":
        return file.read_bytes()
    from pyarrow import parquet  # its bytes follow the library's version, the rows do not

    return json.dumps(parquet.read_table(file).to_pylist(), default=str).encode()
