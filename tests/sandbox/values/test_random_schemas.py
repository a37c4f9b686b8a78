"""Random schemas: every value made is valid, or there is a word about why none is."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.errors import NoInstance
from tests.sandbox.values.plain import errors, made

NAMES = st.sampled_from(["id", "name", "created_at", "total", "items", "kind", "email"])
SMALL = st.integers(0, 4)


def optional_keys(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=strategies)


NUMBERS = st.builds(
    lambda kind, rest: {"type": kind, **rest},
    st.sampled_from(["integer", "number"]),
    optional_keys(
        minimum=st.integers(-20, 5),
        maximum=st.integers(6, 40),
        exclusiveMinimum=st.integers(-20, 5),
        multipleOf=st.sampled_from([1, 2, 3, 0.5, 0.1]),
    ),
)
STRINGS = st.builds(
    lambda rest: {"type": "string", **rest},
    optional_keys(
        minLength=SMALL,
        maxLength=st.integers(4, 30),
        pattern=st.sampled_from(["^[a-z]+$", r"\d", "^[A-Z]{2}", "x?"]),
    )
    | optional_keys(format=st.sampled_from(["date", "date-time", "uuid", "email", "ipv4"])),
)
SCALARS = (
    NUMBERS
    | STRINGS
    | st.just({"type": "boolean"})
    | st.just({"type": "null"})
    | st.builds(lambda each: {"enum": each}, st.lists(st.integers(0, 5) | NAMES, min_size=1))
    | st.builds(lambda each: {"const": each}, NAMES | st.none())
)


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.builds(
        lambda rest: {"type": "object", **rest},
        optional_keys(
            properties=st.dictionaries(NAMES, inner, max_size=4),
            required=st.lists(NAMES, max_size=3, unique=True),
            additionalProperties=st.booleans() | inner,
            minProperties=SMALL,
            maxProperties=st.integers(4, 9),
            dependentRequired=st.dictionaries(NAMES, st.lists(NAMES, max_size=2), max_size=2),
        ),
    )
    arrays = st.builds(
        lambda rest: {"type": "array", **rest},
        optional_keys(
            items=inner,
            prefixItems=st.lists(inner, min_size=1, max_size=2),
            minItems=SMALL,
            maxItems=st.integers(3, 9),
            uniqueItems=st.booleans(),
            contains=inner,
        ),
    )
    choices = st.builds(
        lambda keyword, branches: {keyword: branches},
        st.sampled_from(["oneOf", "anyOf", "allOf"]),
        st.lists(inner, min_size=1, max_size=3),
    )
    negations = st.builds(lambda each, refused: {**each, "not": refused}, inner, SCALARS)
    ways = st.builds(lambda a, b, c: {"if": a, "then": b, "else": c}, inner, inner, inner)
    return objects | arrays | choices | negations | ways


SCHEMAS = st.recursive(SCALARS, composed, max_leaves=8)


@settings(
    max_examples=250,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(SCHEMAS, st.integers(0, 3), st.sampled_from([0.0, 0.5, 1.0]))
def test_values_of_random_schemas_are_valid(schema: Any, number: int, optional: float) -> None:
    try:
        value = made(schema, number, optional=optional)
    except NoInstance as error:
        assert error.reason
        return
    assert errors(schema, value) == []


@settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(SCHEMAS, st.integers(0, 3))
def test_what_is_refused_is_hard_to_satisfy(schema: Any, number: int) -> None:
    """No simple value satisfies a schema that is said to have none."""
    try:
        made(schema, number)
    except NoInstance:
        simple: tuple[Any, ...] = (None, True, 0, 1, 7, "", "a", "name", [], {})
        assert all(errors(schema, value) for value in simple)
