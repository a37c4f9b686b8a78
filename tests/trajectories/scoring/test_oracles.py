"""When a fault counts as recovered, by what was called after it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.trajectories.scoring.test_findings import row
from trajectories.scoring.incidents import Episode, incidents
from trajectories.scoring.oracles import is_recovered


@pytest.mark.parametrize(
    ("told", "again", "recovered"),
    [
        ({"failed": ["b"], "done": ["a"]}, ["b"], True),
        ({"failed": ["b"], "done": ["a"]}, ["a", "b"], False),
        ({"failed": ["b", "c"], "done": []}, ["b"], False),
        ({"failed": ["b"]}, ["b"], None),
        ({"done": ["a"]}, ["b"], None),
    ],
)
def test_of_a_batch_the_failed_items_alone_are_sent_again(
    told: dict[str, Any], again: list[str], recovered: bool | None
) -> None:
    firing = {"fault": "H24", "rule": "r", "instance": 0, "oracle": "RESENT", "solvable": True}
    first = row(207, injected=[{**firing, "evidence": told}])
    later = [row(arguments={"body": {"books": [item]}}) for item in again]
    episode = Episode([first, *later], success=True, reached=True, claim="done", end="finish")
    (incident,) = incidents(episode)
    assert is_recovered(incident, episode) is recovered
