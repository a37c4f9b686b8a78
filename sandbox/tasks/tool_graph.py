"""What each tool does for which entities, and whose replies can feed whose arguments.

The graph is worked out on demand: an operation is looked at when a draw falls on it, so a
document of a thousand operations costs what is used of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from sandbox.conventions.envelopes import body_schema
from sandbox.conventions.secrets import is_credential
from sandbox.conventions.vocabulary import key_of, names, stem
from sandbox.conventions.words import singulars
from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.nouns import noun_for, shared_words

if TYPE_CHECKING:
    from sandbox.conventions.conventions import OperationFacts
    from sandbox.conventions.filters import Filter
    from sandbox.conventions.operation_model import Collection, Meaning
    from sandbox.conventions.schema_surface import Shape
    from sandbox.document.operations import Operation, Parameter
    from sandbox.tools import Tool
    from sandbox.world.world import World

METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "read": ("GET",),
    "singleton": ("GET",),
    "compute": ("GET",),
    "list": ("GET",),
    "create": ("POST", "PUT"),
    "merge": ("PATCH", "POST"),
    "replace": ("PUT",),
    "delete": ("DELETE",),
    "action": ("POST", "PUT", "PATCH"),
    "toggle": ("POST", "PUT"),
    "add": ("PUT", "POST"),
    "remove": ("DELETE",),
    "call": ("POST", "PUT", "PATCH", "DELETE"),
}


@dataclass(frozen=True, slots=True)
class Ability:
    """A tool together with what its operation means."""

    tool: Tool
    operation: Operation
    meaning: Meaning
    noun: str = ""
    """What its entities are called, in the singular; "" where nobody could say it."""

    @property
    def name(self) -> str:
        return self.tool.name

    @property
    def collection(self) -> Collection:
        """The collection it works on; only for abilities that have one."""
        assert self.meaning.collection is not None
        return self.meaning.collection

    @property
    def facts(self) -> OperationFacts:
        """What is known of the operation."""
        assert self.tool.facts is not None
        return self.tool.facts

    @property
    def list_pointer(self) -> str:
        """Where in the reply the entity or the list lies."""
        return "".join(f"/{key}" for key in self.meaning.keys)

    @property
    def must_be_told(self) -> list[Parameter]:
        """Query parameters that the call cannot do without, and that somebody has to tell."""
        return [
            parameter
            for parameter in self.operation.parameters
            if parameter.required
            and parameter.location == "query"
            and not is_transport(parameter)
            and self.argument("query", parameter.name) is not None
        ]

    @property
    def required(self) -> frozenset[str]:
        """The tool's required arguments."""
        return frozenset(self.tool.parameters.get("required", ()))

    def argument(self, location: str, name: str) -> str | None:
        """The tool's argument for one of the document's values, or None when it has none."""
        wanted = (location, name)
        return next((arg for arg, place in self.tool.arguments.items() if place == wanted), None)


def is_transport(parameter: Parameter) -> bool:
    """Whether a parameter is about the exchange: a header, a credential, a version, a constant."""
    key, schema = key_of(parameter.name), parameter.schema
    fixed = isinstance(schema, dict) and (
        "const" in schema or "default" in schema or len(schema.get("enum", "..")) == 1
    )
    return (
        parameter.location in ("header", "cookie")
        or fixed
        or is_credential(parameter.name)
        or key.rpartition("_")[2] in names("transport", "endings")
    )


class Graph:
    """The abilities of a world, and the edges between them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._abilities: dict[str, Ability | None] = {}
        self._near: dict[str, tuple[str, ...]] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The tools that stand for an operation, in document order."""
        return tuple(self.world.tools)

    @cached_property
    def _shared_words(self) -> Counter[str]:
        return shared_words(self.world.document)

    @cached_property
    def _names_of(self) -> Mapping[str, str]:
        return {self._operation(name).id: name for name in self.names}

    @cached_property
    def _by_method(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for name in self.names:
            found.setdefault(self._operation(name).method, []).append(name)
        return {method: tuple(names) for method, names in found.items()}

    @property
    def creators(self) -> tuple[str, ...]:
        """Tools that may create something: the first POSTs of the document."""
        return self._by_method.get("POST", ())[:60]

    @cached_property
    def _children(self) -> Mapping[str, list[Operation]]:
        """Template → operations whose path is one fixed segment longer."""
        found: dict[str, list[Operation]] = {}
        for operation in self.world.document.operations.values():
            head, _, last = self._template(operation).rpartition("/")
            if "{}" not in last:
                found.setdefault(head, []).append(operation)
        return found

    def _operation(self, name: str) -> Operation:
        listed = getattr(self.world.tools, "operations", None)
        operation = listed[name] if listed is not None else self.world.tools[name].operation
        assert operation is not None
        return operation

    def ability(self, name: str) -> Ability | None:
        """The ability behind a tool; None when its operation is defective."""
        if name not in self._abilities:
            operation = self._operation(name)
            if operation.defect is not None:
                self._abilities[name] = None
            else:
                meaning = self.world.resources.meaning(operation)
                noun = noun_for(meaning, self._shared_words)
                self._abilities[name] = Ability(self.world.tools[name], operation, meaning, noun)
        return self._abilities[name]

    def noun_of(self, collection: Collection) -> str:
        """What the entities of a collection are called."""
        found = (ability.noun for ability in self.at(collection, "read", "list", "create"))
        return next(filter(None, found), "") or phrases.noun(collection.noun)

    def draw(self, act: str, draw: Draw, *, tries: int = 40) -> Iterator[Ability]:
        """Abilities with this act in a keyed order, at most `tries` operations looked at."""
        names = [name for method in METHODS[act] for name in self._by_method.get(method, ())]
        for name in _sample(names, draw.child(act), tries):
            ability = self.ability(name)
            if ability is None or ability.meaning.act != act:
                continue
            named = ability.noun and (act == "compute" or ability.meaning.collection is not None)
            if named or act == "call":
                yield ability

    def at(self, collection: Collection, *acts: str) -> Iterator[Ability]:
        """The abilities that work on a collection or its items, by act."""
        for suffix in ("", "/{}"):
            yield from self._here(collection.template + suffix, collection, acts)

    def beneath(self, collection: Collection, *acts: str) -> Iterator[Ability]:
        """The abilities one level below an item: its sub-collections and actions."""
        for operation in self._children.get(f"{collection.template}/{{}}", ()):
            ability = self._of(operation)
            if ability is not None and ability.noun and ability.meaning.act in acts:
                yield ability

    def actions(self, collection: Collection) -> list[Ability]:
        """Actions on an item of the collection."""
        return [
            ability
            for ability in self.beneath(collection, "action")
            if ability.meaning.collection is not None
            and ability.meaning.collection.template == collection.template
        ]

    def links(self, shape: Shape) -> list[tuple[str, Ability]]:
        """(field, reader): fields that hold the id of an entity some tool reads."""
        found = []
        for name in shape.properties:
            reader = self.reader(name)
            if reader is not None:
                found.append((name, reader))
        return found

    def reader(self, field: str) -> Ability | None:
        """The tool that reads what a reference field such as `author_id` points at."""
        target = self.target(field)
        if target is None:
            return None
        collection = self.world.resources.collection(target)
        return next((a for a in self.at(collection, "read")), None)

    def target(self, field: str) -> str | None:
        """The root collection that a reference field names, or None."""
        noun = stem(field)
        if not noun or noun == singulars(field):
            return None
        return self.world.resources.root_collection(noun)

    def beside(self, name: str) -> list[str]:
        """The tools that show what a writing tool has done, or take back what it has created."""
        own = self.ability(name)
        if own is None or own.operation.method == "GET" or own.meaning.collection is None:
            return []
        acts = ["read", "singleton", "list"] + ["delete"] * (own.meaning.act == "create")
        return [ability.name for ability in self.at(own.collection, *acts)]

    def near(self, name: str) -> tuple[str, ...]:
        """Other tools, the most easily confused first: same resource, same tag, same method."""
        if name not in self._near:
            own = self._operation(name)
            template, tags = self._template(own), set(own.tags)
            root = template.split("/{}")[0]

            def likeness(other: str) -> int:
                operation = self._operation(other)
                at = self._template(operation)
                score = 4 * (at.removesuffix("/{}") == template.removesuffix("/{}"))
                score += 2 * (at.split("/{}")[0] == root) + 2 * (
                    not tags.isdisjoint(operation.tags)
                )
                return score + (operation.method == own.method)

            ranked = sorted((n for n in self.names if n != name), key=likeness, reverse=True)
            self._near[name] = tuple(ranked[:16])
        return self._near[name]

    def body_shape(self, ability: Ability) -> Shape | None:
        """The surface of the request body's entity, inside its envelope if it has one."""
        schema = body_schema(ability.operation)
        if schema is None:
            return None
        shape = self.world.resources.shape(schema)
        key = ability.meaning.body_key
        return self.world.resources.shape(shape.properties[key]) if key else shape

    def filters(self, ability: Ability) -> list[tuple[Filter, Parameter]]:
        """The query parameters that compare a field of the entries."""
        found = {each.name: each for each in ability.facts.filters if each.kind != "search"}
        return [
            (found[parameter.name], parameter)
            for parameter in ability.operation.parameters
            if parameter.location == "query" and parameter.name in found
        ]

    def _here(
        self, template: str, collection: Collection, acts: Sequence[str]
    ) -> Iterator[Ability]:
        for operation in self.world.resources.operations_at(template).values():
            ability = self._of(operation)
            if ability is not None and ability.meaning.act in acts:
                yield ability

    def _of(self, operation: Operation) -> Ability | None:
        name = self._names_of.get(operation.id)
        return self.ability(name) if name is not None else None

    def _template(self, operation: Operation) -> str:
        from sandbox.conventions.paths import place_of

        return place_of(operation.path).template


def _sample(names: Sequence[str], draw: Draw, tries: int) -> Iterator[str]:
    """`tries` different names in a keyed order, without sorting a thousand of them."""
    if len(names) <= tries:
        yield from draw.shuffled(names)
        return
    seen: set[int] = set()
    for attempt in range(tries):
        index = draw.integer(0, len(names) - 1, str(attempt))
        if index not in seen:
            seen.add(index)
            yield names[index]
