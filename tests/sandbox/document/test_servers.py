"""Every declared server leads to its operations."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.document import Document, Match, Router

STAGE = {"default": "v1", "enum": ["v1", "v2"]}
TREE: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "servers": [
        {"url": "https://{region}.test/{stage}/of/{tenant}",
         "variables": {"region": {"default": "eu"}, "stage": STAGE, "tenant": {"default": "me"}}},
        {"url": "//cdn.test/legacy/"},
    ],
    "paths": {
        "/items": {"get": {"operationId": "items"}},
        "/geo/": {"servers": [{"url": "https://geo.test/"}], "get": {"operationId": "geo"}},
        "/now": {"get": {"operationId": "now", "servers": [{"url": "./weather"}]}},
    },
}  # fmt: skip


@pytest.mark.parametrize(("path", "found"), [
    ("/v1/of/me/items", "items"), ("/v2/of/acme/items", "items"), ("/legacy/items/", "items"),
    ("/v3/of/me/items", None), ("/items", None), ("/geo", "geo"), ("/v2/of/x/geo/", "geo"),
    ("/weather/now", "now"), ("/weather/items", None), ("/v1/of/me", None),
])  # fmt: skip
def test_every_server_leads_to_its_own_operations(path: str, found: str | None) -> None:
    document = Document.from_tree(TREE, source="t")
    router = Router(document.operations, document.base_path, document.bases)
    match = router.match("GET", path)
    assert (match.operation.id if isinstance(match, Match) else match) == found
    assert document.base_path == "/v1/of/me" and "https://geo.test/" in document.addresses


def test_relative_servers_lie_beside_the_document() -> None:
    tree = {**TREE, "servers": [{"url": "../api/"}], "paths": {}}
    assert Document.from_tree(tree, source="t").base_path == "/api"
    fetched = Document.from_tree(tree, source="https://a.test/docs/v1/openapi.json")
    assert fetched.servers == ("https://a.test/docs/api/",)
