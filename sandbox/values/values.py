"""Values of schemas: deterministic, realistic, always valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, Literal, Protocol

from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance
from sandbox.values.combine import plan
from sandbox.values.contained import Contained
from sandbox.values.keys import mix
from sandbox.values.nodes import Graph, Node
from sandbox.values.prose import examples
from sandbox.values.run import Run, SchemaSource

Direction = Literal["request", "response"]
_ATTEMPTS: Final = 12
_CONTAINED: Final = 256
"""Self-contained schemas kept compiled: unlike a document's own they may be made per call."""


class Media(Protocol):
    """What `example` needs of a media type."""

    @property
    def schema(self) -> Any: ...

    @property
    def examples(self) -> Sequence[Any]: ...


class Values:
    """Makes instances of one document's schemas; compiled on first use, kept by identity."""

    def __init__(self, schemas: SchemaSource) -> None:
        self._schemas = schemas
        self._graphs: dict[str, Graph] = {}
        self._contained: dict[int, tuple[Any, Values, Any]] = {}

    def make(
        self,
        schema: Any,
        draw: Draw,
        *,
        name: str = "",
        direction: Direction = "response",
        optional: float = 0.5,
        sparse: bool = False,
    ) -> Any:
        """An instance of `schema`, the same for the same draw.

        A schema with its own `$defs` (a tool's parameters) stands alone.
        `optional` is the share of optional properties present; `sparse` leaves them all out.
        Raises NoInstance where no finite value exists (or none was found).
        """
        if isinstance(schema, Mapping) and "$defs" in schema:
            values, body = self._alone(schema)
            return values.make(
                body, draw, name=name, direction=direction, optional=optional, sparse=sparse
            )
        node = self._graph(direction).root(schema, name)
        key = draw.bits("value")
        run = Run(optional=optional, sparse=sparse)
        value = node.make(key, key, run)
        if not run.doubt or self.admits(schema, value, direction):
            return value
        return self._again(node, schema, key, direction, optional)

    def _alone(self, schema: Mapping[str, Any]) -> tuple[Values, Any]:
        """Values of a self-contained schema, and its root without definitions."""
        known = self._contained.get(id(schema))
        if known is None:
            if len(self._contained) >= _CONTAINED:
                self._contained.clear()
            source = Contained(schema, self._schemas)
            known = self._contained[id(schema)] = (schema, Values(source), source.body)
        return known[1], known[2]

    def _graph(self, direction: Direction) -> Graph:
        graph = self._graphs.get(direction)
        if graph is None:
            graph = self._graphs[direction] = Graph(self._schemas, direction, plan)
        return graph

    def _again(
        self, node: Node, schema: Any, key: int, direction: Direction, optional: float
    ) -> Any:
        """Other keys, then fewer optional parts, until the document's validator agrees."""
        for attempt in range(1, _ATTEMPTS):
            share = optional if attempt < 4 else (1.0 if attempt % 2 else 0.0)
            run = Run(optional=share, sparse=share == 0.0)
            each = mix(key + attempt)
            value = node.make(each, each, run)
            if self.admits(schema, value, direction):
                return value
        raise NoInstance("", f"no valid value of {node.label} found in {_ATTEMPTS} attempts")

    def weight(self, schema: Any) -> int:
        """How many values and items one instance holds at least; 0 where there is none."""
        run = Run(sparse=True)
        try:
            self._graph("response").root(schema, "").make(0, 0, run)
        except NoInstance:
            return 0
        return run.nodes + run.items

    def admits(self, schema: Any, value: Any, direction: Direction = "response") -> bool:
        """Whether the value is valid against the schema."""
        try:
            return bool(self._schemas.validator(schema, direction).is_valid(value))
        except DocumentError:
            # Something the schema reaches cannot be compiled; the value does not go there.
            return self._graphs[direction].judge.matches(schema, value)

    def example(self, media: Media, *, direction: Direction = "response") -> Any:
        """The first of a media type's examples that its schema admits, or None.

        Examples that break their own schema are common in real documents; they are passed over.
        """
        schema = media.schema
        given = list(media.examples)
        if schema is None:
            return deepcopy(given[0]) if given else None
        resolved = self._graph(direction).anatomy.resolve(schema)
        if isinstance(resolved, Mapping):
            given += examples([resolved])
        for value in given:
            if self.admits(schema, value, direction):
                return deepcopy(value)
        return None
