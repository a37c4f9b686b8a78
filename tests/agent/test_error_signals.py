"""How long a reply asks to wait, as scripted agents read it."""

from __future__ import annotations

import pytest

from agent.policies.actions import Seen
from agent.policies.error_signals import asked_wait
from agent.policies.knowledge import Scene
from agent.runtime.environment import SessionEnvironment
from tests.agent.worlds import add_book, shelf


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After: 7", 7),
        ("Retry-After: -7", 0),
        ("X-RateLimit-Reset: 12.5", 12.5),
        ("Retry-After: Fri, 16 Jan 1970 12:00:30 GMT", 0),
        ("Retry-After: Fri, 16 Jan 2026 12:00:30 -0000", None),
        ("Retry-After: nan", None),
        ("Retry-After: inf", None),
        ("X-RateLimit-Reset: nan", None),
        ("X-Other: 7", None),
    ],
)
def test_only_a_finite_number_or_a_date_with_its_zone_asks_to_wait(
    header: str, seconds: float | None
) -> None:
    scene = Scene(add_book(), SessionEnvironment(shelf().session()))
    assert asked_wait(scene, Seen(f"HTTP 503\n{header}\n\n{{}}", 503, error=True)) == seconds
