"""What an agent did after a failure, by how many calls it made and how many different ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.trajectories.little import finished
from tests.trajectories.scoring.test_findings import row
from trajectories.records import Message
from trajectories.scoring.classes import loop_class
from trajectories.scoring.incidents import Episode, incidents

FIRING = {"fault": "H02", "rule": "r", "instance": 0, "oracle": "SUCCEEDED", "solvable": True}


@pytest.mark.parametrize(
    ("intents", "found"),
    [("a", "L11"), ("aaa", "L6"), ("abbb", "L7"), ("aab", "L11"), ("abcd", "L8")],
)
def test_failures_in_a_row_have_a_class(intents: str, found: str) -> None:
    rows = [row(500, intent=each) for each in intents]
    rows[0]["injected"] = [FIRING]
    stuck = Episode(rows, success=False, reached=False, claim="not_done", end="give_up")
    incident = incidents(stuck)[0]
    assert loop_class(incident, stuck) == found


@pytest.mark.parametrize("role", ["observation", "planner", None])
def test_only_an_observation_is_what_a_call_was_shown(role: Any) -> None:
    calling = next(message for message in finished().messages if message.role == "caller")
    after = [Message(role=role, content="Next: caller.")] if role is not None else []
    shown = Episode.of(finished(messages=[calling, *after], ledger=[row()])).observations
    assert list(shown) == ["Next: caller." if role == "observation" else None]


@pytest.mark.parametrize(
    ("further", "claim", "found"),
    [(1, "not_done", "L11"), (1, "unclear", "L13"), (2, "not_done", "L13")],
)
def test_who_stops_at_a_hidden_failure_and_says_so_has_given_up_in_the_open(
    further: int, claim: Any, found: str
) -> None:
    rows = [row() | {"injected": [FIRING | {"silent": True}]}, *[row(500)] * further]
    ended = Episode(rows, success=False, reached=False, claim=claim, end="finish")
    (incident,) = incidents(ended)
    assert loop_class(incident, ended) == found
