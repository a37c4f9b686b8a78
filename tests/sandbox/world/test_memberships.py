"""Parents that refer to entities: calls add what exists and take it out, nothing more."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import Session
from sandbox.world.state.kept_changes import change_of, make_change
from sandbox.world.state.snapshot import from_json, to_json
from tests.sandbox.world.documents import Json, by, does, thing, world_of
from tests.sandbox.world.test_one_place import BARE, REASON, ask, clinic, two_patients

TEXT = {"type": "string"}
PLAYER, TEAM = thing(id=TEXT, name=TEXT), thing(id=TEXT, title=TEXT)
USER_ID, IDS = thing(user_id=TEXT), thing(user_ids={"type": "array", "items": TEXT})
HERE, THERE = by("team"), by("id")


def club(word: str = "users", **calls: Json) -> Session:
    """Users, teams, and the users of a team under a word of their own."""
    nested, many = f"/teams/{{team}}/{word}", {"type": "array", "items": PLAYER}
    removal, listing = does(204, parameters=[HERE, THERE]), does(shows=many, parameters=[HERE])
    shared = {"PLAYER": PLAYER, "TEAM": TEAM}
    one: Json = {"put": does(204, parameters=[HERE, THERE]), "delete": removal}
    paths: Json = {
        "/users": {"get": does(shows=many)},
        "/users/{id}": {"get": does(shows=PLAYER, parameters=[THERE])},
        "/teams": {
            "get": does(shows={"type": "array", "items": TEAM}),
            "post": does(201, TEAM, thing(title=TEXT)),
        },
        "/teams/{id}": {"get": does(shows=TEAM, parameters=[THERE])},
        nested: {"get": listing, **calls},
        nested + "/{id}": one,
    }
    return world_of(_by_name(paths, shared), shared).session(seed=1)


def _by_name(value: Any, shared: Json) -> Any:
    """The paths with shared schemas referred to by name."""
    for name, schema in shared.items():
        if value is schema:
            return {"$ref": f"#/components/schemas/{name}"}
    if isinstance(value, dict):
        return {key: _by_name(inner, shared) for key, inner in value.items()}
    return [_by_name(each, shared) for each in value] if isinstance(value, list) else value


def team_and_users(session: Session, word: str = "users") -> tuple[str, list[Json], list[Json]]:
    """The first team's path, who is in it, and who is not."""
    path = f"/teams/{ask(session, 'GET', '/teams')[1][0]['id']}/{word}"
    inside = ask(session, "GET", path)[1]
    return path, inside, [u for u in ask(session, "GET", "/users")[1] if u not in inside]


@pytest.mark.parametrize("word", ["users", "members"])
def test_who_is_put_into_a_team_is_in_it_and_stays_as_they_are(word: str) -> None:
    session = club(word)
    path, inside, (ann, *_) = team_and_users(session, word)
    assert ask(session, "PUT", f"{path}/{ann['id']}")[0] == 204
    assert ann in ask(session, "GET", path)[1] and ann not in inside
    assert ask(session, "GET", f"/users/{ann['id']}") == (200, ann)


@pytest.mark.parametrize("word", ["users", "members"])
def test_who_is_taken_out_of_a_team_is_still_a_user_and_in_other_teams(word: str) -> None:
    session = club(word)
    path, (ann, *rest), _ = team_and_users(session, word)
    other = f"/teams/{ask(session, 'GET', '/teams')[1][1]['id']}/{word}"
    ask(session, "PUT", f"{other}/{ann['id']}")
    assert ask(session, "DELETE", f"{path}/{ann['id']}")[0] == 204
    assert ask(session, "GET", path)[1] == rest
    assert ask(session, "GET", f"/users/{ann['id']}") == (200, ann)
    assert ann in ask(session, "GET", other)[1]
    assert ask(session, "DELETE", f"{path}/{ann['id']}")[0] == 404


def test_nobody_adds_who_does_not_exist() -> None:
    session = club()
    path, inside, _ = team_and_users(session)
    assert ask(session, "PUT", f"{path}/nobody-1")[0] == 404
    assert ask(session, "GET", path)[1] == inside and not session.state.version


@pytest.mark.parametrize(("takes", "one"), [(USER_ID, True), (IDS, False)])
def test_ids_in_a_body_add_who_they_name(takes: Json, one: bool) -> None:
    session = club(post=does(201, takes=takes, parameters=[HERE]))
    path, inside, (ann, *_) = team_and_users(session)
    body = {"user_id": ann["id"]} if one else {"user_ids": [ann["id"]]}
    assert ask(session, "POST", path, body)[0] == 201
    after = ask(session, "GET", path)[1]
    assert ann in after and len(after) == len(inside) + 1


def test_a_put_of_ids_leaves_nobody_else() -> None:
    session = club(put=does(204, takes=IDS, parameters=[HERE]))
    path, _, (ann, ben, *_) = team_and_users(session)
    ask(session, "PUT", path, {"user_ids": [ben["id"], ann["id"]]})
    assert {u["id"] for u in ask(session, "GET", path)[1]} == {ann["id"], ben["id"]}
    ask(session, "PUT", path, {"user_ids": []})
    assert ask(session, "GET", path) == (200, [])


def test_a_delete_of_all_takes_all_out_of_this_team_only() -> None:
    session = club(delete=does(204, parameters=[HERE]))
    path, inside, _ = team_and_users(session)
    everybody = ask(session, "GET", "/users")[1]
    assert ask(session, "DELETE", path)[0] == 204
    assert inside and ask(session, "GET", path) == (200, [])
    assert ask(session, "GET", "/users")[1] == everybody


def test_nobody_is_in_a_team_that_was_just_made() -> None:
    session = club()
    _, made = ask(session, "POST", "/teams", {"title": "Reds"})
    assert ask(session, "GET", f"/teams/{made['id']}/users") == (200, [])


def test_adding_twice_is_one_effect_at_the_nested_path() -> None:
    session = club()
    path, _, (ann, *_) = team_and_users(session)
    for _ in range(2):
        assert ask(session, "PUT", f"{path}/{ann['id']}")[0] == 204
    effects = [e for row in session.ledger for e in row.effects]
    assert [(e.kind, e.collection, e.id) for e in effects] == [("create", path, ann["id"])]


def test_members_are_kept_over_fork_and_in_a_file() -> None:
    session = club()
    path, inside, (ann, *_) = team_and_users(session)
    twin, fresh = session.fork(), session.world.session(seed=1)
    ask(session, "PUT", f"{path}/{ann['id']}")
    ask(session, "DELETE", f"{path}/{inside[0]['id']}")
    from_json(fresh, to_json(session))
    assert ask(fresh, "GET", path) == ask(session.fork(), "GET", path)
    assert ann in ask(fresh, "GET", path)[1] and inside[0] not in ask(fresh, "GET", path)[1]
    assert ask(twin, "GET", path)[1] == inside


def test_an_id_of_another_parents_entity_is_taken() -> None:
    full = thing("reason", id={"type": "integer"}, reason=TEXT)
    nested, here = "/patients/{patientId}/visits", by("patientId")
    below = {"get": does(shows={"type": "array", "items": BARE}, parameters=[here]),
             "post": does(201, BARE, full, parameters=[here])}  # fmt: skip
    one = {"put": does(201, BARE, REASON, parameters=[here, by("id")])}
    session = clinic(BARE, **{nested: below, nested + "/{id}": one})
    ann, ben = two_patients(session)
    visit = ask(session, "GET", f"/patients/{ann}/visits")[1][0]
    theirs = {"id": visit["id"], "reason": "mine"}
    assert ask(session, "POST", f"/patients/{ben}/visits", theirs)[0] == 409
    assert ask(session, "PUT", f"/patients/{ben}/visits/{visit['id']}", theirs)[0] in (404, 422)
    assert ask(session, "GET", f"/visits/{visit['id']}") == (200, visit)


@pytest.mark.parametrize(("more", "ids_of"), [({}, "/users"), ({"post": does(201, USER_ID)}, None)])
def test_what_is_only_read_by_another_collections_parameter_has_the_ids_of_that(
    more: Json, ids_of: str | None
) -> None:
    world = world_of({
        "/users": {"get": does(shows={"type": "array", "items": PLAYER})},
        "/users/{user}": {"get": does(shows=PLAYER, parameters=[by("user")])},
        "/scores": more,
        "/scores/{user}": {"get": does(shows=thing(points=TEXT), parameters=[by("user")])},
    })  # fmt: skip
    scores = world.resources.collection("/scores")
    assert world.resources.reference_of(scores) == ids_of


@pytest.mark.parametrize("made_here", [True, False])
def test_a_nested_list_whose_calls_make_new_ones_shows_no_other_collection(made_here: bool) -> None:
    posts = {"post": does(201, PLAYER, thing(name=TEXT), parameters=[HERE])} if made_here else {}
    view = club("guests", **posts).world.resources.view("/teams/{}/guests")
    assert (view is None) is made_here
    assert view is None or view.home == "/users"


def test_memberships_are_told_as_single_changes() -> None:
    session, again = club(), club()
    path, (old, *_), (new, *_) = team_and_users(session)
    before, known = session.state.overlay, len(session.ledger)
    assert ask(session, "PUT", f"{path}/{new['id']}")[0] == 204
    assert ask(session, "DELETE", f"{path}/{old['id']}")[0] == 204
    change = change_of(session, before, session.ledger[known:])
    assert change is not None and [each[2] for each in change["members"]] == [True, False]
    make_change(again, orjson.loads(orjson.dumps(change)))
    assert again.state.overlay == session.state.overlay
    assert ask(again, "GET", path) == ask(session, "GET", path)
