"""One thing, one place: an entity is the same through every path that shows it."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from sandbox import Document, Request, Session, World
from tests.sandbox.world.documents import Json, by, does, thing, world_of

INTEGER, TEXT = {"type": "integer"}, {"type": "string"}
KEPT = {**INTEGER, "readOnly": True}
VISIT = thing("id", id=INTEGER, patientId=TEXT, reason=TEXT)
BARE = thing("id", id=INTEGER, reason=TEXT)
REASON = thing(reason=TEXT)


def clinic(visit: Json = VISIT, **more: Any) -> Session:
    patient = thing("id", id=TEXT, visitCount={**INTEGER, "readOnly": True})
    nested = "/patients/{patientId}/visits"
    visits = does(shows={"type": "array", "items": visit}, parameters=[by("patientId")])
    paths: Json = {
        "/patients": {"get": does(shows={"type": "array", "items": patient})},
        "/patients/{id}": {"get": does(shows=patient, parameters=[by("id")])},
        nested: {"get": visits, "post": does(201, visit, REASON, parameters=[by("patientId")])},
        nested + "/{id}": {"get": does(shows=visit, parameters=[by("patientId"), by("id")])},
        "/visits/{id}": {
            "get": does(shows=visit, parameters=[by("id", schema=INTEGER)]),
            "delete": does(204, parameters=[by("id", schema=INTEGER)]),
        },
    }
    return world_of(paths | more).session(seed=1)


def ask(session: Session, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    sent = b"" if body is None else orjson.dumps(body)
    headers = (("content-type", "application/json"),) if sent else ()
    reply = session.handle(Request(method, path, "", headers, sent))
    return reply.status, orjson.loads(reply.body) if reply.body else None


def two_patients(session: Session) -> tuple[str, str]:
    first, second, *_ = (each["id"] for each in ask(session, "GET", "/patients")[1])
    return first, second


def test_what_is_made_below_a_parent_is_read_flat_and_listed_there_only() -> None:
    for schema in (VISIT, BARE):
        session = clinic(schema)
        ann, ben = two_patients(session)
        _, made = ask(session, "POST", f"/patients/{ann}/visits", {"reason": "knee"})
        assert ask(session, "GET", f"/visits/{made['id']}") == (200, made)
        assert made in ask(session, "GET", f"/patients/{ann}/visits")[1]
        assert made not in ask(session, "GET", f"/patients/{ben}/visits")[1]


@pytest.mark.parametrize("declared", [400, 422])
def test_a_body_that_names_another_parent_than_the_path_is_refused(declared: int) -> None:
    refusals = {str(declared): {"description": "wrong"}}
    sent = thing("reason", reason=TEXT, patientId=TEXT)
    below = {
        "get": does(shows={"type": "array", "items": VISIT}, parameters=[by("patientId")]),
        "post": does(201, VISIT, sent, parameters=[by("patientId")], replies=refusals),
    }
    session = clinic(**{"/patients/{patientId}/visits": below})
    ann, ben = two_patients(session)
    path = f"/patients/{ann}/visits"
    status, told = ask(session, "POST", path, {"reason": "knee", "patientId": ben})
    assert status == declared and told["errors"][0]["pointer"] == "#/patientId"
    assert ask(session, "POST", path, {"reason": "knee", "patientId": ann})[0] == 201
    assert ask(session, "POST", path, {"reason": "knee"})[1]["patientId"] == ann


def test_a_path_through_another_parent_is_not_found() -> None:
    session = clinic()
    ann, ben = two_patients(session)
    _, (visit, *_) = ask(session, "GET", f"/patients/{ann}/visits")
    assert visit["patientId"] == ann
    assert ask(session, "GET", f"/patients/{ann}/visits/{visit['id']}")[0] == 200
    assert ask(session, "GET", f"/patients/{ben}/visits/{visit['id']}")[0] == 404


def test_an_id_that_only_nested_lists_tell_is_known_and_no_other_is() -> None:
    session = clinic()
    ann, _ = two_patients(session)
    _, (visit, *_) = ask(session, "GET", f"/patients/{ann}/visits")
    assert ask(session, "GET", f"/visits/{visit['id']}") == (200, visit)
    assert ask(session, "GET", "/visits/999999937")[0] == 404


def test_a_count_moves_with_what_it_counts() -> None:
    session = clinic()
    ann, _ = two_patients(session)
    _, visits = ask(session, "GET", f"/patients/{ann}/visits")
    assert ask(session, "GET", f"/patients/{ann}")[1]["visitCount"] == len(visits)
    ask(session, "POST", f"/patients/{ann}/visits", {"reason": "knee"})
    assert ask(session, "GET", f"/patients/{ann}")[1]["visitCount"] == len(visits) + 1
    ask(session, "DELETE", f"/visits/{visits[0]['id']}")
    assert ask(session, "GET", f"/patients/{ann}")[1]["visitCount"] == len(visits)


def test_the_parent_of_what_does_not_say_it_is_kept_over_snapshot_and_fork() -> None:
    session = clinic(BARE)
    ann, _ = two_patients(session)
    twin = session.fork()
    _, made = ask(session, "POST", f"/patients/{ann}/visits", {"reason": "knee"})
    assert made in ask(session.fork(), "GET", f"/patients/{ann}/visits")[1]
    assert made not in ask(twin, "GET", f"/patients/{ann}/visits")[1]
    assert {e.collection for row in session.ledger for e in row.effects} == {"/visits"}


def styled(paths: Json) -> tuple[World, Session]:
    world = world_of(paths)
    return world, world.session(seed=1)


def test_verb_suffixes_are_the_operations_that_they_name() -> None:
    volume = thing("name", name=TEXT, driver=TEXT)
    listing = does(shows={"type": "array", "items": volume})
    one = does(shows=volume, parameters=[by("name")])
    _, session = styled(
        {
            "/volumes/json": {"get": listing},
            "/volumes/create": {"post": does(201, volume, volume)},
            "/volumes/{name}/json": {"get": one},
        }
    )
    assert ask(session, "POST", "/volumes/create", {"name": "v1", "driver": "d"})[0] == 201
    assert ask(session, "GET", "/volumes/v1/json")[1]["driver"] == "d"
    assert "v1" in [each["name"] for each in ask(session, "GET", "/volumes/json")[1]]
    assert ask(session, "GET", "/volumes/v2/json")[0] == 404


def test_calls_that_name_their_act_find_the_entity_by_its_id_in_the_body() -> None:
    user, picked = thing("id", id=TEXT, name=TEXT), thing(user_id=TEXT)
    _, session = styled(
        {
            "/users.list": {"post": does(shows={"type": "array", "items": user})},
            "/users.create": {"post": does(200, thing("user", user=user), thing(name=TEXT))},
            "/users.info": {"post": does(200, thing("user", user=user), picked)},
            "/users.delete": {"post": does(200, None, picked)},
        }
    )
    _, made = ask(session, "POST", "/users.create", {"name": "Ada"})
    asked = {"user_id": made["user"]["id"]}
    assert ask(session, "POST", "/users.info", asked) == (200, made)
    assert ask(session, "POST", "/users.delete", asked)[0] == 200
    assert ask(session, "POST", "/users.info", asked)[0] == 404


def test_a_key_in_brackets_picks_the_entity_and_says_where_it_is() -> None:
    photo = thing("Id", Id=INTEGER, Name=TEXT)
    item = {"get": does(shows=photo, parameters=[by("Id", schema=INTEGER)])}
    _, session = styled({"/Photos": {"post": does(201, photo, photo)}, "/Photos({Id})": item})
    request = Request(
        "POST", "/Photos", "", (("content-type", "application/json"),), b'{"Id":7,"Name":"x"}'
    )
    assert session.handle(request).header("location") == "/Photos(7)"
    assert ask(session, "GET", "/Photos(7)") == (200, {"Id": 7, "Name": "x"})
    assert ask(session, "GET", "/Photos(8)")[0] == 404


def test_a_natural_key_is_known_without_its_id_word() -> None:
    kind = thing("class", **{"class": TEXT}, description=TEXT)
    item = {"get": does(shows=kind, parameters=[by("className")])}
    listing = does(shows={"type": "array", "items": kind})
    _, session = styled(
        {"/schema": {"get": listing, "post": does(200, kind, kind)}, "/schema/{className}": item}
    )
    ask(session, "POST", "/schema", {"class": "Ship", "description": "floats"})
    assert ask(session, "GET", "/schema/Ship")[1]["description"] == "floats"
    assert ask(session, "GET", "/schema/Boat")[0] == 404


def test_an_envelope_is_found_beside_errors_and_in_a_list_of_what_was_made_at_once() -> None:
    filter_ = thing("expression", id={**TEXT, "readOnly": True}, expression=TEXT)
    many = thing(
        "result",
        errors={"type": "array", "items": TEXT},
        result={"type": "array", "items": filter_},
    )
    item = {"get": does(shows=thing("rule", errors=TEXT, rule=filter_), parameters=[by("id")])}
    sent = {"type": "array", "items": filter_}
    _, session = styled(
        {
            "/filters": {"get": does(shows=many), "post": does(200, many, sent)},
            "/filters/{id}": item,
        }
    )
    _, made = ask(session, "POST", "/filters", [{"expression": "a"}, {"expression": "b"}])
    assert [each["expression"] for each in made["result"]] == ["a", "b"]
    for each in made["result"]:
        assert ask(session, "GET", f"/filters/{each['id']}")[1]["rule"] == each


def test_acting_twice_is_a_conflict_where_the_document_says_so() -> None:
    status = {"type": "string", "enum": ["open", "void"]}
    bill = thing("id", "status", id=TEXT, status=status, likesCount=INTEGER)
    bill["required"].append("likesCount")
    again: Json = {"replies": {"409": {"description": "void already"}}}
    act: Json = {"parameters": [by("id")]}
    paths = {
        "/bills": {"get": does(shows={"type": "array", "items": bill})},
        "/bills/{id}": {"get": does(shows=bill, **act)},
        "/bills/{id}/void": {"post": does(200, bill, **again, **act)},
        "/bills/{id}/like": {"post": does(200, bill, **act), "delete": does(200, bill, **act)},
    }
    session = world_of(paths).session(seed=1)
    listed = ask(session, "GET", "/bills")[1]
    bill = next(each for each in listed if each["status"] == "open")
    assert ask(session, "POST", f"/bills/{bill['id']}/void")[1]["status"] == "void"
    assert ask(session, "POST", f"/bills/{bill['id']}/void")[0] == 409
    liked = ask(session, "POST", f"/bills/{bill['id']}/like")[1]["likesCount"]
    assert liked == bill["likesCount"] + 1
    assert ask(session, "DELETE", f"/bills/{bill['id']}/like")[1]["likesCount"] == liked - 1
    assert ask(session, "POST", "/bills/nobody/void")[0] == 404


def test_what_is_sent_is_kept_and_the_servers_own_is_filled_in() -> None:
    line = thing("id", "sku", id=KEPT, sku=TEXT, qty={**INTEGER, "default": 1})
    buyer = thing("id", "name", id={**TEXT, "readOnly": True}, name=TEXT)
    order = thing("id", id=KEPT, lines={"type": "array", "items": line}, buyer=buyer)
    item = {"get": does(shows=order, parameters=[by("id", schema=INTEGER)])}
    world = world_of({"/orders": {"post": does(201, order, order)}, "/orders/{id}": item})
    session = world.session(seed=1)
    sent = {"lines": [{"sku": "a"}, {"sku": "b", "qty": 2}], "buyer": {"name": "Ada"}}
    _, made = ask(session, "POST", "/orders", sent)
    assert [(each["sku"], each["qty"]) for each in made["lines"]] == [("a", 1), ("b", 2)]
    assert made["buyer"]["name"] == "Ada" and made["buyer"]["id"]
    assert all(isinstance(each["id"], int) for each in made["lines"])
    assert ask(session, "GET", f"/orders/{made['id']}") == (200, made)


def test_the_branch_that_was_sent_is_the_branch_that_is_kept() -> None:
    poll = thing("type", type={"const": "poll"})
    blob = thing("type", "config", type={"const": "blob"}, config=thing(container=TEXT))
    sink = {**thing("id", id=TEXT), "oneOf": [poll, blob]}
    item = {"get": does(shows=sink, parameters=[by("id")])}
    world = world_of({"/sinks": {"post": does(201, sink, blob)}, "/sinks/{id}": item})
    session = world.session(seed=1)
    sent = {"type": "blob", "config": {"container": "c"}}
    made = [ask(session, "POST", "/sinks", sent)[1] for _ in range(6)]
    assert all(each.items() >= sent.items() for each in made)
    assert ask(session, "GET", f"/sinks/{made[0]['id']}") == (200, made[0])


def test_null_takes_away_what_cannot_be_null() -> None:
    note = thing("id", id=KEPT, text=TEXT, title=TEXT)
    one = [by("id", schema=INTEGER)]
    change = does(200, note, {"type": "object"}, parameters=one)
    item = {"get": does(shows=note, parameters=one), "patch": change}
    world = world_of({"/notes": {"post": does(201, note, note)}, "/notes/{id}": item})
    session = world.session(seed=1)
    _, made = ask(session, "POST", "/notes", {"text": "a", "title": "b"})
    _, changed = ask(session, "PATCH", f"/notes/{made['id']}", {"title": None})
    assert changed == {"id": made["id"], "text": "a"}


def test_a_nested_path_is_a_view_whoever_asks_first() -> None:
    session = clinic()
    ann = session.state.ids("/patients")[0]
    visits = session.world.resources.collection("/patients/{}/visits")
    session.population.know(f"/patients/{ann}/visits", visits)
    listed = ask(session, "GET", f"/patients/{ann}/visits")[1]
    assert [str(each["id"]) for each in listed] == list(
        session.state.ids(f"/patients/{ann}/visits")
    )
    assert {each["patientId"] for each in listed} == {ann}


def test_a_plural_list_beside_a_singular_item_is_one_collection() -> None:
    lamp = {"$ref": "#/components/schemas/Lamp"}
    told = thing("lampId", lampId=TEXT)
    paths = {
        "/lamps": {
            "get": does(shows={"type": "array", "items": lamp}),
            "post": does(201, told, thing(place=TEXT)),
        },
        "/lamp/{lampId}": {"get": does(shows=lamp, parameters=[by("lampId")])},
    }
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    schemas = {"Lamp": thing("id", "place", id=TEXT, place=TEXT)}
    world = World(Document.from_tree({**tree, "components": {"schemas": schemas}}, source="t"))
    session = world.session(seed=1)
    made = ask(session, "POST", "/lamps", {"place": "hall"})[1]["lampId"]
    assert ask(session, "GET", f"/lamp/{made}") == (200, {"id": made, "place": "hall"})
    assert made in [each["id"] for each in ask(session, "GET", "/lamps")[1]]
    assert ask(session, "GET", "/lamp/nobody-knows")[0] == 404


def test_a_parent_right_before_the_end_of_a_path_shows_the_same_component() -> None:
    note = {"$ref": "#/components/schemas/Note"}
    shop = [by("shop"), by("order")]
    paths = {
        "/shops": {"get": does(shows={"type": "array", "items": thing(id=TEXT)})},
        "/shops/{shop}": {"get": does(shows=thing(id=TEXT), parameters=shop[:1])},
        "/shops/{shop}/orders": {
            "get": does(shows={"type": "array", "items": thing(id=TEXT)}, parameters=shop[:1])
        },
        "/shops/{shop}/orders/{order}": {"get": does(shows=thing(id=TEXT), parameters=shop)},
        "/shops/{shop}/orders/{order}/notes": {
            "post": does(201, note, thing(text=TEXT), parameters=shop)
        },
        "/shops/{shop}/notes": {
            "get": does(shows={"type": "array", "items": note}, parameters=shop[:1])
        },
        "/shops/{shop}/notes/{id}": {"get": does(shows=note, parameters=[*shop[:1], by("id")])},
    }
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    schemas = {"Note": thing("id", "text", id=TEXT, text=TEXT)}
    world = World(Document.from_tree({**tree, "components": {"schemas": schemas}}, source="t"))
    session = world.session(seed=1)
    home = f"/shops/{ask(session, 'GET', '/shops')[1][0]['id']}"
    order = ask(session, "GET", home + "/orders")[1][0]["id"]
    made = ask(session, "POST", f"{home}/orders/{order}/notes", {"text": "ring twice"})[1]
    assert ask(session, "GET", f"{home}/notes/{made['id']}") == (200, made)
    assert made in ask(session, "GET", home + "/notes")[1]


def many(of: Json) -> Json:
    return {"type": "array", "items": of}


def test_a_list_of_all_shows_what_is_made_below_each_parent() -> None:
    dish = thing("id", id=INTEGER, name=TEXT)
    nested, both = "/inns/{inn}/dishes", [by("inn"), by("dish")]
    paths: Json = {
        "/my/inns": {"get": does(shows=many(thing("id", id=TEXT)))},
        "/inns/{inn}": {"get": does(shows=thing("id", id=TEXT), parameters=[by("inn")])},
        nested: {"post": does(201, dish, thing(name=TEXT), parameters=[by("inn")])},
        nested + "/{dish}": {"get": does(shows=dish, parameters=both)},
        "/dishes": {"get": does(shows=many(dish))},
    }
    session = world_of(paths).session(seed=1)
    inn = ask(session, "GET", "/my/inns")[1][0]["id"]
    status, made = ask(session, "POST", f"/inns/{inn}/dishes", {"name": "soup"})
    assert status == 201 and made in ask(session, "GET", "/dishes")[1]


def test_a_list_under_the_long_word_tells_the_ids_of_the_short_one() -> None:
    named = {"id": INTEGER, "login": TEXT}
    short, full = thing("id", "login", **named), thing("id", "login", "plan", **named, plan=TEXT)
    below = "/organizations/{org}/seats"
    paths: Json = {
        "/organizations": {"get": does(shows=many(short))},
        below: {"get": does(shows=many(thing("id", id=TEXT)), parameters=[by("org")])},
        "/orgs/{org}": {"get": does(shows=full, parameters=[by("org")])},
        "/user/orgs": {"get": does(shows=many(short))},
        "/user/memberships/orgs": {"get": does(shows=many(thing("role", role=TEXT)))},
        "/user/memberships/orgs/{org}": {
            "get": does(shows=thing("role", role=TEXT), parameters=[by("org")])
        },
    }
    session = world_of(paths).session(seed=1)
    for path in ("/organizations", "/user/orgs"):
        login = ask(session, "GET", path)[1][0]["login"]
        status, read = ask(session, "GET", f"/orgs/{login}")
        assert status == 200 and read["login"] == login and read["plan"]
    assert ask(session, "GET", "/orgs/zzz")[0] == 404


def test_what_is_picked_by_the_name_of_an_entity_inside_is_known_by_that_name_only() -> None:
    inner = thing("id", "login", id=INTEGER, login=TEXT)
    seat = thing("role", "organization", role=TEXT, organization=inner)
    paths: Json = {
        "/my/seats": {"get": does(shows=many(seat))},
        "/my/seats/{org}": {"get": does(shows=seat, parameters=[by("org")])},
    }
    session = world_of(paths).session(seed=1)
    first = ask(session, "GET", "/my/seats")[1][0]
    assert ask(session, "GET", f"/my/seats/{first['organization']['login']}") == (200, first)
    assert ask(session, "GET", "/my/seats/zzz")[0] == 404


def test_posting_to_an_entity_makes_what_is_read_below_it() -> None:
    note, both = {"$ref": "#/components/schemas/Note"}, [by("box"), by("id", schema=INTEGER)]
    put = does(200, note, thing(text=TEXT), parameters=[by("box")])
    paths: Json = {
        "/boxes": {"get": does(shows=many(thing("id", id=TEXT)))},
        "/boxes/{box}": {
            "get": does(shows=thing("id", id=TEXT), parameters=[by("box")]),
            "post": put,
        },
        "/boxes/{box}/notes/{id}": {"get": does(shows=note, parameters=both)},
    }
    tree: Json = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    tree["components"] = {"schemas": {"Note": thing("id", id=INTEGER, text=TEXT)}}
    session = World(Document.from_tree(tree, source="t")).session(seed=1)
    box = ask(session, "GET", "/boxes")[1][0]["id"]
    _, made = ask(session, "POST", f"/boxes/{box}", {"text": "hi"})
    assert ask(session, "GET", f"/boxes/{box}/notes/{made['id']}") == (200, made)
    assert ask(session, "GET", f"/boxes/{box}/notes/9999991")[0] == 404
    tree["paths"]["/boxes/{box}/notes"] = {"post": put | {"operationId": "addNote"}}
    other = World(Document.from_tree(tree, source="t")).session(seed=1)
    ask(other, "POST", f"/boxes/{box}", {"text": "hi"})
    assert [each.collection for each in other.ledger[-1].effects] == ["/boxes"]


@pytest.mark.parametrize(("declared", "status"), [("404", 404), ("400", 201)])
def test_a_create_that_names_what_nobody_could_know_is_404_where_declared(
    declared: str, status: int
) -> None:
    note = thing("id", id=INTEGER, boxId=TEXT, text=TEXT)
    created = does(201, note, thing("boxId", boxId=TEXT, text=TEXT))
    created["responses"][declared] = {"description": "no"}
    paths: Json = {
        "/boxes": {"get": does(shows=many(thing("id", id=TEXT)))},
        "/boxes/{id}": {"get": does(shows=thing("id", id=TEXT), parameters=[by("id")])},
        "/notes": {"post": created, "get": does(shows=many(note))},
        "/notes/{id}": {"get": does(shows=note, parameters=[by("id", schema=INTEGER)])},
        "/rooms/{room}/notes": {"post": {**created, "parameters": [by("room")]}},
    }
    session = world_of(paths).session(seed=1)
    assert ask(session, "POST", "/rooms/r1/notes", {"boxId": "nobody"})[0] == 201
    box = ask(session, "GET", "/boxes")[1][0]["id"]
    assert ask(session, "POST", "/notes", {"boxId": box})[0] == 201
    before = len(ask(session, "GET", "/notes")[1])
    assert ask(session, "POST", "/notes", {"boxId": "nobody"})[0] == status
    assert len(ask(session, "GET", "/notes")[1]) == before + (status == 201)


@pytest.mark.parametrize(("beside", "status"), [({}, 201), ({"delete": does(204)}, 200)])
def test_a_post_beside_a_parameter_makes_one_unless_it_changes_what_is_there(
    beside: Json, status: int
) -> None:
    flag = thing("name", name=TEXT, on={"type": "boolean"})
    own = {name: {**each, "parameters": [by("project")]} for name, each in beside.items()}
    post = does(status, flag, flag, parameters=[by("project")])
    paths: Json = {
        "/flags/{project}": {"post": post, **own},
        "/flags/{project}/{name}": {
            "get": does(shows=flag, parameters=[by("project"), by("name")])
        },
    }
    session = world_of(paths).session(seed=1)
    ask(session, "POST", "/flags/atlas", {"name": "dark", "on": True})
    effects = [each.collection for each in session.ledger[-1].effects]
    assert effects == (["/flags/atlas"] if not beside else ["/flags"])


def test_two_lists_of_which_neither_has_items_are_not_views_of_each_other() -> None:
    listed = does(shows=many({"$ref": "#/components/schemas/Org"}))
    below = does(shows=many(thing("id", id=TEXT)), parameters=[by("org")])
    paths: Json = {name: {"get": listed} for name in ("/orgs", "/organizations")}
    paths |= {f"{name}/{{org}}/seats": {"get": below} for name in list(paths)}
    tree: Json = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    tree["components"] = {"schemas": {"Org": thing("id", id=INTEGER, login=TEXT)}}
    resources = World(Document.from_tree(tree, source="t")).resources
    assert [resources.view(name) for name in ("/orgs", "/organizations")] == [None, None]


def test_a_path_behind_another_nested_path_shows_the_same_whoever_is_asked_first() -> None:
    full = {"$ref": "#/components/schemas/Full"}
    brief = thing("id", "name", id=INTEGER, name=TEXT)
    whole = thing("id", "name", id=INTEGER, name=TEXT, size=INTEGER)
    listed = [{"type": "array", "items": each} for each in (brief, full)]
    middle, deep = "/orgs/{org}/allowed/repos", "/orgs/{org}/allowed/runners/repos"
    removed = does(204, parameters=[by("org"), by("id", schema=INTEGER)])
    paths = {
        "/repos": {"get": does(shows=listed[0])},
        middle: {"get": does(shows=listed[1], parameters=[by("org")])},
        f"{middle}/{{id}}": {"delete": removed},
        deep: {"get": does(shows=listed[1], parameters=[by("org")])},
        f"{deep}/{{id}}": {"delete": removed},
    }
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    tree["components"] = {"schemas": {"Full": whole}}
    found = []
    for order in ((middle, deep), (deep, middle)):
        session = World(Document.from_tree(tree, source="t")).session(seed=1)
        found.append({path: ask(session, "GET", path.format(org="o"))[1] for path in order})
    assert found[0] == found[1] and found[0][middle] == found[0][deep]


def test_the_list_of_a_reply_with_several_is_the_one_whose_name_ends_as_the_path_does() -> None:
    form = thing("id", "name", id=INTEGER, name=TEXT)
    folders = {"type": "array", "items": thing(folderId=TEXT)}
    forms = {"type": "array", "items": form}
    paths = {
        "/templates": {
            "get": does(shows=thing("formTemplates", formTemplates=forms, folders=folders)),
            "post": does(201, form, thing(name=TEXT)),
        },
        "/templates/{id}": {"get": does(shows=form, parameters=[by("id", schema=INTEGER)])},
    }
    session = world_of(paths).session(seed=1)
    _, made = ask(session, "POST", "/templates", {"name": "lease"})
    assert made in ask(session, "GET", "/templates")[1]["formTemplates"]


def test_a_verb_after_the_dot_that_names_its_noun_is_the_act_on_that_noun() -> None:
    note, page = thing("noteId", noteId=TEXT, title=TEXT), thing("noteId", noteId=TEXT)

    def post(shows: Json, takes: Json) -> Json:
        return {"post": does(200, shows, takes)}

    paths: Json = {
        "/desk.createNote": post(note, thing("title", title=TEXT)),
        "/desk.getNote": post(note, page),
        "/desk.listNotes": post(thing(notes=many(note)), thing(limit=INTEGER) | {"required": []}),
        "/desk.deleteNote": post(thing(deleted={"type": "boolean"}), page),
    }
    session = world_of(paths).session(seed=1)
    _, made = ask(session, "POST", "/desk.createNote", {"title": "tea"})
    named = {"noteId": made["noteId"]}
    assert ask(session, "POST", "/desk.getNote", named) == (200, made)
    assert made in ask(session, "POST", "/desk.listNotes", {"limit": 100})[1]["notes"]
    assert ask(session, "POST", "/desk.deleteNote", named)[0] == 200
    assert ask(session, "POST", "/desk.getNote", named)[0] == 404


def test_ids_have_the_form_of_the_document_s_example() -> None:
    bill = thing("id", id={"type": "string", "example": "INV-0042"})
    paths = {"/bills": {"get": does(shows={"type": "array", "items": bill})}}
    session = world_of(paths).session(seed=1)
    _, bills = ask(session, "GET", "/bills")
    assert bills and all(re.fullmatch(r"[A-Z]{3}-\d{4}", each["id"]) for each in bills)


@pytest.mark.parametrize(
    ("verb", "flag"), [("verify", "verified"), ("approve", "approving"), ("pin", "pinned")]
)
def test_an_act_sets_the_flag_that_is_its_participle(verb: str, flag: str) -> None:
    cat = thing("id", id=INTEGER, **{flag: {"type": "boolean"}})
    one = [by("id", schema=INTEGER)]
    paths = {
        "/cats": {"get": does(shows={"type": "array", "items": cat})},
        "/cats/{id}": {"get": does(shows=cat, parameters=one)},
        f"/cats/{{id}}/{verb}": {"post": does(204, parameters=one)},
    }
    session = world_of(paths).session(seed=1)
    ids = [each["id"] for each in ask(session, "GET", "/cats")[1]]
    for id in ids:
        assert ask(session, "POST", f"/cats/{id}/{verb}")[0] == 204
    assert all(ask(session, "GET", f"/cats/{id}")[1][flag] for id in ids)


def test_a_nested_copy_of_an_entity_is_the_entity_itself() -> None:
    author, book = ({"$ref": f"#/components/schemas/{name}"} for name in ("Author", "Book"))
    schemas = {
        "Author": thing("id", "name", id=INTEGER, name=TEXT),
        "Book": thing("id", "author", id=INTEGER, author=author),
    }
    paths = {
        "/authors": {"get": does(shows=many(author))},
        "/authors/{id}": {"get": does(shows=author, parameters=[by("id", schema=INTEGER)])},
        "/books": {"get": does(shows=many(book))},
    }
    tree: Json = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    tree["components"] = {"schemas": schemas}
    session = World(Document.from_tree(tree, source="t")).session(seed=1)
    for shown in ask(session, "GET", "/books")[1]:
        assert ask(session, "GET", f"/authors/{shown['author']['id']}") == (200, shown["author"])


def test_put_of_the_only_one_there_is_replaces_it_and_patch_adds_to_it() -> None:
    settings = thing("theme", theme=TEXT, banner=TEXT)
    calls = {name: does(shows=settings, takes=settings) for name in ("put", "patch")}
    session = world_of({"/settings": {"get": does(shows=settings), **calls}}).session(seed=1)
    ask(session, "PUT", "/settings", {"theme": "dark", "banner": "Hi"})
    assert ask(session, "PATCH", "/settings", {"theme": "light"})[1]["banner"] == "Hi"
    assert "banner" not in ask(session, "PUT", "/settings", {"theme": "dark"})[1]


def test_what_is_not_there_is_not_made_by_a_patch() -> None:
    visit = {"patch": does(shows=VISIT, takes=REASON, parameters=[by("id", schema=INTEGER)])}
    session = clinic(**{"/visits/{id}": visit})
    assert ask(session, "PATCH", "/visits/999999937", {"reason": "knee"})[0] == 404
    assert not session.state.version


def test_nobody_is_told_to_come_back_where_nothing_takes_time() -> None:
    call, many = does(201, BARE, REASON), {"type": "array", "items": BARE}
    call["responses"]["201"]["headers"] = {"Retry-After": {"schema": INTEGER}}
    session = world_of({"/notes": {"get": does(shows=many), "post": call}}).session(seed=1)
    headers, sent = (("content-type", "application/json"),), orjson.dumps({"reason": "knee"})
    reply = session.handle(Request("POST", "/notes", "", headers, sent))
    assert reply.status == 201 and reply.header("retry-after") is None
