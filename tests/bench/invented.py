"""Invented worlds to train in, what agents do in them, and training on that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson

from agent.backends.local.checkpoint import FILE
from agent.cli.console import note
from agent.collect.collect import collect
from agent.runtime.episode import Agent
from agent.training import Flags
from agent.training.train import Progress, train
from sandbox import World
from sandbox.invention.invent import invent
from trajectories import Store, Trajectory


def invented_worlds(count: int, seed: int, folder: Path) -> list[World]:
    """Worlds whose documents lie in `folder`, where episodes find them again."""
    folder.mkdir(parents=True, exist_ok=True)
    loaded = []
    for made in invent(count, seed=seed):
        file = folder / f"{made.name}.json"
        file.write_bytes(orjson.dumps(made.tree))
        loaded.append(World.load(str(file)))
    return loaded


def play(
    worlds: Sequence[World],
    agent: Agent,
    n: int,
    seed: int,
    *,
    faults: str | None = None,
    at: str = ":memory:",
) -> list[Trajectory]:
    """All episodes of an agent, kept in the store `at`; what is there already is not played."""
    with Store.open(at) as store:
        for _ in collect(worlds, agent, store, n=n, seed=seed, share_tools=True, faults=faults):
            pass
        return list(store.iterate())


def train_into(place: Path, source: Sequence[Trajectory], flags: Flags) -> Path:
    """A checkpoint in `place`; one that is finished there is kept, one that is not goes on."""
    if not (place / FILE).is_file():
        for news in train(source, out=place, flags=flags):
            if isinstance(news, Progress) and news.step % 5 == 0:
                note(f"{place.name} {news.step}/{news.steps} {news.loss:.3f}")
    return place
