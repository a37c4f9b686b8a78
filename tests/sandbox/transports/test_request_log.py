"""One line per request: status, request, session, operation, fault and the reason of a refusal."""

from __future__ import annotations

import httpx

from sandbox import World
from sandbox.transports.server import Background, Server

HEADERS = {"authorization": "Bearer any"}


def test_each_request_is_one_line_that_says_why_it_was_refused() -> None:
    lines: list[str] = []
    server = Server({"shop": World.load("bookshop")}, mcp=False, report=lines.append)
    with Background(server) as running, httpx.Client(base_url=running.url, headers=HEADERS) as web:
        web.get("/v1/books")
        web.post("/v1/customers", json={"name": 5})
        web.get("/v1/nothing")
        web.get("/s/other/v1/books")
    assert lines[0] == "200  GET /v1/books  shop  listBooks"
    assert lines[1].startswith("422  POST /v1/customers  shop  createCustomer  ")
    assert "/name" in lines[1] and "\n" not in lines[1]
    assert lines[2].startswith("404  GET /v1/nothing  shop  -  ")
    assert lines[3].startswith("404  GET /s/other/v1/books  ") and "no session" in lines[3]


def test_a_fault_is_named_in_its_line() -> None:
    lines: list[str] = []
    options = {"faults": {"rules": [{"fault": "H01"}]}}
    world = {"shop": World.load("bookshop")}
    server = Server(world, mcp=False, report=lines.append, options=options)
    with Background(server) as running:
        httpx.get(f"{running.url}/v1/books", headers=HEADERS)
    assert "shop  listBooks  fault H01" in lines[0]
