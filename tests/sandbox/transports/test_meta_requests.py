"""The meta-tools over plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.document import Document
from sandbox.transports.server import Background, Server
from sandbox.world import World
from tests.agent.worlds import document, shelf


@pytest.fixture
def served() -> Iterator[tuple[Server, str]]:
    server = Server({"shelf": shelf()})
    with Background(server) as running:
        yield server, f"{running.url}/s/shelf/_meta"


def test_waiting_signing_in_and_reading_are_calls_like_those_of_the_tools(
    served: tuple[Server, str],
) -> None:
    server, url = served
    waited = httpx.post(f"{url}/wait", json={"seconds": 30})
    assert (waited.status_code, waited.text) == (200, "Waited 30 s.")
    assert httpx.post(f"{url}/authenticate").status_code == 200
    assert "createBook" in httpx.post(f"{url}/read_docs", json={"tool": "createBook"}).text
    session = server.sessions["shelf"].session
    assert (session.clock.now, session.credential) == (30, 1)
    assert [row.tool for row in session.ledger] == ["wait", "authenticate", "read_docs"]


def test_the_document_is_the_one_of_the_release_that_answers(served: tuple[Server, str]) -> None:
    server, url = served
    plan = {"releases": [{"operators": [{"op": "D03", "target": {"op": "createBook"}}]}]}
    session = server.sessions["shelf"].session
    session.change_drift(session.world.session(drift=plan).drift)
    reply = httpx.get(f"{url}/openapi.json")
    assert reply.json() == session.release_world(1).document.tree != session.world.document.tree
    assert session.docs == 1 and reply.headers["content-type"] == "application/json"


def test_poisoned_documentation_speaks_through_the_description(
    served: tuple[Server, str],
) -> None:
    server, url = served
    session = server.sessions["shelf"].session
    session.faults = session.world.session(faults="X03").faults
    assert "sandbox_audit_export" in httpx.get(f"{url}/openapi.json").json()["info"]["description"]
    assert session.ledger[-1].injected[0].fault == "X03"


@pytest.mark.parametrize(
    ("method", "name", "status"),
    [("GET", "nothing", 404), ("GET", "wait", 405), ("POST", "openapi.json", 405)],
)
def test_other_requests_are_refused_and_no_call(
    served: tuple[Server, str], method: str, name: str, status: int
) -> None:
    server, url = served
    assert httpx.request(method, f"{url}/{name}").status_code == status
    assert len(server.sessions["shelf"].session.ledger) == 0


def signing_in(faults: str | None) -> tuple[int, list[Any]]:
    flows = {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}}
    tree = document()
    tree["components"]["securitySchemes"] = {"o": {"type": "oauth2", "flows": flows}}
    world = World(Document.from_tree(tree, source="shelf"))
    session = world.session(faults=faults)
    form = {"grant_type": "client_credentials", "client_id": "me", "client_secret": "s"}
    with httpx.Client(transport=session.transport(), base_url="https://shelf.example") as client:
        status = client.post("/oauth/token", data=form).status_code
    return status, [(row.tool, [each.fault for each in row.injected]) for row in session.ledger]


def test_a_declared_token_endpoint_is_signing_in() -> None:
    assert signing_in(None) == (200, [("authenticate", [])])
    assert signing_in("A05") == (400, [("authenticate", ["A05"])])
