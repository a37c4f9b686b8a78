"""Collecting over several documents: one that cannot take part stops nobody."""

from __future__ import annotations

from typing import Any

import pytest

from agent.collect.collect import Collected, Skipped, Yielded, collect
from agent.policies.behaviours import scripted
from sandbox.document import Document
from sandbox.errors import PlanError
from sandbox.world import World
from tests.agent.worlds import document, shelf
from trajectories import Store


def bare() -> World:
    """A document whose only operation has nothing that D03 could rename."""
    tree = document()
    operation = {"operationId": "ping", "responses": {"204": {"description": "Here."}}}
    paths = {"/ping": {"post": operation}}
    return World(Document.from_tree({**tree, "paths": paths, "components": {}}, source="bare"))


def collected(store: Store, worlds: list[World], n: int, **options: Any) -> list[Any]:
    return list(collect(worlds, scripted("perfect"), store, n=n, **options))


def test_a_document_with_nothing_to_drift_is_skipped_with_the_reason() -> None:
    with Store.open(":memory:") as store:
        news = collected(store, [bare(), shelf()], 20, drift="D03")
        skipped = [each for each in news if isinstance(each, Skipped)]
        assert {each.source for each in skipped} == {"bare"}
        assert "D03" in skipped[0].reason and "finds nothing to change" in skipped[0].reason
        assert store.count() == 20 == sum(isinstance(each, Collected) for each in news)


def test_a_plan_that_fits_no_document_is_an_error() -> None:
    with Store.open(":memory:") as store, pytest.raises(PlanError, match="finds nothing to change"):
        collected(store, [bare()], 5, drift="D03")
    with Store.open(":memory:") as store, pytest.raises(PlanError, match="H99"):
        collected(store, [bare(), shelf()], 5, faults="H99")


def test_each_document_says_what_it_gave_and_why_not_more() -> None:
    with Store.open(":memory:") as store:
        news = collected(store, [bare(), shelf()], 30)
        told = [each for each in news if isinstance(each, Yielded)]
        short = [each for each in told if each.found < each.asked]
        assert {each.source for each in short} == {"bare"} and all(each.why for each in short)
        assert sum(each.found for each in told) == 30 == store.count()
