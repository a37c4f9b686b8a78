"""The token endpoints of declared OAuth flows, and OpenID discovery."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest

from sandbox import Document, Request, World
from sandbox.messages import Response
from sandbox.transports.server import Background, Server
from tests.sandbox.world.documents import does, thing

FORM = ("content-type", "application/x-www-form-urlencoded")
BASIC = ("authorization", "Basic YXBwOnMzY3JldA==")


def vault() -> World:
    flow = {"tokenUrl": "https://vault.test/oauth/token", "scopes": {"read": "r", "write": "w"}}
    schemes: dict[str, Any] = {
        "oauth": {"type": "oauth2", "flows": {"clientCredentials": flow, "password": flow}},
        "oidc": {"type": "openIdConnect",
                 "openIdConnectUrl": "https://vault.test/.well-known/openid-configuration"},
    }  # fmt: skip
    reader = does(shows=thing(n={"type": "integer"}), security=[{"oauth": ["read"]}])
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/secret": {"get": reader}},
        "components": {"securitySchemes": schemes},
    }
    return World(Document.from_tree(tree, source="t"))


def post(body: str, *headers: tuple[str, str], **options: Any) -> Response:
    request = Request("POST", "/oauth/token", "", (FORM, *headers), body.encode())
    return vault().session(**options).handle(request)


@pytest.mark.parametrize(("body", "status", "error"), [
    ("grant_type=client_credentials&client_id=a&client_secret=b", 200, None),
    ("grant_type=password&username=a&password=b&scope=read", 200, None),
    ("grant_type=refresh_token&refresh_token=x", 200, None),
    ("grant_type=client_credentials", 401, "invalid_client"), ("", 400, "invalid_request"),
    ("grant_type=authorization_code&code=x", 400, "unsupported_grant_type"),
    ("grant_type=password&username=a", 400, "invalid_request"),
    ("grant_type=password&username=a&password=b&scope=fly", 400, "invalid_scope"),
])  # fmt: skip
def test_grants_are_answered_as_rfc_6749_says(body: str, status: int, error: str | None) -> None:
    reply = post(body)
    told = orjson.loads(reply.body)
    assert (reply.status, told.get("error")) == (status, error)
    assert reply.header("cache-control") == "no-store"
    assert error or (told["token_type"], told["expires_in"]) == ("Bearer", 3600)


def test_a_token_is_let_in_where_only_known_credentials_are() -> None:
    session = vault().session(credentials=["app:s3cret"])
    form = b"grant_type=client_credentials"
    asked = Request("POST", "/oauth/token", "", (FORM, BASIC), form)
    token = orjson.loads(session.handle(asked).body)["access_token"]

    def read(secret: str) -> int:
        bearer = (("authorization", f"Bearer {secret}"),)
        return session.handle(Request("GET", "/secret", "", bearer)).status

    assert (read(token), read("invented")) == (200, 401)
    assert post(form.decode() + "&client_id=b&client_secret=c", credentials=["x"]).status == 401


@pytest.mark.parametrize(("query", "told"), [
    ("response_type=code&redirect_uri=http://app.test/in&state=a%26b", "code"),
    ("response_type=token&redirect_uri=http://app.test/in?x=1&state=a%26b", "error"),
    ("response_type=code", None), ("response_type=code&redirect_uri=//x", None),
    ("response_type=code&redirect_uri=http://a/%0d%0aset-cookie:x", None),
])  # fmt: skip
def test_a_client_gets_its_code_where_the_user_would_have_agreed(query: str, told: str) -> None:
    flow = {"authorizationUrl": "https://vault.test/login", "tokenUrl": "/token", "scopes": {}}
    scheme = {"type": "oauth2", "flows": {"authorizationCode": flow}}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {},
            "components": {"securitySchemes": {"oauth": scheme}}}  # fmt: skip
    session = World(Document.from_tree(tree, source="t")).session()
    reply = session.handle(Request("GET", "/login", query))
    if told is None:
        assert reply.status == 400 and reply.header("location") is None
        return
    answer = parse_qs(urlsplit(reply.header("location") or "").query)
    assert reply.status == 302 and answer["state"] == ["a&b"] and told in answer
    form = f"grant_type=authorization_code&code={answer.get('code', ['x'])[0]}".encode()
    assert session.handle(Request("POST", "/token", "", (FORM,), form)).status == 200


def test_discovery_leads_to_the_sandbox_itself() -> None:
    with Background(Server({"t": vault()}, mcp=False)) as server:
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            found = client.get("/.well-known/openid-configuration").json()
            form = {"grant_type": "password", "username": "a", "password": "b"}
            reply = client.post(found["token_endpoint"], data=form)
            assert client.get(found["jwks_uri"]).json() == {"keys": []}
            assert client.get(found["authorization_endpoint"]).status_code == 400
    assert found["token_endpoint"] == f"{server.url}/oauth/token"
    assert reply.status_code == 200 and reply.json()["refresh_token"]


@pytest.mark.parametrize(("asked", "granted"), [("&scope=read", "read"), ("", "read write")])
def test_a_token_says_which_scopes_it_has(asked: str, granted: str) -> None:
    reply = post(f"grant_type=password&username=a&password=b{asked}")
    assert orjson.loads(reply.body)["scope"] == granted


@pytest.mark.parametrize(("body", "status"), [
    (b'{"grant_type": "client_credentials", "client_id": 7, "client_secret": "c"}', 200),
    (b'["client_credentials"]', 400), (b'{"grant_type"', 400),
])  # fmt: skip
def test_a_token_may_be_asked_for_in_json(body: bytes, status: int) -> None:
    json = (("content-type", "application/json"),)
    reply = vault().session().handle(Request("POST", "/oauth/token", "", json, body))
    assert reply.status == status
    assert (b"access_token" in reply.body) is (status == 200)


def test_a_fault_of_signing_in_refuses_a_token_as_rfc_6749_does() -> None:
    grant = "grant_type=client_credentials&client_id=a&client_secret=b"
    assert post(grant, faults="A05").status == 400
    assert post("grant_type=client_credentials", faults="A05").status == 401
