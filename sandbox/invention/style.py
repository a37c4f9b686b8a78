"""How an invented document is written: a value for each convention that real ones differ in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

import inflect

from sandbox.draws import Draw

Protocol = Literal["REST", "verb suffixes", "RPC", "JSON:API", "OData"]
Envelope = Literal["none", "data", "items", "results", "named"]
Paging = Literal["none", "page", "offset", "cursor", "after"]
Casing = Literal["snake", "camel", "kebab", "pascal"]

_WORDS: Final = inflect.engine()
_PROTOCOLS: Final[tuple[Protocol, ...]] = (
    *("REST",) * 5, "verb suffixes", "RPC", "JSON:API", "OData",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """The conventions of one document."""

    protocol: Protocol
    fields: Casing
    paths: Casing
    envelope: Envelope
    """Where a list's entries lie."""
    wraps_one: bool
    """Whether a single entity lies in the same envelope."""
    paging: Paging
    total: bool
    ids: Literal["integer", "uuid", "slug", "code"]
    id_field: Literal["id", "own"]
    """`id`, or the noun with it (`book_id`)."""
    auth: Literal["none", "header", "bearer", "basic", "query"]
    errors: Literal["problem", "nested", "flat", "list"]
    nesting: bool
    """Whether things lie below what they belong to, or name it in a field."""
    update: Literal["patch", "put", "both"]
    wraps_body: bool
    descriptions: Literal["terse", "verbose", "missing"]
    named: bool
    """Whether operations have an operationId."""
    timestamps: Literal["none", "at", "on", "time"]
    idempotency: bool
    version: Literal["3.0.3", "3.1.0"]
    prefix: Literal["", "/v1", "/api/v2"]

    def key(self, name: str) -> str:
        """A field's name, given in snake case, in this document's spelling."""
        return to_casing(name, self.fields)

    def segment(self, name: str) -> str:
        """A collection's path segment: the plural of a noun in snake case."""
        return to_casing(plural(name), self.paths)


def draw_style(draw: Draw) -> Style:
    """A style; conventions that only occur together are drawn together."""
    protocol = draw.choice(_PROTOCOLS, "protocol")
    fields: Casing = draw.choice(("snake", "camel", "snake", "camel", "pascal", "kebab"), "fields")
    paths: Casing = draw.choice(("kebab", "snake", "camel", "kebab"), "paths")
    paging: Paging
    envelope: Envelope
    paging = draw.choice(("page", "offset", "cursor", "after", "none"), "paging")
    if protocol == "OData":
        fields, paths, paging = "pascal", "pascal", "offset"
    if protocol == "JSON:API":
        fields, paging = draw.choice(("kebab", "camel", "snake"), "fields"), "page"
    envelope = draw.choice(("data", "items", "results", "named", "none"), "envelope")
    if envelope == "none" and (protocol == "RPC" or paging in ("cursor", "after")):
        envelope = "named"
    return Style(
        protocol=protocol,
        fields=fields,
        paths=paths,
        envelope=envelope,
        wraps_one=draw.chance(0.3, "wraps_one"),
        paging=paging,
        total=draw.chance(0.6, "total"),
        ids=draw.choice(("integer", "uuid", "slug", "code"), "ids"),
        id_field=draw.choice(("id", "id", "own"), "id_field"),
        auth=draw.choice(("none", "header", "bearer", "basic", "query"), "auth"),
        errors=draw.choice(("problem", "nested", "flat", "list"), "errors"),
        nesting=draw.chance(0.5, "nesting") and protocol in ("REST", "JSON:API"),
        update=draw.choice(("patch", "put", "both"), "update"),
        wraps_body=draw.chance(0.15, "wraps_body") and protocol == "REST",
        descriptions=draw.choice(("terse", "verbose", "missing"), "descriptions"),
        named=draw.chance(0.75, "named"),
        timestamps=draw.choice(("none", "at", "on", "time"), "timestamps"),
        idempotency=draw.chance(0.25, "idempotency"),
        version=draw.choice(("3.0.3", "3.1.0"), "version"),
        prefix=draw.choice(("", "/v1", "/api/v2"), "prefix"),
    )


def to_casing(name: str, casing: Casing) -> str:
    """`published_on` in another spelling."""
    words = re.split(r"[_ ]", name)
    if casing == "snake":
        return "_".join(words)
    if casing == "kebab":
        return "-".join(words)
    joined = "".join(word.capitalize() for word in words)
    return joined if casing == "pascal" else joined[0].lower() + joined[1:]


def plural(noun: str) -> str:
    """The plural of an English noun in snake case."""
    head, joint, last = noun.rpartition("_")
    return f"{head}{joint}{_WORDS.plural(last)}"


def article(noun: str) -> str:
    """`a book`, `an author`."""
    return str(_WORDS.a(noun.replace("_", " ")))
