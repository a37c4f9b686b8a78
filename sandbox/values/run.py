"""What one generation carries along: how much is wanted, how deep it is, how much is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, Protocol

from sandbox.document.discriminators import NamedBranches

Schema = Mapping[str, Any] | bool

SOFT_NODES: Final = 1_500
"""Beyond this many values optional objects and arrays are left out."""
HARD_NODES: Final = 5_000
"""Beyond this many values everything optional is left out."""
MOST_NODES: Final = 60_000
"""Beyond this many values generation gives up: no real entity is that large."""
MOST_ITEMS: Final = 12_000
"""Beyond this many items of all its lists generation gives up."""
UNDECLARED: Final = 12
"""What a property that the document does not name counts for among them: it is compiled first."""
DEEP: Final = 6
"""From this nesting on, choices take their smallest branch and lists their fewest items."""
BOTTOM: Final = 100
"""Nesting at which generation gives up: no real entity is that deep."""
FUEL: Final = 3_000
"""Failed attempts allowed in one generation."""
_DECAY: Final = (1.0, 1.0, 1.0, 0.8, 0.6, 0.4, 0.25, 0.1)


LEVELS: Final = len(_DECAY)
"""Nesting from which optional objects and arrays are left out."""


class SchemaSource(Protocol):
    """Where schemas come from: whatever follows references and speaks JSON Schema 2020-12."""

    def resolve(self, schema: Any) -> Any:
        """The schema behind references, as a 2020-12 dict or a bool; same in, same object out."""

    def named_branches(self, schema: Any, reference: str = "") -> NamedBranches | None:
        """The branches that a resolved schema's discriminator selects, if it has any."""

    def validator(self, schema: Any, direction: Any = "response") -> Any:
        """The final judge: an object with `.is_valid(value) -> bool`."""


class Run:
    """One generation's wishes and budgets. Mutable, private to a call of `Values.make`."""

    __slots__ = (
        "choices", "depth", "doubt", "fuel", "items", "limits", "nodes", "sparse", "threshold",
    )  # fmt: skip

    def __init__(self, *, optional: float = 0.5, sparse: bool = False) -> None:
        wanted = 0.0 if sparse else min(max(optional, 0.0), 1.0)
        self.threshold, self.limits = _thresholds(wanted)
        """An optional scalar is present when the top 16 bits of its key are below the threshold;
        the limits are the same for optional objects and arrays, by nesting."""
        self.sparse = sparse
        self.depth = 0
        self.choices = 0
        """Choices that are being made, one inside the other."""
        self.nodes = 0
        self.items = 0
        """Items of all lists so far."""
        self.fuel = FUEL
        self.doubt = False
        """Set where a value is not valid by construction: the whole must be checked."""


@lru_cache(maxsize=64)
def _thresholds(wanted: float) -> tuple[int, tuple[int, ...]]:
    return round(wanted * 65536), tuple(round(wanted * 65536 * share) for share in _DECAY)


Make = Callable[[int, int, Run], Any]
"""(own key, key of the enclosing object, run) -> value."""
