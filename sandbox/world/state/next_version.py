"""Succession: a real next version of a document answers, over the state that the last one left.

What was written stays; what was never written comes from the old population where the old document
knows the collection, and from the new one otherwise. Replies are brought into the new form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox import exact_json
from sandbox.conventions.operation_model import Collection
from sandbox.conventions.resources import Resources
from sandbox.document import Operation
from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance
from sandbox.messages import Response, compact
from sandbox.world.state.collection_paths import Key, PathFacts, PathTable
from sandbox.world.state.completion import conformed_value
from sandbox.world.state.population import Population

if TYPE_CHECKING:
    from sandbox.world.world import World


class Carried:
    """Two populations as one: the old one's entities, the new one's rules for what is created."""

    __slots__ = ("_new", "_old", "_resources", "facts", "homes", "ids", "made", "seed")

    def __init__(self, old: Population, new: Population, resources: Resources) -> None:
        self.seed = new.seed
        self._old = old
        self._new = new
        self._resources = resources
        self.homes = new.homes
        self.facts: PathTable[PathFacts] = PathTable(lambda path: self._home(path).facts[path])
        self.ids: PathTable[tuple[str, ...]] = PathTable(lambda path: self._home(path).ids[path])
        self.made: Mapping[Key, Mapping[str, Any]] = {}

    def _home(self, path: str) -> Population:
        return self._new if self._resources.at(path) is None else self._old

    def know(self, path: str, collection: Collection, template: str = "") -> None:
        self._new.know(path, collection, template)

    def noun(self, path: str) -> str:
        return self._new.noun(path)

    def with_parent(self, path: str, entity: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._new.with_parent(path, entity)

    def changes_by_itself(self, path: str, pointer: str) -> bool:
        return self._home(path).changes_by_itself(path, pointer)

    def materialise(self, collection: str, id: str) -> Mapping[str, Any] | None:
        return self._home(collection).materialise(collection, id)

    def new_id(self, home: Collection, draw: Draw) -> str | None:
        return self._new.new_id(home, draw)

    def settle(
        self, path: str, home: Collection, id: str, entity: dict[str, Any]
    ) -> dict[str, Any]:
        return self._new.settle(path, home, id, entity)


def conform(world: World, operation: Operation, response: Response) -> Response:
    """A reply in the form that the operation's document declares: what fits is kept."""
    reply = operation.reply(response.status) if 200 <= response.status < 300 else None
    schema = next(
        (media.schema for name, media in (reply.media if reply else {}).items() if "json" in name),
        None,
    )
    if schema is None or not response.body:
        return response
    draw = Draw("succession", operation.id, response.body)
    try:
        value = exact_json.loads(response.body)
        made = conformed_value(world, schema, value, draw)
    except (ValueError, NoInstance, DocumentError):
        return response
    body = response.body if made is value else compact(exact_json.dumps(made))
    return Response(response.status, response.headers, body, response.delay, response.transport)
