"""Callbacks and webhooks: always on the ledger, delivered where that is allowed."""

from __future__ import annotations

import http.server
from collections.abc import Iterator
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import orjson
import pytest

from sandbox import Document, World
from sandbox.transports.deliveries import Courier
from sandbox.transports.server import Background, Server
from sandbox.world.callbacks import Delivery
from tests.sandbox.world.documents import by, does, thing

TEXT = {"type": "string"}
Seen = Queue[tuple[str, Any]]


def parcels() -> World:
    def sends(schema: Any) -> Any:
        return {"post": does(200, takes=schema)}

    hook = thing("url", id=TEXT, url=TEXT)
    parcel = thing("id", "city", id=TEXT, city=TEXT)
    subscribe = does(201, {**hook, "required": ["id"]}, thing(url=TEXT))
    address = "{$request.body#/url}?of={$response.body#/id}&via={$request.query.via}"
    subscribe["callbacks"] = {"ready": {address: sends(thing(id=TEXT, url=TEXT))}}
    subscribe["parameters"] = [by("via", "query")]
    tree = {
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
        "paths": {"/hooks": {"post": subscribe},
                  "/parcels": {"post": does(201, parcel, thing(city=TEXT)), "get": does(
                      shows={"type": "array", "items": parcel})},
                  "/parcels/{id}": {"delete": does(204), "parameters": [by("id")]}},
        "webhooks": {"parcel.created": sends(thing(data=parcel)),
                     "parcel.deleted": sends(thing(id=TEXT))},
    }  # fmt: skip
    return World(Document.from_tree(tree, source="t"))


@pytest.fixture
def receiver() -> Iterator[tuple[str, Seen]]:
    seen: Seen = Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.put((self.path, orjson.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/in", seen
    server.shutdown()
    server.server_close()


def test_a_callback_and_a_webhook_reach_a_local_receiver(receiver: tuple[str, Seen]) -> None:
    url, seen = receiver
    app = Server({"t": parcels()}, mcp=False)
    with Background(app) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        made = client.post("/hooks?via=a%20b", json={"url": url}).json()
        path, body = seen.get(timeout=5)
        assert path == f"/in?of={made['id']}&via=a%20b"
        assert body == {"id": made["id"], "url": url}
        parcel = client.post("/parcels", json={"city": "Umeå"}).json()
        assert seen.get(timeout=5) == ("/in", {"data": parcel})
    rows = [row.as_json() for row in app.sessions["t"].session.ledger]
    assert [each["name"] for row in rows for each in row["deliveries"]] == [
        "ready",
        "parcel.created",
    ]


def test_in_process_they_are_recorded_and_sent_nowhere() -> None:
    session = parcels().session(seed=1)
    made = orjson.loads(session.call("post_parcels", {"city": "Oslo"}).text)
    session.call("delete_parcels_id", {"id": made["id"]})
    session.call("delete_parcels_id", {"id": "none"})
    sent = [[(each.name, each.url) for each in row.deliveries] for row in session.ledger]
    assert sent == [[("parcel.created", "")], [("parcel.deleted", "")], []]
    assert orjson.loads(session.ledger[1].deliveries[0].body) == {"id": made["id"]}


@pytest.mark.parametrize(("url", "allowed"), [
    ("http://localhost:1/x", True), ("http://[::1]/", True), ("https://own.test/x", True),
    ("http://127.9.9.9/", True), ("http://10.0.0.1/", False), ("http://169.254.169.254/", False),
    ("file:///etc/passwd", False), ("http://localhost.evil.test/", False), ("http://[", False),
    ("ftp://localhost/", False), ("http://own.test@evil.test/", False),
])  # fmt: skip
def test_only_loopback_and_allowed_hosts_are_sent_to(url: str, allowed: bool) -> None:
    assert Courier(["own.test"]).allows(url) == allowed


def test_a_host_that_is_not_allowed_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    courier = Courier()
    there = Delivery("ready", "callback", "POST", "http://far.test/x", (), b"")
    courier.send([there, there, there._replace(url="http://[")])
    assert [record.getMessage().count("far.test") for record in caplog.records] == [1, 0]
    assert "--deliver" in caplog.text


def test_a_value_inside_an_address_is_encoded_and_a_whole_address_is_not() -> None:
    session = parcels().session(seed=1)
    url = "http://shop.test/in/a%2Fb"
    made = orjson.loads(session.call("post_hooks", {"url": url, "via": "b & c/d"}).text)
    (delivery,) = session.ledger[-1].deliveries
    assert delivery.url == f"{url}?of={made['id']}&via=b%20%26%20c%2Fd"
