"""Listings: what one path shows, brought along with each write instead of made anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Entity = Mapping[str, Any]
_SELECTIONS_KEPT: Final = 16


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


class Listing:
    """Every entity of a path by its id, the initial ones first, then those created."""

    __slots__ = ("_selections", "entities")

    def __init__(self, entities: dict[str, Entity]) -> None:
        self.entities = entities
        self._selections: dict[str, Selection] = {}

    def put(self, id: str, entity: Entity) -> None:
        """An entity was created (it goes last) or changed (it stays where it is)."""
        new = id not in self.entities
        self.entities[id] = entity
        for each in self._selections.values():
            each.waiting[id] = each.waiting.pop(id, False) or new

    def remove(self, id: str) -> None:
        """An entity is there no more."""
        self.entities.pop(id, None)
        for each in self._selections.values():
            each.waiting[id] = False

    def passing(self, name: str, passes: Callable[[Entity], bool]) -> Mapping[str, Entity]:
        """The entities that pass a test; `name` is equal for equal tests."""
        known = self._selections.pop(name, None)
        if known is None or not known.follow(self.entities):
            known = Selection(passes, self.entities)
            if len(self._selections) >= _SELECTIONS_KEPT:
                del self._selections[next(iter(self._selections))]
        self._selections[name] = known
        return known.entities
