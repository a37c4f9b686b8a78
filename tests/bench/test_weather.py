"""What weather costs: a rule that does not fire, a whole preset, a firing fault, one operator."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from sandbox.drift import releases
from sandbox.openapi import Document
from sandbox.world.session import Session
from sandbox.world.world import World

pytestmark = pytest.mark.bench

QUIET = {"rules": [{"fault": "T05", "trigger": {"model": "iid", "p": 0.0}}]}


def best(sessions: list[Callable[[], Session]], calls: int = 2000, rounds: int = 9) -> list[float]:
    """Seconds per call of each kind of session, the best of interleaved rounds."""
    found = [float("inf")] * len(sessions)
    for _ in range(rounds):
        for index, make in enumerate(sessions):
            session = make()
            id = session.state.ids("/customers")[0]
            session.call("getCustomer", {"customer_id": id})
            start = perf_counter()
            for _ in range(calls):
                session.call("getCustomer", {"customer_id": id})
            found[index] = min(found[index], (perf_counter() - start) / calls)
    return found


def test_quiet_rules_cost_little() -> None:
    world = World.load("bookshop")
    kinds: list[Any] = [None, QUIET, "flaky"]
    plain, quiet, flaky = best([partial(world.session, faults=kind) for kind in kinds])
    assert quiet / plain < 1.4
    assert flaky / plain < 2.0


def test_a_firing_fault_adds_little() -> None:
    world = World.load("bookshop")
    always = {"max_consecutive": None, "rules": [{"fault": "H06", "trigger": "always"}]}
    plain, firing = best([world.session, lambda: world.session(faults=always)], calls=500)
    assert firing - plain < 100e-6


def test_an_operator_on_four_megabytes(corpus: Path) -> None:
    document = Document.load(corpus / "specs" / "public" / "stripe.yaml")
    for op in ("D01", "D03", "D15", "D20"):
        start = perf_counter()
        releases({"releases": [{"operators": [{"op": op}]}]}, document, 0)
        assert perf_counter() - start < 1.0
