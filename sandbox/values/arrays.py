"""Arrays: prefixItems, items, contains, uniqueItems; a few items, fewer in deep places."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any, Final

from sandbox.errors import NoInstance
from sandbox.values.fixed import canonical, fixed_values
from sandbox.values.keys import mix, salt
from sandbox.values.nodes import Node, known_height
from sandbox.values.run import BOTTOM, DEEP, MOST_ITEMS, MOST_NODES, SOFT_NODES, Make, Run, Schema

_ITEM = salt("#item")


_LOOKED_AT: Final = 200
"""Size up to which a list of scalars is searched for repeated ones."""


class ArrayPlan:
    """Items by position; each keyed by its index."""

    composite = True

    def __init__(self, node: Node) -> None:
        self._node = node
        flats = node.parts.flats
        self._prefix = max((len(flat.get("prefixItems") or ()) for flat in flats), default=0)
        contains = [flat for flat in flats if "contains" in flat]
        self._contains = [
            (flat["contains"], flat.get("minContains", 1), flat.get("maxContains"))
            for flat in contains
        ]
        held = sum(count for _, count, _ in self._contains)
        self._least = max((flat.get("minItems", 0) for flat in flats), default=0)
        self._most = min((flat.get("maxItems", 10**9) for flat in flats), default=10**9)
        # What must be contained stands behind the fixed positions, among them if there is no room.
        self._start = self._prefix if self._prefix + held <= self._most else 0
        self._least = max(self._least, self._start + held if held else 0)
        self._unique = any(flat.get("uniqueItems") is True for flat in flats)
        self._nodes: dict[tuple[int, int], Node] = {}

    def item(self, index: int) -> Node:
        """The node at a position; the first positions also hold what must be contained."""
        contained, place = -1, index - self._start
        for number, (_, count, _) in enumerate(self._contains):
            if 0 <= place < count:
                contained = number
                break
            place -= count
        slot = (min(index, self._prefix), contained)
        if slot not in self._nodes:
            schemas = self._schemas(slot[0])
            if contained >= 0:
                schemas.append(self._contains[contained][0])
            node = self._node
            self._nodes[slot] = node.graph.node(schemas, _singular(node.name), node.context)
        return self._nodes[slot]

    def _schemas(self, index: int) -> list[Schema]:
        made: list[Schema] = []
        for flat in self._node.parts.flats:
            prefix = flat.get("prefixItems") or ()
            if index < len(prefix):
                made.append(prefix[index])
            elif "items" in flat:
                made.append(flat["items"])
            elif prefix and flat.get("unevaluatedItems") is False:
                made.append(False)
        return made

    def needs(self) -> Iterable[Node]:
        if self.why():
            return []
        span = self._prefix + sum(count for _, count, _ in self._contains) + 1
        return [self.item(index) for index in range(min(self._least, span))]

    def why(self) -> str:
        if self._least > self._most:
            return f"at least {self._least} and at most {self._most} items are wanted"
        if self._least > MOST_NODES:
            return f"at least {self._least} items are wanted, more than are ever made"
        return ""

    def height(self) -> float:
        if self.why():
            return inf
        return 1.0 + max((known_height(node) for node in self.needs()), default=0.0)

    def compile(self) -> Make:
        node, least, most = self._node, self._least, self._most
        usable = 0
        span = self._prefix + sum(count for _, count, _ in self._contains)
        while usable <= span and usable < most and self.item(usable).height < inf:
            usable += 1
        if usable <= span:
            most = min(most, usable)
        usual = max(self._prefix, least)
        choose, unique = self.item, self._unique
        same = self.item(0) if span == 0 and most else None
        if unique and same is not None:
            values = fixed_values(same.parts.flats)
            most = min(most, len(values)) if values is not None else most
        exact = not any(most is not None for _, _, most in self._contains)
        label = node.label
        scalar = same is not None and not same.plan.composite

        def make(key: int, owner: int, run: Run) -> list[Any]:
            if run.depth > BOTTOM:
                raise NoInstance("", f"{label} nests deeper than {BOTTOM}")
            if run.sparse or run.depth > DEEP or run.nodes > SOFT_NODES:
                size = least
            else:
                size = usual + ((key >> 24) % 3 + 1 if usual < 2 and (key >> 40) % 12 else 0)
                size = max(min(size, most), least)
            if not exact:
                run.doubt = True
            run.nodes += 1
            run.items += size
            if max(run.nodes, run.items) > MOST_ITEMS:
                raise NoInstance("", f"{label} is part of more than {MOST_ITEMS:,} values")
            return _fill(size, least, key, run)

        def _fill(size: int, least: int, key: int, run: Run) -> list[Any]:
            made: list[Any] = []
            again = 0
            seen: set[bytes] = set()
            depth, misses, number = run.depth, 0, 0
            run.depth = depth + 1
            while len(made) < size:
                k = mix(key ^ _ITEM ^ number)
                number += 1
                try:
                    value = (same or choose(len(made))).make(k, key, run)
                except NoInstance:
                    run.depth = depth + 1
                    if len(made) >= least:
                        break
                    raise
                if unique:
                    mark = canonical(value)
                    if mark in seen:
                        misses += 1
                        if misses > 40 + 8 * size:
                            break
                        continue
                    seen.add(mark)
                elif again < size <= _LOOKED_AT and scalar and value in made:
                    # Lists of words that repeat one look wrong, yet are allowed.
                    again += 1
                    continue
                made.append(value)
            run.depth = depth
            if len(made) < least:
                raise NoInstance("", f"{label} wants {least} different items, {len(made)} found")
            return made

        return make


def _singular(name: str) -> str:
    """The name of one item of a list: photoUrls -> photoUrl, categories -> category."""
    for ending in ("List", "_list", "Array", "Set"):
        if name.endswith(ending) and len(name) > len(ending):
            return _singular(name[: -len(ending)])
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(("ss", "us", "is")):
        return name[:-1]
    return name
