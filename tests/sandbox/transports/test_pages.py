"""The pages of a server: what a browser finds at `/`, and the document it tries things with."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox import Document, World
from sandbox.transports.pages.application import served_tree
from sandbox.transports.server import Background, Server

HTML = {"accept": "text/html,*/*;q=0.8"}


def world(paths: dict[str, Any], only: tuple[str, ...] = (), **more: Any) -> World:
    tree = {"openapi": "3.0.3", "info": {"title": "Toys <b>", "version": "1"}, "paths": paths}
    return World(Document.from_tree({**tree, **more}, source="toys.yaml"), only=only)


def reply(schema: Any = None) -> dict[str, Any]:
    content = {"application/json": {"schema": schema or {"type": "object"}}}
    return {"responses": {"200": {"description": "", "content": content}}}


def test_a_browser_finds_documents_and_operations_at_the_root(served: str) -> None:
    page = httpx.get(served, headers=HTML)
    assert page.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    for part in ("listBooks", "GET", "/books", "state: list", "/_docs/try/bookshop", "/v1"):
        assert part in page.text
    assert "<script>" not in page.text and " style=" not in page.text


def test_programs_get_what_the_document_says_at_the_root(served: str) -> None:
    assert httpx.get(served).headers["content-type"] == "application/problem+json"
    named = {**HTML, "x-wavetank-session": "bookshop"}
    assert not httpx.get(served, headers=named).headers["content-type"].startswith("text/html")


def test_a_document_that_has_the_root_keeps_it() -> None:
    app = Server({"toys": world({"/": {"get": reply()}})})
    with Background(app) as running:
        assert httpx.get(running.url, headers=HTML).headers["content-type"] == "application/json"
        assert "<h2" in httpx.get(f"{running.url}/_docs/", headers=HTML).text


def test_rows_say_what_keeps_no_state_and_what_cannot_be_used() -> None:
    broken = {"get": {"parameters": [{"$ref": "#/nowhere"}], **reply()}}
    app = Server({"toys": world({"/convert": {"post": reply()}, "/broken": broken})})
    with Background(app) as running:
        page = httpx.get(running.url, headers=HTML).text
    assert 'class="mark stateless"' in page and 'class="mark unusable"' in page
    assert "Toys &lt;b&gt;" in page and "<b>" not in page


def test_the_document_to_try_has_one_server_that_leads_to_a_session() -> None:
    elsewhere = [{"url": "https://elsewhere.test/up"}]
    item = {"servers": elsewhere, "get": {**reply(), "servers": elsewhere}, "post": reply()}
    server = [{"url": "https://toys.test/api/v2"}]
    toys = world({"/toys": item, "/other": {"get": reply()}}, ("op:get_toys",), servers=server)
    tree = served_tree(toys, "s3")
    assert [each["url"] for each in tree["servers"]] == ["/s/{session}/api/v2"]
    assert tree["servers"][0]["variables"]["session"]["default"] == "s3"
    assert list(tree["paths"]) == ["/toys"] and list(tree["paths"]["/toys"]) == ["get"]
    assert "elsewhere" not in str(tree)


def test_tokens_are_asked_for_on_this_server() -> None:
    flow = {"tokenUrl": "https://auth.test/oauth/token", "scopes": {}}
    schemes = {"login": {"type": "oauth2", "flows": {"clientCredentials": flow}}}
    toys = world({"/toys": {"get": reply()}}, components={"securitySchemes": schemes})
    login = served_tree(toys, "toys")["components"]["securitySchemes"]["login"]
    assert login["flows"]["clientCredentials"]["tokenUrl"] == "/s/toys/oauth/token"
    with Background(Server({"toys": toys})) as running:
        url = f"{running.url}/s/toys/oauth/token"
        form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
        assert httpx.post(url, data=form).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/_docs/try/bookshop", 200, "text/html"),
        ("/_docs/openapi/bookshop?session=s9", 200, "application/json"),
        ("/_docs/static/swagger-ui/swagger-ui-bundle.js", 200, "text/javascript"),
        ("/_docs/static/swagger-ui/LICENSE", 200, "text/plain"),
        ("/_docs/static/../application.py", 404, "text/plain"),
        ("/_docs/static/swagger-ui/%2e%2e/%2e%2e/application.py", 404, "text/plain"),
        ("/_docs/try/nothing", 404, "text/plain"),
    ],
)
def test_each_page_is_there_and_no_other_file(
    served: str, path: str, status: int, kind: str
) -> None:
    got = httpx.get(served + path)
    assert got.status_code == status and got.headers["content-type"].startswith(kind)
