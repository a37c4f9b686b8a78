"""A fact that a model file states holds everywhere, on a document whose names say nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox import Document, World
from sandbox.draws import Draw
from sandbox.errors import PlanError
from sandbox.tasks import generate, judge
from sandbox.tasks.malformed import MUTATORS, Ground, apply
from sandbox.world.ledger_rows import row_json
from sandbox.world.state.next_version import Carried
from tests.sandbox.world.documents import by, does, thing
from trajectories.scoring.incidents import Episode, incidents
from trajectories.scoring.oracles import is_recovered
from trajectories.scoring.rates import rates

TEXT = {"type": "string", "minLength": 2, "maxLength": 30}
KNOWN = {"type": "string", "readOnly": True}
TIME = {"type": "integer", "readOnly": True}
ZIP = thing("q", "w", "e", "x", "y", q=KNOWN, w=TEXT, e=KNOWN, x=TIME, y=TIME, k=TEXT)
OOPS = thing("u", u=thing("v", v={"type": "string"}, z=TEXT))
ERROR = {"422": {"description": "no", "content": {"application/json": {"schema": OOPS}}}}
LOSS = {"rules": [{"fault": "B16", "params": {"n": 1}, "trigger": "always"}]}
STATED: dict[str, Any] = {
    "operations": {"addZip": {"idempotency": {"header": "N"}}},
    "collections": {
        "/zips": {"id": "q", "natural_keys": ["e"], "created": ["x"], "updated": ["y"]}
    },
    "errors": {"text": "u/z"},
    "style": "RPC over POST",
}


def world(**changes: Any) -> World:
    """Zips that can be listed, added, read and changed, as the model file says they are."""
    many = {"type": "array", "items": ZIP}
    add = does(201, ZIP, ZIP, operationId="addZip", parameters=[by("N", "header")], replies=ERROR)
    one = {
        "parameters": [by("p")],
        "get": does(200, ZIP, operationId="getZip"),
        "patch": does(200, ZIP, thing("w", w=TEXT), operationId="setZip"),
    }
    paths = {
        "/zips": {"get": does(200, many, operationId="listZips"), "post": add},
        "/zips/{p}": one,
    }
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    return World(Document.from_tree(tree, source="t"), overrides=STATED | changes)


def zips(session: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(session.call("listZips", {}).text)
    return found


def test_a_stated_id_and_natural_key_find_the_entity() -> None:
    session = world().session(seed=1)
    first = zips(session)[0]
    for name in ("q", "e"):
        assert json.loads(session.call("getZip", {"p": first[name]}).text) == first
    assert session.call("getZip", {"p": "nobody"}).status == 404


def test_stated_times_are_kept_by_the_world_and_are_nobody_s_fault_or_wish() -> None:
    session = world().session(seed=1)
    made = json.loads(session.call("addZip", {"w": "first"}).text)
    session.call("wait", {"seconds": 60})
    changed = json.loads(session.call("setZip", {"p": made["q"], "w": "other"}).text)
    assert (changed["x"], changed["y"]) == (made["x"], made["y"] + 60)
    assert session.state.population.changes_by_itself("/zips", "/y")
    assert not session.state.population.changes_by_itself("/zips", "/x")


def test_tasks_do_not_hang_on_a_stated_time() -> None:
    ours = world()
    task = next(t for t in generate(ours, n=30, seed=2) if t.kind == "update" and t.solution)
    session = ours.session(seed=task.seed, label=task.id)
    session.call("wait", {"seconds": 500})
    for step in task.solution or ():
        session.call(step.tool, step.arguments)
    verdict = judge(task, session, task.reference_answer)
    assert verdict.success, verdict.failures


def test_faults_spare_the_stated_id_and_times() -> None:
    left = [zips(world().session(seed=seed, faults=LOSS))[0] for seed in range(6)]
    assert all({"q", "x", "y"} <= entity.keys() for entity in left)
    assert any("w" not in entity for entity in left)


def test_a_stated_place_tells_what_was_wrong() -> None:
    seen = world().session(seed=1).call("addZip", {"w": 7})
    error = json.loads(seen.text.partition("\n\n")[2])
    assert "w" in error["u"]["z"].split() and "w" not in error["u"]["v"].split()
    inferred = world(errors={}).session(seed=1).call("addZip", {"w": 7})
    assert inferred.text != seen.text


def test_a_stated_style_is_the_style() -> None:
    assert world().conventions.style.name == "RPC over POST"
    assert world(style=None).conventions.style.name == "REST"


@pytest.mark.parametrize(
    ("said", "argument"),
    [({"header": "N"}, "N"), ({"field": "k"}, "k"), ({}, None)],
)
def test_a_stated_key_is_the_one_of_world_tasks_faults_and_scoring(
    said: dict[str, str], argument: str | None
) -> None:
    ours = world(operations={"addZip": {"idempotency": said}})
    session = ours.session(seed=1)
    sent = {"w": "same", "N": "n-1", "k": "k-1"}
    first, again = (json.loads(session.call("addZip", sent).text)["q"] for _ in range(2))
    assert (first == again) is (argument is not None)
    row = row_json(ours, session.ledger[-1])
    assert row["idempotency"] == (None if argument is None else sent[argument])
    assert Ground.of(ours, "addZip", {"w": "same"}).tool.key_argument == argument
    broken = apply(MUTATORS["K23"], Ground.of(ours, "addZip", {"w": "same"}), Draw(1))
    assert (broken is not None) is (argument is not None)


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("said", [{"header": "N"}, {"field": "k"}])
def test_a_retry_under_the_same_key_recovers_and_under_another_doubles(
    said: dict[str, str], changed: bool
) -> None:
    ours = world(operations={"addZip": {"idempotency": said}})
    session = ours.session(seed=1, faults="T03")
    for key in ("one-1", "two-2" if changed else "one-1"):
        session.call("addZip", {"w": "same", next(iter(said.values())): key})
    rows = [row_json(ours, row) for row in session.ledger]
    episode = Episode(rows, success=not changed, reached=not changed, claim="done")
    (incident,) = incidents(episode)
    assert is_recovered(incident, episode) is not changed
    assert rates([episode])["duplicate_rate"].value == float(changed)
    assert rows[0]["intent"] == rows[1]["intent"]


def test_a_release_keeps_what_still_fits() -> None:
    session = world().session(seed=1, drift="D03")
    session.call("wait", {"seconds": 3600})
    for _ in range(2):
        session.call("addZip", {"w": "same", "N": "n-1"})
    assert session.ledger[-1].idempotency == "n-1"


@pytest.mark.parametrize(
    ("said", "wants"),
    [
        ({"errors": {"text": "u/words"}}, "valid are u, u/v, u/z"),
        ({"errors": {"words": "u/z"}}, "errors/words"),
        ({"collections": {"/zips": {"natural_keys": ["a"]}}}, "valid are e, k, q, w, x, y"),
        ({"style": "SOAP"}, "style"),
        ({"stile": "REST"}, "valid are operations, collections, errors, style"),
    ],
)
def test_what_is_stated_wrongly_is_one_sentence(said: Any, wants: str) -> None:
    with pytest.raises(PlanError) as caught:
        world(**said)
    assert wants in str(caught.value) and "\n" not in str(caught.value)


def test_a_stated_filter_goes_by_the_new_name_of_its_parameter() -> None:
    many = {"type": "array", "items": ZIP}
    listing = does(200, many, operationId="listZips", parameters=[by("f", "query")])
    paths = {"/zips": {"get": listing}}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    said = {"operations": {"listZips": {"filters": {"f": "w"}}}}
    renamed = {"op": "D01", "target": {"op": "listZips"}, "params": {"new_name": "g"}}
    plan = {"releases": [{"operators": [renamed]}]}
    session = World(Document.from_tree(tree, source="t"), overrides=said).session(
        seed=1, drift=plan
    )
    wanted = zips(session)[0]["w"]
    found = json.loads(session.call("listZips", {"g": wanted}).text)
    assert {each["w"] for each in found} == {wanted}


def test_a_next_version_keeps_the_times_of_the_collections_that_it_takes_over() -> None:
    zips = world()
    carried = Carried(zips.population(1), zips.population(1), zips.resources)
    assert carried.changes_by_itself("/zips", "/y") and not carried.changes_by_itself("/zips", "/x")
