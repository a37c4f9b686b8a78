"""Compiled validation of values: a verdict fast, all violations when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import jsonschema_rs

from sandbox.errors import DocumentError
from sandbox.openapi.references import pointer
from sandbox.wire import Problem

MAX_PROBLEMS: Final = 100


class Validator:
    """One self-contained schema, compiled."""

    __slots__ = ("_compiled", "is_valid", "schema")

    def __init__(self, schema: dict[str, Any] | bool) -> None:
        self.schema = schema
        self._compiled = _compile(schema)
        self.is_valid = self._compiled.is_valid
        """`is_valid(value) -> bool`; the library's own bound method, so that it costs nothing."""

    def problems(self, value: Any, location: str = "body") -> list[Problem]:
        """Every violation, deepest cause first where alternatives failed; [] when valid."""
        if self.is_valid(value):
            return []
        return [
            problem
            for error, _ in zip(self._compiled.iter_errors(value), range(MAX_PROBLEMS))
            for problem in explain(error, location)
        ]

    def errors(self, value: Any) -> Iterator[jsonschema_rs.ValidationError]:
        """The library's own errors."""
        return self._compiled.iter_errors(value)


def explain(
    error: jsonschema_rs.ValidationError, location: str, skip: int = 0
) -> Iterator[Problem]:
    """The problems one library error stands for; the first `skip` parts of its path are cut."""
    path = list(error.instance_path)[skip:]
    kind = error.kind
    keyword = kind.name
    if keyword == "required":
        name = str(kind.value)
        yield Problem(pointer(*path, name), location, keyword, f"{name!r} is required",
                      name=str(path[0]) if path else name)
        return
    if keyword in ("additionalProperties", "unevaluatedProperties"):
        for name in kind.value:
            yield Problem(pointer(*path, name), location, keyword, f"{name!r} is not known here",
                          name=str(path[0]) if path else str(name))
        return
    yield Problem(pointer(*path), location, keyword, error.message, expected=_expected(kind),
                  name=str(path[-1]) if path else "")


def _expected(kind: jsonschema_rs.ValidationErrorKind) -> Any:
    try:
        value = kind.value
    except (AttributeError, TypeError):
        return None
    return value if isinstance(value, str | int | float | list | dict | bool) else None


def _compile(schema: dict[str, Any] | bool) -> jsonschema_rs.Draft202012Validator:
    try:
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        raise DocumentError("schema", f"cannot be compiled: {error}") from None
