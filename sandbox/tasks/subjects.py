"""The scene of a task: one seed's world, and the entities one can speak of there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from sandbox.conventions.paths import JOINED, Place, key_parts
from sandbox.conventions.secrets import is_credential
from sandbox.conventions.words import words
from sandbox.draws import Draw
from sandbox.errors import NoInstance
from sandbox.tasks import phrases, value_phrases
from sandbox.tasks.references import json_of_observation
from sandbox.tasks.sayable import LONGEST, Rejected, short
from sandbox.tasks.tool_graph import Ability, Graph, is_transport
from sandbox.world.state.ids import typed_id

if TYPE_CHECKING:
    from sandbox.conventions.operation_model import Collection
    from sandbox.document.operations import Parameter
    from sandbox.world.session import Session


_LONG_ID = 14
_DEEPEST = 2


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
    query: Mapping[str, Any] = field(default_factory=dict)
    """Query parameters that the call cannot do without."""

    @property
    def within(self) -> str:
        """` of order or_19dd8c`, or nothing at the root."""
        owners = [f" of {called_by_id(noun, id)}" for noun, id in reversed(self.parents)]
        return "".join(owners) + self._further(" with " if self.id is None else " under ")

    @property
    def target(self) -> str:
        """` for order or_19dd8c`, or nothing at the root."""
        return self.within.replace(" of ", " for ", 1) if self.parents else self._further(" for ")

    def _further(self, joined: str) -> str:
        return joined + value_phrases.values_with_names(self.query) if self.query else ""

    @property
    def entity(self) -> str:
        """The entity as one would call it by its id."""
        if self.id is None:
            own = self.ability.noun in phrases.word_set("people") and not self.values
            return f"the {'current ' if own else ''}{self.ability.noun}{self.within}"
        item = self.ability.meaning.item
        shown = self.id if item is None else stated_key(self.values, item)
        return f"{called_by_id(self.ability.noun, shown)}{self.within}"

    @property
    def stated_values(self) -> list[Any]:
        """What an instruction has to state for this place."""
        return [self.values, self.query]

    def arguments(
        self, *, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The tool's arguments at this place. Raises Rejected for what the tool cannot say."""
        asked = {**self.query, **(query or {})}
        return in_arguments(self.ability, self.values, query=asked, body=body)


def stated_key(values: Mapping[str, Any], name: str) -> Any:
    """An entity's id as one would say it: "ann/site" where two parameters say it."""
    parts = name.split(JOINED)
    return values[name] if len(parts) == 1 else "/".join(str(values[part]) for part in parts)


def called_by_id(noun: str, id: Any) -> str:
    """ "order 19", "the profile clara.weber", "the asset with the id 5be3…"."""
    shown = value_phrases.value_text(id)
    if not any(letter.isdigit() for letter in shown):
        return f"the {noun} {shown}"
    return f"the {noun} with the id {shown}" if len(shown) > _LONG_ID else f"{noun} {shown}"


def _owner(parameter: str) -> str:
    """What a path parameter names: "template" of `template_key`, "user" of `username`."""
    head, _, last = phrases.label(f"/{parameter}").rpartition(" ")
    idle = head and last in ("name", "key", "slug", "code")
    return phrases.noun(head if idle else f"{head} {last}")


def in_arguments(
    ability: Ability,
    path: Mapping[str, Any],
    *,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Values of the document as arguments of the tool. Raises Rejected for what it cannot say."""
    made: dict[str, Any] = {}
    for location, values in (("path", path), ("query", query or {})):
        for name, value in values.items():
            found = (location, "header", "cookie") if location == "query" else (location,)
            arguments = (ability.argument(place, name) for place in found)
            argument = next((each for each in arguments if each is not None), None)
            if argument is None:
                raise Rejected("the tool lacks an argument for the value")
            made[argument] = value
    return made | (_body_arguments(ability, body) if body is not None else {})


def _body_arguments(ability: Ability, body: Mapping[str, Any]) -> dict[str, Any]:
    key = ability.meaning.body_key
    whole = ability.argument("body", "")
    wrapped: Mapping[str, Any] = {key: dict(body)} if key is not None else body
    if whole is not None:
        return {whole: dict(wrapped)}
    made = {}
    for name, value in wrapped.items():
        argument = ability.argument("body", name)
        if argument is None:
            raise Rejected("the tool lacks an argument for the value")
        made[argument] = value
    return made


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

    def outside(self, path: str) -> tuple[str, ...]:
        """The ids of a collection that a nested path of it does not show."""
        state = self.session.state
        inside = set(state.ids(path))
        return tuple(id for id in state.ids(state.home(path)) if id not in inside)

    def total(self, spot: Spot) -> int:
        """How many entities there are where the ability is applied."""
        return len(self.ids(spot.ability.collection, spot.path))

    def entities(self, spot: Spot) -> list[Any]:
        """The entities where the ability is applied, as the state has them."""
        ids = self.ids(spot.ability.collection, spot.path)
        found = [self.session.state.get(spot.path, id) for id in ids]
        return [dict(entity) for entity in found if entity is not None]

    def places(
        self, acts: str | Sequence[str], draw: Draw, reason: str, *, tries: int = 40
    ) -> Iterator[Spot]:
        """Where abilities with one of these acts can be applied, an act after the other.

        Raises Rejected, with the last reason, when there is no place.
        """
        found = False
        for act in [acts] if isinstance(acts, str) else acts:
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
        keys = {part for key in (*homes, meaning.item or "") for part in key.split(JOINED)}
        for name, parameter in path_parameters.items():
            if name not in keys:
                values[name] = self.invent(parameter, draw)
        parents = []
        within = {place.template for place, _ in meaning.parents}
        within |= {meaning.collection.template} if meaning.collection is not None else set()
        for name in meaning.place.names:
            home = homes.get(name)
            if home is None:
                parents += [(_owner(part), values.get(part)) for part in name.split(JOINED)]
                continue
            collection = self.world.resources.collection(home.template)
            self._pick(collection, home, values, name, path_parameters, draw)
            # `/taxonomies/{namespace}/{key}`: the first of the two is no taxonomy.
            inner = f"{home.template}/{{}}" in within
            noun = (
                phrases.noun(phrases.label(f"/{name}")) if inner else self.graph.noun_of(collection)
            )
            parents.append((noun, stated_key(values, name)))
        if len(parents) > _DEEPEST or sum(len(str(id)) > _LONG_ID for _, id in parents) > 1:
            raise Rejected("the thing lies too deep to be named")
        path, id = meaning.place.fill(values), None
        if meaning.item is not None:
            if not path_parameters.keys() >= {*meaning.item.split(JOINED)}:
                raise Rejected("the id is no path parameter")
            id = self._pick(
                ability.collection, meaning.place, values, meaning.item, path_parameters, draw,
                outside=meaning.act == "add",
            )  # fmt: skip
        if any(words(p.name)[-1:] == ("ids",) for p in ability.must_be_told):
            raise Rejected("the call needs ids that nobody could know")
        query = {p.name: self.invent(p, draw) for p in ability.must_be_told}
        return Spot(ability, values, path, id, tuple(parents), query)

    def _pick(
        self,
        home: Collection,
        place: Place,
        values: dict[str, Any],
        name: str,
        parameters: Mapping[str, Parameter],
        draw: Draw,
        *,
        outside: bool = False,
    ) -> str:
        """Choose an entity and put what its path parameter (or parameters) say of it."""
        path = place.fill(values)
        ids = self.outside(path) if outside else self.ids(home, path)
        if not ids:
            raise Rejected("no entity to speak of")
        chosen = draw.choice(ids, f"id {name}")
        for part, text in key_parts(name, chosen).items():
            typed = typed_id(self.world.document.schemas, parameters[part].schema, text)
            if typed is None or len(text) > LONGEST:
                raise Rejected("id does not fit its parameter")
            values[part] = typed
        return chosen

    def invent(self, parameter: Parameter, draw: Draw) -> Any:
        """A value for a parameter that no entity gives."""
        if parameter.schema is None:
            raise Rejected("parameter without schema")
        name = parameter.name
        value = self.value(parameter.schema, draw.child("parameter", name), name)
        members = value if isinstance(value, list) else [value]
        if isinstance(value, dict):
            # An object of which one value is required, such as `filter[kind]`.
            value = self.value(parameter.schema, draw.child("few", name), name, optional=0.0)
            members = list(value.values()) if len(value) == 1 else []
        if not members or any(isinstance(m, dict | list) or not short(m) for m in members):
            raise Rejected("value cannot be said")
        return value

    def filled_in(self, ability: Ability) -> dict[str, tuple[str, Any]]:
        """Argument → (name, value) of what a client fills in: headers, versions, credentials."""
        found: dict[str, tuple[str, Any]] = {}
        for parameter in ability.operation.parameters:
            argument = ability.argument(parameter.location, parameter.name)
            if parameter.required and argument is not None and is_transport(parameter):
                schema = self.world.document.schemas.resolve(parameter.schema)
                given = schema if isinstance(schema, dict) else {}
                fixed = given.get("const", given.get("default"))
                made = self.invent(parameter, Draw("transport")) if fixed is None else fixed
                found[argument] = parameter.name, made
        for argument, (location, name) in ability.tool.arguments.items():
            if location == "body" and is_credential(name) and argument in ability.required:
                schema = ability.tool.parameters["properties"][argument]
                found[argument] = name, self.value(schema, Draw("transport", name), name)
        return found

    def value(self, schema: Any, draw: Draw, name: str, *, optional: float = 0.3) -> Any:
        """A valid value for a request. Raises Rejected when there is none."""
        try:
            return self.world.values.make(
                schema, draw, name=name, direction="request", optional=optional
            )
        except NoInstance:
            raise Rejected("no value satisfies the schema") from None

    def link(self, value: Any, draw: Draw) -> Any:
        """A request value whose reference fields (`author_id`) point at entities that exist."""
        if isinstance(value, list):
            return [self.link(item, draw.child(i)) for i, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        made = {}
        for name, item in value.items():
            target = self.graph.target(name)
            if target is None or isinstance(item, dict | list | bool | None):
                made[name] = self.link(item, draw.child(name))
                continue
            collection = self.world.resources.collection(target)
            ids = self.ids(collection, target)
            chosen: Any = draw.choice(ids, name) if ids else item
            numeric = isinstance(item, int) and str(chosen).lstrip("-").isdigit()
            made[name] = int(chosen) if numeric else chosen
        return made

    def look(self, spot: Spot, query: Mapping[str, Any] | None = None) -> Any:
        """What a reading tool shows at a spot, without leaving a trace. Raises Rejected."""
        filled = {name: value for name, (_, value) in self.filled_in(spot.ability).items()}
        arguments = {**filled, **spot.arguments(query=query)}
        key = (spot.ability.name, orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS))
        if key not in self._seen:
            seen = self.session.fork().call(spot.ability.name, arguments)
            if seen.error:
                raise Rejected(f"a reference call failed with {seen.status}")
            self._seen[key] = json_of_observation(seen.text, seen.status)
        return self._seen[key]
