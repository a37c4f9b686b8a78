"""Listings: what one path shows, brought along with each write instead of made anew."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Entity = Mapping[str, Any]
_SELECTIONS_KEPT: Final = 16
_ORDERS_KEPT: Final = 8


class Selection:
    """The entities that pass one test, in the listing's order."""

    __slots__ = ("_passes", "entities", "waiting")

    def __init__(self, passes: Callable[[Entity], bool], entities: Mapping[str, Entity]) -> None:
        self._passes = passes
        self.entities = {id: entity for id, entity in entities.items() if passes(entity)}
        self.waiting: dict[str, bool] = {}
        """Ids written since, oldest first, and whether they are new, and so the last."""

    def follow(self, whole: Mapping[str, Entity]) -> bool:
        """Look at what was written; False where that cannot be put in its place."""
        for id, new in self.waiting.items():
            entity = whole.get(id)
            if entity is None or not self._passes(entity):
                self.entities.pop(id, None)
            elif new or id in self.entities:
                self.entities[id] = entity
            else:
                return False
        self.waiting.clear()
        return True


class Order:
    """Ids by a key of their entities; equals as they stand in the listing."""

    __slots__ = ("_key", "_next", "_places", "_rows", "waiting")

    def __init__(self, key: Callable[[Entity], Any], entities: Mapping[str, Entity]) -> None:
        self._key = key
        self._places = {
            id: (key(entity), number) for number, (id, entity) in enumerate(entities.items())
        }
        self._rows = sorted((*place, id) for id, place in self._places.items())
        self._next = len(self._rows)
        self.waiting: dict[str, bool] = {}
        """Ids written since, and whether they are new."""

    def follow(self, whole: Mapping[str, Entity]) -> Iterator[str]:
        """The ids in their order, after what was written."""
        for id, new in self.waiting.items():
            known = self._places.pop(id, None)
            if known is not None:
                del self._rows[bisect_left(self._rows, (*known, id))]
            entity = whole.get(id)
            if entity is None:
                continue
            if new or known is None:
                number, self._next = self._next, self._next + 1
            else:
                number = known[1]
            place = self._places[id] = (self._key(entity), number)
            insort(self._rows, (*place, id))
        self.waiting.clear()
        return (row[2] for row in self._rows)


class Listing:
    """Every entity of a path by its id, the initial ones first, then those created."""

    __slots__ = ("_orders", "_selections", "entities")

    def __init__(self, entities: dict[str, Entity]) -> None:
        self.entities = entities
        self._selections: dict[str, Selection] = {}
        self._orders: dict[str, Order] = {}

    def put(self, id: str, entity: Entity) -> None:
        """An entity was created (it goes last) or changed (it stays where it is)."""
        new = id not in self.entities
        self.entities[id] = entity
        for each in self._views():
            each.waiting[id] = each.waiting.pop(id, False) or new

    def remove(self, id: str) -> None:
        """An entity is there no more."""
        self.entities.pop(id, None)
        for each in self._views():
            each.waiting[id] = False

    def _views(self) -> tuple[Selection | Order, ...]:
        return (*self._selections.values(), *self._orders.values())

    def ids_by(self, name: str, key: Callable[[Entity], Any]) -> Iterator[str]:
        """Every id by a key; `name` is equal for equal keys."""
        known = self._orders.pop(name, None)
        if known is None:
            known = Order(key, self.entities)
            if len(self._orders) >= _ORDERS_KEPT:
                del self._orders[next(iter(self._orders))]
        self._orders[name] = known
        return known.follow(self.entities)

    def passing(self, name: str, passes: Callable[[Entity], bool]) -> Mapping[str, Entity]:
        """The entities that pass a test; `name` is equal for equal tests."""
        known = self._selections.pop(name, None)
        if known is None or not known.follow(self.entities):
            known = Selection(passes, self.entities)
            if len(self._selections) >= _SELECTIONS_KEPT:
                del self._selections[next(iter(self._selections))]
        self._selections[name] = known
        return known.entities
