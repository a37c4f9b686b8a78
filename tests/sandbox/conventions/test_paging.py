"""The paging of an operation, as its parameters and its reply speak for it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import World
from sandbox.conventions.paging import Paging
from sandbox.document import Document


def _paging(reply: Any, *parameters: dict[str, Any], headers: Any = None) -> Paging | None:
    listed = {"in": "query", "schema": {"type": "integer"}}
    media = {"application/json": {"schema": reply}}
    operation = {
        "operationId": "listThings",
        "parameters": [{**listed, **given} for given in parameters],
        "responses": {"200": {"description": "", "content": media, "headers": headers or {}}},
    }
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/things": {"get": operation}},
    }
    world = World(Document.from_tree(tree, source="things"))
    return world.conventions.of(world.document.operations["listThings"]).paging


_TEXT = {"type": "string"}
_ENTRIES = {"type": "array", "items": {"type": "object", "properties": {"id": _TEXT}}}


def _around(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"items": _ENTRIES, **fields}}


@pytest.mark.parametrize(
    ("schema", "first"),
    [({}, 1), ({"minimum": 0}, 0), ({"default": 0}, 0), ({"minimum": 1}, 1), ({"default": 1}, 1)],
)
def test_the_first_page_is_numbered_as_the_schema_says(schema: dict[str, Any], first: int) -> None:
    found = _paging(_ENTRIES, {"name": "page", "schema": {"type": "integer", **schema}})
    assert found is not None
    assert (found.style, found.first) == ("page", first)


def test_next_is_a_cursor_where_the_description_says_so_and_a_url_where_its_format_does() -> None:
    cursor = {"name": "cursor", "schema": _TEXT}
    opaque = _around(page={"type": "object", "properties": {"next": _TEXT}})
    url = _around(links={"type": "object", "properties": {"next": {**_TEXT, "format": "uri"}}})
    for reply, what, pointer in ((opaque, "cursor", "page"), (url, "url", "links")):
        found = _paging(reply, cursor)
        assert found is not None
        assert [(t.kind, t.pointer) for t in found.next] == [(what, (pointer, "next"))]


def test_members_of_an_object_parameter_page_as_parameters_do() -> None:
    members = {"number": {"type": "integer"}, "size": {"type": "integer", "default": 5}}
    page = {
        "name": "page",
        "style": "deepObject",
        "schema": {"type": "object", "properties": members},
    }
    found = _paging(_ENTRIES, page)
    assert found is not None and found.size is not None and found.position is not None
    assert (found.size.path, found.position.path) == (("page", "size"), ("page", "number"))
    assert (found.style, found.default_size) == ("page", 5)


def test_a_date_after_which_is_no_cursor() -> None:
    dated = {"name": "after", "schema": {**_TEXT, "format": "date-time"}}
    assert _paging(_ENTRIES, dated) is None


def test_the_only_count_is_the_total_and_one_beside_a_total_is_of_this_page() -> None:
    number = {"type": "integer"}
    page = {"name": "page"}
    alone, both = (
        _paging(_around(count=number), page),
        _paging(_around(count=number, total=number), page),
    )
    assert alone is not None and both is not None
    assert (alone.total, alone.counts) == ((("count",),), ())
    assert (both.total, both.counts) == ((("total",),), (("count",),))


@pytest.mark.parametrize(
    ("name", "schema", "kind"),
    [
        ("next", {"format": "uri-reference"}, "url"),
        ("next_url", {}, "url"),
        ("next_token", {"format": "byte"}, "cursor"),
        ("next", {"example": "https://a.test/things?cursor=b"}, "url"),
        ("next", {"example": "/things?cursor=b"}, "url"),
        ("next", {"example": "b2s="}, "cursor"),
        ("next", {"description": "The URL of the next page."}, "url"),
    ],
)
def test_what_leads_on_is_a_url_or_a_token(name: str, schema: dict[str, Any], kind: str) -> None:
    found = _paging(_around(**{name: {**_TEXT, **schema}}), {"name": "cursor", "schema": _TEXT})
    assert found is not None
    assert [(each.kind, each.pointer) for each in found.next] == [(kind, (name,))]


def test_where_no_token_can_be_sent_the_next_page_is_a_url() -> None:
    found = _paging(_around(next=_TEXT), {"name": "limit"})
    assert found is not None and [each.kind for each in found.next] == ["url"]


def test_of_flags_only_one_that_says_so_is_about_the_last_page() -> None:
    flag = {"type": "boolean"}
    reply = _around(ok=flag, has_more=flag, is_last=flag)
    found = _paging(reply, {"name": "page"}, {"name": "limit"})
    assert found is not None
    assert (found.more, found.last) == ((("has_more",),), (("is_last",),))


def test_the_evidence_is_what_the_document_says_and_nothing_else() -> None:
    reply, page = _around(total={"type": "integer"}), {"name": "page"}
    link = {"Link": {"schema": _TEXT, "description": "the next page, rel=next (RFC 8288)"}}
    plain, linked = _paging(reply, page), _paging(reply, page, headers=link)
    assert plain is not None and linked is not None
    assert plain.evidence == ("`page`", "`total` in the reply")
    assert linked.evidence == (*plain.evidence, "header `Link`")


@pytest.mark.parametrize(
    ("key", "kind"), [("prev_cursor", "cursor"), ("previous", "url"), ("before", None)]
)
def test_the_page_before_is_where_its_own_field_says(key: str, kind: str | None) -> None:
    text = {**_TEXT, "format": "uri"} if kind == "url" else _TEXT
    found = _paging(_around(**{key: text, "next_cursor": _TEXT}), {"name": "cursor"})
    assert found is not None
    assert [each.kind for each in found.previous] == ([kind] if kind else [])
