"""The scene of a task: one seed's world, and the entities one can speak of there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from sandbox.conventions.paths import Place
from sandbox.draws import Draw
from sandbox.errors import NoInstance
from sandbox.tasks import phrases
from sandbox.tasks.draft import LONGEST, Draft, Rejected, in_arguments, speakable
from sandbox.tasks.tool_graph import Ability, Graph
from sandbox.world.state.ids import typed_id

if TYPE_CHECKING:
    from sandbox.conventions.operation_model import Collection
    from sandbox.document.operations import Parameter
    from sandbox.world.session import Session


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an ability is applied: filled path parameters, and the entity's id if it has one."""

    ability: Ability
    values: Mapping[str, Any]
    path: str
    """Concrete path of the collection."""
    id: str | None
    parents: tuple[tuple[str, Any], ...] = ()
    """(noun, id) of the entities the path goes through, outermost first."""

    @property
    def within(self) -> str:
        """` of order or_19dd8c`, or nothing at the root."""
        if not self.parents:
            return ""
        owners = [f"{noun} {phrases.said(id)}" for noun, id in reversed(self.parents)]
        return "".join(f" of {owner}" for owner in owners)

    @property
    def target(self) -> str:
        """` for order or_19dd8c`, or nothing at the root."""
        return self.within.replace(" of ", " for ", 1)

    @property
    def entity(self) -> str:
        """The entity as one would call it by its id."""
        if self.id is None:
            return f"the {self.ability.noun}{self.within}"
        shown = self.values.get(self.ability.meaning.item or "", self.id)
        return f"{self.ability.noun} {phrases.said(shown)}{self.within}"


class Scene:
    """One seed of one world, and what can be found there."""

    def __init__(self, graph: Graph, seed: int) -> None:
        self.graph = graph
        self.world = graph.world
        self.seed = seed
        self.session: Session = self.world.session(seed=seed)
        self._seen: dict[tuple[str, bytes], Any] = {}

    def ids(self, collection: Collection, path: str) -> tuple[str, ...]:
        """The ids that exist at a concrete collection path."""
        self.session.population.know(path, collection)
        return self.session.state.ids(path)

    def total(self, spot: Spot) -> int:
        """How many entities there are where the ability is applied."""
        return len(self.ids(spot.ability.collection, spot.path))

    def entities(self, spot: Spot) -> list[Any]:
        """The entities where the ability is applied, as the state has them."""
        ids = self.ids(spot.ability.collection, spot.path)
        found = [self.session.state.get(spot.path, id) for id in ids]
        return [dict(entity) for entity in found if entity is not None]

    def places(self, act: str, draw: Draw, reason: str, *, tries: int = 40) -> Iterator[Spot]:
        """Where abilities with this act can be applied. Raises Rejected when there is no place."""
        found = False
        for ability in self.graph.draw(act, draw, tries=tries):
            try:
                spot = self.spot(ability, draw)
            except Rejected as rejected:
                reason = rejected.reason
                continue
            found = True
            yield spot
        if not found:
            raise Rejected(reason)

    def spot(self, ability: Ability, draw: Draw) -> Spot:
        """A place where the ability can be applied. Raises Rejected when nothing exists there."""
        meaning, values = ability.meaning, {}
        homes = {parameter: place for place, parameter in meaning.parents}
        path_parameters = {p.name: p for p in ability.operation.parameters if p.location == "path"}
        for name, parameter in path_parameters.items():
            if name not in homes and name != meaning.item:
                values[name] = self.invented(parameter, draw)
        parents = []
        within = {place.template for place, _ in meaning.parents}
        within |= {meaning.collection.template} if meaning.collection is not None else set()
        for name in meaning.place.names:
            home = homes.get(name)
            if home is None:
                parents.append((phrases.label(f"/{name}"), values.get(name)))
                continue
            collection = self.world.resources.collection(home.template, home.names)
            values[name] = self._pick(collection, home, values, path_parameters[name], draw)
            # `/taxonomies/{namespace}/{key}`: the first of the two is no taxonomy.
            inner = f"{home.template}/{{}}" in within
            noun = phrases.label(f"/{name}") if inner else phrases.noun(collection.noun)
            parents.append((noun, values[name]))
        path, id = meaning.place.fill(values), None
        if meaning.item is not None and meaning.item not in path_parameters:
            raise Rejected("the id is no path parameter")
        if meaning.item is not None:
            chosen = self._pick(
                ability.collection, meaning.place, values, path_parameters[meaning.item], draw
            )
            values[meaning.item] = chosen
            id = str(chosen)
        return Spot(ability, values, path, id, tuple(parents))

    def _pick(
        self,
        home: Collection,
        place: Place,
        values: Mapping[str, Any],
        parameter: Parameter,
        draw: Draw,
    ) -> Any:
        ids = self.ids(home, place.fill(values))
        if not ids:
            raise Rejected("no entity to speak of")
        text = draw.choice(ids, f"id {parameter.name}")
        typed = typed_id(self.world.document.schemas, parameter.schema, text)
        if typed is None or len(text) > LONGEST:
            raise Rejected("id does not fit its parameter")
        return typed

    def invented(self, parameter: Parameter, draw: Draw) -> Any:
        """A value for a parameter that no entity gives."""
        if parameter.schema is None:
            raise Rejected("parameter without schema")
        value = self.value(
            parameter.schema, draw.child("parameter", parameter.name), parameter.name
        )
        if not speakable(value):
            raise Rejected("value cannot be said")
        return value

    def value(self, schema: Any, draw: Draw, name: str, *, optional: float = 0.3) -> Any:
        """A valid value for a request. Raises Rejected when there is none."""
        try:
            return self.world.values.make(
                schema, draw, name=name, direction="request", optional=optional
            )
        except NoInstance:
            raise Rejected("no value satisfies the schema") from None

    def linked(self, value: Any, draw: Draw) -> Any:
        """A request value whose reference fields (`author_id`) point at entities that exist."""
        if isinstance(value, list):
            return [self.linked(item, draw.child(i)) for i, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        made = {}
        for name, item in value.items():
            target = self.graph.target(name)
            if target is None or isinstance(item, dict | list | bool | None):
                made[name] = self.linked(item, draw.child(name))
                continue
            collection = self.world.resources.collection(target)
            ids = self.ids(collection, target)
            chosen: Any = draw.choice(ids, name) if ids else item
            numeric = isinstance(item, int) and str(chosen).lstrip("-").isdigit()
            made[name] = int(chosen) if numeric else chosen
        return made

    def look(self, spot: Spot, query: Mapping[str, Any] | None = None) -> Any:
        """What a reading tool shows at a spot, without leaving a trace. Raises Rejected."""
        arguments = in_arguments(spot.ability, spot.values, query=query)
        key = (spot.ability.name, orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS))
        if key not in self._seen:
            draft = Draft(self)
            self._seen[key] = draft.call(spot.ability, arguments, "")
        return self._seen[key]
