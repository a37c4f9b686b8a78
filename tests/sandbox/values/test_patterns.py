"""Strings grown from regular expressions, judged by the ECMA-262 engine of jsonschema-rs."""

from __future__ import annotations

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import NoInstance
from sandbox.values.patterns import NoPattern, grower
from tests.sandbox.values.plain import made, many

PATTERNS = (
    r"^[A-Z]{2,3}\d+$",
    r"^(?:https?|ftp):\/\/[^\s/$.?#].[^\s]*$",
    r"^\+?[1-9]\d{1,14}$",
    r"^[0-9a-fA-F]{8}\b-[0-9a-fA-F]{4}\b-[0-9a-fA-F]{12}$",
    r"^\p{Lu}\p{L}+$",
    r"^(?<year>\d{4})-(0[1-9]|1[0-2])$",
    r"^(?!foo)[a-z]{3,6}$",
    r"^(a|b)\1{2}$",
    r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
    r"^[\w.\-/]{1,20}$",
    r"^#(?:[0-9a-fA-F]{3}){1,2}$",
    r"^\d{17,20}$",
    r"^[\u00e0-\u00ff]+$",
    r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$",
    r"^-?P(?:\d+D)?T(?:\d+H)?(?:\d+M)?$",
    r"^[^\x00-\x1f]*$",
    r"^(arn:aws:[a-z0-9-]+:){2}[A-Za-z0-9_]+$",
    r"^$",
    r"^\$\{[a-z]+\}$",
    r"^[[\]]+$",
)


def fits(pattern: str, text: str) -> bool:
    return bool(jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid(text))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_strings_match_their_pattern(pattern: str) -> None:
    for text in many({"type": "string", "pattern": pattern}, 25):
        assert fits(pattern, text)


ATOMS = st.sampled_from(["a", "[a-f]", r"\d", r"\w", "[^0-9]", ".", "(?:ab|c)", r"\-", "[A-Z_]"])
REPEATS = st.sampled_from(["", "?", "*", "+", "{2}", "{1,3}", "{2,}"])


@given(st.lists(st.tuples(ATOMS, REPEATS), min_size=1, max_size=6), st.integers(0, 99))
def test_random_patterns_are_met(parts: list[tuple[str, str]], number: int) -> None:
    pattern = "^" + "".join(atom + repeat for atom, repeat in parts) + "$"
    assert fits(pattern, made({"type": "string", "pattern": pattern}, number))


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 9))
def test_lengths_and_patterns_hold_together(low: int, room: int, number: int) -> None:
    schema = {
        "type": "string",
        "pattern": "^[a-z]+$",
        "minLength": low,
        "maxLength": low + room + 1,
    }
    assert low <= len(made(schema, number)) <= low + room + 1


def test_a_pattern_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(NoPattern, match="not a regular expression"):
        grower("([a-z")


def test_a_pattern_nothing_matches_has_no_instance() -> None:
    with pytest.raises(NoInstance, match="pattern"):
        made({"type": "string", "pattern": "^a$", "minLength": 5})


def test_distinct_keys_give_distinct_strings() -> None:
    made_strings = many({"type": "string", "pattern": "^[A-Z0-9]{12}$"}, 50)
    assert len(set(made_strings)) == 50
