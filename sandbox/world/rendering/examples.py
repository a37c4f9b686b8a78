"""Declared examples: which one answers a call, and what of the call it repeats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from sandbox.document.operations import Media
from sandbox.document.url_texts import text
from sandbox.messages import Arguments
from sandbox.values import Values

Valid = Callable[[Any], bool]


def examples_of(media: Media, values: Values) -> dict[str, Any]:
    """The examples that the schema admits, by name ("" for the one without), in their order."""
    found: dict[str, Any] = {}
    for name, value in zip(media.example_names, media.examples, strict=False):
        if media.schema is None or values.admits(media.schema, value):
            found.setdefault(name, value)
    if not found:
        value = values.example(media)
        if value is not None:
            found[""] = value
    return found


def fitting(examples: Mapping[str, Any], arguments: Arguments | None, valid: Valid) -> Any:
    """The example that agrees with most arguments of the call, in members of the same name.

    Where none agrees with all of them, the first one with the arguments in their place.
    """
    candidates = list(examples.values())
    if arguments is None or not any(isinstance(value, dict) for value in candidates):
        return deepcopy(candidates[0])
    given = {**arguments.query, **arguments.path}
    best, most = None, -1
    for value in candidates:
        agreed = _agreement(value, given)
        if agreed is not None and agreed > most:
            best, most = value, agreed
    if best is not None:
        return deepcopy(best)
    return repeating(deepcopy(candidates[0]), given, valid)


def repeating(value: Any, given: Mapping[str, Any], valid: Valid) -> Any:
    """The value with those arguments that it has members for, where it stays valid."""
    if not isinstance(value, dict):
        return value
    for name, argument in given.items():
        if name in value and value[name] != argument:
            trial = {**value, name: argument}
            value = trial if valid(trial) else value
    return value


def _agreement(value: Any, given: Mapping[str, Any]) -> int | None:
    """How many arguments an example repeats; None where it contradicts one."""
    if not isinstance(value, dict):
        return 0
    shared = [name for name in given if name in value and not isinstance(value[name], dict | list)]
    same = [name for name in shared if text(value[name]) == text(given[name])]
    return len(same) if len(same) == len(shared) else None
