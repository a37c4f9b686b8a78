"""Discriminators: which names a composed schema knows, and which schema each name selects.

Two forms: a union (`oneOf` or `anyOf` beside `discriminator`), and a base, whose subtypes include
it by `allOf`. A name comes from the mapping, from what the branch itself allows, or is the name of
the component, in this order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from sandbox.errors import DocumentError

_MAX_DEPTH: Final = 12


class Source(Protocol):
    """What finding the names needs of a document's schemas."""

    def resolve(self, schema: Any) -> Any:
        """The schema behind references."""

    def subtypes(self, reference: str) -> tuple[str, ...]:
        """The `$ref`s of the components that include another by `allOf`, however deep."""


@dataclass(frozen=True, slots=True)
class NamedBranches:
    """The branches of one discriminated schema."""

    property_name: str
    """The property that selects a branch."""
    branches: tuple[Any, ...]
    """Schemas, most of them references."""
    names: tuple[tuple[Any, ...], ...]
    """Per branch the values that select it; () for a branch that no value selects."""
    implied: tuple[bool, ...]
    """Per branch whether its own `const` or `enum` admits no other value."""
    required: bool
    """Whether every branch requires the property."""

    @property
    def references(self) -> tuple[str, ...]:
        """Per branch its `$ref`; "" for an inline schema."""
        return tuple(map(_reference, self.branches))

    def rename_branch(
        self, value: Mapping[str, Any], other: NamedBranches | None
    ) -> dict[str, Any]:
        """An object of another form, its branch named as this one names it.

        Forms of one thing may map the same components under different names.
        """
        said = value.get(self.property_name)
        if self.property_name not in value or any(said in names for names in self.names):
            return dict(value)
        theirs = () if other is None else zip(other.references, other.names, strict=True)
        meant = {reference for reference, names in theirs if reference and said in names}
        for reference, names in zip(self.references, self.names, strict=True):
            if names and (reference in meant or reference.rsplit("/", 1)[-1] == said):
                return {**value, self.property_name: names[0]}
        return dict(value)

    def branch_schema(self, at: int) -> dict[str, Any] | bool:
        """The schema that holds a branch's property to its names."""
        if not self.names[at]:
            return True
        allowed = {"enum": list(self.names[at])}
        return {"properties": {self.property_name: allowed}, "required": [self.property_name]}

    def dispatch(self, plain: Any) -> dict[str, Any]:
        """JSON Schema of an object that the branch of its name judges, and no other branch.

        `plain` judges values without the property, and values that are no objects.
        """
        named = [at for at, names in enumerate(self.names) if names]
        values = list(dict.fromkeys(name for at in named for name in self.names[at]))
        by_value = {value: tuple(at for at in named if value in self.names[at]) for value in values}
        held: dict[str, Any] = {
            "required": [self.property_name],
            "properties": {self.property_name: {"enum": values}},
            "allOf": [
                {
                    "if": {
                        "properties": {self.property_name: {"enum": _keys(by_value, group)}},
                        "required": [self.property_name],
                    },
                    "then": _any_of([self.branches[at] for at in group]),
                }
                for group in dict.fromkeys(by_value.values())
            ],
        }
        unnamed = [
            branch for branch, names in zip(self.branches, self.names, strict=True) if not names
        ]
        held = {"anyOf": [*unnamed, held]} if unnamed else held
        judged: dict[str, Any] = {"type": "object"}
        if not self.required:
            judged["required"] = [self.property_name]
        return {"if": judged, "then": held, "else": plain}


def named_branches(source: Source, schema: Any, reference: str = "") -> NamedBranches | None:
    """The named branches of a resolved schema that `reference` led to.

    None where it has no discriminator, or where no name selects any branch.
    """
    keyword = schema.get("discriminator") if isinstance(schema, Mapping) else None
    if not isinstance(keyword, Mapping) or not isinstance(keyword.get("propertyName"), str):
        return None
    name, mapping = keyword["propertyName"], keyword.get("mapping")
    targets = (
        {str(key): str(value) for key, value in mapping.items()}
        if isinstance(mapping, Mapping)
        else {}
    )
    union = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    branches = union or _of_base(source, targets, reference)
    depth = 0 if union else 1
    found = [_candidates(source, branch, name, targets, depth) for branch in branches]
    taken = {value for each in found if each.exact for value in each.values}
    names = [
        each.values if each.exact else [v for v in each.values if v not in taken] or each.values
        for each in found
    ]
    if not union:
        # A base stands for itself under its own name only.
        kept = [
            at
            for at, branch in enumerate(branches)
            if found[at].exact or _reference(branch) != reference
        ]
        branches, names = [branches[at] for at in kept], [names[at] for at in kept]
    if not any(names):
        return None
    admitted = [_allowed_values(source, branch, name, 0) for branch in branches]
    return NamedBranches(
        name,
        tuple(branches),
        tuple(map(tuple, names)),
        tuple(own is not None and own == kept for own, kept in zip(admitted, names, strict=True)),
        all(_requires(source, branch, name, 0) for branch in branches),
    )


def is_base(schema: Any) -> bool:
    """Whether a resolved schema's discriminator selects among its subtypes."""
    return (
        isinstance(schema, Mapping)
        and "discriminator" in schema
        and not schema.keys() & {"oneOf", "anyOf"}
    )


def find_subtypes(components: Any) -> dict[str, tuple[str, ...]]:
    """Per `$ref` of a component the `$ref`s of those that include it by `allOf`."""
    parents: dict[str, list[str]] = {}
    for name, schema in components.items() if isinstance(components, Mapping) else ():
        for parent in _base_references(schema):
            parents.setdefault(parent, []).append(f"#/components/schemas/{name}")
    return {parent: tuple(_descendants(parents, parent)) for parent in parents}


def _base_references(schema: Any) -> Iterator[str]:
    members = schema.get("allOf") if isinstance(schema, Mapping) else None
    for member in members if isinstance(members, list) else ():
        if reference := _reference(member):
            yield reference
        else:
            yield from _base_references(member)


def _descendants(parents: Mapping[str, list[str]], first: str) -> dict[str, None]:
    found: dict[str, None] = {}
    waiting = [first]
    while waiting:
        for child in parents.get(waiting.pop(0), ()):
            if child not in found and child != first:
                found[child] = None
                waiting.append(child)
    return found


def _of_base(source: Source, targets: Mapping[str, str], reference: str) -> list[dict[str, str]]:
    """The mapped schemas and the subtypes; the base itself where there is no mapping."""
    prefix = reference.rsplit("/", 1)[0] if reference else "#/components/schemas"
    mapped = [
        target if "/" in target or "#" in target else f"{prefix}/{target}"
        for target in targets.values()
    ]
    own = [reference] if reference and not targets else []
    found = dict.fromkeys([*mapped, *source.subtypes(reference), *own])
    return [{"$ref": each} for each in found if _object(source, {"$ref": each}) is not None]


class _Candidates(NamedTuple):
    values: list[Any]
    exact: bool
    """Whether the mapping, the component's name or the branch alone gives them."""


def _candidates(
    source: Source, branch: Any, name: str, targets: Mapping[str, str], depth: int
) -> _Candidates:
    """The values of the property that may select a branch."""
    resolved, reference = _object(source, branch), _reference(branch)
    if resolved is None or depth > _MAX_DEPTH:
        return _Candidates([], True)
    last = reference.rsplit("/", 1)[-1]
    declared = [key for key, to in targets.items() if last and last == to.rsplit("/", 1)[-1]]
    union = [*resolved.get("oneOf", ()), *resolved.get("anyOf", ())]
    if union and not declared:
        inner = named_branches(source, resolved, reference)
        if inner is not None and inner.property_name == name:
            return _Candidates([value for names in inner.names for value in names], True)
        parts = [_candidates(source, part, name, targets, depth + 1) for part in union]
        if all(part.values for part in parts):
            return _Candidates([value for part in parts for value in part.values], True)
        return _Candidates([], True)
    for member in resolved.get("allOf", ()) if not declared else ():
        # A reference with keywords of its own beside it includes the union that it names.
        inside = _object(source, member)
        if inside is not None and inside.keys() & {"oneOf", "anyOf"}:
            return _candidates(source, member, name, targets, depth + 1)
    if is_base(resolved) and not declared and depth == 0:
        inner = named_branches(source, resolved, reference)
        if inner is not None and inner.property_name == name:
            return _Candidates([value for names in inner.names for value in names], False)
    allowed = _allowed_values(source, resolved, name, 0)
    declared = declared or [last] * bool(last)
    if allowed is None:
        return _Candidates(declared, True)
    fitting = [value for value in allowed if str(value) in declared]
    return _Candidates(fitting or allowed, bool(fitting) or len(allowed) == 1)


def _allowed_values(source: Source, schema: Any, name: str, depth: int) -> list[Any] | None:
    """The values that a schema's `const` or `enum` leaves to a property; None for any."""
    resolved = _object(source, schema)
    if resolved is None or depth > _MAX_DEPTH:
        return None
    found: list[Any] | None = None
    given = _enumerated_values(source, (resolved.get("properties") or {}).get(name, True), 0)
    if given is not None:
        found = [value for value in given if isinstance(value, str | int | float)]
    for member in resolved.get("allOf", ()):
        inner = _allowed_values(source, member, name, depth + 1)
        if inner is not None:
            found = inner if found is None else [value for value in found if value in inner]
    return found


def _enumerated_values(source: Source, schema: Any, depth: int) -> list[Any] | None:
    """The values of a `const` or `enum`, also of one beside null; None for any."""
    held = source.resolve(schema)
    if not isinstance(held, Mapping) or depth > _MAX_DEPTH:
        return None
    if "const" in held:
        return [held["const"]]
    if "enum" in held or held.get("type") == "null":
        return list(held.get("enum", [None]))
    union = [*held.get("oneOf", ()), *held.get("anyOf", ())]
    each = [_enumerated_values(source, part, depth + 1) for part in union]
    known = [values for values in each if values is not None]
    whole = bool(union) and len(known) == len(union)
    return [value for values in known for value in values] if whole else None


def _requires(source: Source, schema: Any, name: str, depth: int) -> bool:
    """Whether a schema requires a property, by itself or by what it includes."""
    resolved = _object(source, schema)
    if resolved is None or depth > _MAX_DEPTH:
        return False
    union = [*resolved.get("oneOf", ()), *resolved.get("anyOf", ())]
    return (
        name in resolved.get("required", ())
        or any(_requires(source, each, name, depth + 1) for each in resolved.get("allOf", ()))
        or (bool(union) and all(_requires(source, each, name, depth + 1) for each in union))
    )


def _object(source: Source, schema: Any) -> Mapping[str, Any] | None:
    """The schema behind its references where objects may match it."""
    try:
        resolved = source.resolve(schema)
    except DocumentError:
        return None
    kinds = resolved.get("type", "object") if isinstance(resolved, Mapping) else ()
    return resolved if kinds == "object" or "object" in kinds else None


def _reference(schema: Any) -> str:
    found = schema.get("$ref") if isinstance(schema, Mapping) else None
    return found if isinstance(found, str) else ""


def _keys(by_value: Mapping[Any, tuple[int, ...]], group: tuple[int, ...]) -> list[Any]:
    return [value for value, at in by_value.items() if at == group]


def _any_of(branches: list[Any]) -> Any:
    return branches[0] if len(branches) == 1 else {"anyOf": branches}
