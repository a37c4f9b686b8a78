"""The register of drift operators: one decorator, one mapping. An operator rewrites a draft."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sandbox.draws import Draw
from sandbox.drift.body_changes import Change
from sandbox.drift.call_changes import CallChange
from sandbox.drift.rewriting import Draft
from sandbox.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Target:
    """Where an operator can act: a logical operation and, inside it, a pointer."""

    operation: str
    pointer: str = ""
    """Body pointer, or "place/name" of a parameter; "" is the operation itself."""
    about: Any = None
    """What the operator found there, for its own use."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What an operator did to a draft."""

    draft: Draft
    calls: tuple[tuple[str, CallChange], ...] = ()
    """(logical operation, change of its calls)."""
    replies: tuple[tuple[str, Change], ...] = ()
    """(logical operation, change of its JSON replies)."""
    findings: tuple[str, ...] = ()
    """Differ ids that must be found between the documents."""
    note: str = ""
    """One sentence of the migration note."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """Logical operation → new path, where an old request can be told where it went."""
    gone: Mapping[str, str | None] = field(default_factory=dict)
    """Removed logical operation → the operation to use instead, or None."""
    adapter: str = ""
    """lossless, needs-info or none; "" is what the operator says in general."""
    values: tuple[str, ...] = ()
    """What a draw chose, for the record."""


Targets = Callable[[Draft, str], Iterable[Target]]
Apply = Callable[[Draft, Target, Draw, Mapping[str, Any]], Applied]

_KNOWN: dict[str, Operator] = {}


@dataclass(frozen=True, slots=True)
class Operator:
    """One entry of the catalogue: how to find targets, how to rewrite, what to expect."""

    id: str
    title: str
    direction: str
    """request, response or both."""
    targets: Targets
    """The targets inside one logical operation."""
    apply: Apply
    adapter: str
    """lossless, needs-info or none: how an old call becomes a new one."""
    findings: str
    """Expected differ ids in words; what one application expects is in Applied."""
    signal: str
    """What the live server says to the old form."""
    impact: str
    """For an agent: breaks, misleads, or benign."""
    params: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    per_path: bool = False
    """It touches every method of a path, so a path is hit at most once."""
    migration: str = "none"
    """What happens to stored state: none, since both forms read the same state."""


def operator(id: str, title: str, *, targets: Targets, **facts: Any) -> Callable[[Apply], Apply]:
    """Register the decorated rewrite under a catalogue id."""

    def register(apply: Apply) -> Apply:
        if id in _KNOWN:
            raise ValueError(f"drift operator {id} is registered twice")
        _KNOWN[id] = Operator(id=id, title=title, targets=targets, apply=apply, **facts)
        return apply

    return register


def operators() -> Mapping[str, Operator]:
    """Every operator by id, in the order of the catalogue."""
    import sandbox.drift.families  # noqa: F401  (its modules register themselves)

    return MappingProxyType({id: _KNOWN[id] for id in sorted(_KNOWN)})


def operator_of(id: str) -> Operator:
    """The operator with this id. Raises UnknownName with the ids that exist."""
    found = _KNOWN.get(id) or operators().get(id)
    if found is None:
        raise UnknownName("drift operator", id, operators())
    return found
