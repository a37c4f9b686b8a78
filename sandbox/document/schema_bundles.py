"""Self-contained schemas: one schema and all it reaches, its `$ref`s pointing into `$defs`."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Literal

from sandbox.document.json_schema import ANNOTATIONS, INTEGER_BOUNDS, LISTS, MAPS, ONES

if TYPE_CHECKING:
    from sandbox.document.schemas import Schemas

Direction = Literal["request", "response"]

_PLAIN: Final = re.compile(r"#/components/schemas/([A-Za-z0-9._-]+)")
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")
# Said about a value, not checked on it; a validator is smaller without.
_UNCHECKED: Final = ANNOTATIONS | {"$comment", "contentMediaType", "contentEncoding"}


class Bundler:
    """Rewrites schemas for one direction; a component is rewritten once and shared."""

    __slots__ = ("_bare", "_definitions", "_flag", "_schemas")

    def __init__(self, schemas: Schemas, direction: Direction, *, bare: bool = False) -> None:
        self._schemas = schemas
        self._flag = "readOnly" if direction == "request" else "writeOnly"
        self._bare = bare
        self._definitions: dict[str, tuple[Any, tuple[str, ...]]] = {}

    def bundle(self, schema: Any) -> Any:
        """The self-contained form of a converted schema."""
        wanted: dict[str, None] = {}
        made = self._rewrite(schema, wanted)
        queue, definitions = list(wanted), {}
        while queue:
            reference = queue.pop()
            name = definition_name(reference)
            if name not in definitions:
                definitions[name], inner = self._definition(reference)
                queue.extend(inner)
        if not definitions or not isinstance(made, dict):
            return made
        return {**made, "$defs": {**made.get("$defs", {}), **definitions}}

    def _definition(self, reference: str) -> tuple[Any, tuple[str, ...]]:
        known = self._definitions.get(reference)
        if known is None:
            wanted: dict[str, None] = {}
            made = self._rewrite(self._schemas.target(reference), wanted)
            known = self._definitions[reference] = (made, tuple(wanted))
        return known

    def _rewrite(self, schema: Any, wanted: dict[str, None]) -> Any:
        made: dict[str, Any]
        if not isinstance(schema, dict):
            return schema
        if schema.get("nullable") is True:
            made = self._rewrite({**schema, "nullable": None}, wanted)
            return _or_null(made) if self._flag == "readOnly" else made
        made = {}
        for key, value in schema.items():
            if key == "$ref":
                wanted[value] = None
                made[key] = f"#/$defs/{definition_name(value)}"
            elif key in MAPS:
                made[key] = {name: self._rewrite(part, wanted) for name, part in value.items()}
            elif key in LISTS:
                made[key] = [self._rewrite(part, wanted) for part in value]
            elif key in ONES:
                made[key] = self._rewrite(value, wanted)
            elif key == "required":
                if kept := [name for name in value if not self._one_way(schema, name)]:
                    made[key] = kept
            elif key not in ("discriminator", "nullable") and not (
                self._bare and (key in _UNCHECKED or key.startswith("x-"))
            ):
                made[key] = value
        if self._bare and (bounds := INTEGER_BOUNDS.get(str(schema.get("format")))) is not None:
            made["minimum"] = max(bounds[0], made.get("minimum", bounds[0]))
            made["maximum"] = min(bounds[1], made.get("maximum", bounds[1]))
        return made

    def _one_way(self, schema: dict[str, Any], name: str) -> bool:
        """Whether a required property travels only in the other direction."""
        return self._has_flag(schema.get("properties", {}).get(name), 0)

    def _has_flag(self, part: Any, depth: int) -> bool:
        if not isinstance(part, dict) or depth > 8:
            return False
        if part.get(self._flag) is True:
            return True
        if "$ref" in part and self._has_flag(self._schemas.target(part["$ref"]), depth + 1):
            return True
        return any(self._has_flag(member, depth + 1) for member in part.get("allOf", ()))


def _or_null(made: dict[str, Any]) -> dict[str, Any]:
    outside = {key: made.pop(key) for key in list(made) if key in ANNOTATIONS}
    return {**outside, "anyOf": [made, {"type": "null"}]}


def definition_name(reference: str) -> str:
    """The key under `$defs`: a pure function of the `$ref`, whatever was bundled before."""
    plain = _PLAIN.fullmatch(reference)
    if plain is not None:
        return plain[1]
    mark = blake2b(reference.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{_ODD.sub('_', reference).strip('_')[-48:]}-{mark}"
