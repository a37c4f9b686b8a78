"""However a list is paged, its pages put together are the whole list, each entity once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox import Document, World
from sandbox.conventions.inputs import value_at
from sandbox.tasks.list_reading import next_page

_NUMBER, _TEXT = {"type": "integer"}, {"type": "string"}
_NULLABLE = {"type": ["string", "null"]}
_LINK = {"type": "string", "format": "uri-reference"}
_DOT = {"type": "object", "required": ["id"], "properties": {"id": _NUMBER}}
_DOTS = {"type": "array", "items": _DOT}


def _object(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(fields), "properties": fields}


def _world(parameters: dict[str, Any], reply: Any, said: Any = None) -> World:
    listed = [{"name": name, "in": "query", "schema": each} for name, each in parameters.items()]
    media = {"application/json": {"schema": reply}}
    get = {"operationId": "list", "responses": {"200": {"description": "d", "content": media}}}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}
    paths = {"/dots": {"get": {**get, "parameters": listed}}}
    overrides = {"operations": {"list": said}} if said else None
    return World(Document.from_tree({**tree, "paths": paths}, source="t"), overrides=overrides)


_SIZE = {"limit": {"type": "integer", "default": 4}}
_FORMS: dict[str, tuple[dict[str, Any], Any]] = {
    "pages from 1": ({**_SIZE, "page": {"type": "integer", "minimum": 1}}, _object(items=_DOTS)),
    "pages from 0": ({**_SIZE, "page": {"type": "integer", "minimum": 0}}, _object(items=_DOTS)),
    "offsets": ({**_SIZE, "offset": _NUMBER}, _object(items=_DOTS, has_more={"type": "boolean"})),
    "a cursor": ({**_SIZE, "cursor": _TEXT}, _object(items=_DOTS, next_cursor=_NULLABLE)),
    "a cursor inside": (
        {**_SIZE, "page_token": _TEXT},
        _object(data=_DOTS, meta=_object(paging=_object(next_page_token=_NULLABLE))),
    ),
    "the last id": ({**_SIZE, "starting_after": _NUMBER}, _object(data=_DOTS)),
    "a Link header": ({**_SIZE, "cursor": _TEXT}, _DOTS),
    "OData": (
        {"$top": {"type": "integer", "default": 4}, "$skip": _NUMBER},
        {**_object(value=_DOTS), "properties": {"value": _DOTS, "@odata.nextLink": _LINK}},
    ),
    "HAL": (
        {**_SIZE, "cursor": _TEXT},
        _object(dots=_DOTS, _links={"type": "object", "properties": {"next": _object(href=_LINK)}}),
    ),
    "JSON:API": (
        {"page[cursor]": _TEXT, "page[size]": {"type": "integer", "default": 4}},
        _object(data=_DOTS, links={"type": "object", "properties": {"next": _LINK}}),
    ),
    "a list of links": (
        {**_SIZE, "cursor": _TEXT},
        _object(dots=_DOTS, links={"type": "array", "items": _object(rel=_TEXT, href=_LINK)}),
    ),
}


@pytest.mark.parametrize("form", _FORMS)
def test_pages_are_the_whole_list(form: str) -> None:
    world = _world(*_FORMS[form])
    session, tool = world.session(seed=3), world.tools["list"]
    seen: list[int] = []
    pages = 0
    arguments: dict[str, Any] | None = {}
    while arguments is not None and pages < 9:
        reply = session.call("list", arguments)
        assert not reply.error, reply.text
        head, _, body = reply.text.rpartition("\n\n")
        found = json.loads(body)
        listed = value_at(found, tool.facts.meaning.keys) if tool.facts is not None else []
        seen += [each["id"] for each in listed]
        link = head.partition("Link: ")[2].partition("\n")[0]
        arguments, pages = next_page(tool, arguments, found, link), pages + 1
    assert pages > 1
    assert sorted(map(str, seen)) == sorted(session.state.ids("/dots"))
