"""How things are called in instructions."""

from __future__ import annotations

import re

import pytest

import specs
from sandbox.tasks import generate, phrases
from sandbox.world import World

BAD = [
    r"\bone more (create|update|search)\b",
    r"\bstore \S+ \S+ anew\b",
    r"\ba (hour|order|author|user account id)\b",
    r"\b(movy|cooky|jsons|warehous)\b",
    r"\bwhat is the \w*(notes|items)\b",
    r"\b(\w+) with \1 \d",
    r"\bcurrent current\b|\bthe me\b",
]
"""What nobody would write."""


@pytest.mark.parametrize("name", specs.names())
def test_instructions_hold_no_bad_forms(name: str) -> None:
    for task in generate(World.load(name), n=60, seed=4):
        for form in BAD:
            assert not re.search(form, task.instruction, re.IGNORECASE), task.instruction


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("movies", "movie"),
        ("cookies", "cookie"),
        ("warehouses", "warehouse"),
        ("statuses", "status"),
    ],
)
def test_plurals_go_both_ways(many: str, one: str) -> None:
    assert phrases.noun(many) == one
    assert phrases.plural(one) == many


def test_articles_follow_the_sound() -> None:
    assert phrases.with_article("hour") == "an hour"
    assert phrases.with_article("user") == "a user"
    assert phrases.verb_for(["notes"]) == "are"
    assert phrases.verb_for(["status"]) == "is"
