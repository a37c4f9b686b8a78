"""The compiled graph: one node per intersection of schemas, built when first needed.

Building is lazy twice over: a node's plan (which fields are required, which branches exist) when
its height is asked for, its closure when it first makes a value. An operation nobody calls costs
nothing, and a cycle in the references is just a cycle in the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any, Final, Protocol

from sandbox.errors import NoInstance
from sandbox.values.judge import Judge
from sandbox.values.parts import Anatomy, Parts, reference_of
from sandbox.values.run import BOTTOM, Make, Run, Schema, SchemaSource

_WIDEST: Final = 10_000
"""Nodes looked at for one height; the widest of sixty real documents needs seven hundred."""


class Plan(Protocol):
    """How values of one node come about."""

    @property
    def composite(self) -> bool:
        """Whether values are objects or arrays, which deep places leave out."""

    def needs(self) -> Iterable[Node]:
        """The nodes a smallest value may be made of."""

    def height(self) -> float:
        """Nesting of the smallest value, from the heights its needs have now; inf: none known."""

    def why(self) -> str:
        """Why there is no value at all; "" where only what is needed has none."""

    def compile(self) -> Make:
        """The closure that makes values."""


class Impossible:
    """No value at all, and why."""

    composite = True

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def needs(self) -> Iterable[Node]:
        return ()

    def height(self) -> float:
        return inf

    def why(self) -> str:
        return self.reason

    def compile(self) -> Make:
        def make(key: int, owner: int, run: Run) -> Any:
            raise NoInstance("", self.reason)

        return make


class Scalar:
    """A value without parts."""

    composite = False

    def __init__(self, make: Make) -> None:
        self._make = make

    def needs(self) -> Iterable[Node]:
        return ()

    def height(self) -> float:
        return 0.0

    def why(self) -> str:
        return ""

    def compile(self) -> Make:
        return self._make


class Node:
    """An intersection of schemas under a field name."""

    __slots__ = ("_height", "_plan", "context", "graph", "make", "name", "own", "parts", "reached")

    def __init__(self, graph: Graph, parts: Parts, name: str, context: str, own: str) -> None:
        self.graph = graph
        self.parts = parts
        self.name = name
        """The field this value stands in, "" at the root."""
        self.context = context
        """What the enclosing object is called."""
        self.own = own
        """What this schema itself is called in the document, "" where it has no name."""
        self.reached = inf
        """The best height known so far, while heights are being found."""
        self._height: float | None = None
        self._plan: Plan | None = None
        self.make: Make = self._first

    def _first(self, key: int, owner: int, run: Run) -> Any:
        if self.height == inf:
            raise NoInstance(*_blame(self))
        if self.height > BOTTOM:
            raise NoInstance("", f"every value of {self.label} nests deeper than {BOTTOM}")
        self.make = self.plan.compile()
        return self.make(key, owner, run)

    @property
    def noun(self) -> str:
        """What the entity is: its schema's name, else its field's, else what it is part of."""
        return self.own or self.name or self.context

    @property
    def label(self) -> str:
        """A name for messages."""
        titles = [flat.get("title") for flat in self.parts.flats if flat.get("title")]
        return str(titles[0]) if titles else (self.noun or "the schema")

    @property
    def plan(self) -> Plan:
        if self._plan is None:
            self._plan = self.graph.planned(self)
        return self._plan

    @property
    def height(self) -> float:
        """Nesting of the smallest value; inf where every value would be endless."""
        if self._height is None:
            _find_heights(self)
        assert self._height is not None
        return self._height

    def settle(self, height: float) -> None:
        """Fix the height, once found."""
        self._height = height

    @property
    def has_height(self) -> bool:
        return self._height is not None


def _blame(node: Node) -> tuple[str, str]:
    """Where below a node of infinite height the trouble lies, and what it is."""
    place, seen = "", {id(node)}
    while not (reason := node.plan.why()):
        below = [need for need in node.plan.needs() if need.height == inf]
        if not below:
            return place, f"{node.label} has no value"
        step = f"/{below[0].name}" if below[0].name != node.name else ""
        node, place = below[0], place + step
        if id(node) in seen:
            return place, f"is endless: every {node.label} must contain another one"
        seen.add(id(node))
    return place, reason


def known_height(node: Node) -> float:
    """A node's height, or the best known so far while heights are being found."""
    return node.height if node.has_height else node.reached


def _find_heights(start: Node) -> None:
    """Least fixpoint over everything that smallest values of `start` may be made of.

    Heights start at infinity and only fall; what is still infinite when nothing falls any more
    lies on a required endless chain. Raises NoInstance where intersections keep making new ones.
    """
    pending, found = [start], {id(start): start}
    users: dict[int, list[Node]] = {}
    while pending:
        node = pending.pop()
        for need in node.plan.needs():
            users.setdefault(id(need), []).append(node)
            if id(need) not in found and not need.has_height:
                if len(found) >= _WIDEST:
                    raise NoInstance("", f"{start.label} branches without end")
                found[id(need)] = need
                pending.append(need)
    queue = list(found.values())  # popped from its end: what others need comes first
    waiting = set(found)
    while queue:
        node = queue.pop()
        waiting.discard(id(node))
        height = node.plan.height()
        if height < node.reached:
            node.reached = height
            for user in users.get(id(node), ()):
                if id(user) not in waiting:
                    waiting.add(id(user))
                    queue.append(user)
    for node in found.values():
        node.settle(node.reached)


class Graph:
    """All nodes of one document for one direction."""

    def __init__(
        self, source: SchemaSource, direction: str, planned: Callable[[Node], Plan]
    ) -> None:
        self.direction = direction
        self.planned = planned
        """How a node's values come about: decided in one place, above all plans."""
        self.anatomy = Anatomy(source)
        self.judge = Judge(self.anatomy, direction)
        self._nodes: dict[tuple[Any, ...], Node] = {}
        self._roots: dict[tuple[int, str], tuple[Schema, Node]] = {}

    def root(self, schema: Schema, name: str) -> Node:
        """The node of a schema given from outside, found again by identity."""
        known = self._roots.get((id(schema), name))
        if known is None:
            known = self._roots[(id(schema), name)] = (schema, self.node([schema], name, ""))
        return known[1]

    def node(self, schemas: Iterable[Schema], name: str, context: str) -> Node:
        """The node of an intersection."""
        made, own = Parts(), ""
        for schema in schemas:
            made = made.intersect(self.anatomy.parts(schema))
            own = reference_of(schema).rsplit("/", 1)[-1] or own
        return self.of(made, name, context, own)

    def of(self, parts: Parts, name: str, context: str, own: str = "") -> Node:
        """The node of parts already taken apart."""
        identity = (
            tuple(map(id, parts.flats)),
            tuple(map(id, parts.choices)),
            tuple(map(id, parts.guards)),
            name,
            context,
            own,
            bool(parts.impossible),
        )
        known = self._nodes.get(identity)
        if known is None:
            known = self._nodes[identity] = Node(self, parts, name, context, own)
        return known

    def is_hidden(self, schema: Schema) -> bool:
        """Whether a property does not travel in this direction."""
        mark = "writeOnly" if self.direction == "response" else "readOnly"
        resolved = self.anatomy.resolve(schema)
        if not isinstance(resolved, Mapping):
            return False
        return resolved.get(mark) is True or (
            isinstance(schema, Mapping) and schema.get(mark) is True
        )
