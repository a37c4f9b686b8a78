"""Entity schemas: which of a document's schemas says what an entity of a collection is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.conventions.envelopes import body_schema, entity_envelope, list_envelope, success
from sandbox.conventions.path_table import PathTable
from sandbox.conventions.schema_surface import reference
from sandbox.document import Operation


def entity_schema(
    paths: PathTable, own: Mapping[str, Operation], items: Mapping[str, Operation], noun: str
) -> Any:
    """The entity's schema: from reading one, else listing, else writing."""
    reader, lister = items.get("GET"), own.get("GET")
    whole = _listed_whole(paths, reader, lister, noun)
    if whole is not None:
        return whole
    for source in (reader, lister):
        _, _, schema = success(source) if source is not None else (0, None, None)
        if schema is None:
            continue
        home = paths.place(source).template if source is not None else ""
        if source is lister and paths.lists(home):
            listed = list_envelope(paths.shape, schema, noun)
            shown = listed.view if listed is not None else schema
            return _fuller(paths, shown, own.get("POST"), noun)
        if source is lister and paths.shape(schema).type == "array":
            return schema
        return entity_envelope(paths.shape, schema, noun).view
    # What deleting says is rarely the whole entity.
    telling = sorted((*items.values(), *own.values()), key=lambda op: op.method == "DELETE")
    for operation in telling:
        _, _, schema = success(operation)
        if schema is not None:
            return entity_envelope(paths.shape, schema, noun).view
    for operation in (*own.values(), *items.values()):
        written = body_schema(operation)
        if written is not None:
            return entity_envelope(paths.shape, written, noun).view
    return None


def _fuller(paths: PathTable, shown: Any, maker: Operation | None, noun: str) -> Any:
    """What making one answers with, where that is all that a list shows and more."""
    _, _, schema = success(maker) if maker is not None else (0, None, None)
    if schema is None:
        return shown
    made = entity_envelope(paths.shape, schema, noun).view
    known = paths.shape(shown).properties.keys()
    return made if known and known < paths.shape(made).properties.keys() else shown


def _listed_whole(
    paths: PathTable, reader: Operation | None, lister: Operation | None, noun: str
) -> Any:
    """What a list shows, where reading one shows that or something else, as of what was deleted."""
    if reader is None or lister is None:
        return None
    (_, _, read), (_, _, shown) = success(reader), success(lister)
    listed = list_envelope(paths.shape, shown, noun) if shown is not None else None
    ref = reference(listed.view) if listed is not None else ""
    resolved = reader.schemas.resolve(read) if ref and read is not None else None
    return listed.view if listed is not None and ref and ref in _branches(resolved) else None


def _branches(schema: Any) -> list[str]:
    """The components of which a schema is one or another."""
    made = []
    for keyword in ("anyOf", "oneOf"):
        listed = schema.get(keyword) if isinstance(schema, dict) else None
        made += [reference(each) for each in listed] if isinstance(listed, list) else []
    return made
