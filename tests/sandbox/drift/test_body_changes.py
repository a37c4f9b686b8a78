"""What an adapter does to a body, and back."""

from __future__ import annotations

import pytest

from sandbox.drift.body_changes import Flatten, Nest
from sandbox.drift.value_changes import Minor

NAMES = (("city", "home_city"), ("zip", "home_zip"))
HOME = {"city": "Ulm", "zip": "89073"}


@pytest.mark.parametrize("parents", [(), ("owner",)])
def test_flattened_members_come_back(parents: tuple[str, ...]) -> None:
    flatten, nest = Flatten(parents, "home", NAMES), Nest(parents, "home", NAMES)
    inner = {"name": "Ida", "home": HOME}
    value = {"owner": inner} if parents else inner
    flat = flatten.new(value)
    told = flat["owner"] if parents else flat
    assert told == {"name": "Ida", "home_city": "Ulm", "home_zip": "89073"}
    assert flatten.old(flat) == value == nest.new(flat)
    assert nest.old(value) == flat


def test_a_member_that_was_not_declared_is_not_lost() -> None:
    value = {"home": {**HOME, "floor": 3}}
    there = Flatten((), "home", NAMES).new(value)
    assert "floor" in str(there) and Flatten((), "home", NAMES).old(there) == value


@pytest.mark.parametrize(
    ("minor", "major"), [(1250, 12.5), (1200, 12), (1, 0.01), (100 / 3, 0.333333), ("12", "12")]
)
def test_minor_units_are_units_again(minor: object, major: object) -> None:
    assert Minor().old(minor) == major and type(Minor().old(minor)) is type(major)
