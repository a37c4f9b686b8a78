"""respx: the document's hosts land in the session, everything else goes its way."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from sandbox import World
from sandbox.document import Document
from sandbox.transports.respx_router import document_hosts, session_router

AUTH = {"authorization": "Bearer any"}


class Model(BaseHTTPRequestHandler):
    """A stand-in for the model an agent talks to over httpx."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"model")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def test_other_hosts_pass_through(world: World) -> None:
    with HTTPServer(("127.0.0.1", 0), Model) as model:
        threading.Thread(target=model.handle_request, daemon=True).start()
        session = world.session()
        with session.respx():
            elsewhere = httpx.get(f"http://127.0.0.1:{model.server_port}/v1", trust_env=False)
            here = httpx.get("https://api.bookshop.example/v1/books", headers=AUTH)
    assert elsewhere.text == "model"
    assert here.status_code == 200
    assert len(session.ledger) == 1


def test_hosts_can_be_given(world: World) -> None:
    with session_router(world.session(), hosts=["shop.internal"]):
        assert httpx.get("http://shop.internal/v1/books", headers=AUTH).status_code == 200


def test_a_document_without_hosts_is_taken_to_be_local() -> None:
    tree: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
    tree["servers"] = [{"url": "/api"}]
    assert "localhost" in document_hosts(Document.from_tree(tree, source="t"))


def test_the_router_is_a_decorator_too(world: World) -> None:
    @world.session().respx()
    def agent() -> int:
        return httpx.get("https://api.bookshop.example/v1/books", headers=AUTH).status_code

    assert agent() == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get("https://api.bookshop.example/v1/books", trust_env=False)
