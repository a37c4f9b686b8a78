"""Composite keys: entities that two path parameters address together."""

from __future__ import annotations

from typing import Any

from sandbox import Session
from tests.sandbox.world.documents import Json, by, does, thing, world_of
from tests.sandbox.world.test_one_place import ask

TEXT, INTEGER = {"type": "string", "pattern": "^[a-z]{4,8}$"}, {"type": "integer"}
USER = thing("login", login=TEXT)
SITE = thing("name", "owner", id=INTEGER, name=TEXT, full_name={"type": "string"}, owner=USER)
KEY = [by("owner"), by("site")]


def many(of: Json) -> Json:
    return {"type": "array", "items": of}


def hosting(**more: Any) -> Session:
    page = thing("id", id=INTEGER, title=TEXT)
    below = "/sites/{owner}/{site}/pages"
    paths: Json = {
        "/teams": {"get": does(shows=many(thing("id", id=TEXT)))},
        "/teams/{team}": {"get": does(shows=thing("id", id=TEXT), parameters=[by("team")])},
        "/teams/{team}/sites": {
            "get": does(shows=many(SITE), parameters=[by("team")]),
            "post": does(201, SITE, thing("name", name=TEXT), parameters=[by("team")]),
        },
        "/sites/{owner}/{site}": {
            "get": does(shows=SITE, parameters=KEY),
            "delete": does(204, parameters=KEY),
        },
        below: {
            "get": does(shows=many(page), parameters=KEY),
            "post": does(201, page, thing(title=TEXT), parameters=KEY),
        },
    }
    return world_of(paths | more).session(seed=1)


def site_of(session: Session) -> tuple[str, str]:
    team = ask(session, "GET", "/teams")[1][0]["id"]
    site = ask(session, "GET", f"/teams/{team}/sites")[1][0]
    return site["owner"]["login"], site["name"]


def test_what_a_list_shows_is_read_by_both_parts_and_by_no_other_pair() -> None:
    session = hosting()
    owner, name = site_of(session)
    status, site = ask(session, "GET", f"/sites/{owner}/{name}")
    assert status == 200 and (site["owner"]["login"], site["name"]) == (owner, name)
    assert site.get("full_name", f"{owner}/{name}") == f"{owner}/{name}"
    assert ask(session, "GET", f"/sites/{owner}/zzzz")[0] == 404
    assert ask(session, "GET", f"/sites/zzzz/{name}")[0] == 404


def test_an_action_that_names_both_parts_may_fail_silently() -> None:
    site = thing("name", "owner", name=TEXT, owner=USER, archived={"type": "boolean"})
    session = world_of({
        "/sites": {"get": does(shows=many(site))},
        "/sites/{owner}/{site}": {"get": does(shows=site, parameters=KEY)},
        "/sites/{owner}/{site}/archive": {"post": does(shows=site, parameters=KEY)},
    }).session(seed=1, faults={"rules": [{"fault": "S06", "trigger": "always"}]})  # fmt: skip
    one = next(each for each in ask(session, "GET", "/sites")[1] if not each.get("archived"))
    place = f"/sites/{one['owner']['login']}/{one['name']}"
    assert ask(session, "POST", f"{place}/archive") == (200, {**one, "archived": True})
    assert ask(session, "GET", place) == (200, one)


def test_what_lies_below_belongs_to_that_one() -> None:
    session = hosting()
    owner, name = site_of(session)
    made = ask(session, "POST", f"/sites/{owner}/{name}/pages", {"title": "about"})[1]
    assert made in ask(session, "GET", f"/sites/{owner}/{name}/pages")[1]
    assert ask(session, "GET", f"/sites/zzzz/{name}/pages")[0] == 404
    assert ask(session, "DELETE", f"/sites/{owner}/{name}")[0] == 204
    assert ask(session, "GET", f"/sites/{owner}/{name}/pages")[0] == 404


def test_what_is_made_elsewhere_keeps_the_part_that_was_chosen() -> None:
    session = hosting()
    team = ask(session, "GET", "/teams")[1][0]["id"]
    _, made = ask(session, "POST", f"/teams/{team}/sites", {"name": "blog"})
    assert made["name"] == "blog"
    assert ask(session, "GET", f"/sites/{made['owner']['login']}/blog") == (200, made)
    assert {e.collection for row in session.ledger for e in row.effects} == {"/sites"}


def test_a_list_by_the_first_part_shows_what_was_made_with_it() -> None:
    term = thing("space", "key", space=TEXT, key=TEXT)
    key = [by("space"), by("key")]
    session = world_of(
        {
            "/terms": {"post": does(201, term, term)},
            "/terms/{space}": {"get": does(shows=many(term), parameters=key[:1])},
            "/terms/{space}/{key}": {"get": does(shows=term, parameters=key)},
        }
    ).session(seed=1)
    body = {"space": "shop", "key": "size"}
    assert ask(session, "POST", "/terms", body) == (201, body)
    assert ask(session, "GET", "/terms/shop/size") == (200, body)
    assert ask(session, "GET", "/terms/shop") == (200, [body])
    assert ask(session, "GET", "/terms/shop/hue")[0] == 404


def test_membership_is_of_those_whom_another_list_shows() -> None:
    role = thing("role", role=TEXT)
    one = [by("login")]
    session = world_of(
        {
            "/users": {"get": does(shows=many(USER))},
            "/users/{login}": {"get": does(shows=USER, parameters=one)},
            "/badges/{login}": {"get": does(shows=role, parameters=one)},
        }
    ).session(seed=1)
    ann, *_ = (each["login"] for each in ask(session, "GET", "/users")[1])
    assert ask(session, "GET", f"/badges/{ann}")[0] == 200
    assert ask(session, "GET", "/badges/zzzz")[0] == 404


def test_one_of_a_parent_is_the_one_that_its_own_path_reads() -> None:
    inbox = thing("id", id=INTEGER, unread=INTEGER)
    session = world_of(
        {
            "/users": {"get": does(shows=many(USER))},
            "/users/{login}": {"get": does(shows=USER, parameters=[by("login")])},
            "/users/{login}/inbox": {"get": does(shows=inbox, parameters=[by("login")])},
            "/inboxes/{id}": {"get": does(shows=inbox, parameters=[by("id", schema=INTEGER)])},
        }
    ).session(seed=1)
    ann, *_ = (each["login"] for each in ask(session, "GET", "/users")[1])
    _, shown = ask(session, "GET", f"/users/{ann}/inbox")
    assert ask(session, "GET", f"/inboxes/{shown['id']}") == (200, shown)
    assert ask(session, "GET", "/inboxes/999999937")[0] == 404


def test_an_upload_makes_an_entity_of_the_collection_above() -> None:
    file = thing("id", id=INTEGER, name=TEXT, size=INTEGER)
    whole = thing("total", "entries", total=INTEGER, entries=many(file))
    session = world_of(
        {
            "/files/content": {"post": does(201, whole, thing("name", name=TEXT))},
            "/files/{id}": {"get": does(shows=file, parameters=[by("id", schema=INTEGER)])},
        }
    ).session(seed=1)
    _, made = ask(session, "POST", "/files/content", {"name": "plan"})
    assert ask(session, "GET", f"/files/{made['entries'][0]['id']}") == (200, made["entries"][0])
    assert ask(session, "GET", "/files/999999937")[0] == 404


def test_a_list_beside_in_the_plural_tells_the_ids() -> None:
    branch, listed = (
        thing("state", state=TEXT),
        thing("branch_id", "state", branch_id={"type": "string"}, state=TEXT),
    )
    session = world_of(
        {
            "/branches": {"get": does(shows=thing("branches", branches=many(listed)))},
            "/branch/{branch_id}": {"get": does(shows=branch, parameters=[by("branch_id")])},
        }
    ).session(seed=1)
    first = ask(session, "GET", "/branches")[1]["branches"][0]
    assert ask(session, "GET", f"/branch/{first['branch_id']}") == (200, {"state": first["state"]})
    assert ask(session, "GET", "/branch/zzzz")[0] == 404


def test_an_address_that_was_sent_stays_as_it_was_sent() -> None:
    site = thing("id", id=INTEGER, deploy_url={"type": "string"})
    deploy, one = thing("id", id=INTEGER), [by("id", schema=INTEGER)]
    sent = thing(deploy_url={"type": "string"})
    session = world_of(
        {
            "/sites": {"get": does(shows=many(site)), "post": does(201, site, sent)},
            "/sites/{id}": {"get": does(shows=site, parameters=one)},
            "/sites/{id}/deploys": {"get": does(shows=many(deploy), parameters=one)},
        }
    ).session(seed=1)
    made = ask(session, "POST", "/sites", {"deploy_url": "https://example.org/x"})[1]
    assert made["deploy_url"] == "https://example.org/x"


def test_a_name_given_twice_is_a_conflict_from_the_second_time_on() -> None:
    made = does(201, SITE, thing("name", name=TEXT))
    session = hosting(**{"/my/sites": {"get": does(shows=many(SITE)), "post": made}})
    replies = [ask(session, "POST", "/my/sites", {"name": "abcdef"})[0] for _ in range(5)]
    assert replies == [201, 409, 409, 409, 409]
    assert ask(session, "POST", "/my/sites", {"name": "ghijkl"})[0] == 201
