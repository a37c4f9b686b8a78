"""Documents that mean harm, each generated: none may hang, none may show our insides."""

from __future__ import annotations

from functools import partial

from tests.hostile.frames import Made, document
from tests.hostile.keywords import patterns, wrong_types
from tests.hostile.schemas import schemas
from tests.hostile.texts import texts
from tests.hostile.trees import trees


def documents() -> dict[str, Made]:
    """Every document by name."""
    made: dict[str, Made] = {}
    for name, schema, components in schemas():
        made[f"schema: {name}"] = partial(document, schema, components=components)
    for name, schema in (*patterns(), *wrong_types()):
        made[f"schema: {name}"] = partial(document, schema)
    for name, data in trees():
        made[f"tree: {name}"] = partial(bytes, data)
    made.update((f"text: {name}", each) for name, each in texts())
    return made
