"""What a path lists is brought along with writes, and is what listing it anew would give."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

from sandbox import World
from sandbox.draws import Draw
from sandbox.world.session import Session
from sandbox.world.state.listing import Listing
from sandbox.world.state.state import State
from tests.sandbox.world.documents import by, does, thing, world_of

PETS = """
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      operationId: listPets
      parameters: [{name: kind, in: query, schema: {type: string}}, {name: sort, in: query}]
      responses: {"200": {description: ok, content: {application/json: {schema: {
        type: array, items: {$ref: "#/components/schemas/Pet"}}}}}}
    post:
      operationId: addPet
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"201": {description: ok, content: {application/json: {schema: {
        $ref: "#/components/schemas/Pet"}}}}}
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    put:
      operationId: setPet
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {
        $ref: "#/components/schemas/Pet"}}}}}
    delete: {operationId: dropPet, responses: {"204": {description: gone}}}
components:
  schemas:
    Pet:
      type: object
      required: [kind]
      properties:
        id: {type: string}
        kind: {type: string, enum: [cat, dog]}
"""


def _both(session: Session) -> list[str]:
    calls: list[dict[str, str]] = [
        {}, {"kind": "cat"}, {"kind": "dog"}, {"sort": "kind"}, {"sort": "-kind", "kind": "cat"},
    ]  # fmt: skip
    return [session.call("listPets", each).text for each in calls]


def test_lists_after_any_writes_are_those_of_a_state_made_anew(tmp_path: Path) -> None:

    place = tmp_path / "pets.yaml"
    place.write_text(PETS)
    session = World.load(place).session(seed=3)
    known = list(session.state.ids("/pets"))
    _both(session)
    for first, kind in product(known[:4], ("cat", "dog")):
        session.call("addPet", {"kind": kind})
        session.call("setPet", {"id": first, "kind": kind})
        shown = _both(session)
        session.call("dropPet", {"id": session.state.ids("/pets")[-1]})
        session.call("dropPet", {"id": first})
        session.call("setPet", {"id": first, "kind": kind})
        shown = _both(session)
        session.state = State(session.population, session.state.overlay)
        assert _both(session) == shown


def test_a_selection_follows_what_was_written_and_keeps_the_order() -> None:
    listing = Listing({"a": {"n": 1}, "b": {"n": 2}, "c": {"n": 1}})

    def ones() -> list[str]:
        return list(listing.passing("ones", lambda entity: entity["n"] == 1))

    assert ones() == ["a", "c"]
    listing.put("d", {"n": 1})
    listing.put("a", {"n": 2})
    assert ones() == ["c", "d"]
    listing.put("b", {"n": 1})
    listing.remove("d")
    assert ones() == ["b", "c"]


def test_an_order_follows_what_was_written() -> None:
    draw = Draw("orders")
    listing = Listing({str(n): {"n": draw.integer(0, 5, str(n))} for n in range(40)})

    def by_n() -> list[str]:
        return list(listing.ids_by("n", lambda entity: entity["n"]))

    for step in range(200):
        each = draw.child(step)
        id = str(each.integer(0, 60, "id"))
        if each.integer(0, 3, "act"):
            listing.put(id, {"n": each.integer(0, 5, "n")})
        else:
            listing.remove(id)
        if step % 3 == 0:
            assert by_n() == sorted(listing.entities, key=lambda id: listing.entities[id]["n"])


def test_another_overlay_is_never_answered_from_what_was_listed_before() -> None:
    session = World.load("bookshop").session(seed=1)
    before, listed = session.state.overlay, list(session.state.listing("/authors").entities)
    session.call("createAuthor", {"name": "A. Writer", "country": "NO"})
    assert len(session.state.listing("/authors").entities) == len(listed) + 1
    session.state.overlay = before
    assert list(session.state.listing("/authors").entities) == listed


def test_a_list_that_says_nothing_of_its_entries_shows_them_whole() -> None:
    bird, by_id = thing(id={"type": "string"}, name={"type": "string"}), by("id")
    paths = {
        "/birds": {"get": does(shows={"type": "array", "items": {"type": "object"}})},
        "/birds/{id}": {"get": does(shows=bird, parameters=[by_id])},
    }
    session = world_of(paths).session(seed=1)
    listed = json.loads(session.call("get_birds", {}).text)
    assert listed and all(each.keys() == {"id", "name"} for each in listed)
    assert json.loads(session.call("get_birds_id", {"id": listed[0]["id"]}).text) == listed[0]
