"""The schemas of one document, resolved, bundled and compiled when somebody asks."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from sandbox.document.compiled_schema import Validator
from sandbox.document.discriminators import NamedBranches, find_subtypes, named_branches
from sandbox.document.json_schema import ANNOTATIONS, convert
from sandbox.document.lazy_validation import Links
from sandbox.document.references import MAX_CHAIN, References
from sandbox.document.schema_bundles import Bundler, Direction
from sandbox.document.value_kinds import Shape
from sandbox.errors import DocumentError

Schema = dict[str, Any] | bool

MAX_COMPILED: Final = 20_000
"""Definitions held in compiled validators, least recently used go first; about 8 KB each."""


class Schemas:
    """Lazy views on a document's schemas; everything is made once and kept.

    What is handed out is shared: treat it as immutable.
    """

    __slots__ = (
        "_bare",
        "_bundles",
        "_converted",
        "_full",
        "_links",
        "_named",
        "_resolved",
        "_shapes",
        "_subtypes",
        "_validators",
        "_weight",
        "dangling",
        "legacy",
        "references",
    )

    def __init__(
        self, references: References, *, legacy: bool, dangling: frozenset[str] = frozenset()
    ) -> None:
        self.references = references
        self.legacy = legacy
        self.dangling = dangling
        """`$ref`s of the document that lead nowhere."""
        # Keyed by identity; the source is kept beside the result so that the id stays its own.
        self._converted: dict[int, tuple[Any, Schema]] = {}
        self._bundles: dict[tuple[int, str], tuple[Any, Schema]] = {}
        self._validators: OrderedDict[tuple[int, str], tuple[Any, Validator]] = OrderedDict()
        self._resolved: dict[int, tuple[Any, Schema]] = {}
        self._weight = 0
        self._shapes: dict[int, tuple[Any, Shape]] = {}
        self._full: dict[Direction, Bundler] = {}
        self._bare: dict[Direction, Bundler] = {}
        self._links: dict[Direction, Links] = {}
        self._named: dict[tuple[int, str], tuple[Any, NamedBranches | None]] = {}
        self._subtypes: dict[str, tuple[str, ...]] | None = None

    def convert(self, schema: Any) -> Schema:
        """`schema` as JSON Schema 2020-12, its `$ref`s as they are."""
        known = self._converted.get(id(schema))
        if known is not None:
            return known[1]
        return self._keep(schema, convert(schema, legacy=self.legacy))

    def resolve(self, schema: Any) -> Schema:
        """`schema` as JSON Schema 2020-12 with its own `$ref` followed, not those inside.

        Keywords beside a 3.1 `$ref` join the target's. Raises DocumentError for a dangling `$ref`.
        """
        known = self._resolved.get(id(schema))
        if known is not None:
            return known[1]
        made = self.convert(schema)
        if not isinstance(made, dict) or "$ref" not in made:
            return made
        steps = 0
        while isinstance(made, dict) and "$ref" in made:
            steps += 1
            if steps > MAX_CHAIN:
                raise DocumentError(str(made["$ref"]), "is a $ref that leads only to itself")
            made = self._merge_definitions(made)
        self._converted_chain(schema, made)
        self._resolved[id(schema)] = (schema, made)
        return made

    def target(self, reference: str) -> Schema:
        """What a `$ref` names, converted. Raises DocumentError when it names nothing."""
        found = self.references.at(reference)
        known = self._converted.get(id(found))
        if known is not None:
            return known[1]
        return self._keep(found, convert(found, legacy=self.legacy, home=reference))

    def subtypes(self, reference: str) -> tuple[str, ...]:
        """The `$ref`s of the components that include another by `allOf`, however deep."""
        if self._subtypes is None:
            components = self.references.tree.get("components")
            held = components.get("schemas") if isinstance(components, dict) else None
            self._subtypes = find_subtypes(held)
        return self._subtypes.get(reference, ())

    def named_branches(self, schema: Any, reference: str = "") -> NamedBranches | None:
        """The branches that a resolved schema's discriminator selects, if it has any."""
        if not isinstance(schema, dict) or "discriminator" not in schema:
            return None
        key = (id(schema), reference)
        known = self._named.get(key)
        if known is None:
            known = self._named[key] = (schema, named_branches(self, schema, reference))
        return known[1]

    def names_in(self, schema: Any) -> NamedBranches | None:
        """The branches that the discriminator of a schema selects, its `$ref` followed."""
        reference = schema.get("$ref", "") if isinstance(schema, dict) else ""
        return self.named_branches(self.resolve(schema), reference)

    def bundle(self, schema: Any, direction: Direction = "response") -> Schema:
        """`schema` with everything it reaches under `$defs`, self-contained.

        In requests a readOnly property is never required, in responses a writeOnly one is not.
        """
        key = (id(schema), direction)
        known = self._bundles.get(key)
        if known is None:
            bundler = self._full.setdefault(direction, Bundler(self, direction))
            known = self._bundles[key] = (schema, bundler.bundle(self.convert(schema)))
        return known[1]

    def validator(self, schema: Any, direction: Direction = "request") -> Validator:
        """The compiled validator of a schema. Raises DocumentError where it cannot be compiled."""
        key = (id(schema), direction)
        known = self._validators.get(key)
        if known is not None:
            self._validators.move_to_end(key)
            return known[1]
        made = self.compile(self.convert(schema), direction)
        self._validators[key] = (schema, made)
        self._weight += made.weight
        while self._weight > MAX_COMPILED and len(self._validators) > 1:
            _, (_, dropped) = self._validators.popitem(last=False)
            self._weight -= dropped.weight
        return made

    def compile(self, schema: Schema, direction: Direction) -> Validator:
        """A new validator of an already converted schema; nothing is kept."""
        bundler = self._bare.setdefault(direction, Bundler(self, direction, bare=True))
        bundle = bundler.bundle(schema)
        links = self._links.setdefault(direction, Links())
        return Validator(bundle, links.compile(bundle) if isinstance(bundle, dict) else None)

    def shape(self, schema: Any) -> Shape:
        """Which kinds of JSON value a schema admits, for reading them from plain text."""
        known = self._shapes.get(id(schema))
        if known is None:
            known = self._shapes[id(schema)] = (schema, Shape(self, schema))
        return known[1]

    def dangling_in(self, schema: Any) -> str | None:
        """The first broken `$ref` a schema reaches, with its reason; None when all is well."""
        if not self.dangling:
            return None
        seen: set[str] = set()
        stack = [schema]
        while stack:
            node = stack.pop()
            if isinstance(node, list):
                stack.extend(node)
            elif isinstance(node, dict):
                reference = node.get("$ref")
                if isinstance(reference, str) and reference not in seen:
                    if self.references.is_broken(reference):
                        return self._reason(reference)
                    seen.add(reference)
                    stack.append(self.references.at(reference))
                stack.extend(part for key, part in node.items() if key not in _DATA)
        return None

    def _reason(self, reference: str) -> str:
        try:
            self.references.follow({"$ref": reference})
        except DocumentError as error:
            return str(error)
        return reference

    def _merge_definitions(self, made: dict[str, Any]) -> Schema:
        target = self.target(made["$ref"])
        beside = {key: value for key, value in made.items() if key != "$ref"}
        if not beside or self.legacy or target is False:
            return target
        if not isinstance(target, dict):
            return beside
        if not (beside.keys() & target.keys()) or beside.keys() <= ANNOTATIONS:
            return {**target, **beside}
        return {**beside, "allOf": [target, *beside.get("allOf", ())]}

    def _converted_chain(self, schema: Any, made: Schema) -> None:
        """Known results of joining must stay what they are when they come back in."""
        if isinstance(made, dict) and id(made) not in self._converted:
            self._converted[id(made)] = (made, made)

    def _keep(self, schema: Any, made: Schema) -> Schema:
        self._converted[id(schema)] = (schema, made)
        if isinstance(made, dict):
            self._converted[id(made)] = (made, made)
        return made


_DATA: Final = frozenset({"example", "examples", "default", "enum", "const"})
