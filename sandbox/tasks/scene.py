"""The scene of a task: one seed's world, the entities to speak of, and a draft that is acted out.

A draft is built by doing: every reference call is made in a fork of the scene's session while the
task is written, so a solution that does not work never comes to exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from sandbox.draws import Draw
from sandbox.errors import NoInstance
from sandbox.tasks import phrases
from sandbox.tasks.answers import states
from sandbox.tasks.graph import Ability, Graph
from sandbox.tasks.judge import at_pointer
from sandbox.tasks.models import SolutionStep
from sandbox.tasks.references import resolve
from sandbox.world.naming import stem
from sandbox.world.places import Place
from sandbox.world.population import typed_id

if TYPE_CHECKING:
    from sandbox.openapi import Parameter
    from sandbox.world.resources import Collection
    from sandbox.world.session import Session

T = TypeVar("T")

_LONGEST = 72
_BROADEST = 14


class Rejected(Exception):
    """This draft comes to nothing; the reason is counted, not raised to anybody."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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

    def spot(self, ability: Ability, draw: Draw) -> Spot:
        """A place where the ability can be applied. Raises Rejected when nothing exists there."""
        meaning, values = ability.meaning, {}
        homes = {parameter: place for place, parameter in meaning.parents}
        path_parameters = {p.name: p for p in ability.operation.parameters if p.location == "path"}
        for name, parameter in path_parameters.items():
            if name not in homes and name != meaning.item:
                values[name] = self.invented(parameter, draw)
        parents = []
        for name in meaning.place.names:
            home = homes.get(name)
            if home is None:
                parents.append((phrases.label(f"/{name}"), values.get(name)))
                continue
            collection = self.world.resources.collection(home.template, home.names)
            values[name] = self._pick(collection, home, values, path_parameters[name], draw)
            parents.append((phrases.noun(collection.noun), values[name]))
        path, id = meaning.place.fill(values), None
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
        if typed is None or len(text) > _LONGEST:
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


@dataclass(slots=True)
class Draft:
    """A task in the making: a fork of the scene, and the calls made in it so far."""

    scene: Scene
    session: Session = field(init=False)
    steps: list[SolutionStep] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = self.scene.session.fork()

    def call(self, ability: Ability, arguments: Mapping[str, Any], thought: str) -> Any:
        """Make one reference call; its parsed reply. Raises Rejected unless it succeeds."""
        step = SolutionStep.model_construct(
            tool=ability.name, arguments=dict(arguments), thought=thought
        )
        seen = self.session.call(ability.name, resolve(step.arguments, self.results))
        if seen.error:
            raise Rejected(f"a reference call failed with {seen.status}")
        result = parsed(seen.text, seen.status)
        self.steps.append(step)
        self.results.append(result)
        if ability.name not in self.tools:
            self.tools.append(ability.name)
        return result

    def must_change(self) -> None:
        """Reject a draft whose last call changed nothing."""
        if not self.session.ledger[-1].effects:
            raise Rejected("the call has no effect")

    def entries(self, ability: Ability, step: int = -1) -> list[Any]:
        """The entries of a list reply. Raises Rejected when there is no list."""
        found = at_pointer(self.results[step], ability.list_pointer, None)
        if not isinstance(found, list):
            raise Rejected("the list is not where it was thought to be")
        return found


def parsed(text: str, status: int | None) -> Any:
    """The JSON of an observation; its head (shown headers) is skipped. None when it has none."""
    if text.startswith("HTTP "):
        text = text.partition("\n\n")[2]
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


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
            place = location
            if location == "query" and ability.argument("query", name) is None:
                place = "header"
            argument = ability.argument(place, name)
            if argument is None:
                raise Rejected("the tool lacks an argument for the value")
            made[argument] = value
    if body is not None:
        made.update(_body_arguments(ability, body))
    return made


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


def speakable(value: Any) -> bool:
    """Whether a value can stand in a sentence: short, one line, not too many parts."""
    found = phrases.leaves(value)
    return 0 < len(found) <= _BROADEST and all(_short(leaf) for _, leaf in found)


def _short(leaf: Any) -> bool:
    if isinstance(leaf, str):
        return len(leaf) <= _LONGEST and bool(leaf.strip()) and leaf == " ".join(leaf.split())
    return leaf is not None and not isinstance(leaf, bytes)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something of an entity that one could ask for."""

    pointer: str
    label: str
    value: Any


def facts(entity: Any, *, but: Sequence[str] = ()) -> list[Fact]:
    """The short scalar fields of an entity, one level of nesting included."""
    if not isinstance(entity, Mapping):
        return []
    found: dict[str, Fact] = {}
    for at, value in phrases.leaves(entity):
        parts = at.split("/")[1:]
        if len(parts) > 2 or any(part.isdigit() for part in parts) or at in but:
            continue
        said = phrases.label(at)
        if _short(value) and said and stem(parts[-1]) and len(said) <= 40:
            found.setdefault(said, Fact(at, said, value))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Made:
    """What a recipe hands over: a draft that was acted out, and the words around it."""

    kind: str
    draft: Draft
    instruction: str
    template: str
    answer: str
    closing: str
    required: tuple[Any, ...] = ()
    forbidden: tuple[Any, ...] = ()
    solvable: bool = True
    hidden: frozenset[str] = frozenset()
    """Tools that must not be offered: with them the task could be done after all."""
    about: str = ""
    """A tool whose neighbours are offered, when the solution calls none."""


def first(found: Iterable[T], reason: str) -> T:
    """The first of something, or a rejection for the reason given."""
    for each in found:
        return each
    raise Rejected(reason)


def must_state(instruction: str, values: Any) -> None:
    """Reject an instruction that leaves out a value that the solution needs."""
    for _, leaf in phrases.leaves(values):
        if isinstance(leaf, bool) or leaf is None:
            continue
        if not states(instruction, leaf):
            raise Rejected("a needed value is not in the instruction")
