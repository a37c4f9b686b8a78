"""Wrong values: of the wrong type, out of the set, of the wrong format, out of bounds, invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sandbox.conventions.vocabulary import names
from sandbox.conventions.words import words
from sandbox.draws import Draw
from sandbox.tasks.malformed.valid_calls import Broken, Field, Ground

_FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("next Friday", "01/02/2026", "2026-13-01", "1767225600"),
    "date-time": ("next Friday at noon", "01/02/2026 10:00", "2026-01-02", "1767225600"),
    "time": ("noon", "25:00"),
    "uuid": ("12345", "abc-def", "123e4567"),
    "email": ("jane.doe", "jane at example.com", "@example.com"),
    "uri": ("not a url", "www example com"),
    "hostname": ("-bad host-",),
    "ipv4": ("300.1.2.3", "localhost"),
    "ipv6": ("12345::zz",),
}
_PAIRS: Final = (
    ("from", "to"),
    ("start", "end"),
    ("min", "max"),
    ("first", "last"),
    ("since", "until"),
)
_WORDS: Final = {
    "integer": ("five", "many", "12a"),
    "number": ("cheap", "1,5", "ten"),
    "boolean": ("maybe", "on please"),
}


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    kind = schema.get("type")
    if isinstance(kind, list):
        return tuple(kind)
    return (kind,) if isinstance(kind, str) else ()


def wrong_type(ground: Ground, draw: Draw) -> Broken | None:
    """K06: a text for a number, a scalar for a list, an object as a JSON text …"""
    for field in ground.pick(draw, lambda each: bool(_types(each.schema))):
        for value in draw.shuffled(_wrongly_typed_values(field), f"type {field.at}"):
            made = ground.with_value(field.at, value)
            if ground.is_broken(made):
                shown = orjson.dumps(value).decode()[:60]
                return Broken(f"{'.'.join(field.at)} given as {shown}", made)
    return None


def _wrongly_typed_values(field: Field) -> list[Any]:
    value, kinds = field.value, _types(field.schema)
    found: list[Any] = []
    for kind in kinds:
        found.extend(_WORDS.get(kind, ()))
    if field.location == "body" and not isinstance(value, str | list | dict):
        found.append("" if value is None else str(value).lower())
    if isinstance(value, list):
        found += [value[0] if value else "none", ", ".join(map(str, value)), {"items": value}]
    elif isinstance(value, dict):
        found += [orjson.dumps(value).decode(), [value]]
    elif isinstance(value, str):
        found += [[value], {"value": value}] if field.location == "body" else []
        found += [12345, True]
    else:
        found.append([value])
    return found


def bad_enum(ground: Ground, draw: Draw) -> Broken | None:
    """K07: another case, a label for the code, a word out of the set."""
    for field in ground.pick(draw, lambda each: isinstance(each.schema.get("enum"), list)):
        options = field.schema["enum"]
        text = str(field.value)
        tries = [
            text.upper(),
            text.capitalize(),
            f"{text}s",
            f"is_{text}",
            "unknown",
            "other",
            "all",
        ]
        tries += [text.replace("_", " "), text.replace("_", "-")]
        for value in draw.shuffled(tries, f"enum {field.at}"):
            made = ground.with_value(field.at, value)
            if value not in options and ground.is_broken(made):
                return Broken(f"{'.'.join(field.at)} has no value {value!r}", made)
    return None


def bad_format(ground: Ground, draw: Draw) -> Broken | None:
    """K08: a date in words, a day first, a bare number, half an address."""
    for field in ground.pick(
        draw, lambda each: "format" in each.schema or "pattern" in each.schema
    ):
        tries = list(_FORMATS.get(str(field.schema.get("format")), ()))
        if "pattern" in field.schema and isinstance(field.value, str):
            tries += [field.value[:-1], f"#{field.value}", field.value.replace("_", "-"), "n/a"]
        for value in draw.shuffled(tries, f"format {field.at}"):
            made = ground.with_value(field.at, value)
            if value != field.value and ground.is_broken(made):
                return Broken(f"{'.'.join(field.at)} given as {value!r}", made)
    return None


def out_of_bounds(ground: Ground, draw: Draw) -> Broken | None:
    """K09: one more than the maximum, negative, too long, empty."""
    for field in ground.pick(draw, lambda each: bool(_beyond(each))):
        for value in draw.shuffled(_beyond(field), f"bound {field.at}"):
            made = ground.with_value(field.at, value)
            if ground.is_broken(made):
                shown = orjson.dumps(value).decode()
                return Broken(f"{'.'.join(field.at)} given as {shown[:60]}", made)
    return None


def _beyond(field: Field) -> list[Any]:
    schema, found = field.schema, list[Any]()
    for word, step in (
        ("maximum", 1),
        ("exclusiveMaximum", 0),
        ("minimum", -1),
        ("exclusiveMinimum", 0),
    ):
        limit = schema.get(word)
        if isinstance(limit, int | float) and not isinstance(limit, bool):
            found.append(limit + step)
    if isinstance(field.value, str):
        if isinstance(schema.get("maxLength"), int) and schema["maxLength"] < 5000:
            found.append("x" * (schema["maxLength"] + 1))
        if schema.get("minLength", 0) > 0 and field.location == "body":
            found.append("")
    if isinstance(field.value, list) and field.value:
        if isinstance(schema.get("maxItems"), int) and schema["maxItems"] < 200:
            found.append([field.value[0]] * (schema["maxItems"] + 1))
        if schema.get("minItems", 0) > 0 and field.location == "body":
            found.append([])
    return found


def _identifies(field: Field) -> bool:
    known = names("identifiers", "fields") | {"token", "email", "username"}
    return field.location == "path" or not known.isdisjoint(words(field.name)[-1:])


def placeholder(ground: Ground, draw: Draw) -> Broken | None:
    """K10: an id or address that nobody gave."""
    for field in ground.pick(draw, _identifies):
        if isinstance(field.value, str):
            tries: list[Any] = [
                f"<{field.name}>",
                "12345",
                "your_token",
                f"{field.name}_123",
                "abc123",
            ]
            if "email" in field.name.lower():
                tries = ["user@example.com", "example@example.com", "<email>"]
        elif isinstance(field.value, int) and not isinstance(field.value, bool):
            tries = [12345, 1, 123]
        else:
            continue
        tries = [value for value in tries if value != field.value]
        value = draw.choice(tries, f"invented {field.at}")
        return Broken(
            f"{'.'.join(field.at)} invented: {value!r}", ground.with_value(field.at, value)
        )
    return None


def wrong_entity(ground: Ground, draw: Draw) -> Broken | None:
    """K11: another id that exists."""
    names = [
        name
        for name, value in ground.others.items()
        if name in ground.arguments and ground.arguments[name] != value
    ]
    if not names:
        return None
    name = draw.choice(names, "entity")
    made = {**ground.arguments, name: ground.others[name]}
    return Broken(f"{name} is another entity's: {ground.others[name]!r}", made)


def swap_values(ground: Ground, draw: Draw) -> Broken | None:
    """K21: two values of one type in each other's place."""
    fields = [
        each for each in ground.fields(deep=False) if isinstance(each.value, str | int | float)
    ]
    pairs = [
        (left, right)
        for index, left in enumerate(fields)
        for right in fields[index + 1 :]
        if left.value != right.value and type(left.value) is type(right.value)
    ]
    telling = [pair for pair in pairs if _opposite(pair[0].name, pair[1].name)]
    if not pairs:
        return None
    left, right = draw.choice(telling or pairs, "pair")
    made = {**ground.arguments, left.name: right.value, right.name: left.value}
    return Broken(f"{left.name} and {right.name} swapped", made)


def _opposite(left: str, right: str) -> bool:
    mine, theirs = set(words(left)), set(words(right))
    return any((a in mine and b in theirs) or (b in mine and a in theirs) for a, b in _PAIRS)


def over_batched(ground: Ground, draw: Draw) -> Broken | None:
    """K22: ten times too many entries, or one call for each where one would do."""
    for field in ground.pick(draw, lambda each: isinstance(each.value, list) and bool(each.value)):
        most = field.schema.get("maxItems")
        size = 10 * most if isinstance(most, int) and most < 100 else 1000
        made = ground.with_value(field.at, [field.value[0]] * size)
        if ground.is_broken(made):
            return Broken(f"{'.'.join(field.at)} has {size} entries", made)
    operation = ground.tool.operation
    if operation is not None and operation.method == "GET":
        times = draw.integer(3, 6, "times")
        return Broken(f"the same read {times} times", calls=(ground.call,) * times)
    return None
