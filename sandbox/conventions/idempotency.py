"""Idempotency: where a call says that it is the same try as an earlier one.

A header such as `Idempotency-Key` or `PayPal-Request-Id`, a query parameter, or a field of the
body. The one definition: the world honours it, faults, scripts and the ledger read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.conventions.inputs import Input
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import words
from sandbox.draws import Draw
from sandbox.messages import Arguments

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True, slots=True)
class Idempotency:
    """Where the key of an operation goes."""

    place: Input
    schema: Any
    """What the key has to be like."""
    required: bool = False
    evidence: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The parameter's or field's name."""
        return self.place.path[-1]

    def key(self, arguments: Arguments) -> str | None:
        """The key that a call carries, as text; None where it carries none."""
        if self.place.location == "body":
            body = arguments.body
            value = self.place.read(body) if isinstance(body, Mapping) else None
        else:
            value = self.place.read(getattr(arguments, self.place.location))
        usable = isinstance(value, str | int) and not isinstance(value, bool) and value != ""
        return str(value) if usable else None

    def without(self, arguments: Arguments) -> Arguments:
        """The arguments without their key: what the call asks for."""
        if self.key(arguments) is None:
            return arguments
        location = self.place.location
        rest: dict[str, Any] = {location: self.place.put(getattr(arguments, location), None)}
        return replace(arguments, **rest)

    def argument(self, arguments: Mapping[str, tuple[str, str]]) -> str | None:
        """The argument of a tool that takes the key; `arguments` are name → (location, origin)."""
        place = (self.place.location, self.name)
        return next((name for name, each in arguments.items() if each == place), None)


def idempotency_of(
    method: str, inputs: Iterable[tuple[Input, Any, str, bool]]
) -> Idempotency | None:
    """The idempotency of an operation; `inputs` are (place, schema, description, required)."""
    if method in SAFE:
        return None
    for place, schema, description, required in inputs:
        if identifies(place.path[-1], description):
            why = f"{place.location} `{'.'.join(place.path)}`"
            return Idempotency(place, schema, required, (why,))
    return None


def identifies(name: str, description: str) -> bool:
    """Whether a name and its description say that it tells one try from another."""
    key, about = key_of(name), description.lower()
    if "idempoten" in name.lower() or key in names("idempotency", "names"):
        return True
    asked = key in names("idempotency", "request_ids") or words(name)[-2:] == ("request", "id")
    if "idempoten" in about and len(words(name)) > 1:
        asked = asked or words(name)[-1] in names("idempotency", "endings")
    return asked and any(text in about for text in names("idempotency", "descriptions"))


def made_key(schema: Any, draw: Draw) -> str | int:
    """A key such as a parameter's schema wants it: a UUID, a number, or a text short enough."""
    plain = schema if isinstance(schema, Mapping) else {}
    kinds = plain.get("type")
    if kinds in ("integer", "number"):
        return draw.integer(1, int(plain.get("maximum", 2**31 - 1)), "key")
    digits = draw.hex(32)
    if plain.get("format") == "uuid":
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
    longest = plain.get("maxLength")
    return digits[: int(longest)] if isinstance(longest, int) else digits
