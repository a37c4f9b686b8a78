"""Media type objects: schemas, encodings, and the examples that stand beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sandbox.document.media_types import form_of
from sandbox.document.operations import Media
from sandbox.document.references import References
from sandbox.errors import DocumentError


def read_media(raw: Any, references: References) -> Media:
    """A media type object; an empty one where there is none."""
    if not isinstance(raw, dict):
        return Media()
    schema = raw.get("schema")
    encoding = raw.get("encoding")
    item_schema = raw.get("itemSchema")
    if schema is None and isinstance(item_schema, dict | bool):  # OpenAPI 3.2: a series of items
        schema = {"type": "array", "items": item_schema, "minItems": 2, "maxItems": 5}
    named = list(_examples(raw, references))
    return Media(
        schema=schema if isinstance(schema, dict | bool) else None,
        encoding=encoding if isinstance(encoding, dict) else {},
        examples=tuple(value for _, value in named),
        example_names=tuple(name for name, _ in named),
        files=tuple(_external_values(raw)),
    )


def with_schema(name: str, media: Media) -> Media:
    """A reply's media type with a schema where only its examples or its name say what comes."""
    if media.schema is not None:
        return media
    if media.examples:
        return replace(media, schema=True)
    structured = form_of(name) in ("json", "events", "lines", "sequence")
    return media if structured else replace(media, schema={"type": "string"})


def _examples(raw: dict[str, Any], references: References) -> Iterator[tuple[str, Any]]:
    """(name, value) of the examples of a media type, parameter or header."""
    if "example" in raw:
        yield "", raw["example"]
    named = raw.get("examples")
    for name, value in named.items() if isinstance(named, dict) else ():
        try:
            found = references.follow(value)
        except DocumentError:
            continue
        if isinstance(found, dict):
            for key in ("value", "dataValue", "serializedValue"):
                if key in found:
                    yield str(name), found[key]
                    break


def _external_values(raw: dict[str, Any]) -> Iterator[str]:
    named = raw.get("examples")
    for value in named.values() if isinstance(named, dict) else ():
        if isinstance(value, dict) and isinstance(value.get("externalValue"), str):
            yield value["externalValue"]


def first_example(raw: dict[str, Any], references: References) -> Any:
    """The first example of a parameter or header, or None."""
    return next((value for _, value in _examples(raw, references)), None)
