"""Invented documents: a function of (seed, index), so that any of them can be made again alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import yaml

import specs
from sandbox.draws import Draw
from sandbox.invention.operations import operations
from sandbox.invention.schemas import Schemas, Thing
from sandbox.invention.style import Style, draw_style, to_casing

_AUTH: Final[Mapping[str, dict[str, Any]]] = {
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "api_key"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
}


@dataclass(frozen=True, slots=True)
class Invented:
    """One document and how it was written."""

    name: str
    domain: str
    style: Style
    tree: dict[str, Any]
    """The OpenAPI document."""


def invent(n: int, *, seed: int = 0) -> Iterator[Invented]:
    """`n` documents. The same seed and index give the same document, whatever `n` is."""
    for index in range(n):
        yield invent_document(seed, index)


def invent_document(seed: int, index: int) -> Invented:
    """One document by its seed and index."""
    draw = Draw("invent", seed, index)
    words = vocabulary()
    # Neighbours differ in their domain, whatever the draws say.
    names = sorted(words["domains"])
    domain = Draw("invent", seed).shuffled(names)[index % len(names)]
    style = draw_style(draw.child("style"))
    schemas = Schemas(style, words["kinds"], draw)
    things = _things(words["domains"][domain], schemas, draw)
    by_noun = {thing.noun: thing for thing in things}
    paths: dict[str, Any] = {}
    components: dict[str, Any] = {}
    for thing in things:
        components |= schemas.components(thing)
        for written in operations(schemas, thing, by_noun.get(thing.of), draw.child(thing.noun)):
            paths.setdefault(written.path, {})[written.method] = written.operation
    title = draw.choice(words["titles"], "title").format(domain=domain.capitalize())
    refused = {
        "description": "Refused",
        "content": {schemas.error_media: {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    tree: dict[str, Any] = {
        "openapi": style.version,
        "info": {"title": title, "version": f"{1 + draw.integer(0, 4, 'major')}.0"},
        "servers": [{"url": f"https://{to_casing(domain, 'kebab')}.example.com"}],
        "paths": paths,
        "components": {
            "schemas": components | {"Error": schemas.error()},
            "responses": {"Refused": refused},
        },
    }
    if style.auth != "none":
        tree["components"]["securitySchemes"] = {"key": dict(_AUTH[style.auth])}
        tree["security"] = [{"key": []}]
    return Invented(f"{domain}-{seed}-{index:05d}", domain, style, tree)


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, Any]:
    """Domains, kinds of fields and titles, as the data file has them."""
    found: dict[str, Any] = yaml.safe_load(
        specs.path("domains", "vocabulary").read_text(encoding="utf-8")
    )
    return found


def _things(domain: Mapping[str, Any], schemas: Schemas, draw: Draw) -> list[Thing]:
    """Two or more of a domain's things, each with some of its fields."""
    nouns = list(domain)
    kept = set(draw.child("nouns").shuffled(nouns)[: draw.integer(2, len(nouns), "count")])
    return [
        _thing(noun, domain[noun], kept, schemas, draw.child(noun))
        for noun in nouns
        if noun in kept
    ]


def _thing(
    noun: str, entry: Mapping[str, Any], kept: set[str], schemas: Schemas, draw: Draw
) -> Thing:
    first, *others = entry["fields"]
    wanted = draw.integer(min(2, len(others)), len(others), "fields")
    chosen = set(draw.child("fields").shuffled(others)[:wanted])
    names = [first, *(name for name in others if name in chosen)]
    required = (first, *(name for name in names[1:] if draw.chance(0.5, name)))
    fields = {name: schemas.field(entry["fields"][name]) for name in names}
    verbs = {
        verb: status
        for verb, status in entry.get("verbs", {}).items()
        if draw.chance(0.7, f"verb {verb}")
    }
    of = entry.get("of", "")
    return Thing(noun, fields, required, verbs, of if of in kept else "")
