"""Identity: how a collection's ids are made and read; compiled once per collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from sandbox.conventions.operation_model import Collection, KeyPart
from sandbox.conventions.paths import JOINED, id_text
from sandbox.conventions.schema_surface import shape
from sandbox.conventions.vocabulary import key_of, names, ranked_names
from sandbox.conventions.words import singular, words
from sandbox.document import Schemas
from sandbox.draws import Draw
from sandbox.errors import NoInstance
from sandbox.values import Values
from sandbox.values.like_example import like_examples
from sandbox.values.people import Text
from sandbox.values.prose import examples

_TRIES: Final = 24
_FORMED: Final = frozenset(("uuid", "guid"))
"""Words of which ids have a form of their own."""
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

    __slots__ = ("_last", "_numeric", "_schema", "_schemas", "_valid")

    def __init__(self, schemas: Schemas, schema: Any) -> None:
        self._schemas = schemas
        self._schema = schema
        self._numeric = False
        self._valid: Any = None
        self._last: tuple[str, Any] = "", None
        """The last text and its value: a new id is read when it is drawn and when it is put in."""

    def read(self, text: str) -> Any:
        """The value; None when it is not valid there. Raises DocumentError for a bad schema."""
        last, value = self._last
        if last and last == text:
            return value
        valid = self._valid
        if valid is None:
            self._numeric = _numeric(self._schemas, self._schema)
            valid = self._valid = self._schemas.validator(self._schema, "response").is_valid
        number = _number(text)
        if number is not None and self._numeric and valid(number):
            value = number
        elif valid(text):
            value = text
        else:
            value = number if number is not None and valid(number) else None
        self._last = text, value
        return value


class Identity:
    """The ids of one collection."""

    __slots__ = (
        "_home", "_like", "_maker", "_own", "_parts", "_range", "_schemas", "_shown", "_values"
    )  # fmt: skip

    def __init__(self, schemas: Schemas, values: Values, home: Collection) -> None:
        self._schemas = schemas
        self._values = values
        self._home = home
        self._own = Typed(schemas, home.own_id_schema)
        self._shown = Typed(schemas, home.id_schema)
        self._range: tuple[int, int] | None = None
        """The numbers an integer id is drawn from."""
        self._like: Text | None = None
        """What makes ids of the form of the document's example."""
        self._parts = tuple(
            (part, Identity(schemas, values, _part_alone(home, part))) for part in home.key
        )
        """Those of a composite key, each with the ids that it takes."""
        self._maker: tuple[str, Any, str] | None = None
        """(prefix of a readable id, schema of any other, field name); made when first asked."""

    def parse(self, text: str) -> Any:
        """An id's text as the entity carries it; None when it cannot."""
        return self._own.read(text)

    def parts(self, id: str) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Where the entity carries a composite key, in parts and as a whole, with the values."""
        texts = id.split(JOINED, len(self._parts) - 1)
        for (part, own), text in zip(self._parts, texts, strict=False):
            value = own.parse(text) if part.path else None
            if value is not None:
                yield part.path, value
        for name in self._home.shape.properties:
            if key_of(name) in names("identifiers", "whole"):
                yield (name,), "/".join(texts)

    def fresh(self, draw: Draw) -> str | None:
        """A fresh id, valid in the path and in the entity; None if none is found."""
        home = self._home
        if self._parts:
            made = [own.fresh(draw.child(part.parameter)) for part, own in self._parts]
            return None if None in made else JOINED.join(filter(None, made))
        for attempt in range(_TRIES):
            text = self._candidate(draw, attempt)
            if text is None or not text or "/" in text:
                continue
            if home.own_id_schema is not None and self._own.read(text) is None:
                continue
            if home.id_schema is not None and self._shown.read(text) is None:
                continue
            return text
        return None

    def _candidate(self, draw: Draw, attempt: int) -> str | None:
        maker = self._maker
        if maker is None:
            maker = self._maker = self._compile_maker()
        prefix, schema, name = maker
        draw = draw.child(attempt)
        if self._range is not None:
            low, high = self._range
            return str(draw.integer(low, high)) if low <= high else None
        if self._like is not None:
            return self._like(draw.bits("own"), draw.bits("owner"))
        if prefix:
            return f"{prefix}_{draw.hex(8)}"
        try:
            value = self._values.make(schema, draw, name=name)
        except NoInstance:
            return None
        return id_text(value) if isinstance(value, str | int | float) else None

    def _compile_maker(self) -> tuple[str, Any, str]:
        home, own = self._home, self._home.own_id_schema
        schema = own if own is not None and not self._is_unconstrained(own) else home.id_schema
        schema = own if schema is None else schema
        name = home.id_path[-1] if home.id_path else home.item_parameter or "id"
        if schema is None or self._is_unconstrained(schema):
            last = words(name)[-1:]
            if {*last} & {*ranked_names("identifiers", "usual")} - _FORMED:
                self._copy_form(name)
                return _prefix(home.noun), schema, name
            schema = schema if schema is not None else {"type": "string"}
        resolved = self._schemas.resolve(schema)
        if isinstance(resolved, dict) and _numeric(self._schemas, schema):
            self._range = _range(resolved)
        return "", schema, name

    def _copy_form(self, name: str) -> None:
        """Take over the form of the example that the document gives for the id."""
        shown = [self._schemas.resolve(schema) for schema in self._declared_schemas()]
        flats = [flat for flat in shown if isinstance(flat, dict)]
        found = [each for each in examples(flats) if isinstance(each, str)]
        if found and found[0].isdigit() and len(found[0]) < 6:
            self._range = 100, 99_999
        elif found:
            self._like = like_examples(name, flats)

    def _declared_schemas(self) -> list[Any]:
        both = (self._home.own_id_schema, self._home.id_schema)
        return [schema for schema in both if schema is not None]

    def _is_unconstrained(self, schema: Any) -> bool:
        """A string that nothing constrains, so that any readable id will do."""
        resolved = self._schemas.resolve(schema)
        if not isinstance(resolved, dict) or resolved.get("type", "string") != "string":
            return False
        return not any(limit in resolved for limit in _LIMITS)


def _part_alone(home: Collection, part: KeyPart) -> Collection:
    """The collection as if one part of its composite key were the whole."""
    return replace(
        home, key=(), item_parameter=part.parameter, id_path=part.path, id_schema=part.schema,
        own_id_schema=part.own_schema,
    )  # fmt: skip


def identity(schemas: Schemas, values: Values, home: Collection) -> Identity:
    """The identity of a collection, compiled once."""
    known: Identity | None = home.memo.get("identity")
    if known is None:
        known = home.memo["identity"] = Identity(schemas, values, home)
    return known


def typed_id(schemas: Schemas, schema: Any, text: str) -> Any:
    """An id's text as a value of the schema's type; None when it is not valid there."""
    return Typed(schemas, schema).read(text)


def _range(schema: Mapping[str, Any]) -> tuple[int, int]:
    """The numbers that ids are drawn from: three to five digits where the schema allows that."""
    low = int(schema.get("minimum", 1))
    high = int(schema.get("maximum", max(low, 0) + 99_999))
    if high >= 100:
        low = max(low, 100)
    return low, min(high, 99_999 if low <= 99_999 else low + 99_999)


def _numeric(schemas: Schemas, schema: Any) -> bool:
    """Whether an id is written as a number first of all."""
    return shape(schemas, schema).type in ("integer", "number")


def _number(text: str) -> int | float | None:
    """What a text says as a number; None where it is no plain one."""
    if not text.isascii():
        return None
    digits = text.lstrip("-")
    try:
        if digits.isdigit():
            return int(text)
        number = float(text) if digits[:1].isdigit() else None
    except ValueError:
        return None
    if number is not None and number.is_integer() and abs(number) < 1e15:
        return int(number)
    return number


def _prefix(noun: str) -> str:
    return "".join(part[:4] for part in words(singular(noun))[:2])[:6] or "id"
