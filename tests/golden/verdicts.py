"""What follows from every combination of facts about an ending, and from counts of many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import product
from typing import Any, Final, get_args

from tests.golden.replies import digest
from trajectories.records import Claim, Outcome
from trajectories.scoring.intervals import Part, difference, interval, percent, wilson
from trajectories.scoring.outcomes import Ending, claim_shares, ending_of, in_words, outcome_of
from trajectories.scoring.rates import Rate, pass_all, pass_at

_GOALS: Final = ("reached", "half", "wrong", "untouched")
_REQUIRED: Final = ((), (True,), (3, "EUR"), (None, "", 0))
_ANSWERS: Final = ("", "No, it is not set.", "I could not find out.")
_FLAGS: Final = (
    "answered", "collateral", "solvable", "question", "changes_nothing", "hopeless", "hidden",
)  # fmt: skip
_SHOWN: Final[tuple[list[str] | None, ...]] = (None, [], ["get"])
_KINDS: Final = ("wrong", "done_and_said")
_CLUSTERS: Final[tuple[dict[str, Part], ...]] = (
    {},
    {"a": (1, 1)},
    {"a": (1, 1), "b": (0, 1), "c": (0, 0)},
    {"a": (0, 2), "b": (2, 3), "c": (1, 4), "d": (5, 5)},
    {"a": (1, 2), "b": (2, 4), "e": (3, 6)},
    {f"t{n}": (n % 3, 3) for n in range(12)},
)


def verdicts() -> Iterator[tuple[str, str]]:
    """The outcomes of each claim; then intervals, differences and estimators."""
    for claim in (*get_args(Claim), None):
        texts = [_told(claim, *each) for each in product(_GOALS, _REQUIRED, _ANSWERS)]
        yield f"outcomes that claim {claim}", digest(map(str.encode, texts))
    for number, clusters in enumerate(_CLUSTERS):
        ends = interval([*clusters.values()])
        gaps = [difference(clusters, other) for other in _CLUSTERS]
        rate = Rate.of_clusters(clusters)
        text = repr((ends, percent(ends), gaps, asdict(rate) if rate is not None else None))
        yield f"intervals of clusters {number}", digest([text.encode()])
    tries = [(n, k, s) for n, k, s in product(range(1, 7), repeat=3) if k <= n and s <= n]
    estimates = [(pass_at(n, s, k), pass_all(n, s, k)) for n, k, s in tries]
    shares = [wilson(part / of, of) for of in (1, 3, 40) for part in range(of + 1)]
    yield "estimates", digest([repr((estimates, shares)).encode()])
    yield "endings of records", digest(map(str.encode, _of_records()))


def _told(claim: Claim | None, goal: str, required: tuple[Any, ...], answer: str) -> str:
    told = []
    for flags in product((False, True), repeat=len(_FLAGS)):
        named: dict[str, Any] = dict(zip(_FLAGS, flags, strict=True))
        told.append(outcome_of(Ending(goal, claim, required=required, answer=answer, **named)))
    return repr(told)


def _of_records() -> Iterator[str]:
    """Endings of little ledgers: a call that may get no reply, read back or not, and another."""
    replies: tuple[dict[str, Any], ...] = (
        {"status": None, "transport": "timeout"},
        {"status": 503},
        {"status": 200},
    )
    goals: tuple[dict[str, Any], ...] = ({}, {"answer": {"required": [1]}})
    kinds = [*product(("missing", "conditional", "update"), goals)]
    for first, second, shown, solvable in product(replies, replies, _SHOWN, (True, False)):
        firing = {"fault": "T03", "rule": "T03", "solvable": solvable}
        call = {"operation": "put", "tool": "put", "arguments": {"id": 1}, "readbacks": shown}
        rows = [
            {**call, "intent": "i", "response": reply, "injected": fired, "effects": []}
            for reply, fired in ((first, [firing]), (second, []))
        ]
        for kind, goal in kinds:
            task = {"kind": kind, "goal": goal, "solvable": solvable}
            found = ending_of(
                task, rows, goal="half", answered=True, collateral=False, claim="done"
            )
            yield repr((found, outcome_of(found), in_words("collateral: create /a/b")))
    for claim, kind, count in product((*get_args(Claim), None), _KINDS, (0, 2)):
        metrics = {"firings": count}
        ended = Outcome(success=False, end="finish", claim=claim, kind=kind, metrics=metrics)
        yield repr(claim_shares(ended))
