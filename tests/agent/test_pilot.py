"""What a pilot trains on: its own documents and the bundled ones, never what is held out."""

from __future__ import annotations

from pathlib import Path

import pytest

import specs
from agent.collect.holdout import Split, split_tasks
from agent.evaluation.pilot import estimate, pilot
from agent.evaluation.pilot_config import Brief, Run
from agent.evaluation.starting_point import starting_point
from sandbox import World
from sandbox.tasks import TaskFile, generate
from trajectories import Store


def test_bundled_documents_are_read_too_but_never_under_a_held_out_name(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(specs.path("helpdesk").read_text() + "x-copy: true\n")
    brief = Brief((str(own),), tmp_path, train=True, tasks=40, others=8)
    next(stage for stage in pilot(brief) if stage.name == "collect" and stage.done == stage.total)
    held = set(split_tasks(TaskFile.load(tmp_path / "tasks.yaml").tasks, seed=0).tools)
    with Store.open(tmp_path / "trajectories.db") as store:
        others = [record for record in store.iterate() if record.document.source != str(own)]
    assert {record.document.source for record in others} == set(specs.names())
    assert held
    assert not [name for record in others for name in offered(record.tools) if name in held]


def offered(tools: list[dict[str, dict[str, str]]]) -> list[str]:
    return [tool["function"]["name"] for tool in tools]


def test_training_goes_on_from_the_bundled_stage_unless_that_has_read_what_is_held_out(
    tmp_path: Path,
) -> None:
    def started(name: str, *held: str) -> str:
        part = Split(train=(), seen=(), unseen=(), tools=held)
        return starting_point(Run(Brief((name,), tmp_path), [World.load(name)], splits=[part]))

    assert started("bookshop") == "umi"
    assert started("bookshop", "create_ticket") == "embedded"
    assert started("helpdesk") == "embedded"


def test_names_that_a_model_has_read_are_held_out_last() -> None:
    tasks = list(generate(World.load("bookshop"), n=40, seed=1))
    first = {*split_tasks(tasks, seed=0).tools}
    second = {*split_tasks(tasks, seed=0, known=first).tools}
    assert len(first) == len(second) and not first & second
    every = World.load("bookshop").tools
    assert {*split_tasks(tasks, seed=0, known=every).tools} == first


@pytest.mark.parametrize("train", [False, pytest.param(True, marks=pytest.mark.model)])
def test_an_estimate_counts_what_a_pilot_would_do_and_keeps_nothing(
    tmp_path: Path, train: bool
) -> None:
    brief = Brief(("bookshop",), tmp_path / "out", train, tasks=16, others=0, tokens=2000)
    found = estimate(brief)
    assert found["tasks"] == 16 and 12 <= found["trajectories"] <= 16
    assert (found["tokens"] or 0) <= 2000 + 1536 and bool(found["minutes"]) == train
    assert not (tmp_path / "out").exists()
