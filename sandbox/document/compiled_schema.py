"""Compiled validation of values: a verdict fast, all violations when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import jsonschema_rs

from sandbox.document.json_schema import with_parts
from sandbox.document.references import pointer
from sandbox.document.regular_expressions import enforceable
from sandbox.errors import DocumentError
from sandbox.messages import Problem

MAX_PROBLEMS: Final = 100


class Validator:
    """One self-contained schema, compiled.

    With `is_valid` from elsewhere it is compiled only when somebody asks what is wrong.
    """

    __slots__ = ("_compiled", "_schema", "is_valid", "weight")

    def __init__(
        self, schema: dict[str, Any] | bool, is_valid: Callable[[Any], bool] | None = None
    ) -> None:
        self._schema = schema
        self._compiled = compile_schema(schema) if is_valid is None else None
        self.is_valid = is_valid or self._whole().is_valid
        """`is_valid(value) -> bool`; the library's own bound method, so that it costs nothing."""
        self.weight = 1
        """Definitions compiled in."""
        if is_valid is None and isinstance(schema, dict):
            self.weight += len(schema.get("$defs", ()))

    def problems(self, value: Any, location: str = "body") -> list[Problem]:
        """Every violation, the nearest alternative's where alternatives failed; [] when valid."""
        if self.is_valid(value):
            return []
        found: list[Problem] = []
        for error in self.errors(value):
            found.extend(explain(error, location))
            if len(found) >= MAX_PROBLEMS:
                break
        return found

    def errors(self, value: Any) -> Iterator[jsonschema_rs.ValidationError]:
        """The library's own errors."""
        return self._whole().iter_errors(value)

    def _whole(self) -> jsonschema_rs.Draft202012Validator:
        if self._compiled is None:
            self._compiled = compile_schema(self._schema)
        return self._compiled


_LONGEST_NAME: Final = 200


def explain(
    error: jsonschema_rs.ValidationError, location: str, skip: int = 0
) -> Iterator[Problem]:
    """The problems one library error stands for; the first `skip` parts of its path are cut."""
    kind = error.kind
    keyword = kind.name
    if keyword in ("anyOf", "oneOf"):
        nearest = _nearest(error)
        if nearest:
            for inner in nearest:
                yield from explain(inner, location, skip)
            return
    path = [cut_name(part) if isinstance(part, str) else part for part in error.instance_path][
        skip:
    ]
    name = str(path[0]) if path else ""
    if keyword == "required":
        missing = str(kind.value)
        yield Problem(
            pointer(*path, missing),
            location,
            keyword,
            f"{missing!r} is required",
            name=name or missing,
        )
    elif keyword in ("additionalProperties", "unevaluatedProperties"):
        for unknown in (cut_name(str(name)) for name in kind.value):
            yield Problem(
                pointer(*path, unknown),
                location,
                keyword,
                f"{unknown!r} is not known here",
                name=name or unknown,
            )
    else:
        if keyword == "enum" and list(error.schema_path)[-4:-2] == ["then", "properties"]:
            keyword = "discriminator"
        yield Problem(
            pointer(*path),
            location,
            keyword,
            _shorten(error.message),
            expected=_expected_value(error),
            name=name,
        )


def cut_name(name: str) -> str:
    """A name as it is told: whole, unless a client sent megabytes of it."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _nearest(error: jsonschema_rs.ValidationError) -> Sequence[jsonschema_rs.ValidationError]:
    """The errors of the alternative that was most likely meant; () when none stands out.

    An alternative whose own kind, or whose tag (a const or enum property), does not fit was not
    meant. Of the rest the one with the fewest errors is nearest.
    """
    context = getattr(error.kind, "context", None) or ()
    depth = len(error.instance_path)
    best: Sequence[jsonschema_rs.ValidationError] = ()
    best_rank: tuple[int, int] | None = None
    for branch in context:
        if not branch or any(_misfit(inner, depth) for inner in branch):
            continue
        tags = sum(inner.kind.name in ("const", "enum") for inner in branch)
        rank = (tags, len(branch))
        if best_rank is None or rank < best_rank:
            best, best_rank = branch, rank
    return best


def _misfit(error: jsonschema_rs.ValidationError, depth: int) -> bool:
    at_root = len(error.instance_path) == depth
    return at_root and error.kind.name in ("type", "const", "falseSchema")


def _expected_value(error: jsonschema_rs.ValidationError) -> Any:
    if error.kind.name in ("anyOf", "oneOf"):
        inner = [single for branch in getattr(error.kind, "context", ()) for single in branch]
        kinds = [
            name
            for single in inner
            if single.kind.name == "type"
            for name in _as_list(single.kind.value)
        ]
        return list(dict.fromkeys(kinds)) or None
    try:
        value = error.kind.value
    except (AttributeError, TypeError):
        return None
    return value if isinstance(value, str | int | float | list | dict | bool) else None


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _shorten(message: str) -> str:
    return message if len(message) <= 300 else f"{message[:200]} … {message[-80:]}"


def compile_schema(
    schema: dict[str, Any] | bool, keywords: Mapping[str, type[Any]] | None = None
) -> jsonschema_rs.Draft202012Validator:
    """The library's validator. Raises DocumentError where there can be none."""
    try:
        return _compile(schema, keywords)
    except (ValueError, jsonschema_rs.ReferencingError):
        pass
    try:
        return _compile(_with_known_patterns(schema), keywords)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise DocumentError("schema", f"cannot be compiled: {_shorten(str(error))}") from None


def _compile(
    schema: dict[str, Any] | bool, keywords: Mapping[str, type[Any]] | None
) -> jsonschema_rs.Draft202012Validator:
    own = None if keywords is None else dict(keywords)
    return jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, offline=True, keywords=own
    )


def _with_known_patterns(schema: Any) -> Any:
    """The schema, its patterns respelled; without those that nothing can enforce.

    A document names them when it is loaded: better unchecked than an operation that is unusable.
    """
    if not isinstance(schema, dict):
        return schema
    made = with_parts(schema, _with_known_patterns)
    if "patternProperties" in made:
        named = ((enforceable(name), part) for name, part in made["patternProperties"].items())
        made["patternProperties"] = {name: part for name, part in named if name is not None}
    if "pattern" in made and (known := enforceable(made.pop("pattern"))) is not None:
        made["pattern"] = known
    return made
