"""A record keeps one byte form, and says what is wrong with bytes that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trajectories.little import finished
from trajectories import canonical
from trajectories.errors import RecordError
from trajectories.records import Trajectory, identity

SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
VALUES = st.recursive(
    SCALARS.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_any_json_value_survives_its_canonical_bytes(value: Any) -> None:
    again = canonical.loads(canonical.dumps(value))
    assert again == value
    assert canonical.dumps(again) == canonical.dumps(value)


@given(st.integers(min_value=2**63), st.sampled_from([1, -1]))
def test_integers_beyond_64_bits_stay_exact(number: int, sign: int) -> None:
    assert canonical.loads(canonical.dumps({"n": [number * sign]})) == {"n": [number * sign]}


def test_a_record_with_a_long_integer_keeps_its_order_too() -> None:
    tool = {"type": "function", "function": {"name": "x", "a": 2**70}}
    record = finished(tools=[tool], options={"b": 1, "a": 2**80})
    again = Trajectory.from_bytes(record.to_bytes())
    assert str(again.tools) == str([tool]) and list(again.options) == ["a", "b"]
    assert again.to_bytes() == record.to_bytes()


def test_lone_surrogates_survive() -> None:
    assert canonical.loads(canonical.dumps(["\ud83d"])) == ["\ud83d"]


def test_a_record_and_its_bytes_are_the_same_thing() -> None:
    record = finished()
    again = Trajectory.from_bytes(record.to_bytes())
    assert again == record
    assert again.digest() == record.digest()
    assert list(json.loads(record.to_bytes())) == sorted(json.loads(record.to_bytes()))


def test_key_order_does_not_matter() -> None:
    first, second = finished(options={"a": 1, "b": 2}), finished(options={"b": 2, "a": 1})
    assert first.digest() == second.digest()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "line 7: not JSON"),
        (b"[]", "line 7: a trajectory is a JSON object, not list"),
        (b'{"id":"x","version":99}', "record version 99 is newer than 2"),
        (b'{"id":"x"}', "line 7: outcome: Field required"),
    ],
)
def test_what_is_no_record_is_named(data: bytes, said: str) -> None:
    with pytest.raises(RecordError, match=said):
        Trajectory.from_bytes(data, place="line 7")


def test_an_identity_depends_on_every_part_and_on_no_order() -> None:
    assert identity(seed=1, agent="a") == identity(agent="a", seed=1)
    assert identity(seed=1, agent="a") != identity(seed=2, agent="a")
    assert len(identity(seed=1)) == 24
