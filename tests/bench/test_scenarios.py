"""What weather costs: a rule that does not fire, a whole preset, a firing fault, one operator."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import pytest

from sandbox.document import Document
from sandbox.drift import releases
from sandbox.world.session import Session
from sandbox.world.world import World

pytestmark = pytest.mark.bench

QUIET = {"rules": [{"fault": "T05", "trigger": {"model": "iid", "p": 1e-9}}]}


def best(sessions: list[Callable[[], Session]], calls: int = 300, rounds: int = 60) -> list[float]:
    """CPU seconds per call of each kind of session, the best of many short interleaved rounds.

    The calls go round the customers, and 20 virtual seconds pass between them, so that a stated
    wait is over when the same call comes again.
    """
    found = [float("inf")] * len(sessions)
    for _ in range(rounds):
        for index, make in enumerate(sessions):
            session = make()
            ids = session.state.ids("/customers")
            round_of_calls(session, ids, len(ids))
            start = process_time()
            round_of_calls(session, ids, calls)
            found[index] = min(found[index], (process_time() - start) / calls)
    return found


def round_of_calls(session: Session, ids: tuple[str, ...], calls: int) -> None:
    for number in range(calls):
        session.call("getCustomer", {"customer_id": ids[number % len(ids)]})
        session.clock.advance(20.0)


def test_quiet_rules_cost_little() -> None:
    world = World.load("bookshop")
    kinds: list[Any] = [None, QUIET, "flaky"]
    plain, quiet, flaky = best([partial(world.session, faults=kind) for kind in kinds])
    print(f"plain {plain * 1e6:.1f} µs, quiet × {quiet / plain:.2f}, flaky × {flaky / plain:.2f}")  # noqa: T201
    assert quiet / plain < 1.25
    assert flaky / plain < 1.6


def test_a_firing_fault_adds_little() -> None:
    world = World.load("bookshop")
    always = {"max_consecutive": None, "rules": [{"fault": "H06", "trigger": "always"}]}
    plain, firing = best([world.session, lambda: world.session(faults=always)])
    print(f"firing + {(firing - plain) * 1e6:.1f} µs")  # noqa: T201
    assert firing - plain < 100e-6


def test_an_operator_on_four_megabytes(corpus: Path) -> None:
    document = Document.load(corpus / "specs" / "public" / "stripe.yaml")
    for op in ("D01", "D03", "D15", "D20"):
        start = perf_counter()
        releases({"releases": [{"operators": [{"op": op}]}]}, document, 0)
        took = perf_counter() - start
        print(f"{op} on Stripe {took:.2f} s")  # noqa: T201
        assert took < 1.0
