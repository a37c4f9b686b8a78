"""Secrets: values that belong to one server, and the inputs and reply fields that hold them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from sandbox.conventions.schema_surface import Shape
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import singulars, words
from sandbox.document import Operation

_DEPTH: Final = 5


def is_credential(name: str) -> bool:
    """Whether a parameter or body member of this name carries a credential."""
    return key_of(name) in names("transport", "credentials")


def is_tenant(name: str) -> bool:
    """Whether a parameter says for which tenant of a service a client works."""
    key = key_of(name).removesuffix("_id")
    return any(key == word or key.endswith(f"_{word}") for word in names("transport", "tenants"))


def is_handed_out(credential: str, tool: str) -> bool:
    """Whether a tool is named by a credential or by signing in, so that who calls it reads or
    chooses one: `create_token`, `login`. An id (`app_id`) says which thing is meant, so that any
    tool may show it."""
    name, own = f"_{key_of(tool)}_", frozenset(singulars(tool))
    return (
        words(credential)[-1:] == ("id",)
        or own.issuperset(singulars(credential))
        or any(f"_{word}_" in name for word in names("transport", "signing_in"))
    )


def secret_names(look: Callable[[Any], Shape], operation: Operation) -> frozenset[str]:
    """Names of the parameters, body fields and reply fields of an operation that hold a secret."""
    media = [*operation.body.media.values()] if operation.body is not None else []
    if operation.success is not None:
        media += operation.success[1].media.values()
    schemas: list[dict[str, Any]] = [{"": each.schema} for each in media]
    schemas.append({parameter.name: parameter.schema for parameter in operation.parameters})
    return frozenset(name for each in schemas for name in _secret_names(look, each, _DEPTH))


def _secret_names(
    look: Callable[[Any], Shape], properties: Mapping[str, Any], depth: int
) -> Iterator[str]:
    for name, schema in properties.items() if depth else ():
        surface = look(schema)
        if surface.type in ("string", "") and "enum" not in surface.keywords:
            known = is_credential(name) or key_of(name) in names("secrets")
            if known or surface.keywords.get("format") == "password":
                yield name
        yield from _secret_names(look, surface.properties, depth - 1)
        if surface.items is not None:
            yield from _secret_names(look, {name: surface.items}, depth - 1)


def secrets_in(value: Any, known: Collection[str], place: str = "") -> Iterator[tuple[str, str]]:
    """(JSON pointer, text) of everything in a value that stands under one of the names."""
    pairs: Any = value.items() if isinstance(value, Mapping) else ()
    pairs = enumerate(value) if isinstance(value, list | tuple) else pairs
    for key, item in pairs:
        here = f"{place}/{key}"
        if isinstance(item, str) and key in known:
            yield here, item
        yield from secrets_in(item, known, here)
