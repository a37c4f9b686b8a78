"""What a list's reply says of the page it is: in its fields and in its headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.conventions.inputs import Look, Pointer
from sandbox.conventions.paging import Kind, PageReference
from sandbox.conventions.paging_parameters import keywords_of
from sandbox.conventions.schema_surface import Shape
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import words

_DEPTH: Final = 3
_URL: Final = re.compile(r"\b(url|uri|link|href|address)\b", re.IGNORECASE)
_TOKEN: Final = re.compile(r"\b(cursor|token|opaque|marker)\b", re.IGNORECASE)
_ON_THIS_PAGE: Final = re.compile(r"\b(page|returned|this (response|reply|list|result))\b", re.I)
_RELATIONS: Final = frozenset({"self", "first", "last", "prev", "previous", "next", "next_page"})


class PageFields:
    """What a reply says about the page it is, field by field; the names are those of `Paging`."""

    def __init__(
        self,
        look: Look,
        reply: Any,
        list_keys: Pointer,
        headers: Iterable[str],
        *,
        takes_tokens: bool,
    ) -> None:
        self._look = look
        self._list_keys = list_keys
        self._takes_tokens = takes_tokens
        self.next: tuple[PageReference, ...] = ()
        self.previous: tuple[PageReference, ...] = ()
        self.links: dict[str, Pointer] = {}
        self.link_list: Pointer | None = None
        self.total: tuple[Pointer, ...] = ()
        self.counts: tuple[Pointer, ...] = ()
        self.more: tuple[Pointer, ...] = ()
        self.last: tuple[Pointer, ...] = ()
        self.numbers: dict[str, Pointer] = {}
        self.total_header: str | None = None
        self.link_header: str | None = None
        if reply is not None and look(reply).type == "object":
            self._enter(reply, (), "")
        if self.counts and not self.total and not self._on_page:
            # The only count there is says how many there are in all.
            self.total, self.counts = self.counts, ()
        for name in headers:
            self._header(name)

    _on_page = False

    @property
    def says_anything(self) -> bool:
        listed = self.next or self.more or self.total or self.counts or self.links
        return bool(listed or self.total_header)

    def facts(self) -> dict[str, Any]:
        """The fields by the names that `Paging` has for them."""
        return {name: found for name, found in vars(self).items() if not name.startswith("_")}

    def _enter(self, schema: Any, at: Pointer, holder: str) -> None:
        for name, inner in self._look(schema).properties.items():
            pointer = (*at, name)
            if pointer == self._list_keys:
                continue
            surface, key = self._look(inner), key_of(name)
            around = self._list_keys[: len(pointer)] == pointer
            if surface.type == "object" and surface.properties:
                held = key in names("page_fields", "holders") or around
                if (held and len(pointer) < _DEPTH) or (
                    holder in ("links", "link") and key in _RELATIONS
                ):
                    relation = key if key in _RELATIONS and not around else holder
                    self._enter(inner, pointer, key if not relation else relation)
                continue
            if surface.type == "array" and key in ("links", "link"):
                if {"rel", "href"} <= set(self._look(surface.items).properties):
                    self.link_list = pointer
                continue
            self._field(key, surface, inner, pointer, holder)

    def _field(self, key: str, surface: Shape, schema: Any, at: Pointer, holder: str) -> None:
        kind = surface.type
        plain = keywords_of(self._look, schema)
        about = str(plain.get("description", ""))
        if kind == "boolean":
            if key in names("page_fields", "more"):
                self.more += (at,)
            elif key in names("page_fields", "last"):
                self.last += (at,)
        elif holder in _RELATIONS and key in ("href", "url", "uri", "link"):
            self._relate(holder, PageReference(at, "url"))
        elif holder in ("next", "next_page") and kind in ("string", "integer"):
            self.next += (PageReference(at, "cursor"),)
        elif kind in ("integer", "number"):
            self._number(key, about, at)
        elif kind in ("string", ""):
            self._text(key, plain, about, at, holder)

    def _relate(self, relation: str, told: PageReference) -> None:
        if relation in ("next", "next_page"):
            self.next += (told,)
        elif relation in ("prev", "previous"):
            self.previous += (told,)
        else:
            self.links.setdefault("end" if relation == "last" else relation, told.pointer)

    def _number(self, key: str, about: str, at: Pointer) -> None:
        if key in names("page_fields", "total"):
            self.total += (at,)
        elif key in names("page_fields", "count"):
            self.counts += (at,)
            self._on_page = self._on_page or (
                bool(_ON_THIS_PAGE.search(about)) and "total" not in about.lower()
            )
        elif key in names("page_fields", "next") and "next" in key:
            self.next += (PageReference(at, "number"),)
        elif key in names("page_fields", "previous") and "prev" in key:
            self.previous += (PageReference(at, "number"),)
        else:
            for kind in ("last_page", "pages", "page", "size", "offset"):
                if key in names("page_fields", kind):
                    self.numbers.setdefault(kind, at)
                    return
            if key.endswith("_count") and len(at) == 1:  # `articlesCount` beside `articles`
                self.total += (at,)

    def _text(self, key: str, plain: Mapping[str, Any], about: str, at: Pointer, h: str) -> None:
        linked = h in ("links", "link")
        url = self._url(key, plain, about, linked)
        if key in names("page_fields", "next"):
            # `offset` or `uri` alone say nothing: only inside `next_page` or the like.
            if key in ("offset", "uri", "last_id", "after") and h not in ("cursors", "paging"):
                if key != "after" and not (key == "last_id" and self._takes_tokens):
                    return
            self.next += (PageReference(at, "url" if url else "cursor"),)
        elif key in names("page_fields", "previous") and key not in ("before", "start_cursor"):
            self.previous += (PageReference(at, "url" if url else "cursor"),)
        elif url and key in names("page_fields", "self") and (linked or not h) and key != "url":
            self.links.setdefault("self", at)
        elif url and key in names("page_fields", "first"):
            self.links.setdefault("first", at)
        elif url and key in names("page_fields", "end"):
            self.links.setdefault("end", at)

    def _url(self, key: str, plain: Mapping[str, Any], about: str, linked: bool) -> bool:
        """Whether a text is a URL to follow rather than a token to send."""
        if str(plain.get("format", "")) in ("uri", "uri-reference", "url", "iri") or linked:
            return True
        if {"url", "uri", "link", "href", "path"} & set(key.split("_")):
            return True
        if {"cursor", "token", "marker", "bookmark", "id", "continuation"} & set(key.split("_")):
            return False
        if _TOKEN.search(about):
            return False
        examples = [each for each in plain.get("examples", ()) if isinstance(each, str)]
        if any("://" in each or each.startswith("/") for each in examples):
            return True
        return bool(_URL.search(about)) or not self._takes_tokens

    def _header(self, name: str) -> None:
        key = "_".join(part for part in words(name) if part != "x")
        if key in names("page_fields", "total"):
            self.total_header = self.total_header or name
        elif key == "link":
            self.link_header = name
        elif key in names("page_fields", "next") and "next" in key:
            kind: Kind = "number" if key == "next_page" else "cursor"
            self.next += (PageReference((name,), kind, header=True),)
