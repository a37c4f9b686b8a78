"""Memberships: nested paths whose parent only refers to its entities.

`PUT /teams/{}/users/{}` without a body and `POST /teams/{}/users` with `{"user_id": 7}` add a user
that exists; `DELETE /teams/{}/users/{}` takes it out of the team and leaves it where it is.
"""

from __future__ import annotations

from typing import Final

from sandbox.conventions.envelopes import body_schema
from sandbox.conventions.operation_model import Collection, Reference
from sandbox.conventions.path_table import PathTable
from sandbox.conventions.paths import noun_of
from sandbox.conventions.vocabulary import names
from sandbox.conventions.words import singulars
from sandbox.document import Operation

_PLAIN: Final = ("string", "integer")
_CHOSEN: Final = ("selected", "added", "new")
"""What may stand before the noun in the name of a list of ids."""


def refers(paths: PathTable, template: str, home: Collection) -> bool:
    """Whether a nested path adds and removes entities of `home` instead of making them."""
    own, below = paths.operations_at(template), paths.operations_at(template + "/{}")
    posted = own.get("POST")
    if posted is not None and body_reference(paths, posted, home) is None:
        return False
    if "PUT" in below and not _gives_fields(paths, below["PUT"], home):
        return True
    writers = (operation for operation in (posted, own.get("PUT")) if operation is not None)
    return any(body_reference(paths, operation, home) is not None for operation in writers)


def _gives_fields(paths: PathTable, operation: Operation, home: Collection) -> bool:
    """Whether a call gives the entity's own fields, so that there may be none before."""
    if operation.body is None:
        return False
    shown = paths.shape(body_schema(operation)).properties.keys()
    return operation.body.required or not shown or not shown.isdisjoint(home.shape.properties)


def body_reference(paths: PathTable, operation: Operation, home: Collection) -> Reference | None:
    """Where an operation's body names entities of a collection by their ids, if it only does so.

    A body that gives fields of the entity makes one.
    """
    schema = body_schema(operation)
    if schema is None:
        return None
    body = paths.shape(schema)
    if body.type == "array":
        plain = body.items is not None and paths.shape(body.items).type in _PLAIN
        return Reference("", many=True) if plain else None
    ids = names("identifiers", "usual")
    nouns = {singulars(home.noun), singulars(noun_of(paths.place(operation).template))}
    for name, inner in body.properties.items():
        said, shape = singulars(name), paths.shape(inner)
        many = shape.items is not None and paths.shape(shape.items).type in _PLAIN
        if not said or (shape.type not in _PLAIN and not many):
            continue
        named = said[-1] in ids and said[said[0] in _CHOSEN : -1] in nouns
        if named and name not in home.shape.properties:
            return Reference(name, many)
        alone = home.shape.properties.keys().isdisjoint(body.properties.keys() - {name})
        if alone and ((said in nouns and many) or (len(said) == 1 and said[0] in ids)):
            return Reference(name, many)
    return None
