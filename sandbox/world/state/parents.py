"""Parents: which of a collection's first entities each parent has, where paths are nested."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sandbox.conventions.operation_model import Collection, NestedView
from sandbox.conventions.paths import id_text
from sandbox.conventions.resources import Resources
from sandbox.draws import Draw
from sandbox.world.state.collection_paths import Key, Membership

if TYPE_CHECKING:
    from sandbox.world.state.seed_data import Row

_SHOWN: Final = (1, 6)
"""How many entities a parent shows that does not own them."""
_MOST: Final = 64


class Parents:
    """The parents of one seed's initial entities. Every parent gets one before any gets two."""

    __slots__ = ("_assigned", "_given", "_ids", "_resources", "_seed")

    def __init__(
        self,
        resources: Resources,
        ids: Mapping[str, tuple[str, ...]],
        seed: int,
        given: Callable[[Key], Row | None],
    ) -> None:
        """`given` is the seed data's entity of a path and id, where there is one."""
        self._given = given
        self._resources = resources
        self._ids = ids
        self._seed = seed
        self._assigned: dict[tuple[str, str], Mapping[str, Key]] = {}

    def membership(self, path: str, view: NestedView) -> Membership:
        """A concrete nested path as a view of its collection."""
        segments, pattern = path.split("/"), view.template.split("/")
        spots = [index for index, part in enumerate(pattern) if part == "{}"]
        values = [segments[index] for index in spots]
        pieces = view.home.split("{}")
        home = pieces[0] + "".join(
            values[index] + piece for index, piece in zip(view.kept, pieces[1:], strict=True)
        )
        parent = None
        if view.parent:
            depth = len(view.parent.rstrip("/").split("/"))
            below = pattern[depth : depth + 1] == ["{}"]
            parent = ("/".join(segments[:depth]), segments[depth] if below else "")
        return Membership(home, parent, view.field, view.owned, view.refers, view.template, path)

    def members(self, path: str, view: Membership) -> tuple[str, ...]:
        """The initial entities that a nested path shows."""
        ids = self._ids[view.home]
        if view.parent is None:
            return ids
        if view.owned:
            assigned = self._assignment(view.home, view.template)
            return tuple(id for id in ids if assigned.get(id) == view.parent)
        draw = Draw(self._seed, "members", path)
        chosen = set(draw.shuffled(ids)[: draw.integer(*_SHOWN, "size")])
        return tuple(id for id in ids if id in chosen)

    def initial(self, path: str, home: Collection, id: str) -> Iterator[tuple[NestedView, Key]]:
        """The parents that an initial entity has, each with the view that shows it there."""
        for view in self._resources.views_of(home.template):
            if view.owned and view.template != path:
                parent = self._assignment(path, view.template).get(id)
                if parent is not None:
                    yield view, parent

    def _assignment(self, home: str, template: str) -> Mapping[str, Key]:
        key = (home, template)
        if key not in self._assigned:
            view = self._resources.view(template)
            assert view is not None
            every = list(self._instances(view.parent))
            parents = every[:_MOST]
            if view.parent == view.home:
                parents = parents[1:] + parents[:1]
            else:
                parents = Draw(self._seed, "parents", home, template).shuffled(parents)
            ids = self._ids[home] if parents else ()
            self._assigned[key] = {
                id: self._parent_in_seed(home, id, view, every) or parents[index % len(parents)]
                for index, id in enumerate(ids)
            }
        return self._assigned[key]

    def _parent_in_seed(
        self, path: str, id: str, view: NestedView, parents: Sequence[Key]
    ) -> Key | None:
        """The parent that an entity of seed data says."""
        row = self._given((path, id))
        value: Any = row.entity if row is not None and view.field else None
        for name in view.field:
            value = value.get(name) if isinstance(value, Mapping) else None
        said = None if value is None else id_text(value)
        return next((parent for parent in parents if parent[1] == said), None)

    def _instances(self, template: str) -> Iterator[Key]:
        """Every initial entity of a collection, whatever its own parents are."""
        above, open_, rest = template.rpartition("/{}")
        if not open_:
            yield from ((template, id) for id in self._ids[template])
            return
        for path, id in self._instances(above):
            below = f"{path}/{id}{rest}"
            yield from ((below, each) for each in self._ids[below])
