"""Self-contained schemas: one schema and all it reaches, its `$ref`s pointing into `$defs`."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Literal

from sandbox.document.json_schema import ANNOTATIONS, INTEGER_BOUNDS, LISTS, MAPS, ONES
from sandbox.errors import DocumentError

if TYPE_CHECKING:
    from sandbox.document.discriminators import NamedBranches
    from sandbox.document.schemas import Schemas

Direction = Literal["request", "response"]

_PLAIN: Final = re.compile(r"#/components/schemas/([A-Za-z0-9._-]+)")
_ITSELF: Final = " itself"
"""After a `$ref`: the component's own conditions, without the choice among its branches."""
_SELECTING: Final = frozenset({"discriminator", "oneOf", "anyOf"})
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")
# Said about a value, not checked on it; a validator is smaller without.
_UNCHECKED: Final = ANNOTATIONS | {"$comment", "contentMediaType", "contentEncoding"}


_MOST_APPLIED: Final = 100_000
"""Schemas that one value may be held to before the validator takes too long."""


class Bundler:
    """Rewrites schemas for one direction; a component is rewritten once and shared."""

    __slots__ = ("_bare", "_counts", "_definitions", "_flag", "_named", "_schemas")

    def __init__(self, schemas: Schemas, direction: Direction, *, bare: bool = False) -> None:
        self._schemas = schemas
        self._flag = "readOnly" if direction == "request" else "writeOnly"
        self._bare = bare
        self._definitions: dict[str, tuple[Any, tuple[str, ...]]] = {}
        self._named: dict[str, Any] = {}
        self._counts: dict[str, int] = {}

    def bundle(self, schema: Any) -> Any:
        """The self-contained form of a converted schema."""
        wanted: dict[str, None] = {}
        made = self._rewrite(schema, wanted)
        queue, definitions = list(wanted), {}
        while queue:
            reference = queue.pop()
            name = definition_name(reference)
            if name not in definitions:
                definitions[name], inner = self._definition(reference)
                queue.extend(inner)
        if self._bare and self._count_applied(made) > _MOST_APPLIED:
            reason = f"one value would be held to more than {_MOST_APPLIED:,} schemas at once"
            raise DocumentError("schema", reason)
        if not definitions or not isinstance(made, dict):
            return made
        return {**made, "$defs": {**made.get("$defs", {}), **definitions}}

    def _count_applied(self, schema: Any) -> int:
        """How many schemas one value is held to; it grows without end where `allOf`s double."""
        if not isinstance(schema, dict):
            return 1
        count, inside = 1, 0
        for key, value in schema.items():
            if key == "$ref":
                name = value.removeprefix("#/$defs/")
                if name not in self._counts:
                    self._counts[name] = 1  # of a circle, until it is known
                    self._counts[name] = self._count_applied(self._named.get(name))
                count += self._counts[name]
            elif key in ("allOf", "anyOf", "oneOf"):
                cases = [part["then"] for part in value if _is_case(part)]
                count += len(cases) + max(map(self._count_applied, cases), default=0)
                count += sum(self._count_applied(part) for part in value if not _is_case(part))
            elif key in ("not", "if", "then", "else"):
                count += self._count_applied(value)
            elif key in MAPS:
                inside = max(inside, *map(self._count_applied, value.values()), 0)
            elif key in ONES:
                inside = max(inside, self._count_applied(value))
        return max(count, inside)

    def _definition(self, key: str) -> tuple[Any, tuple[str, ...]]:
        known = self._definitions.get(key)
        if known is None:
            wanted: dict[str, None] = {}
            reference = key.removesuffix(_ITSELF)
            target = self._schemas.target(reference)
            if key != reference and isinstance(target, dict):
                target = {name: part for name, part in target.items() if name not in _SELECTING}
            made = self._rewrite(target, wanted, reference)
            known = self._definitions[key] = (made, tuple(wanted))
            self._named[definition_name(key)] = made
        return known

    def _rewrite(self, schema: Any, wanted: dict[str, None], home: str = "") -> Any:
        """`home` is the `$ref` of the component whose own conditions these are."""
        made: dict[str, Any]
        if not isinstance(schema, dict):
            return schema
        if schema.get("nullable") is True:
            made = self._rewrite({**schema, "nullable": None}, wanted)
            return _or_null(made) if self._flag == "readOnly" else made
        named = self._schemas.named_branches(schema, home)
        if named is not None:
            return self._rewrite(self._selecting(schema, named, home), wanted, home)
        made = {}
        for key, value in schema.items():
            if key == "$ref":
                target = value + _ITSELF if home and self._includes(value, home) else value
                wanted[target] = None
                made[key] = f"#/$defs/{definition_name(target)}"
            elif key in MAPS:
                made[key] = {name: self._rewrite(part, wanted) for name, part in value.items()}
            elif key == "allOf":
                made[key] = [self._rewrite(part, wanted, home) for part in value]
            elif key in LISTS:
                made[key] = [self._rewrite(part, wanted) for part in value]
            elif key in ONES:
                made[key] = self._rewrite(value, wanted)
            elif key == "required":
                if kept := [name for name in value if not self._one_way(schema, name)]:
                    made[key] = kept
            elif key not in ("discriminator", "nullable") and not (
                self._bare and (key in _UNCHECKED or key.startswith("x-"))
            ):
                made[key] = value
        if self._bare and (bounds := INTEGER_BOUNDS.get(str(schema.get("format")))) is not None:
            made["minimum"] = max(bounds[0], made.get("minimum", bounds[0]))
            made["maximum"] = min(bounds[1], made.get("maximum", bounds[1]))
        return made

    def _selecting(self, schema: dict[str, Any], named: NamedBranches, home: str) -> dict[str, Any]:
        """A discriminated schema in keywords of JSON Schema alone.

        For a validator the named branch decides alone; for a reader each branch shows its names.
        """
        rest = {key: value for key, value in schema.items() if key not in _SELECTING}
        union = {key: schema[key] for key in ("oneOf", "anyOf") if key in schema}
        if self._bare:
            itself = {"$ref": home}
            branches = [True if not union and each == itself else each for each in named.branches]
            # A base asks for the property itself.
            asked = named.required and bool(union)
            named = replace(named, branches=tuple(branches), required=asked)
            judged = named.dispatch(union or True)
            return {**rest, "allOf": [*rest.get("allOf", ()), judged]}
        shown = [
            {"$ref": home + _ITSELF} if not union and branch == {"$ref": home} else branch
            for branch in named.branches
        ]
        for at, branch in enumerate(shown):
            if not named.implied[at] and named.names[at]:
                shown[at] = {"allOf": [branch, named.branch_schema(at)]}
        if not union:
            return {**{key: rest[key] for key in rest.keys() & ANNOTATIONS}, "anyOf": shown}
        split = len(union.get("oneOf", ()))
        parts = {"oneOf": shown[:split], "anyOf": shown[split:]}
        return {**rest, **{key: parts[key] for key in union}}

    def _includes(self, reference: str, home: str) -> bool:
        """Whether a component is a branch of the discriminated one that it includes."""
        named = self._schemas.named_branches(self._schemas.target(reference), reference)
        return named is not None and (
            home in named.references or home in self._schemas.subtypes(reference)
        )

    def _one_way(self, schema: dict[str, Any], name: str) -> bool:
        """Whether a required property travels only in the other direction."""
        return self._has_flag(schema.get("properties", {}).get(name), 0)

    def _has_flag(self, part: Any, depth: int) -> bool:
        if not isinstance(part, dict) or depth > 8:
            return False
        if part.get(self._flag) is True:
            return True
        if "$ref" in part and self._has_flag(self._schemas.target(part["$ref"]), depth + 1):
            return True
        return any(self._has_flag(member, depth + 1) for member in part.get("allOf", ()))


def _is_case(part: Any) -> bool:
    """Whether a part of an `allOf` is a branch of a discriminator: at most one of them holds."""
    return isinstance(part, dict) and part.keys() == {"if", "then"} and "required" in part["if"]


def _or_null(made: dict[str, Any]) -> dict[str, Any]:
    outside = {key: made.pop(key) for key in list(made) if key in ANNOTATIONS}
    return {**outside, "anyOf": [made, {"type": "null"}]}


def definition_name(reference: str) -> str:
    """The key under `$defs`: a pure function of the `$ref`, whatever was bundled before."""
    plain = _PLAIN.fullmatch(reference)
    if plain is not None:
        return plain[1]
    mark = blake2b(reference.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{_ODD.sub('_', reference).strip('_')[-48:]}-{mark}"
