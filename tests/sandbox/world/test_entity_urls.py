"""Addresses in replies lead to what they name, on the server that was asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

import specs
from sandbox import Document, Request, World
from sandbox.transports.server import Background, Server
from tests.sandbox.world.documents import by, does, thing, world_of

URI = {"type": "string", "format": "uri"}
OWN = {**URI, "readOnly": True}
TEXT = {"type": "string"}
FOREIGN = ("github.json", "netlify2.yml", "twilio-api.json", "tmf620-v5.yaml")


def dex(server: str = "https://dex.test/v1") -> World:
    trait = thing(id={"type": "integer"}, name=TEXT, url=OWN)
    traits = thing(results={"type": "array", "items": thing(url=OWN)})
    beast = thing("id", id=TEXT, trait=URI, traits={"type": "array", "items": URI}, avatar_url=URI,
                  _links=thing("self", self=thing(href=TEXT), eggs=thing(href=TEXT)))  # fmt: skip
    eggs = {"type": "array", "items": thing(id=TEXT)}
    paths = {
        "/traits/": {"get": does(shows=traits), "post": does(201, trait, takes=thing(name=TEXT))},
        "/traits/{id}/": {"get": does(shows=trait), "parameters": [by("id")]},
        "/beasts": {"get": does(shows={"type": "array", "items": beast})},
        "/beasts/{id}": {"get": does(shows=beast), "parameters": [by("id")]},
        "/beasts/{id}/eggs": {"get": does(shows=eggs), "parameters": [by("id")]},
    }
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    return World(Document.from_tree({**tree, "servers": [{"url": server}]}, source="t"))


def got(session: Any, url: str) -> Any:
    at = urlsplit(url)
    for scheme in ("Bearer x", "Basic eDp5"):
        reply = session.handle(Request("GET", at.path, at.query, (("authorization", scheme),)))
        if reply.status != 401:
            break
    assert reply.status == 200, (url, reply.body)
    return orjson.loads(reply.body or b"null")


def test_an_entry_that_says_only_its_address_leads_to_its_entity() -> None:
    session = dex().session(seed=1)
    urls = [entry["url"] for entry in got(session, "/v1/traits/")["results"]]
    found = [got(session, url) for url in urls]
    assert [each["url"] for each in found] == urls and len({e["id"] for e in found}) == len(urls)
    assert all(url.startswith("https://dex.test/v1/traits/") for url in urls)


def test_an_address_tells_the_id_so_that_an_unknown_one_is_404() -> None:
    build = thing(status=TEXT, url=OWN)
    item = {"get": does(shows=build), "parameters": [by("build_id")]}
    builds = {"get": does(shows={"type": "array", "items": build}), "post": does(201, build)}
    session = world_of({"/builds": builds, "/builds/{build_id}": item}).session(seed=1)
    shown = orjson.loads(session.handle(Request("GET", "/builds")).body)
    assert all(got(session, each["url"]) == each for each in shown)
    assert session.handle(Request("GET", "/builds/zzz")).status == 404


def test_what_is_made_says_its_address() -> None:
    session = dex().session(seed=1)
    body = b'{"name":"fur"}'
    reply = session.handle(Request("POST", "/v1/traits/", "", (), body))
    made = orjson.loads(reply.body)
    assert got(session, made["url"]) == made and made["name"] == "fur"


def test_addresses_of_others_and_of_what_lies_below() -> None:
    session = dex().session(seed=3)
    beasts = got(session, "/v1/beasts")
    for beast in (b for b in beasts if {"trait", "traits", "_links"} <= b.keys()):
        assert "name" in got(session, beast["trait"])
        assert all("name" in got(session, url) for url in beast["traits"])
        assert got(session, beast["_links"]["self"]["href"])["id"] == beast["id"]
        assert isinstance(got(session, beast["_links"]["eggs"]["href"]), list)
    assert beasts and not any("dex.test" in beast.get("avatar_url", "") for beast in beasts)


def test_an_address_that_a_caller_gives_stays_his() -> None:
    mark = thing("id", id=TEXT, url=URI)
    post = does(201, mark, takes=thing(url=URI))
    item = {"get": does(shows=mark), "parameters": [by("id")]}
    world = world_of({"/marks": {"post": post}, "/marks/{id}": item})
    session = world.session(seed=1)
    reply = session.handle(Request("POST", "/marks", "", (), b'{"url":"https://a.example/x"}'))
    made = orjson.loads(reply.body)
    assert made["url"] == "https://a.example/x"
    assert world.conventions.about(world.resources.collection("/marks")).links == ()


def test_an_example_on_another_host_is_no_address_of_the_entity() -> None:
    page = thing(id=TEXT, url={**OWN, "example": "https://news.example/a"})
    item = {"get": does(shows=page), "parameters": [by("id")]}
    pages = {"get": does(shows={"type": "array", "items": page})}
    world = world_of({"/pages": pages, "/pages/{id}": item})
    assert world.conventions.about(world.resources.collection("/pages")).links == ()


def test_over_http_addresses_are_of_the_host_and_session_that_were_asked() -> None:
    app = Server({"dex": dex()}, mcp=False)
    with Background(app) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        plain = client.get("/v1/traits/").json()["results"][0]["url"]
        assert plain.startswith(f"{server.url}/v1/traits/") and client.get(plain).is_success
        held = app.sessions.open("dex", seed=7)
        made = client.post(f"/s/{held.id}/v1/traits/", json={"name": "fur"})
        assert made.json()["url"].startswith(f"{server.url}/s/{held.id}/v1/traits/")
        assert client.get(made.json()["url"]).json() == made.json()
        assert client.get(made.headers["location"]).json()["name"] == "fur"


@pytest.mark.parametrize("name", [*specs.names(), *FOREIGN])
def test_each_address_of_an_entity_leads_to_it(name: str, request: pytest.FixtureRequest) -> None:
    foreign = request.getfixturevalue("corpus") / "specs/public" if name in FOREIGN else None
    world = World.load(foreign / name if foreign is not None else name)
    session, followed = world.session(seed=1), 0
    for template in (each for each in world.resources.templates if "{}" not in each):
        links = world.conventions.about(world.resources.collection(template)).links
        for link in (each for each in links if each.kind == "itself"):
            for id in session.state.ids(template)[:2]:
                url = said(session.state.get(template, id), link.pointer)
                if url is not None:
                    assert said(got(session, url), link.pointer) in (url, None)
                    followed += 1
    assert followed or name not in FOREIGN


def said(entity: Any, pointer: tuple[str, ...]) -> Any:
    for key in pointer:
        entity = entity.get(key) if isinstance(entity, dict) else None
    return entity


def test_a_uri_leads_to_what_its_name_says_without_a_word_for_addresses() -> None:
    session = dex().session(seed=1)
    found = [each["trait"] for each in got(session, "/v1/beasts") if "trait" in each]
    assert found and all(got(session, url)["url"] == url for url in found)
