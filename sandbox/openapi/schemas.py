"""The schemas of one document, resolved, bundled and compiled when somebody asks."""

from __future__ import annotations

from typing import Any, Literal

from sandbox.errors import DocumentError
from sandbox.openapi.dialect import LISTS, MAPS, ONES, convert
from sandbox.openapi.references import References, tokens
from sandbox.openapi.shapes import Shape
from sandbox.openapi.validator import Validator

Direction = Literal["request", "response"]
Schema = dict[str, Any] | bool


class Schemas:
    """Lazy views on a document's schemas; everything is made once and kept."""

    __slots__ = ("_bundles", "_converted", "_shapes", "_validators", "legacy", "references")

    def __init__(self, references: References, *, legacy: bool) -> None:
        self.references = references
        self.legacy = legacy
        # Keyed by identity; the source is kept beside the result so that the id stays its own.
        self._converted: dict[int, tuple[Any, Schema]] = {}
        self._bundles: dict[tuple[int, str], tuple[Any, Schema]] = {}
        self._validators: dict[tuple[int, str], tuple[Any, Validator]] = {}
        self._shapes: dict[int, tuple[Any, Shape]] = {}

    def convert(self, schema: Any) -> Schema:
        """`schema` as JSON Schema 2020-12, its `$ref`s as they are."""
        known = self._converted.get(id(schema))
        if known is not None:
            return known[1]
        made: Schema = convert(schema, legacy=self.legacy)
        self._converted[id(schema)] = (schema, made)
        if isinstance(made, dict):
            self._converted[id(made)] = (made, made)
        return made

    def resolve(self, schema: Any) -> Schema:
        """`schema` as JSON Schema 2020-12 with its own `$ref` followed, not those inside.

        Keywords beside a 3.1 `$ref` join the target's. Raises DocumentError for a dangling `$ref`.
        """
        made = self.convert(schema)
        steps = 0
        while isinstance(made, dict) and "$ref" in made:
            steps += 1
            if steps > 64:
                raise DocumentError(str(made["$ref"]), "is a $ref that leads only to itself")
            made = self._joined(made)
        return made

    def target(self, reference: str) -> Schema:
        """What a `$ref` names, converted."""
        return self.convert(self.references.at(reference))

    def bundle(self, schema: Any, direction: Direction = "response") -> Schema:
        """`schema` with everything it reaches under `$defs`, self-contained.

        In requests a readOnly property is never required, in responses a writeOnly one is not.
        """
        key = (id(schema), direction)
        known = self._bundles.get(key)
        if known is not None:
            return known[1]
        made = _Bundler(self, direction).bundle(self.convert(schema))
        self._bundles[key] = (schema, made)
        return made

    def validator(self, schema: Any, direction: Direction = "request") -> Validator:
        """The compiled validator of a schema. Raises DocumentError where it cannot be compiled."""
        key = (id(schema), direction)
        known = self._validators.get(key)
        if known is not None:
            return known[1]
        made = Validator(_Bundler(self, direction).bundle(self.convert(schema)))
        self._validators[key] = (schema, made)
        return made

    def shape(self, schema: Any) -> Shape:
        """Which kinds of JSON value a schema admits, for reading them from plain text."""
        known = self._shapes.get(id(schema))
        if known is not None:
            return known[1]
        made = Shape(self, schema)
        self._shapes[id(schema)] = (schema, made)
        return made

    def _joined(self, made: dict[str, Any]) -> Schema:
        target = self.target(made["$ref"])
        beside = {key: value for key, value in made.items() if key != "$ref"}
        if not beside or self.legacy or target is False:
            return target
        if not isinstance(target, dict):
            return self._keep(beside)
        if not (beside.keys() & target.keys()) or beside.keys() <= _ANNOTATIONS:
            return self._keep({**target, **beside})
        return self._keep({**beside, "allOf": [target, *beside.get("allOf", ())]})

    def _keep(self, made: dict[str, Any]) -> dict[str, Any]:
        self._converted[id(made)] = (made, made)
        return made


_ANNOTATIONS = frozenset(
    {"title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly"}
)


class _Bundler:
    """Rewrites one schema and all it reaches to stand alone."""

    def __init__(self, schemas: Schemas, direction: Direction) -> None:
        self._schemas = schemas
        self._flag = "readOnly" if direction == "request" else "writeOnly"
        self._names: dict[str, str] = {}
        self._queue: list[str] = []

    def bundle(self, schema: Schema) -> Schema:
        made = self._rewrite(schema)
        definitions: dict[str, Any] = {}
        while self._queue:
            reference = self._queue.pop()
            definitions[self._names[reference]] = self._rewrite(self._schemas.target(reference))
        if not definitions or not isinstance(made, dict):
            return made
        # A whole that is nothing but a reference still needs a place for its definitions.
        return {**made, "$defs": {**made.get("$defs", {}), **definitions}}

    def _rewrite(self, schema: Any) -> Any:
        if not isinstance(schema, dict):
            return schema
        made: dict[str, Any] = {}
        for key, value in schema.items():
            if key == "$ref":
                made[key] = f"#/$defs/{self._name(value)}"
            elif key in MAPS:
                made[key] = {name: self._rewrite(part) for name, part in value.items()}
            elif key in LISTS:
                made[key] = [self._rewrite(part) for part in value]
            elif key in ONES:
                made[key] = self._rewrite(value)
            elif key == "required":
                if kept := [name for name in value if not self._one_way(schema, name)]:
                    made[key] = kept
            elif key != "discriminator":
                made[key] = value
        return made

    def _name(self, reference: str) -> str:
        name = self._names.get(reference)
        if name is None:
            last = [part for part in tokens(reference) if part][-1:] or ["root"]
            name = "".join(c if c.isalnum() or c in "_.-" else "_" for c in last[0])
            stem, count = name, 2
            taken = set(self._names.values())
            while name in taken:
                name, count = f"{stem}_{count}", count + 1
            self._names[reference] = name
            self._queue.append(reference)
        return name

    def _one_way(self, schema: dict[str, Any], name: str) -> bool:
        """Whether a required property travels only in the other direction."""
        part = schema.get("properties", {}).get(name)
        return self._flagged(part, 0)

    def _flagged(self, part: Any, depth: int) -> bool:
        if not isinstance(part, dict) or depth > 8:
            return False
        if part.get(self._flag) is True:
            return True
        if "$ref" in part and self._flagged(self._schemas.target(part["$ref"]), depth + 1):
            return True
        return any(self._flagged(member, depth + 1) for member in part.get("allOf", ()))
