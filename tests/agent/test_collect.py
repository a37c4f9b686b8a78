"""Collecting: exactly the asked-for set, once, whichever way in and however often it is begun."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import orjson
import pytest

from agent.backends import RoleRequest
from agent.collect.collect import Collected, Invalid, Known, Short, collect
from agent.errors import BackendError, CollectError
from agent.policies.behaviours import scripted
from agent.runtime.batching import Batcher
from agent.runtime.roles import ROLES
from agent.runtime.umi import Umi, umi
from sandbox.document import Document
from sandbox.tasks.models import SolutionStep, Task
from sandbox.world import World
from tests.agent.worlds import add_book, document, read_price, shelf
from trajectories import Store


def collected(store: Store, n: int, **options: Any) -> list[Any]:
    worlds = options.pop("worlds", None) or [shelf()]
    agent = options.pop("agent", None) or scripted("perfect")
    return list(collect(worlds, agent, store, n=n, **options))


def test_what_was_asked_for_is_stored() -> None:
    with Store.open(":memory:") as store:
        news = collected(store, 30)
        assert sum(isinstance(each, Collected) for each in news) == 30
        assert store.count() == 30 == len(set(store.ids()))


@pytest.mark.parametrize("path", ["/sets/big", "/sets/big/lock", "/sets#sort", "/planets"])
def test_given_tasks_may_speak_of_whatever_a_path_leads_to(path: str) -> None:
    shown = {"responses": {"200": {"description": ""}}}
    paths = {"/sets/{set}/{kid}": {"put": shown}, "/sets/{set}:lock": {"post": shown}}
    tree = {"openapi": "3.0.3", "info": {"title": "S", "version": "1"}, "paths": paths}
    sent = {"collection": path, "id": "*", "location": "path", "pointer": "/set", "value": "big"}
    task = Task.model_validate({"id": "t", "instruction": "Do it.", "goal": {"sent": [sent]}})
    world = World(Document.from_tree(tree, source="s.json"))
    refused = path == "/planets"
    with pytest.raises(CollectError) if refused else nullcontext(), Store.open(":memory:") as store:
        collected(store, 1, worlds=[world], tasks=[task])


def test_beginning_again_adds_nothing() -> None:
    with Store.open(":memory:") as store:
        collected(store, 30)
        again = collected(store, 30)
        assert sum(each.count for each in again if isinstance(each, Known)) == 30
        assert not any(isinstance(each, Collected) for each in again)


def test_asking_for_more_keeps_what_is_there() -> None:
    with Store.open(":memory:") as store:
        collected(store, 24)
        before = set(store.ids())
        collected(store, 48)
        assert before < set(store.ids()) and store.count() == 48


def test_a_collection_that_stops_halfway_is_finished_by_the_next() -> None:
    with Store.open(":memory:") as whole, Store.open(":memory:") as store:
        collected(whole, 40)
        for index, _ in enumerate(collect([shelf()], scripted("perfect"), store, n=40, width=3)):
            if index == 10:
                break
        assert 0 < store.count() < 40
        collected(store, 40)
        assert [t.to_bytes() for t in store.iterate()] == [t.to_bytes() for t in whole.iterate()]


@pytest.mark.parametrize("width", [1, 7])
def test_how_many_run_at_once_changes_no_byte(width: int) -> None:
    with Store.open(":memory:") as one, Store.open(":memory:") as many:
        collected(one, 20, faults="H01,T03")
        collected(many, 20, faults="H01,T03", width=width)
        assert [t.digest() for t in one.iterate()] == [t.digest() for t in many.iterate()]


def test_seeds_differ_and_repeat() -> None:
    with Store.open(":memory:") as store:
        collected(store, 5, seed=1)
        collected(store, 5, seed=2)
        assert store.count() == 10
        collected(store, 5, seed=1)
        assert store.count() == 10


def test_over_http_the_bytes_are_the_same() -> None:
    with Store.open(":memory:") as here, Store.open(":memory:") as there:
        collected(here, 12, faults="H01,T03")
        collected(there, 12, faults="H01,T03", transport="http")
        assert [t.to_bytes() for t in here.iterate()] == [t.to_bytes() for t in there.iterate()]


def test_over_mcp_the_bytes_are_the_same() -> None:
    with Store.open(":memory:") as here, Store.open(":memory:") as there:
        collected(here, 12, faults="H01,T03", drift="D03")
        collected(there, 12, faults="H01,T03", drift="D03", transport="mcp")
        assert [t.to_bytes() for t in here.iterate()] == [t.to_bytes() for t in there.iterate()]


def test_given_tasks_are_repeated_under_other_labels() -> None:
    world = shelf()
    tasks = [add_book(), read_price(world)]
    with Store.open(":memory:") as store:
        collected(store, 6, worlds=[world], tasks=tasks)
        labels = sorted(t.label for t in store.iterate())
    assert labels == ["", "", "again-1", "again-1", "again-2", "again-2"]


def test_given_tasks_want_one_document() -> None:
    with Store.open(":memory:") as store, pytest.raises(CollectError, match="exactly one"):
        collected(store, 1, worlds=[shelf(), shelf()], tasks=[add_book()])


def test_a_task_of_another_document_is_one_sentence() -> None:
    task = add_book().model_copy(update={"solution": [SolutionStep(tool="fly", arguments={})]})
    with Store.open(":memory:") as store, pytest.raises(CollectError, match="calls fly, which"):
        list(collect([shelf()], scripted("perfect"), store, n=1, tasks=[task]))


def test_no_task_at_all_is_said() -> None:
    with Store.open(":memory:") as store:
        assert collected(store, 5, tasks=[])[-1] == Short(5, 0)


class Failing:
    """A backend that cannot write."""

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        raise BackendError("gpu", "out of memory")


def test_a_failing_backend_is_ours_and_stops_the_collection() -> None:
    agent = umi("broken", dict.fromkeys(ROLES, Failing()))
    with Store.open(":memory:") as store, pytest.raises(CollectError, match="out of memory"):
        collected(store, 50, agent=agent)


def test_an_episode_that_failed_through_us_is_not_stored() -> None:
    perfect = scripted("perfect")
    broken = dict.fromkeys(ROLES, Failing())

    def backends(task: Any, environment: Any, seed: int) -> Any:
        return broken if task.id == "add-B" else perfect.backends(task, environment, seed)

    tasks = [add_book("A"), add_book("B"), add_book("C")]
    with Store.open(":memory:") as store:
        news = collected(store, 3, tasks=tasks, agent=Umi("mixed", backends))
        assert [each.reason for each in news if isinstance(each, Invalid)] == ["gpu: out of memory"]
        assert store.count() == 2


class Counting:
    """Answers at once and counts how many were asked together."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        self.sizes.append(len(requests))
        return ["Nothing can be done. Next: give up."] * len(requests)


def test_waiting_requests_go_out_together() -> None:
    backend = Counting()
    agent = umi("batched", dict.fromkeys(ROLES, Batcher(backend)))
    with Store.open(":memory:") as store:
        collected(store, 16, agent=agent, width=16)
    assert backend.sizes == [16]


def test_several_processes_share_a_store(tmp_path: Path) -> None:
    place = tmp_path / "runs.db"
    with Store.open(place) as store, Store.open(":memory:") as alone:
        collected(store, 40, worlds=[World.load("bookshop")], workers=2)
        collected(alone, 40, worlds=[World.load("bookshop")])
        assert [t.digest() for t in store.iterate()] == [t.digest() for t in alone.iterate()]


def test_several_processes_need_a_store_they_can_open() -> None:
    with Store.open(":memory:") as store, pytest.raises(CollectError, match="memory"):
        collected(store, 4, workers=2)


def test_what_stops_a_worker_is_said(tmp_path: Path) -> None:
    with Store.open(tmp_path / "runs.db") as store:
        agent = Umi("python:json:nothing", scripted("perfect").backends)
        with pytest.raises(CollectError, match="has no function 'nothing'"):
            collected(store, 30, worlds=[World.load("bookshop")], agent=agent, workers=2)


def test_a_document_that_changes_under_the_workers_is_said(tmp_path: Path) -> None:
    place = tmp_path / "shelf.json"
    place.write_bytes(orjson.dumps(document()))
    world = World.load(place)
    place.write_bytes(orjson.dumps(document() | {"security": []}))
    with Store.open(tmp_path / "runs.db") as store:
        with pytest.raises(CollectError, match="has changed since the collection began"):
            collected(store, 4, worlds=[world], workers=2)
