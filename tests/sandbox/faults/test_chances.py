"""Firing decisions: one digest a call, and yet every rule, call and occurrence draws for itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import product
from math import prod
from typing import Any

from sandbox.faults.sampling import call_key
from sandbox.messages import Arguments
from sandbox.world.call_keys import canonical_key
from tests.sandbox.faults.little import Little

P = 0.3
SEEDS = range(8)
SURE = 94.5
"""What chi-square with 8 × 7 degrees of freedom exceeds once in a thousand."""


def chi_square(seen: Iterable[tuple[bool, ...]]) -> float:
    """How far patterns of three are from three independent draws of probability P."""
    counted = Counter(seen)
    total = sum(counted.values())
    expected = {
        pattern: total * prod(P if hit else 1 - P for hit in pattern)
        for pattern in product((True, False), repeat=3)
    }
    return sum((counted[each] - n) ** 2 / n for each, n in expected.items())


def rules(*ids: str) -> dict[str, Any]:
    """Latencies, which disturb nobody: several may hit one call."""
    trigger = {"model": "iid", "p": P}
    return {"rules": [{"id": id, "fault": "T01", "trigger": trigger} for id in ids]}


def hit(little: Little, intent: bytes) -> frozenset[str]:
    """The rules that fired on one call."""
    before = len(little.firings)
    little.call(intent=intent)
    return frozenset(firing.rule for firing in little.firings[before:])


def test_rules_draw_apart_from_each_other() -> None:
    found = 0.0
    for seed in SEEDS:
        little = Little.of(rules("a", "b", "c"), seed)
        hits = [hit(little, b"%d" % n) for n in range(1000)]
        found += chi_square(tuple(id in each for id in "abc") for each in hits)
    assert found < SURE


def test_occurrences_of_one_call_draw_apart() -> None:
    found = 0.0
    for seed in SEEDS:
        little = Little.of(rules("a"), seed)
        hits = [tuple(bool(hit(little, b"%d" % n)) for _ in range(3)) for n in range(1000)]
        found += chi_square(hits)
    assert found < SURE


def test_one_call_made_often_is_hit_at_random() -> None:
    found = 0.0
    for seed in SEEDS:
        little = Little.of(rules("a"), seed)
        hits = [tuple(bool(hit(little, b"poll")) for _ in range(3)) for _ in range(1000)]
        found += chi_square(hits)
    assert found < SURE


def test_seeds_draw_apart() -> None:
    found = 0.0
    for first in SEEDS:
        storms = [Little.of(rules("a"), 1000 * first + seed) for seed in range(200)]
        found += chi_square(tuple(bool(hit(each, b"%d" % n)) for n in range(3)) for each in storms)
    assert found < SURE


def test_another_rule_moves_no_draw() -> None:
    alone, beside = Little.of(rules("a")), Little.of(rules("x", "a", "y"))
    intents = [b"%d" % (n % 40) for n in range(200)]
    assert ["a" in hit(alone, each) for each in intents] == [
        "a" in hit(beside, each) for each in intents
    ]


def test_calls_have_equal_keys_when_the_ledger_says_they_are_equal() -> None:
    for one, other in (
        (Arguments(query={"a": 1, "b": 2}), Arguments(query={"b": 2, "a": 1})),
        (Arguments(header={"X": "1"}), Arguments(header={"x": "1", "prefer": "y"})),
        (Arguments(query={"a": 1}), Arguments(query={"a": True})),
        (Arguments(body=None), Arguments(body={})),
        (Arguments(body={"n": 2**70}), Arguments(body={"n": 2**71})),
        (Arguments(body={"n": "x" * 900}), Arguments(body={"n": "x" * 901})),
    ):
        same = canonical_key("op", one) == canonical_key("op", other)
        assert (call_key("op", one) == call_key("op", other)) is same
