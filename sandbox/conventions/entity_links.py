"""Entity links: the fields that hold the address of an entity, or of what lies below it.

`url` of a trait is `/traits/{id}`, `comments_url` of a post `/posts/{id}/comments`, and the
`author` of a book, a URI, one of `/authors`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.conventions.envelopes import body_schema
from sandbox.conventions.operation_model import Collection
from sandbox.conventions.resources import Resources
from sandbox.conventions.schema_surface import Shape
from sandbox.conventions.vocabulary import key_of, names, stem
from sandbox.conventions.words import singulars, words
from sandbox.document.routing import Match

_DEEPEST: Final = 2


@dataclass(frozen=True, slots=True)
class EntityLink:
    """One field that holds an address, or a list of them."""

    pointer: tuple[str, ...]
    target: str
    """Template of what it leads to: a collection whose entity is meant, or a nested path."""
    kind: str
    """itself, below or other: the entity, something below it, an entity of another collection."""
    many: bool
    evidence: str


def entity_links(resources: Resources, home: Collection, view: Any) -> tuple[EntityLink, ...]:
    """The links in one view of a collection's entities. Compiled once per view."""
    memo: dict[int, tuple[Any, tuple[EntityLink, ...]]] = home.memo.setdefault("entity links", {})
    known = memo.get(id(view))
    if known is None:
        found = () if home.singleton else tuple(_Finder(resources, home).of(view))
        known = memo[id(view)] = (view, found)
    return known[1]


class _Finder:
    def __init__(self, resources: Resources, home: Collection) -> None:
        self._resources = resources
        self._home = home
        self._readable = self._reads(home.template)

    def of(self, view: Any) -> Iterator[EntityLink]:
        surface = self._resources.shape(view)
        yield from self._in(surface, (), surface, _DEEPEST)

    def _in(
        self, surface: Shape, pointer: tuple[str, ...], whole: Shape, depth: int
    ) -> Iterator[EntityLink]:
        for name, schema in surface.properties.items():
            inner, at = self._resources.shape(schema), (*pointer, name)
            if inner.type == "object" and inner.properties and depth:
                if key_of(name) in names("links", "holders") and not pointer:
                    yield from self._in(inner, at, whole, depth - 1)
                else:
                    yield from self._link_in_object(name, inner, at)
                continue
            many = inner.type == "array"
            written = inner.items if many else schema
            text = self._resources.shape(written)
            if text.type == "string" and "enum" not in text.keywords:
                found = self._link(name, text, self._example(written), at, whole, many)
                if found is not None:
                    yield found

    def _link_in_object(self, name: str, inner: Shape, at: tuple[str, ...]) -> Iterator[EntityLink]:
        """The link of an object around it: `self: {href}`, `ability: {name, url}`."""
        for key in inner.properties:
            text = self._resources.shape(inner.properties[key])
            if key_of(key) not in names("links", "keys") or text.type != "string":
                continue
            if len(at) == 1 and inner.properties.keys() - {key, "name", "title", "type"}:
                continue  # More than a link: an object of its own.
            found = self._link_by_name(name, (*at, key), False) if self._usable(name) else None
            if found is not None:
                yield found

    def _link(
        self,
        name: str,
        text: Shape,
        example: str,
        at: tuple[str, ...],
        whole: Shape,
        many: bool,
    ) -> EntityLink | None:
        key = key_of(name)
        held, uri = len(at) > 1, str(text.keywords.get("format", "")).replace("-", "_")
        shown = self._link_by_example(example, at, many) if example else None
        if shown is not None:
            return shown
        if not self._usable(name):
            return None
        if key in names("links", "address") and not held:
            why = None if many or example else self._own_address_evidence(name, text, whole)
            return self._itself(at, why) if why is not None else None
        addressed = uri in names("links", "formats") or words(name)[-1] in names("links", "words")
        return self._link_by_name(name, at, many) if addressed or held else None

    def _usable(self, name: str) -> bool:
        return bool(words(name)) and names("links", "elsewhere").isdisjoint(words(name))

    def _link_by_name(self, name: str, at: tuple[str, ...], many: bool) -> EntityLink | None:
        """What a name says it leads to: the entity, something below it, another collection's."""
        if key_of(name) in names("links", "itself"):
            return self._itself(at, f"`{'/'.join(at)}` is the entity's own address")
        parts = words(name)
        if parts[-1] in names("links", "words") and len(parts) > 1:
            name = "_".join(parts[:-1])
        noun = stem(name)
        if noun == singulars(self._home.noun) and not many:
            return self._itself(at, f"`{'/'.join(at)}` names one of `{self._home.template}`")
        for nested in self._resources.nested_below(self._home.template) if not many else ():
            if singulars(nested.rpartition("/")[2]) == noun:
                if "GET" in self._resources.operations_at(nested):
                    why = f"`{'/'.join(at)}` names `{nested}`"
                    return EntityLink(at, nested, "below", False, why)
        other = self._resources.root_collection(noun)
        plural = noun[-1:] != words(name)[-1:] and stem(name)[-1:] != words(name)[-2:-1]
        if other is None or (plural and not many) or not self._reads(other):
            return None
        return EntityLink(at, other, "other", many, f"`{'/'.join(at)}` names one of `{other}`")

    def _reads(self, template: str) -> bool:
        """Whether an entity of a collection can be read at an address of its own."""
        reader = self._resources.operations_at(template + "/{}").get("GET")
        if reader is None or reader.method != "GET":
            return False
        meaning = self._resources.meaning(reader)
        return meaning.act == "read" and meaning.schema is not None

    def _itself(self, at: tuple[str, ...], why: str) -> EntityLink | None:
        return EntityLink(at, self._home.template, "itself", False, why) if self._readable else None

    def _own_address_evidence(self, name: str, text: Shape, whole: Shape) -> str | None:
        """Why a field such as `url` is the entity's own address and no data of a caller's."""
        said = f"`{name}` is the entity's address: "
        if text.keywords.get("readOnly"):
            return said + "it is read-only"
        sent = list(self._request_bodies())
        if sent and not any(name in each for each in sent):
            return said + "no request sends it"
        told = self._home.id_field in whole.properties
        return None if sent or told else said + "nothing else tells which entity it is"

    def _request_bodies(self) -> Iterator[Mapping[str, Any]]:
        for template in (self._home.template, self._home.template + "/{}"):
            for method, operation in self._resources.operations_at(template).items():
                body = body_schema(operation) if method in ("POST", "PUT", "PATCH") else None
                if body is not None:
                    yield self._resources.shape(body).properties

    def _example(self, schema: Any) -> str:
        """The text that a field's schema gives as an example; "" for none."""
        found = self._resources.document.schemas.resolve(schema)
        several = found.get("examples") if isinstance(found, dict) else None
        first = several[0] if isinstance(several, list) and several else ""
        value = found.get("example", first) if isinstance(found, dict) else ""
        return value if isinstance(value, str) else ""

    def _link_by_example(self, example: str, at: tuple[str, ...], many: bool) -> EntityLink | None:
        """The link that a field's example says: it is the address of a path of the document."""
        place = self._place(example)
        why = f"the example of `{'/'.join(at)}` is an address of `{place}`"
        if place is None:
            return None
        if place == self._home.template + "/{}" and not many:
            return self._itself(at, why)
        if place in self._resources.nested_below(self._home.template) and not many:
            return EntityLink(at, place, "below", False, why)
        home = place.removesuffix("/{}")
        if (
            key_of(at[-1]) in names("links", "address")
            or home == place
            or "{}" in home
            or home not in self._resources.item_templates
        ):
            return None
        return EntityLink(at, home, "other", many, why)

    def _place(self, address: str) -> str | None:
        """The template that an address is of; None for one that is not of this document."""
        scheme, _, rest = address.partition("://")
        path = "/" + rest.partition("/")[2] if rest else scheme
        if not path.startswith("/"):
            return None
        found = self._resources.router.match("GET", path.partition("?")[0])
        if not isinstance(found, Match) or not found.operation.path.strip("/").split("{")[0]:
            return None
        return self._resources.place(found.operation).template
