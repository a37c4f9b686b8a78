"""Rules that count calls count all they match, and may tell calls apart by what they carry."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Request, Session
from tests.sandbox.world.documents import does, thing, world_of

JOB = thing("name", name={"type": "string"})
LIST = does(shows={"type": "array", "items": JOB})


def session(*rules: dict[str, Any], label: str = "") -> Session:
    paths = {"/jobs": {"get": LIST, "post": does(201, JOB, JOB)}}
    return world_of(paths).session(seed=1, label=label, faults={"rules": list(rules)})


def statuses(met: Session, count: int, **headers: str) -> list[int]:
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return [met.handle(Request("GET", "/jobs", "", sent)).status for _ in range(count)]


def rule(fault: str, **trigger: Any) -> dict[str, Any]:
    return {"fault": fault, "trigger": trigger}


@pytest.mark.parametrize(("rules", "expected"), [
    ([rule("H06", model="at_calls", calls=[2]), rule("H08", model="at_calls", calls=[4])],
     [200, 200, 500, 200, 503, 200]),
    ([rule("H06", model="at_calls", calls=[1, 2]),
      rule("H08", model="every_nth", n=2, scope="global")],
     [503, 500, 500, 200, 503, 200]),
    ([rule("H08", model="every_nth", n=3, scope="wire"),
      rule("H06", model="at_calls", calls=[3, 4])],
     [503, 200, 200, 503, 500, 200]),
    ([{"trigger": {"model": "schedule", "steps": [None, "H08", None, "H06"]}},
      rule("H02", model="at_calls", calls=[1, 2, 4])], [200, 503, 429, 500, 429, 200]),
    ([rule("H02", model="first_n", n=5, scope="global")], [429, 429, 429, 429, 429, 200]),
])  # fmt: skip
def test_every_rule_counts_the_calls_that_it_matches(rules: Any, expected: list[int]) -> None:
    assert statuses(session(*rules), len(expected)) == expected


def test_a_rule_matches_headers_agents_and_labels() -> None:
    always = {"model": "always"}
    met = session(
        {"fault": "H06", "match": {"header": {"X-Trace": "evil*"}}, "trigger": always},
        {"fault": "H08", "match": {"agent": "curl/*"}, "trigger": always},
        {"fault": "H09", "match": {"session": "other"}, "trigger": always},
    )
    assert statuses(met, 1) + statuses(met, 1, x_trace="good") == [200, 200]
    assert statuses(met, 1, x_trace="evil-1") + statuses(met, 1, user_agent="curl/8") == [500, 503]
    labelled = {"fault": "H09", "match": {"session": "oth*"}, "trigger": always}
    assert statuses(session(labelled, label="other"), 1) == [500]


def test_a_rule_counts_calls_of_an_argument_alone() -> None:
    match = {"argument": {"name": "bo*"}, "tool": "post_jobs"}
    met = session({"fault": "H08", "match": match, "trigger": {"model": "at_calls", "calls": [1]}})
    names = ["boom", "calm", "book", "boom"]
    called = [met.call("post_jobs", {"name": name}).status for name in names]
    assert called == [201, 201, 503, 201]
