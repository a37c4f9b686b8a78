"""Parent fields: where a call repeats the parent that its path names.

`POST /posts/1/comments` with `postId` in the body says twice which post it is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.conventions.collection_table import CollectionTable
from sandbox.conventions.envelopes import body_schema
from sandbox.conventions.operation_model import Meaning
from sandbox.conventions.vocabulary import names
from sandbox.conventions.words import words


@dataclass(frozen=True, slots=True)
class ParentField:
    """One place beside the path that says a parent's id."""

    parameter: str
    """The path parameter that says it too."""
    location: str
    """body or query."""
    path: tuple[str, ...]
    """The property's path inside an entity of the body, or the query parameter's name."""
    schema: Any
    evidence: str
    moves: bool = False
    """Whether it says which parent the entity shall have from now on."""


def parent_fields_of(resources: CollectionTable, meaning: Meaning) -> Iterator[ParentField]:
    """The places of one operation that repeat a parent of its path."""
    place, home, operation = meaning.place, meaning.collection, meaning.operation
    if home is None or not place.names:
        return
    updates = meaning.act in ("replace", "merge")

    def moves(schema: Any) -> bool:
        about = str(resources.shape(schema).keywords.get("description", "")).lower()
        return updates and any(word in about for word in names("moving"))

    view = resources.view(place.template)
    field: tuple[str, ...] = ()
    sent = body_schema(operation)
    surface = None if sent is None else resources.shape(sent)
    if surface is not None and meaning.body_key is not None:
        surface = resources.shape(surface.properties.get(meaning.body_key, True))
    if view is not None and view.field and surface is not None:
        field, name = view.field, place.names[view.parent.count("{}")]
        about = f"`{'/'.join(field)}` and `{{{name}}}` both say which of `{view.parent}`"
        sent_as = surface.properties.get(field[0], view.field_schema)
        yield ParentField(name, "body", field, view.field_schema, about, moves(sent_as))
    for name in place.names:
        said = f"has the name of `{{{name}}}`"
        for parameter in operation.parameters:
            if parameter.location == "query" and words(parameter.name) == words(name):
                where = (parameter.name,)
                about = f"query parameter `{parameter.name}` {said}"
                yield ParentField(name, "query", where, parameter.schema, about)
        for key, schema in surface.properties.items() if surface is not None else ():
            known = (key,) in (field, home.id_path[:1])
            if not known and len(words(key)) > 1 and words(key) == words(name):
                if resources.shape(schema).type in ("string", "integer"):
                    about = f"`{key}` {said}"
                    yield ParentField(name, "body", (key,), schema, about, moves(schema))
