"""Objects: which names, then a value for each, keyed by the name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from sandbox.errors import NoInstance
from sandbox.values.consistency import polish
from sandbox.values.hints import example_maker
from sandbox.values.judge import pattern_matches
from sandbox.values.keys import derive, salt
from sandbox.values.nodes import Node, known_height
from sandbox.values.run import (
    BOTTOM,
    DEEP,
    HARD_NODES,
    LEVELS,
    MOST_ITEMS,
    MOST_NODES,
    SOFT_NODES,
    UNDECLARED,
    Make,
    Run,
    Schema,
)
from sandbox.values.wording import word_name

_WRAPPERS: Final = frozenset(
    "data items results result values records entries list objects hits content elements".split()
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the members say about names, merged."""

    declared: tuple[str, ...]
    required: frozenset[str]
    at_least: int
    at_most: int
    needs: Mapping[str, tuple[str, ...]]
    """dependentRequired."""
    open: bool
    """Whether undeclared names are admitted at all."""
    map: bool
    """Whether undeclared names are what the object is for."""


def rules_of(node: Node) -> Rules:
    """The rules for a node's property names in its direction."""
    flats = node.parts.flats
    declared = dict.fromkeys(name for flat in flats for name in flat.get("properties") or {})
    hidden = {
        name
        for flat in flats
        for name, schema in (flat.get("properties") or {}).items()
        if node.graph.is_hidden(schema)
    }
    required = [name for flat in flats for name in flat.get("required") or ()]
    needs: dict[str, tuple[str, ...]] = {}
    for flat in flats:
        for name, others in (flat.get("dependentRequired") or {}).items():
            needs[name] = needs.get(name, ()) + tuple(others)
    rest = [flat.get("additionalProperties") for flat in flats]
    patterned = any(flat.get("patternProperties") for flat in flats)
    closed = any(flat.get("unevaluatedProperties") is False for flat in flats)
    return Rules(
        declared=tuple(name for name in declared if name not in hidden),
        required=frozenset(name for name in required if name not in hidden),
        at_least=max((flat.get("minProperties", 0) for flat in flats), default=0),
        at_most=min((flat.get("maxProperties", 10**9) for flat in flats), default=10**9),
        needs=needs,
        open=(False not in rest or patterned) and not closed,
        map=any(isinstance(each, Mapping) for each in rest) or (patterned and not declared),
    )


def schemas_of(node: Node, name: str) -> list[Schema] | None:
    """The schemas that hold for a property, or None where the name may not occur."""
    made: list[Schema] = []
    evaluated = False
    closed = False
    for flat in node.parts.flats:
        matched = False
        properties = flat.get("properties") or {}
        if name in properties:
            matched = True
            made.append(properties[name])
        for pattern, schema in (flat.get("patternProperties") or {}).items():
            if pattern_matches(pattern, name):
                matched = True
                made.append(schema)
        if not matched:
            rest = flat.get("additionalProperties", True)
            if rest is False:
                return None
            if rest is not True:
                made.append(rest)
                matched = True
        names = flat.get("propertyNames", True)
        if names is False or (names is not True and not node.graph.judge.matches(names, name)):
            return None
        closed = closed or flat.get("unevaluatedProperties") is False
        evaluated = evaluated or matched
    if any(schema is False for schema in made) or (closed and not evaluated):
        return None
    return made


class ObjectPlan:
    """Declared names in the document's order, then what else is needed."""

    composite = True

    def __init__(self, node: Node) -> None:
        self.node = node
        self._rules: Rules | None = None
        self._children: dict[str, Node | None] = {}

    @property
    def rules(self) -> Rules:
        if self._rules is None:
            self._rules = rules_of(self.node)
        return self._rules

    def child(self, name: str) -> Node | None:
        """The node for a property, None where the name is not admitted."""
        if name not in self._children:
            node, schemas = self.node, schemas_of(self.node, name)
            self._children[name] = (
                None if schemas is None else node.graph.node(schemas, name, node.noun)
            )
        return self._children[name]

    def needs(self) -> Iterable[Node]:
        made = (self.child(name) for name in sorted(self.rules.required))
        return [node for node in made if node is not None]

    def height(self) -> float:
        if self.why():
            return inf
        return 1.0 + max((known_height(node) for node in self.needs()), default=0.0)

    @staticmethod
    def _weight(name: str, child: Node) -> int:
        """0 for a scalar, 1 for an object or list, 2 for one that replies are wrapped in, 3 for
        the attributes of JSON:API, without which there is nothing to see."""
        if not child.plan.composite:
            return 0
        return 3 if name == "attributes" else 2 if name in _WRAPPERS else 1

    def why(self) -> str:
        rules = self.rules
        for name in sorted(rules.required):
            if self.child(name) is None:
                return f"{name!r} is required and not allowed"
        if rules.at_least > rules.at_most or len(rules.required) > rules.at_most:
            return f"at most {rules.at_most} properties are allowed and more are wanted"
        if not rules.open and sum(map(self._admits, rules.declared)) < rules.at_least:
            return f"{rules.at_least} properties are wanted and fewer are allowed"
        return ""

    def _admits(self, name: str) -> bool:
        return self.child(name) is not None

    def compile(self) -> Make:
        node, rules = self.node, self.rules
        names = dict.fromkeys((*rules.declared, *sorted(rules.required)))
        usable = {name: child for name in names if (child := self.child(name)) is not None}
        fields = [
            (
                name,
                salt(name),
                name in rules.required,
                self._weight(name, child),
                child,
                example_maker(node, name, child),
            )
            for name, child in usable.items()
            if not child.parts.impossible
        ]
        whole = sum(weight > 0 for _, _, _, weight, _, _ in fields) == 1 and len(fields) < 5
        finish = self._finisher(usable)
        tidy = polish(node, usable)
        label = node.label

        def make(key: int, owner: int, run: Run) -> dict[str, Any]:
            depth = run.depth
            if depth > BOTTOM:
                raise NoInstance("", f"{label} nests deeper than {BOTTOM}")
            run.depth = depth + 1
            few = run.limits[depth] if depth < LEVELS and run.nodes < SOFT_NODES else 0
            some = run.threshold if run.nodes < HARD_NODES else 0
            # What a reply is about (its data, its one list) is hardly ever missing.
            about = 65536 if depth == 0 and some and not run.sparse else few
            seen = 65536 if few and not run.sparse else few
            bars = (some, about if whole else few, about, seen)
            made: dict[str, Any] = {}
            for name, constant, always, weight, child, maker in fields:
                # SplitMix64 as in keys.mix, inlined: this is the hottest loop of a world.
                k = key ^ constant
                k = (k ^ (k >> 30)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
                k = (k ^ (k >> 27)) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
                k ^= k >> 31
                if always:
                    try:
                        made[name] = (maker or child.make)(k, key, run)
                    except NoInstance as error:
                        raise NoInstance(f"/{name}{error.pointer}", error.reason) from None
                elif (k >> 48) < bars[weight]:
                    try:
                        made[name] = (maker or child.make)(k, key, run)
                    except NoInstance:
                        run.depth = depth + 1
            if finish is not None:
                finish(made, key, run)
            run.nodes += len(made) + 1
            run.depth = depth
            if run.nodes > MOST_NODES:
                raise NoInstance("", f"{label} is part of more than {MOST_NODES:,} values")
            if tidy is not None:
                tidy(made, key)
            return made

        return make

    def _finisher(self, usable: Mapping[str, Node]) -> Finish | None:
        rules = self.rules
        counted = rules.at_least > len(rules.required) or rules.at_most < len(usable)
        if not (counted or rules.needs or rules.map):
            return None
        return Finish(self, usable)


class Finish:
    """Brings an object's names into its rules: counts, dependencies, map entries."""

    def __init__(self, plan: ObjectPlan, usable: Mapping[str, Node]) -> None:
        self._plan = plan
        self._usable = usable
        self._names = _name_maker(plan)

    def __call__(self, made: dict[str, Any], key: int, run: Run) -> None:
        rules = self._plan.rules
        self._depend(made, key, run)
        if rules.map and not run.sparse and run.depth < DEEP:
            wanted = max(1 + derive(key, "#entries") % 3 - (len(self._usable) > 0), 0)
            self._extra(made, key, run, min(len(made) + wanted, rules.at_most))
        if len(made) > rules.at_most:
            self._trim(made)
        if len(made) < rules.at_least:
            self._grow(made, key, run)
            self._depend(made, key, run)
        if not rules.at_least <= len(made) <= rules.at_most:
            raise NoInstance("", "no set of properties found that meets counts and dependencies")

    def _depend(self, made: dict[str, Any], key: int, run: Run) -> None:
        needs, changed = self._plan.rules.needs, True
        while changed:
            changed = False
            for name, others in needs.items():
                missing = [each for each in others if name in made and each not in made]
                for other in missing:
                    if not self._add(made, other, key, run):
                        self._drop(made, name)
                        break
                    changed = True

    def _drop(self, made: dict[str, Any], name: str) -> None:
        if name in self._plan.rules.required:
            raise NoInstance("", f"{name!r} is required and what it depends on is impossible")
        self._remove(made, name)

    def _add(self, made: dict[str, Any], name: str, key: int, run: Run) -> bool:
        child = self._usable.get(name) or self._plan.child(name)
        if child is None or child.height == inf:
            return False
        depth = run.depth
        try:
            made[name] = child.make(derive(key, name), key, run)
        except NoInstance:
            run.depth = depth
            return False
        return True

    def _trim(self, made: dict[str, Any]) -> None:
        rules = self._plan.rules
        kept, size = set(rules.required), -1
        while len(kept) > size:
            size = len(kept)
            kept.update(*(rules.needs.get(name, ()) for name in tuple(kept)))
        for name in list(made)[::-1]:
            if len(made) <= rules.at_most:
                return
            if name not in kept:
                self._remove(made, name)

    def _remove(self, made: dict[str, Any], name: str) -> None:
        """Take a property out, and whatever depends on it."""
        if made.pop(name, self) is not self:
            for user, others in self._plan.rules.needs.items():
                if name in others and user in made:
                    self._remove(made, user)

    def _grow(self, made: dict[str, Any], key: int, run: Run) -> None:
        at_least = self._plan.rules.at_least
        for name in sorted(self._usable, key=lambda name: self._usable[name].height):
            if len(made) >= at_least:
                return
            if name not in made:
                self._add(made, name, key, run)
        self._extra(made, key, run, at_least)
        if len(made) < at_least:
            raise NoInstance("", f"{at_least} properties are wanted, {len(made)} are possible")

    def _extra(self, made: dict[str, Any], key: int, run: Run, size: int) -> None:
        if not self._plan.rules.open:
            return
        for attempt in range(4 * size + 8):
            if len(made) >= size:
                return
            run.items += 1
            if run.items > MOST_ITEMS:
                raise NoInstance("", "too many properties are wanted that have no names")
            name = self._names(derive(key, f"#name{attempt}"), run)
            if name not in made and name not in self._usable:
                run.items += UNDECLARED
                self._add(made, name, key, run)


def _name_maker(plan: ObjectPlan) -> Callable[[int, Run], Any]:
    """Names for undeclared properties: by propertyNames or patternProperties, else words."""
    node = plan.node
    for flat in node.parts.flats:
        names = flat.get("propertyNames")
        if isinstance(names, Mapping):
            child = node.graph.node([{"type": "string"}, names], "key", "")
            return lambda key, run: child.make(key, key, run)
    patterns = [p for flat in node.parts.flats for p in flat.get("patternProperties") or ()]
    if patterns:
        children = [
            node.graph.node([{"type": "string", "pattern": pattern}], "key", "")
            for pattern in patterns
        ]
        return lambda key, run: children[key % len(children)].make(key, key, run)
    return lambda key, run: word_name(key)
