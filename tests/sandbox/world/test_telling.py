"""What the wire can tell: ids by list, create or search, other names, where a create went."""

from __future__ import annotations

from urllib.parse import quote

import orjson

from sandbox import Document, Request, Session, World
from tests.sandbox.world.documents import Json, by, does, thing, world_of

TEXT: Json = {"type": "string"}
FLAG = thing(key=TEXT, name=TEXT)
PROJECT = thing("id", "name", id={"type": "integer"}, name=TEXT)
NEVER: Json = {"type": "string", "minLength": 2, "maxLength": 1}


def status(session: Session, path: str, method: str = "GET") -> int:
    return session.handle(Request(method, path)).status


def test_a_path_that_ends_in_a_parameter_may_be_a_collection() -> None:
    flags = {
        "get": does(200, thing(items={"type": "array", "items": FLAG})),
        "post": does(201, FLAG, takes=FLAG),
    }
    item = {"get": does(200, FLAG, parameters=[by("project"), by("flagKey")])}
    for operation in flags.values():
        operation["parameters"] = [by("project")]
    session = world_of({"/flags/{project}": flags, "/flags/{project}/{flagKey}": item}).session()
    body = b'{"key":"dark-mode","name":"Dark"}'
    kind = (("content-type", "application/json"),)
    made = session.handle(Request("POST", "/flags/web", headers=kind, body=body))
    assert (made.status, made.header("location")) == (201, "/flags/web/dark-mode")
    assert status(session, "/flags/web/dark-mode") == 200
    assert b"dark-mode" in session.handle(Request("GET", "/flags/web")).body
    assert status(session, "/flags/other/dark-mode") == 404


def test_below_an_entity_its_other_name_means_the_same_place() -> None:
    member = thing(id=TEXT, project_id={"type": "integer"})
    session = world_of({
        "/projects": {"get": does(200, {"type": "array", "items": PROJECT})},
        "/projects/{name_or_id}": {"get": does(200, PROJECT, parameters=[by("name_or_id")])},
        "/projects/{name_or_id}/members": {
            "get": does(200, {"type": "array", "items": member}, parameters=[by("name_or_id")])
        },
    }).session()  # fmt: skip
    id = session.state.ids("/projects")[0]
    name = str((session.state.get("/projects", id) or {})["name"]).replace(" ", "%20")
    by_id = session.handle(Request("GET", f"/projects/{id}/members"))
    assert by_id.body == session.handle(Request("GET", f"/projects/{name}/members")).body
    assert f'"project_id":{id}'.encode() in by_id.body


def test_a_create_that_shows_nothing_says_where_the_entity_is() -> None:
    paths = {
        "/jobs": {"post": does(200, takes=FLAG)},
        "/jobs/{id}": {"get": does(200, thing(id=TEXT, name=TEXT), parameters=[by("id")])},
    }
    session = world_of(paths).session()
    kind = (("content-type", "application/json"),)
    made = session.handle(Request("POST", "/jobs", headers=kind, body=b'{"key":"a","name":"Ada"}'))
    place = made.header("location") or ""
    assert place.startswith("/jobs/") and not made.body
    assert b'"name":"Ada"' in session.handle(Request("GET", place)).body


def test_where_no_list_can_be_made_any_id_is_taken_for_one() -> None:
    item = thing(id=TEXT, name=TEXT)
    paths = {
        "/things": {"get": does(200, {"type": "array", "items": thing(bad=NEVER), "minItems": 1})},
        "/things/{id}": {"get": does(200, item, parameters=[by("id")])},
    }
    session = world_of(paths).session()
    assert status(session, "/things") == 501
    assert status(session, "/things/th_1") == 200


def test_where_no_entity_can_exist_the_answer_is_not_a_404() -> None:
    paths = {
        "/things": {"get": does(200, {"type": "array", "items": thing(id=TEXT, bad=NEVER)})},
        "/things/{id}": {"get": does(200, thing(id=TEXT, bad=NEVER), parameters=[by("id")])},
    }
    assert status(world_of(paths).session(), "/things/th_1") == 501


def test_ids_whose_type_is_said_by_reference_are_made() -> None:
    own: Json = {"allOf": [{"type": "integer", "minimum": 1}], "readOnly": True}
    item = thing(id=own, name=TEXT)
    paths = {
        "/users": {"get": does(200, {"type": "array", "items": item})},
        "/users/{id}": {"get": does(200, item, parameters=[by("id", schema={"type": "integer"})])},
    }
    session = world_of(paths).session()
    ids = session.state.ids("/users")
    assert ids and all(status(session, f"/users/{id}") == 200 for id in ids)


def test_an_id_of_another_kind_than_the_parameter_is_not_its_id() -> None:
    item = thing(id={"type": "integer"}, score={"type": "integer"})
    handle = by("handle", schema={"type": "string", "format": "email"})
    paths = {
        "/followers": {"get": does(200, {"type": "array", "items": item})},
        "/followers/{handle}": {"delete": does(204, parameters=[handle])},
    }
    session = world_of(paths).session()
    assert status(session, "/followers/ada@example.org", "DELETE") == 204


def test_times_that_the_caller_gives_stay_as_they_were_given() -> None:
    item = thing("id", id=TEXT, created={"type": "string"}, updated={"type": "string"})
    paths = {
        "/notes": {"post": does(201, item, takes=thing(created={"type": "string"}))},
        "/notes/{id}": {"get": does(200, item, parameters=[by("id")])},
    }
    session = world_of(paths).session()
    kind = (("content-type", "application/json"),)
    made = session.handle(Request("POST", "/notes", headers=kind, body=b'{"created":"2020-02-02"}'))
    assert b'"created":"2020-02-02"' in made.body


def test_a_list_tells_ids_that_its_entities_do_not_carry() -> None:
    design, entry = thing(name=TEXT), thing("name", id=TEXT, name=TEXT)
    paths = {
        "/designs": {"get": does(200, {"type": "array", "items": entry})},
        "/designs/{id}": {"get": does(200, design, parameters=[by("id")])},
    }
    session = world_of(paths).session()
    listed = orjson.loads(session.handle(Request("GET", "/designs")).body)
    assert all(status(session, f"/designs/{each['id']}") == 200 for each in listed)
    assert status(session, "/designs/another") == 404


def test_what_is_required_but_not_declared_is_kept_too() -> None:
    file = {**thing(Id=TEXT), "required": ["Id", "name"]}
    paths = {
        "/files": {"post": does(201, file, takes=thing(name=TEXT))},
        "/files/{Id}": {"get": does(200, file, parameters=[by("Id")])},
    }
    session = world_of(paths).session()
    kind = (("content-type", "application/json"),)
    made = session.handle(Request("POST", "/files", headers=kind, body=b'{"name":"notes.txt"}'))
    assert orjson.loads(made.body)["name"] == "notes.txt"


def test_a_reference_to_itself_costs_one_operation() -> None:
    loop = {"$ref": "#/components/schemas/Loop"}
    tree = {
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
        "paths": {"/loop": {"get": does(200, loop)}, "/fine": {"get": does(200, TEXT)}},
        "components": {"schemas": {"Loop": loop}},
    }  # fmt: skip
    session = World(Document.from_tree(tree, source="t")).session()
    assert (status(session, "/loop"), status(session, "/fine")) == (501, 200)


def test_a_key_in_two_parts_is_one_that_the_list_tells() -> None:
    rate = thing(id=TEXT, base=TEXT, quote=TEXT)
    paths = {
        "/rates": {"get": does(200, {"type": "array", "items": rate})},
        "/rates/{base}/{quote}": {"get": does(200, rate, parameters=[by("base"), by("quote")])},
    }
    session = world_of(paths).session()
    first = orjson.loads(session.handle(Request("GET", "/rates")).body)[0]
    assert status(session, f"/rates/{quote(first['base'])}/{quote(first['quote'])}") == 200
    assert status(session, "/rates/EUR/USD") == 404


def test_the_id_is_told_as_text_where_the_reply_writes_it_so() -> None:
    item = thing(id={"type": "integer"}, amount={"type": "integer"})
    number = by("id", schema={"type": "integer"})
    told = thing("message", id=TEXT, amount={"type": "integer"}, message=TEXT)
    paths = {
        "/payments": {"post": does(200, told, takes=thing(amount={"type": "integer"}))},
        "/payments/{id}": {"get": does(200, item, parameters=[number])},
    }
    session = world_of(paths).session()
    kind = (("content-type", "application/json"),)
    made = session.handle(Request("POST", "/payments", headers=kind, body=b'{"amount":5}'))
    assert status(session, f"/payments/{orjson.loads(made.body)['id']}") == 200


def test_a_company_name_is_no_id_of_a_company() -> None:
    company = thing(id={"type": "integer"}, name=TEXT)
    project = thing(id={"type": "integer"}, company_id={"type": "integer"}, company_name=TEXT)
    paths = {}
    for noun, item in (("companies", company), ("projects", project)):
        paths[f"/{noun}"] = {"get": does(200, {"type": "array", "items": item})}
        paths[f"/{noun}/{{id}}"] = {"get": does(200, item, parameters=[by("id")])}
    session = world_of(paths).session()
    ids = session.state.ids("/companies")
    for id in session.state.ids("/projects"):
        entity = session.state.get("/projects", id) or {}
        assert not entity["company_name"].isdigit()
        assert str(entity["company_id"]) in ids


def test_ids_are_known_where_the_collection_that_they_are_taken_from_is_listed() -> None:
    user, score = thing(id=TEXT, name=TEXT), thing(points=TEXT)
    one, listed = [by("user")], does(200, {"type": "array", "items": user})
    read, scored = does(200, user, parameters=one), does(200, score, parameters=one)
    paths: Json = {"/users/{user}": {"get": read}, "/scores/{user}": {"get": scored}}
    unlisted = world_of(paths).session(seed=1)
    session = world_of({"/users": {"get": listed}, **paths}).session(seed=1)
    (ann, *_) = session.state.ids("/users")
    assert [status(session, f"/scores/{id}") for id in (ann, "nobody")] == [200, 404]
    assert status(unlisted, "/scores/nobody") == 200
