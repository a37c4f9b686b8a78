"""Paging and idempotency as a model file states them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sandbox.conventions.idempotency import Idempotency
from sandbox.conventions.inputs import Input, Look, Pointer
from sandbox.conventions.overrides import IdempotencyOverride, PagingOverride
from sandbox.conventions.paging import PageReference, Paging
from sandbox.conventions.paging_parameters import first_position, page_sizes, token_of
from sandbox.errors import UnknownName

Described = tuple[Input, Any, str, bool]
"""(input, schema, description, required)."""
STATED = ("the model file says so",)


def overridden_paging(
    base: Paging | None, said: PagingOverride, inputs: Iterable[Described], look: Look, reply: Any
) -> Paging | None:
    """The paging of a list, with what is said of it in place of what was inferred.

    Raises UnknownName for an input or a field of the reply that does not exist.
    """
    if said.style == "none":
        return None
    known = list(inputs)
    made = replace(base or Paging("size"), evidence=STATED)
    if said.size is not None:
        size, schema, _ = _input(known, look, said.size, "page size parameter")
        goes_on = made.position is not None or said.position is not None
        default, largest = page_sizes(look, schema, goes_on=goes_on)
        made = replace(made, size=size, default_size=default, largest_size=largest)
    if said.next is not None:
        pointer, schema = _field(look, reply, said.next)
        keywords = look(schema).keywords
        url = "uri" in str(keywords.get("format", "")) or pointer[-1].lower() in ("url", "href")
        kind = "number" if look(schema).type == "integer" else "url" if url else "cursor"
        made = replace(made, next=(PageReference(pointer, kind),), link_list=None)  # type: ignore[arg-type]
    if said.total is not None:
        made = replace(made, total=(_field(look, reply, said.total)[0],))
    if said.position is not None:
        place, schema, about = _input(known, look, said.position, "page position parameter")
        number = look(schema).type in ("integer", "number")
        style = said.style or ("offset" if number else "cursor")
        first = first_position(style, look(schema).keywords, about)
        token = token_of(look, schema, made.next)
        made = replace(made, position=place, style=style, first=first, token=token, others=())
    elif said.style is not None:
        made = replace(made, style=said.style)
    return made


def overridden_idempotency(
    said: IdempotencyOverride, inputs: Iterable[Described]
) -> Idempotency | None:
    """Where the key goes that a model file names. Raises UnknownName where it is no input."""
    for location, name in (("header", said.header), ("query", said.query), ("body", said.field)):
        if name is not None:
            here = {each[0].name.lower(): each for each in inputs if each[0].location == location}
            if name.lower() not in here:
                names = [each[0].name for each in here.values()]
                raise UnknownName(f"{location} of the idempotency key", name, names)
            place, schema, _, required = here[name.lower()]
            return Idempotency(place, schema, required, STATED)
    return None


def _input(known: list[Described], look: Look, name: str, kind: str) -> tuple[Input, Any, str]:
    path = tuple(part for part in re.split(r"[\[\]/]+", name) if part)
    for place, schema, about, _ in known:
        if place.name in (name, path[0]):
            whole = place.name == name
            for key in () if whole else path[1:]:
                inner = look(schema).properties
                if key not in inner:
                    raise UnknownName(kind, name, [f"{path[0]}[{each}]" for each in inner])
                schema = inner[key]
            return (place if whole else Input(place.location, path)), schema, about
    raise UnknownName(kind, name, [place.name for place, *_ in known])


def _field(look: Look, reply: Any, name: str) -> tuple[Pointer, Any]:
    pointer, schema = tuple(part for part in name.split("/") if part), reply
    for key in pointer:
        inner = look(schema).properties
        if key not in inner:
            raise UnknownName("field of the reply", name, inner)
        schema = inner[key]
    return pointer, schema
