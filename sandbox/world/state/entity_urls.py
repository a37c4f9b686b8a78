"""Entity URLs: the addresses that entities say, of themselves and of each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from sandbox.conventions.entity_links import EntityLink, entity_links
from sandbox.conventions.foreign_keys import link_plan
from sandbox.conventions.operation_model import Collection
from sandbox.conventions.paths import JOINED, id_text
from sandbox.conventions.resources import Resources
from sandbox.document import Schemas
from sandbox.document.url_texts import SAFE
from sandbox.world.item_paths import filled_parameters

Choose = Callable[[EntityLink], Sequence[str]]
"""The ids of the entities that a link to another collection may lead to, best first."""

_PARAMETER: Final = re.compile(r"\{[^}]*\}")
_SEGMENT: Final = SAFE.replace("/", "")


class _Written(NamedTuple):
    """A path as the document writes it, cut at its parameters."""

    pieces: tuple[str, ...]
    segments: tuple[int, ...]
    """Which segments of the collection's concrete path fill the parameters but the last."""
    sizes: tuple[int, ...]
    """How many parameters each of them fills, and the id."""


class EntityUrls:
    """Writes the links of one world's entities."""

    __slots__ = ("_resources", "_root", "_schemas", "_written")

    def __init__(self, resources: Resources) -> None:
        document = resources.document
        self._resources = resources
        self._schemas: Schemas = document.schemas
        self._root = document.origin + quote(document.base_path.rstrip("/"), SAFE)
        self._written: dict[tuple[str, str], _Written | None] = {}

    def with_urls(
        self,
        home: Collection,
        view: Any,
        path: str,
        id: str,
        entity: Mapping[str, Any],
        choose: Choose | None = None,
    ) -> Mapping[str, Any]:
        """The entity with its links, as far as it stays valid.

        `path` is the concrete path of its collection. Links to other entities are written only
        with `choose`, where the entity has such a member.
        """
        links = entity_links(self._resources, home, view)
        if not links:
            return entity
        if "{}" not in home.template:
            path = home.template
        elif path.count("/") != home.template.count("/"):
            return entity
        valid = self._schemas.validator(view, "response").is_valid
        found = entity
        for link in links:
            found = self._with(home, link, path, id, found, choose)
        if found is entity or valid(found):
            return found
        found = entity  # Some link does not go: one by one.
        for link in links:
            trial = self._with(home, link, path, id, found, choose)
            if trial is not found and valid(trial):
                found = trial
        return found

    def _with(
        self,
        home: Collection,
        link: EntityLink,
        path: str,
        id: str,
        entity: Mapping[str, Any],
        choose: Choose | None,
    ) -> Mapping[str, Any]:
        if link.kind != "other":
            below = link.target if link.kind == "below" else home.template + "/{}"
            url = self._url(home.template, below, path, id)
            return entity if url is None else _set_at_pointer(entity, link.pointer, url)
        held = _at(entity, link.pointer)
        if choose is None or not isinstance(held, str | list):
            return entity
        said = self._stated_id(home, link, entity)
        ids = (said,) if said is not None else choose(link)
        target = link.target
        urls = [self._url(target, target + "/{}", target, each) for each in ids]
        if not urls or urls[0] is None:
            return entity
        value = urls[: max(1, len(held))] if isinstance(held, list) else urls[0]
        return _set_at_pointer(entity, link.pointer, value)

    def _stated_id(
        self, home: Collection, link: EntityLink, entity: Mapping[str, Any]
    ) -> str | None:
        """The id that another member of the entity says of the same thing: `author_id`."""
        if link.many:
            return None
        for name, (noun, _, _) in link_plan(self._resources, home).fields.items():
            value = entity.get(name)
            if self._resources.root_collection(noun) == link.target and name != link.pointer[0]:
                if isinstance(value, str | int):
                    return id_text(value)
        return None

    def _url(self, template: str, target: str, path: str, id: str) -> str | None:
        """The address of a target at or below an entity; None where its path takes other values."""
        key = (template, target)
        if key not in self._written:
            self._written[key] = self._cut_path(template, target)
        written = self._written[key]
        if written is None:
            return None
        given = path.split("/")
        values = [*(given[index] for index in written.segments), id]
        filled = [quote(value, _SEGMENT) for value in filled_parameters(values, written.sizes)]
        rest = map("".join, zip(filled, written.pieces[1:], strict=True))
        return self._root + written.pieces[0] + "".join(rest)

    def _cut_path(self, template: str, target: str) -> _Written | None:
        reader = self._resources.operations_at(target).get("GET")
        if reader is None or reader.method != "GET":
            return None
        segments = [n for n, part in enumerate(template.split("/")) if part == "{}"]
        pieces = tuple(_PARAMETER.split(reader.path))
        sizes = tuple(
            name.count(JOINED) + 1
            for name in self._resources.place(reader).names[: len(segments) + 1]
        )
        fits = len(pieces) == sum(sizes) + 1 and len(sizes) == len(segments) + 1
        return _Written(pieces, tuple(segments), sizes) if fits else None


def _at(entity: Any, pointer: tuple[str, ...]) -> Any:
    for key in pointer:
        entity = entity.get(key) if isinstance(entity, Mapping) else None
    return entity


def _set_at_pointer(
    entity: Mapping[str, Any], pointer: tuple[str, ...], value: Any
) -> Mapping[str, Any]:
    """The entity with a value at a pointer; objects on the way are made when missing."""
    name, *rest = pointer
    if rest:
        inner = entity.get(name)
        value = _set_at_pointer(inner if isinstance(inner, Mapping) else {}, tuple(rest), value)
    return entity if name in entity and entity[name] == value else {**entity, name: value}
