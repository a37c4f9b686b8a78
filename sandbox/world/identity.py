"""Identity: how a collection's ids are made and read; compiled once per collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.draws import Draw
from sandbox.errors import NoInstance
from sandbox.openapi import Schemas
from sandbox.openapi.values import Values
from sandbox.world.meanings import Collection
from sandbox.world.naming import singular, words
from sandbox.world.places import id_text

_TRIES: Final = 24
_ID_WORDS: Final = ("id", "sid", "key", "uid", "gid")
_LIMITS: Final = (
    "format",
    "pattern",
    "enum",
    "const",
    "maxLength",
    "minLength",
    "oneOf",
    "anyOf",
    "allOf",
)


class Typed:
    """An id's text as a value of one schema's type."""

    __slots__ = ("_kind", "_schema", "_schemas", "_valid")

    def __init__(self, schemas: Schemas, schema: Any) -> None:
        self._schemas = schemas
        self._schema = schema
        self._kind: type[int] | type[float] | None = None
        self._valid: Any = None

    def read(self, text: str) -> Any:
        """The value; None when it is not valid there. Raises DocumentError for a bad schema."""
        valid = self._valid
        if valid is None:
            resolved = self._schemas.resolve(self._schema)
            self._kind = _number_kind(resolved) if isinstance(resolved, dict) else None
            valid = self._valid = self._schemas.validator(self._schema, "response").is_valid
        value: Any = text
        if self._kind is not None:
            try:
                value = self._kind(text)
            except ValueError:
                return None
        return value if valid(value) else None


class Identity:
    """The ids of one collection."""

    __slots__ = ("_home", "_maker", "_own", "_range", "_schemas", "_shown", "_values")

    def __init__(self, schemas: Schemas, values: Values, home: Collection) -> None:
        self._schemas = schemas
        self._values = values
        self._home = home
        self._own = Typed(schemas, home.own_id_schema)
        self._shown = Typed(schemas, home.id_schema)
        self._range: tuple[int, int] | None = None
        """The numbers an integer id is drawn from."""
        self._maker: tuple[str, Any, str] | None = None
        """(prefix of a readable id, schema of any other, field name); made when first asked."""

    def typed(self, text: str) -> Any:
        """An id's text as the entity carries it; None when it cannot."""
        return self._own.read(text)

    def fresh(self, draw: Draw) -> str | None:
        """A fresh id, valid in the path and in the entity; None if none is found."""
        home = self._home
        for attempt in range(_TRIES):
            text = self._candidate(draw.child(attempt))
            if text is None or not text or "/" in text:
                continue
            if home.own_id_schema is not None and self._own.read(text) is None:
                continue
            if home.id_schema is not None and self._shown.read(text) is None:
                continue
            return text
        return None

    def _candidate(self, draw: Draw) -> str | None:
        maker = self._maker
        if maker is None:
            maker = self._maker = self._compiled()
        prefix, schema, name = maker
        if prefix:
            return f"{prefix}_{draw.hex(8)}"
        if self._range is not None:
            low, high = self._range
            return str(draw.integer(low, high)) if low <= high else None
        try:
            value = self._values.make(schema, draw, name=name)
        except NoInstance:
            return None
        return id_text(value) if isinstance(value, str | int | float) else None

    def _compiled(self) -> tuple[str, Any, str]:
        home, own = self._home, self._home.own_id_schema
        schema = own if own is not None and not self._unconstrained(own) else home.id_schema
        schema = own if schema is None else schema
        name = home.id_path[-1] if home.id_path else home.item_parameter or "id"
        if schema is None or self._unconstrained(schema):
            if words(name)[-1:] and words(name)[-1] in _ID_WORDS:
                return _prefix(home.noun), schema, name
            schema = schema if schema is not None else {"type": "string"}
        resolved = self._schemas.resolve(schema)
        if isinstance(resolved, dict) and _number_kind(resolved) is int:
            low = max(int(resolved.get("minimum", 100)), 100)
            self._range = low, min(int(resolved.get("maximum", 99_999)), 99_999)
        return "", schema, name

    def _unconstrained(self, schema: Any) -> bool:
        """A string that nothing constrains, so that any readable id will do."""
        resolved = self._schemas.resolve(schema)
        if not isinstance(resolved, dict) or resolved.get("type", "string") != "string":
            return False
        return not any(limit in resolved for limit in _LIMITS)


def identity(schemas: Schemas, values: Values, home: Collection) -> Identity:
    """The identity of a collection, compiled once."""
    known: Identity | None = home.memo.get("identity")
    if known is None:
        known = home.memo["identity"] = Identity(schemas, values, home)
    return known


def typed_id(schemas: Schemas, schema: Any, text: str) -> Any:
    """An id's text as a value of the schema's type; None when it is not valid there."""
    return Typed(schemas, schema).read(text)


def _number_kind(schema: Mapping[str, Any]) -> type[int] | type[float] | None:
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    return int if "integer" in kinds else float if "number" in kinds else None


def _prefix(noun: str) -> str:
    return "".join(part[:4] for part in words(singular(noun))[:2])[:6] or "id"
