"""The register of faults: one decorator, one mapping. A fault is a function around a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sandbox.errors import UnknownName
from sandbox.faults.oracles import Oracle
from sandbox.messages import Response

if TYPE_CHECKING:
    from sandbox.draws import Draw
    from sandbox.faults.context import FaultContext
    from sandbox.world.session import Session

Proceed = Callable[[], Response]
Behaviour = Callable[["FaultContext", Proceed], Response]

_KNOWN: dict[str, Fault] = {}

_FAMILIES = {
    "T": "transport",
    "H": "http",
    "A": "auth",
    "B": "body",
    "S": "state",
    "M": "semantic",
    "X": "adversarial",
}
"""First letter of an id → family, in the order of the catalogue."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of the catalogue: the behaviour and what is known about it."""

    id: str
    title: str
    behaviour: Behaviour
    oracle: Oracle
    """What counts as recovery."""
    kind: str = "transient"
    """transient, permanent, benign: whether trying again can help, or nothing is wrong at all."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Parameters with their defaults."""
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Parameters with a closed set of values."""
    suits: str = "any"
    """Operations it makes sense on; a name known to sandbox.faults.selection."""
    silent: bool = False
    """The reply looks like success: nothing but its content gives the fault away."""
    watches: bool = False
    """The behaviour sees every matching call and decides itself, by `context.fires()`."""
    trigger: Mapping[str, Any] = field(default_factory=lambda: {"model": "first_n", "n": 1})
    """What a bare id means."""
    solvable: bool = True
    """A polite client can still reach the goal."""
    group: str | None = "reply"
    """At most one rule of a group fires on a call; None composes with everything."""
    renders: tuple[str, ...] = ("in-process", "http", "mcp", "wire")

    @property
    def family(self) -> str:
        """What the fault disturbs, by the first letter of its id."""
        return _FAMILIES[self.id[0]]


Voice = Callable[["Session", str, Mapping[str, Any], "Draw"], tuple[str, bool]]

VOICES: dict[tuple[str, str], Voice] = {}
"""(fault id, meta-tool) → what becomes of the meta-tool's text."""


def voice(id: str, tool: str) -> Callable[[Voice], Voice]:
    """Register how a fault speaks through wait, read_docs or authenticate."""

    def register(speak: Voice) -> Voice:
        VOICES[id, tool] = speak
        return speak

    return register


def fault(id: str, title: str, **facts: Any) -> Callable[[Behaviour], Behaviour]:
    """Register the decorated behaviour under a catalogue id."""

    def register(behaviour: Behaviour) -> Behaviour:
        if id in _KNOWN:
            raise ValueError(f"fault {id} is registered twice")
        _KNOWN[id] = Fault(id=id, title=title, behaviour=behaviour, **facts)
        return behaviour

    return register


def faults() -> Mapping[str, Fault]:
    """Every fault by id, in the order of the catalogue."""
    import sandbox.faults.families  # noqa: F401  (its modules register themselves)

    order = sorted(_KNOWN, key=lambda id: ([*_FAMILIES].index(id[0]), id))
    return MappingProxyType({id: _KNOWN[id] for id in order})


def fault_of(id: str) -> Fault:
    """The fault with this id. Raises UnknownName with the ids that exist."""
    found = _KNOWN.get(id) or faults().get(id)
    if found is None:
        raise UnknownName("fault", id, faults())
    return found
