"""The pages of `serve` in a real browser: find an operation, call it, in any session."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox import Document, World
from sandbox.transports.server import Background, Server
from tests.browser.conftest import SHOTS

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATHS = {
    "/shelves/{id}": {
        "get": {
            "operationId": "readShelf",
            "tags": ["all shelves"],
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "responses": {"200": {"description": "", "content": {"application/json": {}}}},
        }
    }
}


def library() -> Server:
    tree: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Library", "version": "2"},
        "servers": [{"url": "https://library.test/api/v2"}],
        "paths": PATHS,
    }
    other = World.load("bookshop")
    return Server(
        {"library": World(Document.from_tree(tree, source="library")), "bookshop": other},
        token="t",
        options={"unknown_ids": "materialise"},
    )


def test_an_operation_is_found_and_called_in_a_session(page: Page, servers: ExitStack) -> None:
    running = servers.enter_context(Background(library()))
    bearer = {"authorization": "Bearer t"}
    url = f"{running.url}/_wavetank/sessions"
    opened = httpx.post(url, headers=bearer, json={"document": "library"}).json()["id"]
    page.goto(running.url)
    page.get_by_label("Find an operation").fill("shelf")
    page.get_by_role("link", name="/shelves/{id}").click()
    page.locator(".servers input").fill(opened)
    page.locator(".parameters input").fill("a1")
    page.get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table .response-col_status", has_text="200").wait_for()
    asked = page.locator(".request-url pre").inner_text()
    assert asked == f"{running.url}/s/{opened}/api/v2/shelves/a1"
    assert httpx.get(f"{url}/{opened}", headers=bearer).json()["calls"] == 1


def test_words_that_nothing_has_are_said(page: Page, servers: ExitStack) -> None:
    running = servers.enter_context(Background(library()))
    page.goto(running.url)
    page.get_by_label("Find an operation").fill("zebra")
    assert page.get_by_text("No operation has these words.").is_visible()
    assert not page.locator(".operations li:visible").count()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 1280])
def test_pages_fit_the_screen(page: Page, servers: ExitStack, width: int, scheme: Any) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    running = servers.enter_context(Background(library()))
    for name, path in (("documents", "/_docs/"), ("try", "/_docs/try/library#/all%20shelves")):
        page.goto(running.url + path)
        page.locator(".opblock, .operations").first.wait_for()
        page.screenshot(path=SHOTS / f"{name}-{width}-{scheme}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(13, 17, 23)" if scheme == "dark" else "rgb(255, 255, 255)")
