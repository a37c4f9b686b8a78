"""Meanings: what a path is (a collection, a singleton) and what an operation does to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sandbox.conventions.paths import JOINED, Place, noun_of
from sandbox.conventions.schema_surface import Shape
from sandbox.document import Operation
from sandbox.document.operations import Media


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One of the parameters that together address an entity."""

    parameter: str
    schema: Any
    """Schema of the path parameter."""
    path: tuple[str, ...]
    """Where the entity carries it; () = nowhere."""
    own_schema: Any
    """Schema of that property, or None."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A set of entities under one path; singletons are collections of one."""

    template: str
    names: tuple[str, ...]
    """Parameters that the collection's own path needs."""
    item_parameter: str | None
    """The parameter that picks one entity ("owner,repo" for a composite key); None when no path
    does."""
    schema: Any
    """Schema of an entity as written, or None when unknown."""
    shape: Shape
    id_path: tuple[str, ...]
    """Where the entity carries its id, e.g. ("id",) or ("metadata", "name"); () = nowhere."""
    own_id_schema: Any
    """Schema of that property, or None."""
    id_schema: Any
    """Schema of the item's path parameter, or None."""
    singleton: bool = False
    listed_id: str | None = None
    """Property of a list's entries that holds the id, where the entity itself has none."""
    key: tuple[KeyPart, ...] = ()
    """The parts of a composite key; () where one parameter picks an entity."""
    memo: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What other modules compiled from this collection, kept for as long as it lives."""

    @property
    def noun(self) -> str:
        """The collection's last word: `/orders/{}/items` → items."""
        known = self.memo.get("noun")
        if known is None:
            known = self.memo["noun"] = noun_of(self.template)
        return str(known)

    @property
    def shown_id_path(self) -> tuple[str, ...]:
        """Where an entry of a list shows its id; () = nowhere."""
        return self.id_path or ((self.listed_id,) if self.listed_id is not None else ())

    @property
    def id_field(self) -> str | None:
        """The entity's property that holds the id (or the object it lies in), or None."""
        return self.id_path[0] if self.id_path else None


@dataclass(frozen=True, slots=True)
class NestedView:
    """A nested path that shows the entities of another collection: `/posts/{}/comments` of
    `/comments`."""

    template: str
    home: str
    """Template of the collection that holds the entities."""
    kept: tuple[int, ...]
    """Which of the path's parameters the home's own path has too."""
    parent: str
    """Template of the parent's collection (of `/me` itself); "" where all entities are shown."""
    field: tuple[str, ...]
    """Where an entity says which parent it has; () = nowhere, the session remembers it."""
    field_schema: Any
    owned: bool
    """Whether every entity has one parent; else a parent shows some of the entities."""
    refers: bool = False
    """Whether calls add entities that exist to a parent and take them out again."""
    evidence: tuple[str, ...] = ()


class Reference(NamedTuple):
    """Where a request body names entities that exist."""

    name: str
    """The property; "" where the body itself is the list of ids."""
    many: bool


@dataclass(frozen=True, slots=True)
class Count:
    """A field that says how many entities of another kind belong to an entity."""

    field: str
    below: str
    """The word of the nested path that lists them; "" where `home` and `link` find them."""
    home: str = ""
    link: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an operation was understood as."""

    operation: Operation
    act: str
    """read, list, create, replace, merge, delete, clear, write, add, remove, action, toggle,
    singleton, compute (a reply without state) or call (a deed that no read shows: the ledger
    keeps the call)."""
    collection: Collection | None
    place: Place
    """Path of the collection instance (its parameters filled from the call)."""
    item: str | None
    """Path parameter holding the entity's id, or None."""
    parents: tuple[tuple[Place, str], ...]
    """(collection path, parameter) of each entity the path goes through, outermost first."""
    status: int
    media_type: str | None
    schema: Any
    """Success schema as written, or None for an empty reply."""
    keys: tuple[str, ...] = ()
    """Where inside the reply the entity or list lies; () = it is the reply."""
    view: Any = None
    """Schema of the entity (or of each item) inside the reply."""
    many: bool = False
    """Whether a single entity is shown as a list of one."""
    body_key: str | None = None
    """Where inside the request body the entity lies; None = it is the body."""
    verb: str = ""
    """The action's word, for actions and toggles."""
    reference: Reference | None = None
    """Where the body of an `add` names the entities; None where the path does."""
    part: str = ""
    """The path parameter by whose value, the first part of their key, a list picks entities."""
    bulk: bool = False
    """Whether it has a path of its own beside its collection's (`/tickets/bulk`)."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that address what the operation is about, outermost first."""
        names = (*self.place.names, *([self.item] if self.item is not None else ()))
        return tuple(part for name in names for part in name.split(JOINED))

    @property
    def media(self) -> Media | None:
        """The success reply's media type object, or None for an empty reply."""
        success = self.operation.success
        return None if success is None or self.media_type is None else (
            success[1].media.get(self.media_type)
        )  # fmt: skip

    memo: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What other modules compiled from this meaning, kept for as long as it lives."""
