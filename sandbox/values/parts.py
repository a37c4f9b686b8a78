"""Schemas taken apart: what must all hold, what may be chosen, what must not match.

`allOf` is flattened into a tuple of plain members, so that an intersection is just their union as
a list; `oneOf`, `anyOf`, `if` and `dependentSchemas` become choices; `not` becomes a choice where
its complement is simple and a guard (generate, then check) elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.document.discriminators import is_base
from sandbox.errors import DocumentError
from sandbox.values.complements import complements
from sandbox.values.run import Schema, SchemaSource

_COMBINATORS: Final = frozenset(
    ("$ref", "allOf", "oneOf", "anyOf", "not", "if", "then", "else", "dependentSchemas")
)
_MAX_NESTING: Final = 200


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Branches of which one is taken. Compared by identity: one per place in the document."""

    branches: tuple[Schema, ...]
    exclusive: bool
    """True for oneOf: the branches not taken must not match."""
    overlays: tuple[Schema, ...] = ()
    """Per branch, what a discriminator adds (True: nothing)."""
    optional: bool = False
    """True where no branch need match: a wish, such as the name a discriminator should show."""
    decided: bool = False
    """True where a discriminator selects the branch, so that others may match too."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A schema as conditions that all hold."""

    flats: tuple[Mapping[str, Any], ...] = ()
    """Members without combinators."""
    choices: tuple[Choice, ...] = ()
    guards: tuple[Schema, ...] = ()
    """Schemas that must not match."""
    impossible: str = ""
    """Why nothing can match, if nothing can."""

    def intersect(self, other: Parts) -> Parts:
        """The intersection of two."""
        if not other.flats and not other.choices and not other.guards and not other.impossible:
            return self
        return Parts(
            _distinct(self.flats + other.flats),
            _distinct(self.choices + other.choices),
            _distinct(self.guards + other.guards),
            self.impossible or other.impossible,
        )


def _distinct(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """The items without repeats of the same object, order kept."""
    if len(items) < 2:
        return items
    return tuple({id(item): item for item in items}.values())


_MOST_BRANCHES: Final = 256
"""Alternatives that values are made of; all of them count when a value is checked."""


class Anatomy:
    """Takes schemas apart, once each."""

    def __init__(self, source: SchemaSource) -> None:
        self._source = source
        self._known: dict[tuple[int, str], tuple[Any, Parts]] = {}
        self._own: dict[int, tuple[Any, Parts]] = {}
        self._negated: dict[int, tuple[Any, Parts]] = {}
        self._dangling: dict[int, str] = {}
        self._resolved: dict[int, tuple[Any, Schema]] = {}

    def resolve(self, schema: Schema) -> Schema:
        """The schema behind its references; false where a reference leads nowhere."""
        if isinstance(schema, bool):
            return schema
        known = self._resolved.get(id(schema))
        if known is None:
            try:
                made: Schema = self._source.resolve(schema)
            except DocumentError as error:
                made = False
                self._dangling[id(schema)] = str(error)
            known = self._resolved[id(schema)] = (schema, made)
            if isinstance(made, Mapping):
                self._resolved.setdefault(id(made), (made, made))
        return known[1]

    def parts(self, schema: Schema) -> Parts:
        """The parts of a schema; the same objects for the same schema."""
        reference = reference_of(schema)
        resolved = self.resolve(schema)
        if isinstance(resolved, bool):
            reason = self._dangling.get(id(schema), "the schema is false")
            return Parts() if resolved else Parts(impossible=reason)
        key = (id(resolved), reference if "discriminator" in _deep_keys(resolved) else "")
        known = self._known.get(key)
        if known is None:
            made = self._take(schema, (), set(), 0)
            # Synthetic schemas live as long as this entry, so their ids stay theirs.
            known = self._known[key] = (resolved, made)
        return known[1]

    def _take(self, schema: Schema, within: tuple[str, ...], seen: set[int], nesting: int) -> Parts:
        """`within`: the references that led here, the outermost first."""
        resolved = self.resolve(schema)
        if isinstance(resolved, bool):
            reason = self._dangling.get(id(schema), "the schema is false")
            return Parts() if resolved else Parts(impossible=reason)
        if id(resolved) in seen:
            return Parts()
        if nesting > _MAX_NESTING:
            return Parts(impossible=f"allOf is nested more than {_MAX_NESTING} deep")
        if len(resolved.get("allOf", ())) > _MOST_BRANCHES * 2:
            return Parts(impossible=f"allOf has more than {_MOST_BRANCHES * 2} parts")
        seen.add(id(resolved))
        own = reference_of(schema)
        made = self._without_references(resolved)
        named = self._source.named_branches(resolved, own)
        if named is not None:
            known = named.references
            outer = next((known.index(each) for each in within if each in known), None)
            if outer is not None:
                # A branch that includes what it is a branch of: its name, and no choice again.
                made = replace(
                    made, choices=(Choice((named.branch_schema(outer),), False, optional=True),)
                )
            elif is_base(resolved):
                branches = tuple(
                    True if each == own else branch
                    for each, branch in zip(known, named.branches, strict=True)
                )
                fixed = tuple(map(named.branch_schema, range(len(branches))))
                made = made.intersect(
                    Parts(choices=(Choice(branches, False, fixed, optional=True),))
                )
        within = (*within, own) if own else within
        if "$ref" in resolved:
            made = made.intersect(self._take({"$ref": resolved["$ref"]}, within, seen, nesting + 1))
        for member in resolved.get("allOf", ()):
            made = made.intersect(self._take(member, within, seen, nesting + 1))
        return made

    def _without_references(self, resolved: Mapping[str, Any]) -> Parts:
        """A schema's own conditions; one object per place, so that repeats are seen as such."""
        known = self._own.get(id(resolved))
        if known is None:
            flat = self._flat(resolved)
            made = Parts(flats=(flat,) if flat else (), choices=tuple(self._choices(resolved)))
            if "not" in resolved:
                made = made.intersect(self.negation(resolved["not"]))
            known = self._own[id(resolved)] = (resolved, made)
        return known[1]

    @staticmethod
    def _flat(resolved: Mapping[str, Any]) -> Mapping[str, Any]:
        if not resolved.keys() & _COMBINATORS:
            return resolved
        return {key: value for key, value in resolved.items() if key not in _COMBINATORS}

    def _choices(self, resolved: Mapping[str, Any]) -> list[Choice]:
        made = []
        named = self._source.named_branches(resolved)
        first = 0
        for keyword in ("oneOf", "anyOf"):
            given = resolved.get(keyword) or ()
            branches = tuple(given[:_MOST_BRANCHES])
            if not branches:
                continue
            overlays: tuple[Schema, ...] = ()
            if named is not None:
                overlays = tuple(named.branch_schema(first + at) for at in range(len(branches)))
            decided = named is not None and all(named.names)
            made.append(Choice(branches, keyword == "oneOf", overlays, decided=decided))
            first += len(given)
        if "if" in resolved:
            held = {"allOf": [resolved["if"], resolved.get("then", True)]}
            failed = {"allOf": [{"not": resolved["if"]}, resolved.get("else", True)]}
            made.append(Choice((held, failed), False))
        for name, schema in (resolved.get("dependentSchemas") or {}).items():
            made.append(Choice((schema, {"properties": {name: False}}), False))
        return made

    def negation(self, schema: Schema) -> Parts:
        """`not`, as a choice where the complement can be written down, else as a guard."""
        resolved = self.resolve(schema)
        if isinstance(resolved, bool):
            return Parts(impossible="nothing may match") if resolved else Parts()
        known = self._negated.get(id(resolved))
        if known is None:
            branches = complements(resolved)
            if branches is None:
                made = Parts(guards=(resolved,))
            elif not branches:
                made = Parts(impossible="nothing may match")
            else:
                made = Parts(choices=(Choice(tuple(branches), False),))
            known = self._negated[id(resolved)] = (resolved, made)
        return known[1]


def _deep_keys(resolved: Mapping[str, Any]) -> frozenset[str]:
    """Keys that make a schema's parts depend on the name it was reached by."""
    if "discriminator" in resolved or "allOf" in resolved:
        return frozenset(("discriminator",))
    return frozenset()


def reference_of(schema: Schema) -> str:
    """The reference a schema consists of, or ""."""
    if isinstance(schema, Mapping):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return reference
    return ""
