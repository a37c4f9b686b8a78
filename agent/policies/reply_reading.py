"""What replies show: the entity inside an envelope, its id, and whether it has what was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.conventions.vocabulary import id_candidates, ranked_names
from sandbox.conventions.words import words

_DEEP: Final = 3


def plain(entity: Any) -> dict[str, Any]:
    """The fields of an entity that are no objects or lists."""
    if not isinstance(entity, Mapping):
        return {}
    return {n: v for n, v in entity.items() if isinstance(v, str | int | float | bool)}


def same(left: Any, right: Any) -> bool:
    """Whether two plain values are the same when written down."""
    return left == right or (left is not None and str(left).lower() == str(right).lower())


def listed_objects(body: Any, deep: int = _DEEP) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, whatever envelope it comes in."""
    if isinstance(body, list):
        yield from (item for item in body if isinstance(item, Mapping))
    elif isinstance(body, Mapping) and deep:
        for value in body.values():
            if isinstance(value, list | Mapping):
                yield from listed_objects(value, deep - 1)


def entity_like(
    body: Any,
    fields: Mapping[str, Any],
    id: Any = None,
    names: tuple[str, str] | None = None,
) -> Mapping[str, Any]:
    """The object in a reply that has most of some fields, the id among them; {} if none.

    Of equals it is the outermost with an id (`names`, see `id_in`), or that says most in plain.
    """

    def likeness(each: Mapping[str, Any]) -> tuple[int, bool, int]:
        named = 2 if id is not None and mentions(each, id) else 0
        own = names is not None and id_in(each, *names) is not None
        return len(fields.keys() & each.keys()) + named, own, 0 if own else len(plain(each))

    return max(_objects(body), key=likeness, default={})


def id_in(entity: Any, parameter: str, noun: str) -> Any:
    """The id that an entity shows, by the name of its path parameter or a usual one; or None."""
    if not isinstance(entity, Mapping):
        return None
    candidates = id_candidates(parameter, noun)
    for each in (entity, *(entity.get(name) for name in ranked_names("identifiers", "holders"))):
        shown = plain(each)
        spelt = {words(name): value for name, value in reversed(shown.items())}
        for name in candidates:
            value = shown.get(name, spelt.get(words(name)))
            if value is not None and not isinstance(value, bool):
                return value
    return None


def mentions(entity: Any, id: Any, deep: int = _DEEP) -> bool:
    """Whether an entity has an id anywhere in it."""
    if isinstance(entity, Mapping) and deep:
        return any(mentions(value, id, deep - 1) for value in entity.values())
    return isinstance(entity, str | int) and same(entity, id)


def covers(entity: Any, written: Mapping[str, Any], *, inside: bool = True) -> bool:
    """Whether every written value that the entity shows in plain is shown as written.

    Of a list only the length has to be as written: what is in it may be shown in other words.
    Where nothing plain is shown, what lies directly `inside` is looked at.
    """
    if not isinstance(entity, Mapping):
        return False
    shown = plain(entity) | {name: None for name, value in entity.items() if value is None}
    shared = [name for name in written if name in shown]
    if not shared:
        inner = [value for value in entity.values() if isinstance(value, Mapping)]
        return inside and any(covers(value, written, inside=False) for value in inner)
    return all(same(shown[name], written[name]) for name in shared) and all(
        len(entity[name]) == len(value)
        for name, value in written.items()
        if isinstance(value, list) and isinstance(entity.get(name), list)
    )


def _objects(body: Any, deep: int = _DEEP) -> Iterator[Mapping[str, Any]]:
    """The objects in a reply, outermost first; of a list only one that stands alone."""
    if isinstance(body, list) and len(body) == 1:
        yield from _objects(body[0], deep)
    elif isinstance(body, Mapping) and deep:
        yield body
        for value in body.values():
            yield from _objects(value, deep - 1)
