"""Whose failure it was, by the last call and by how the episode ended."""

from __future__ import annotations

from typing import Any

import pytest

from tests.trajectories.scoring.test_findings import row
from trajectories.scoring.attribution import attribute
from trajectories.scoring.incidents import Episode, incidents


@pytest.mark.parametrize(
    ("rows", "more", "whose"),
    [
        ([], {}, "agent:planner"),
        ([row(200)], {}, "agent:planner"),
        ([row(404, operation=None)], {}, "agent:caller"),
        ([row(404)], {}, "agent:planner"),
        ([row(400, operation=None)], {}, "agent:planner"),
        ([row(422, problems=[{"keyword": "type"}])], {}, "agent:caller"),
        ([row(200, raw="x")], {}, "agent:caller"),
        ([row(404, operation=None)], {"end": "give_up"}, "agent:planner"),
        ([row(404, operation=None)], {"end": "steps"}, "agent:planner"),
        ([row(200)], {"failures": ["answer lacks 7"]}, "agent:summarizer"),
        ([row(200)], {"failures": ["answer lacks 7", "state differs"]}, "agent:planner"),
        ([row(200)], {"end": "tokens", "role": "caller"}, "agent:caller"),
        ([row(200)], {"kind": "done_but_denied"}, "agent:summarizer"),
        ([row(200)], {"kind": "done_but_denied", "end": "give_up"}, "agent:planner"),
    ],
)
def test_the_role_that_went_wrong(rows: Any, more: dict[str, Any], whose: str) -> None:
    told = {"end": "finish", "role": None, "kind": "wrong", "failures": ["state differs"], **more}
    assert attribute(rows, **told) == whose


@pytest.mark.parametrize(
    ("params", "headers", "wait"),
    [
        ({"wait_s": 7}, [], 7.0),
        ({"busy_s": 3, "duration_s": 9}, [], 3.0),
        ({"hidden_wait_s": 4}, [], 4.0),
        ({"wait_s": 7}, [["Retry-After", "30"]], 30.0),
        ({}, [], 0.0),
    ],
)
def test_an_incident_waits_as_its_reply_says_or_its_own_rule(
    params: dict[str, float], headers: list[list[str]], wait: float
) -> None:
    mine = {"fault": "H01", "rule": "mine", "params": params}
    other = {"fault": "H02", "rule": "other", "params": {"wait_s": 99}}
    hit = row(429, headers=headers, injected=[other, mine])
    found = {each.rule: each for each in incidents(Episode([hit]))}
    assert found["mine"].waits == (wait,)
    hidden = "hidden_wait_s" in params or "duration_s" in params
    assert found["mine"].wait_stated is not hidden
