"""oneOf, anyOf and their like: take a branch, check what construction cannot promise, try again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import inf
from typing import Any, Final

from sandbox.errors import NoInstance
from sandbox.values.branches import disjoint, swallows
from sandbox.values.hints import holds
from sandbox.values.keys import mix
from sandbox.values.nodes import Impossible, Node, Scalar, known_height
from sandbox.values.objects import schemas_of
from sandbox.values.parts import Parts, reference_of
from sandbox.values.run import DEEP, LEVELS, Make, Run, Schema

_ATTEMPTS: Final = 4
"""Keys tried per branch."""
_MOST_NESTED: Final = 24
"""Choices one inside the other from which on they take their smallest branch."""
_NULL_SHARE: Final = 8


class ChoicePlan:
    """The first pending choice of a node; its branches carry the others."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._choice = node.parts.choices[0]
        rest = replace(node.parts, choices=node.parts.choices[1:])
        self._branches = [self._branch(rest, index) for index in range(len(self._choice.branches))]
        self._plain: Node | None = None
        if self._choice.optional:
            self._plain = node.graph.of(rest, node.name, node.context, node.own)
        self._asked = False
        self._strictest: dict[int, Node | None] = {}
        self._simple = next(
            (node for nodes in self._branches for node in nodes if _is_simple(node)), None
        )
        """A branch of scalars: with one at hand no other is needed for a smallest value."""

    @property
    def composite(self) -> bool:
        """Whether every value but null is an object or array."""
        if self._asked or self._simple is not None:
            return False
        self._asked = True
        made = all(nodes[0].plan.composite or _only_null(nodes[0]) for nodes in self._branches)
        self._asked = False
        return made

    def _branch(self, rest: Parts, index: int) -> tuple[Node, ...]:
        """A branch's nodes, the most wanted first."""
        choice, node, graph = self._choice, self._node, self._node.graph
        schema = choice.branches[index]
        reference = reference_of(schema)
        own = reference.rsplit("/", 1)[-1] or node.own
        parts = rest.intersect(graph.anatomy.parts(schema))
        bare = graph.of(parts, node.name, node.context, own)
        overlay = choice.overlays[index] if choice.overlays else True
        if overlay is True:
            return (bare,)
        wanted = parts.intersect(graph.anatomy.parts(overlay))
        return graph.of(wanted, node.name, node.context, own), bare

    def needs(self) -> Iterable[Node]:
        if self._simple is not None:
            return [self._simple]
        made = [node for nodes in self._branches for node in nodes]
        return [*made, self._plain] if self._plain else made

    def height(self) -> float:
        return min((known_height(node) for node in self.needs()), default=inf)

    def why(self) -> str:
        return ""

    def compile(self) -> Make:
        live = []
        for index, nodes in enumerate(self._branches):
            # One candidate needs no look ahead: it refuses by itself where it has no value.
            usable = [node for node in nodes if len(nodes) == 1 or node.height < inf]
            if usable and not usable[0].parts.impossible:
                live.append((index, usable[0]))
        if not live:
            assert self._plain is not None, "a node of infinite height is never compiled"
            return self._plain.make
        strict = self._choice.exclusive
        if strict:
            single = [(index, node) for index, node in live if not self._is_shadowed(index)]
            strict = bool(single) or not self._choice.decided
            live = single if strict else live
            if not live and self._plain is not None:
                return self._plain.make
            if not live:
                return Impossible(f"no value of {self._node.label} matches exactly one").compile()
        rivals = [self._rivals(index) if strict else () for index, _ in live]
        return self._maker(live, rivals)

    def _is_shadowed(self, index: int) -> bool:
        """Whether every value of a branch matches another branch too, so that it never counts."""
        anatomy, branches = self._node.graph.anatomy, self._choice.branches
        own = anatomy.parts(branches[index])
        return any(
            branch == branches[index] or swallows(anatomy.parts(branch), own)
            for other, branch in enumerate(branches)
            if other != index
        )

    def _rivals(self, index: int) -> tuple[Schema, ...]:
        """The branches that a value of this branch might match too."""
        anatomy, branches = self._node.graph.anatomy, self._choice.branches
        own = anatomy.parts(branches[index])
        return tuple(
            branch
            for other, branch in enumerate(branches)
            if other != index and not disjoint(own, anatomy.parts(branch))
        )

    def _strict(self, node: Node, rivals: tuple[Schema, ...]) -> Node:
        """A branch's node with its rivals' complements written into it."""
        parts = node.parts
        for rival in rivals:
            parts = parts.intersect(node.graph.anatomy.negation(rival))
        return node.graph.of(parts, node.name, node.context, node.own)

    def _narrowest(self, at: int, node: Node, rivals: tuple[Schema, ...]) -> Node | None:
        """The strict node of a branch; None where looking for its values would not end."""
        if at not in self._strictest:
            strict: Node | None = self._strict(node, rivals)
            try:
                strict = strict if strict is not None and strict.height < inf else None
            except NoInstance:
                strict = None
            self._strictest[at] = strict
        return self._strictest[at]

    def _maker(self, live: list[tuple[int, Node]], rivals: list[tuple[Schema, ...]]) -> Make:
        nodes = [node for _, node in live]
        nulls = [at for at, node in enumerate(nodes) if _only_null(node)]
        usual = [at for at in range(len(nodes)) if at not in nulls] or nulls
        by_height: list[int] = []
        matches, plain = self._node.graph.judge.matches, self._plain
        decided = self._choice.decided
        label, count = self._node.label, len(usual)

        def make(key: int, owner: int, run: Run) -> Any:
            roll = mix(key ^ 0x9E37)
            # A choice that is among its own branches gets no deeper by being made.
            if run.depth >= DEEP or run.choices >= _MOST_NESTED:
                if not by_height:
                    by_height.extend(_by_height(nodes))
                order = by_height
            elif nulls and roll % _NULL_SHARE == 0:
                order = nulls + usual
            else:
                start = (roll >> 8) % count
                order = usual[start:] + usual[:start] + (nulls if nulls is not usual else [])
            depth, wishes = run.depth, (run.threshold, run.limits)
            without: set[int] = set()
            for attempt in range(_ATTEMPTS):
                for at in order:
                    if run.fuel <= 0 or at in without:
                        continue
                    # Accidental matches of other branches go away with all fields, or with few.
                    if attempt == 2:
                        run.threshold, run.limits = 65536, (65536,) * 3 + (0,) * (LEVELS - 3)
                    elif attempt == 3:
                        run.threshold, run.limits = 0, (0,) * LEVELS
                    run.choices += 1
                    try:
                        each = key if attempt == 0 else mix(key + attempt)
                        value = nodes[at].make(each, owner, run)
                        if not any(matches(rival, value) for rival in rivals[at]):
                            return value
                    except NoInstance:
                        run.depth = depth
                        without.add(at)
                    finally:
                        run.choices -= 1
                        run.threshold, run.limits = wishes
                    run.fuel -= 1
            if plain is not None:
                return plain.make(key, owner, run)
            for at in order if decided else ():
                if at not in without:
                    return nodes[at].make(key, owner, run)
            for at in order:
                value = distinct_object(nodes[at], rivals[at], key, owner, run)
                if value is not None:
                    return value
            for at in order:
                strict = self._narrowest(at, nodes[at], rivals[at]) if rivals[at] else None
                try:
                    if strict is None:
                        continue
                    value = strict.make(key, owner, run)
                    if not any(matches(rival, value) for rival in rivals[at]):
                        return value
                except NoInstance:
                    run.depth = depth
            raise NoInstance("", f"no value of {label} found that matches exactly one branch")

        return make


# Scalars unlike the usual ones, for when those all match what they must not.
_ODD: Final[tuple[Any, ...]] = ("", "0", "Z9", "-", " ", "é", 0, 1, -1, 0.5, None, True, False)


class GuardPlan:
    """A node with schemas that must not match: make, look, try again."""

    def __init__(self, node: Node) -> None:
        self._node = node
        bare = replace(node.parts, guards=())
        self._inner = node.graph.of(bare, node.name, node.context, node.own)

    @property
    def composite(self) -> bool:
        return self._inner.plan.composite

    def needs(self) -> Iterable[Node]:
        return (self._inner,)

    def height(self) -> float:
        return known_height(self._inner)

    def why(self) -> str:
        return ""

    def compile(self) -> Make:
        inner, guards = self._inner, self._node.parts.guards
        matches, label = self._node.graph.judge.matches, self._node.label

        def make(key: int, owner: int, run: Run) -> Any:
            for attempt in range(32):
                each = key if attempt == 0 else mix(key + attempt)
                value = inner.make(each, owner, run)
                if not any(matches(guard, value) for guard in guards):
                    return value
                run.fuel -= 1
                if run.fuel <= 0:
                    break
            for odd in _ODD:
                if holds(inner, odd) and not any(matches(guard, odd) for guard in guards):
                    return odd
            raise NoInstance("", f"every value of {label} that was tried matches its 'not'")

        return make


# What may stand in a field that means nothing to the branch taken; null says so most plainly.
_FOREIGN: Final[tuple[Any, ...]] = (None, False, 0, "", [])


def distinct_object(
    node: Node, rivals: tuple[Schema, ...], key: int, owner: int, run: Run
) -> dict[str, Any] | None:
    """An object of a branch that its rivals refuse because a field of theirs is null or foreign.

    Branches that only list optional fields all match each other's objects; such a field is then
    the one way to match a single branch. None where that does not help.
    """
    matches, anatomy = node.graph.judge.matches, node.graph.anatomy
    try:
        value = node.make(key, owner, run)
    except NoInstance:
        return None
    if not isinstance(value, dict):
        return None
    for rival in rivals:
        if matches(rival, value):
            _spoil(node, anatomy.parts(rival), value)
    if any(matches(rival, value) for rival in rivals) or not holds(node, value):
        return None
    return value


def _spoil(node: Node, rival: Parts, value: dict[str, Any]) -> None:
    matches = node.graph.judge.matches
    for flat in rival.flats:
        for name, schema in (flat.get("properties") or {}).items():
            schemas = schemas_of(node, name)
            if name in value or schemas is None:
                continue
            for foreign in _FOREIGN:
                if not matches(schema, foreign) and all(matches(each, foreign) for each in schemas):
                    value[name] = foreign
                    return


def _by_height(nodes: list[Node]) -> list[int]:
    """Smallest first; a scalar is small without looking at the others' heights."""
    simple = [at for at, node in enumerate(nodes) if _is_simple(node)]
    rest = [at for at in range(len(nodes)) if at not in simple]
    if simple:
        return simple + rest
    return sorted(rest, key=lambda at: (nodes[at].height, at))


_SIMPLE: Final = frozenset(("string", "integer", "number", "boolean", "null"))


def _is_simple(node: Node) -> bool:
    """Whether the node is a plain scalar, seen from its keywords alone."""
    parts = node.parts
    if parts.choices or parts.guards or parts.impossible or len(parts.flats) != 1:
        return False
    kind = parts.flats[0].get("type")
    return isinstance(kind, str) and kind in _SIMPLE and isinstance(node.plan, Scalar)


def _only_null(node: Node) -> bool:
    return any(flat.get("type") in ("null", ["null"]) for flat in node.parts.flats)
