"""A turn: one understood, valid call with all it may look at and change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.conventions.conventions import OperationFacts
from sandbox.conventions.idempotency import Idempotency
from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.conventions.paths import JOINED, Place, id_text, path_value
from sandbox.draws import Draw
from sandbox.messages import Arguments, Problem, Response
from sandbox.world.ledger import Effect, arguments_json
from sandbox.world.revealed_ids import ids_are_revealed, require_instances
from sandbox.world.state.population import SINGLE, Population
from sandbox.world.state.state import Entity, State

if TYPE_CHECKING:
    from sandbox.world.world import World


@dataclass(slots=True)
class Turn:
    """One understood, valid call on its way through the state."""

    world: World
    facts: OperationFacts
    meaning: Meaning
    """What the call does: the operation's meaning, or that in the representation asked for."""
    arguments: Arguments
    state: State
    population: Population
    seed: int
    keyed: Idempotency | None
    """Where the call may carry an idempotency key; None for a read too."""
    key: bytes
    """Canonical key of the call; b"" for a read."""
    occurrence: int
    label: str
    helpfulness: int
    materialise: bool
    """Whether unknown ids are invented instead of refused."""
    now: float
    """Virtual seconds since the session began."""
    drifted: bool
    """Whether the call may come through a release that pages what the document does not."""
    effects: list[Effect] = field(default_factory=list)
    known_as: dict[str, str] = field(default_factory=dict)
    """Path parameter → the id that its entity is kept under, where the call used another name."""
    faulty: Mapping[int, Sequence[Problem]] | None = None
    """Violations by the entry of the body's list that is refused while the others are made."""

    def draw(self, name: str) -> Draw:
        """A keyed draw of this very call."""
        return Draw(
            self.seed, self.label, name, self.meaning.operation.id, self.key, self.occurrence
        )

    def path(self) -> str:
        """The concrete path of the call's collection."""
        place, given = self.meaning.place, self.arguments.path
        path, collection = place.template, self.meaning.collection
        if place.names:
            path = place.fill({**given, **self.known_as} if self.known_as else given)
        if collection is not None and path not in self.population.homes:
            self.population.know(path, collection, place.template)
        return path

    def enter(self, place: Place, name: str) -> Response | None:
        """Go through an entity on the way to the call's own; the refusal if it is not there."""
        given = self.arguments.path
        path = place.fill({**given, **self.known_as} if self.known_as else given)
        collection = self.world.resources.collection(place.template)
        self.population.know(path, collection, place.template)
        asked = path_value(given, name)
        id, entity = self.locate(path, asked, collection)
        if entity is None:
            return self.missing(path, asked)
        if id != asked:
            self.known_as[name] = id
        return None

    def item(self) -> str:
        """The id of the entity that the call is about, wherever the call says it."""
        name, given = self.meaning.item, self.arguments
        if name is None:
            return SINGLE
        if name in given.path:
            return id_text(given.path[name])
        if JOINED in name:
            return path_value(given.path, name)
        body = given.body if isinstance(given.body, Mapping) else {}
        return id_text(given.query.get(name, body.get(name)))

    def target(self) -> tuple[str, str, Entity | None]:
        """The path, id and entity that the call is about; None where it is not there."""
        assert self.meaning.collection is not None
        path, id = self.path(), self.item()
        return path, *self.locate(path, id, self.meaning.collection)

    def find(self, path: str, id: str, collection: Collection) -> Entity | None:
        """An entity that exists, or may exist because nothing could ever list it."""
        return self.locate(path, id, collection)[1]

    def locate(self, path: str, id: str, collection: Collection) -> tuple[str, Entity | None]:
        """An entity by its id or by another name it bears, and the id it is kept under."""
        found = self.state.get(path, id)
        if found is not None or self.state.was_written(path, id):
            return id, found
        if self.materialise or not ids_are_revealed(self.world, collection):
            found = self.population.materialise(path, id)
            if found is None:
                require_instances(self.world, collection)
            return id, found
        natural = self.world.conventions.about(collection).identifiers.natural_keys
        other = self.state.known_as(path, natural).get(id) if natural else None
        if other is not None:
            return other, self.state.get(path, other)
        require_instances(self.world, collection)
        return id, None

    def write(
        self, kind: str, path: str, id: str, before: Entity | None, after: Entity | None
    ) -> Entity | None:
        """Commit one change and put it on the record, under the path that keeps the entity.

        Returns what the path shows of the entity from now on.
        """
        if after is None:
            self.state.delete(path, id)
            home, shown = self.population.facts[path].home, None
        else:
            home, shown = self.state.put(path, id, after)
        self.effects.append(Effect(kind, home, id, before, after))
        return shown

    def join(self, path: str, id: str, entity: Entity) -> None:
        """Add an entity that exists to the parent that a nested path goes through."""
        if self.state.get(path, id) is None:
            self.state.set_member(path, id, added=True)
            self.effects.append(Effect("create", path, id, None, entity))

    def leave(self, path: str, id: str) -> None:
        """Take an entity out of the parent that a nested path goes through."""
        before = self.state.get(path, id)
        self.state.set_member(path, id, added=False)
        self.effects.append(Effect("delete", path, id, before, None))

    def commit_call(self) -> None:
        """Put a deed that no entity shows on the record: the call itself is what is kept.

        A repeated PUT or DELETE is the same deed, a repeated POST another one.
        """
        asked = self.arguments if self.keyed is None else self.keyed.without(self.arguments)
        operation, kept = self.meaning.operation, arguments_json(asked)
        kept.pop("media_type", None)
        path = self.world.resources.place(operation).fill(asked.path)
        once = Draw(self.seed, "call", operation.id, self.key)
        draw = once if operation.method in ("PUT", "DELETE") else self.draw("call")
        made = {"operation": operation.id, **kept}
        self.effects.append(Effect("call", path, draw.hex(12), None, made))

    def declared_status(self, statuses: tuple[int, ...]) -> int:
        """The first of the statuses that the operation declares, else the first."""
        replies = self.meaning.operation.replies
        return next((status for status in statuses if str(status) in replies), statuses[0])

    def refuse(self, status: int, detail: str) -> Response:
        return self.world.error_responses.refuse(
            self.meaning.operation, status, detail, helpfulness=self.helpfulness
        )

    def missing(self, path: str, id: str) -> Response:
        if self.meaning.schema is not None:
            # An operation whose reply cannot be made says so, whatever it is asked for.
            require_instances(self.world, self.meaning)
        noun = self.population.noun(path)
        detail = f"There is no {noun} {id!r}." if id else f"There is no {path}."
        return self.world.error_responses.refuse(
            self.meaning.operation, 404, detail, helpfulness=self.helpfulness
        )
