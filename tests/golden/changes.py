"""What each change of an adapter makes of values, bodies and calls, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, Final

from sandbox.drift.body_changes import (
    AddKey,
    AlterKey,
    Change,
    Flatten,
    Form,
    KeepKeys,
    Nest,
    RenameKey,
    Unwrap,
    Wrap,
)
from sandbox.drift.call_changes import (
    AlterArgument,
    Call,
    CallChange,
    InBody,
    MoveArgument,
    Need,
    NewDefault,
    RenameArgument,
)
from sandbox.drift.value_changes import AsText, Cursor, Epoch, Listed, Minor, Table, Uuid
from sandbox.messages import ABSENT, Arguments
from tests.golden.replies import digest

_TABLE: Final = (("a", "A"), (True, "yes"), (1, 2))
_FORMS: Final[tuple[Form, ...]] = (
    AsText(), Table(_TABLE), Table(_TABLE, inverse=False), Minor(), Minor(10), Epoch(), Listed(),
    Uuid(), Cursor(),
)  # fmt: skip
_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, -5, 12.5, 31, 2**70, "", "a", "A", "yes", "12.5", "-5", "true", "[1]",
    "cur_1f", "cur_x", "cur_", "x" * 15, "x" * 16, "ä" * 8, "2026-03-04", "2026-03-04T10:30:00Z",
    "2026-03-04T10:30:00+02:00", "32340000-0000-0000-0000-000000000000", "b" * 36, [], [1],
    ["a", 1], {"a": 1}, 1772619000, -1, 10**15,
)  # fmt: skip
_NAMES: Final = (("city", "home_city"), ("zip", "home_zip"))
_CHANGES: Final[tuple[Change, ...]] = (
    *(
        change
        for parents in ((), ("owner",), ("owners", "*"))
        for change in (
            RenameKey(parents, "home", "house"),
            RenameKey(parents, "name", "home"),
            AlterKey(parents, "age", AsText()),
            Flatten(parents, "home", _NAMES),
            Nest(parents, "home", _NAMES),
            AddKey(parents, "kind", "x"),
        )
    ),
    Wrap("data"),
    Wrap("data", (("total", 3),)),
    Unwrap("data"),
    Unwrap("home"),
    KeepKeys(("name",)),
)
_INNER: Final[tuple[Any, ...]] = (
    {"name": "Ida", "age": 4, "home": {"city": "Ulm", "zip": "89073", "floor": 3}},
    {"name": "Ida", "home_city": "Ulm", "home_zip": "89073"},
    {"home": {"city": "Ulm"}, "home_city": "Bonn", "house": 1, "kind": "y"},
    {"home": None},
    {},
    3,
)
_BODIES: Final[tuple[Any, ...]] = (
    *_INNER,
    *({"owner": each, "name": "x"} for each in _INNER),
    *({"owners": [each, _INNER[0]]} for each in _INNER),
    *({"data": each} for each in _INNER),
    {"data": _INNER[0], "total": 3},
    list(_INNER),
    None,
)
_PLACES: Final = ("query", "header", "body")


def changes() -> Iterator[tuple[str, str]]:
    """A digest for each change of all that it makes of them, there and back."""
    for number, form in enumerate(_FORMS):
        texts = [repr(_there_and_back(form, value)) for value in _VALUES]
        yield f"form {number}", digest(map(str.encode, texts))
    for number, change in enumerate(_CHANGES):
        texts = [repr(_there_and_back(change, body)) for body in _BODIES]
        yield f"change of a body {number}", digest(map(str.encode, texts))
    for number, of_call in enumerate(_of_calls()):
        texts = [_of_call(of_call, arguments) for arguments in _calls()]
        yield f"change of a call {number}", digest(map(str.encode, texts))


def _there_and_back(change: Form | Change, value: Any) -> tuple[Any, ...]:
    made = change.new(value)
    return made, change.old(value), change.old(made), type(made).__name__


def _of_calls() -> Iterator[CallChange]:
    yield from (InBody(change) for change in _CHANGES[:6])
    for place, to in product(_PLACES, repeat=2):
        yield MoveArgument("name", place, to, "named")
    for place in _PLACES:
        yield NewDefault(place, "size", 10, 20)
        yield from (Need(place, "mode", "fast", known) for known in (False, True))
        if place != "body":
            yield RenameArgument(place, "name", "title")
            yield RenameArgument(place, "name", "size")
            yield AlterArgument(place, "size", AsText())


def _calls() -> Iterator[Arguments]:
    values: tuple[dict[str, Any], ...] = ({}, {"name": "a", "size": 3}, {"mode": "slow"})
    for query, header, body in product(values, values, (ABSENT, {"name": "b"}, *_INNER[3:])):
        media_type = None if body is ABSENT else "application/json"
        yield Arguments(query=query, header=header, body=body, media_type=media_type)


def _of_call(change: CallChange, arguments: Arguments) -> str:
    there, back = Call.of(arguments), Call.of(arguments)
    change.new(there)
    text = repr(there.arguments())
    change.old(there)
    change.old(back)
    return f"{text} {there.arguments()} {back.arguments()}"
