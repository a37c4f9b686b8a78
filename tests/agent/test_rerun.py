"""Replay tells a changed byte, a changed seed and a changed document from the real thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.collect.collect import collect
from agent.errors import AgentError
from agent.policies.behaviours import scripted
from agent.runtime.rerun import Reruns
from sandbox import World
from tests.agent.cli.running import wavetank
from trajectories import Store, Trajectory, replay


def recorded(count: int = 4) -> list[Trajectory]:
    with Store.open(":memory:") as store:
        for _ in collect(
            [World.load("bookshop")], scripted("perfect"), store, n=count, faults="H01,T03"
        ):
            pass
        return [t for t in store.iterate() if any(m.role == "observation" for m in t.messages)]


def test_every_observation_is_reproduced() -> None:
    reports = [replay(trajectory, Reruns()) for trajectory in recorded()]
    assert all(report.same for report in reports)
    assert sum(report.compared for report in reports) > 0


def test_one_changed_byte_is_found() -> None:
    trajectory = recorded()[0]
    turns = list(trajectory.messages)
    place = next(i for i, turn in enumerate(turns) if turn.role == "observation")
    turns[place] = turns[place].model_copy(update={"content": turns[place].content + "."})
    report = replay(trajectory.model_copy(update={"messages": turns}), Reruns())
    assert report.difference is not None
    assert report.difference.turn == place


def test_another_seed_is_found() -> None:
    changed = [t.model_copy(update={"seed": t.seed + 1}) for t in recorded()]
    assert not all(replay(trajectory, Reruns()).same for trajectory in changed)


def test_a_document_that_changed_is_named() -> None:
    trajectory = recorded()[0]
    other = trajectory.document.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(AgentError, match="has changed since it was recorded"):
        replay(trajectory.model_copy(update={"document": other}), Reruns())


def test_the_command_fails_on_a_tampered_store(tmp_path: Path) -> None:
    wavetank("collect", "bookshop", "--store", tmp_path / "a.db", "-n", "3")
    wavetank("export", "--store", tmp_path / "a.db", "--format", "native", "--out", tmp_path / "a")
    text = (tmp_path / "a").read_text()
    (tmp_path / "b").write_text(text.replace("EUR", "EUX").replace('"seed":0', '"seed":9'))
    wavetank("import", tmp_path / "b", "--format", "native", "--store", tmp_path / "b.db")
    assert wavetank("replay", "--store", tmp_path / "b.db", check=1).stdout


def test_a_model_file_goes_into_the_record_and_to_the_workers(tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text("operations: {listOrders: {act: compute}}")
    said = ("--model-file", tmp_path / "model.yaml", "--workers", "2")
    wavetank("collect", "bookshop", "--store", tmp_path / "a.db", "-n", "30", *said)
    with Store.open(str(tmp_path / "a.db")) as store:
        records = list(store.iterate())
    listed = [each for each in records if "listOrders" in str(each.messages)]
    assert listed and all(replay(each, Reruns()).same for each in listed)
    plain = [each.model_copy(update={"options": {}}) for each in listed]
    assert not all(replay(each, Reruns()).same for each in plain)
