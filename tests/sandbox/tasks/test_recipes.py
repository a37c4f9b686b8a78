"""What recipes refuse to ask for: what says its own name again, and what changes nothing."""

from __future__ import annotations

import pytest

from sandbox.draws import Draw
from sandbox.tasks.recipes.by_name import named_create
from sandbox.tasks.recipes.filtered_lists import filter_choices
from sandbox.tasks.recipes.stopping import irrelevant
from sandbox.tasks.recipes.writing import act
from sandbox.tasks.sayable import Rejected, speakable
from sandbox.tasks.subjects import Scene
from sandbox.tasks.tool_graph import Graph
from tests.sandbox.world.documents import Json, by, does, thing, world_of

TEXT: Json = {"type": "string"}
KIND: Json = {"type": "string", "enum": ["open", "private"]}


def test_a_filter_that_says_the_nouns_own_name_again_is_not_asked_for() -> None:
    event = thing("id", "event", "kind", id=TEXT, event=KIND, kind=KIND)
    listed = does(shows={"type": "array", "items": event}, operationId="listEvents")
    listed["parameters"] = [by("event", "query", KIND), by("kind", "query", KIND)]
    scene = Scene(Graph(world_of({"/events": {"get": listed}})), seed=1)
    asked = [[*choice.query] for choice in filter_choices(scene, Draw(1))]
    assert asked == [["kind"]]


@pytest.mark.parametrize(("colours", "possible"), [(["red"], False), (["red", "blue"], True)])
def test_an_act_that_gives_what_is_there_already_is_not_asked_for(
    colours: list[str], possible: bool
) -> None:
    colour: Json = {"type": "string", "enum": colours}
    lamp, item = thing("id", "colour", id=TEXT, colour=colour), [by("id")]
    world = world_of({
        "/lamps": {"get": does(shows={"type": "array", "items": lamp})},
        "/lamps/{id}": {"get": does(shows=lamp), "parameters": item},
        "/lamps/{id}/assign": {"post": does(shows=lamp, takes=thing(colour=colour)),
                              "parameters": item},
    })  # fmt: skip
    scene = Scene(Graph(world), seed=1)
    if possible:
        assert "lamp" in act(scene, Draw(1)).instruction
    else:
        with pytest.raises(Rejected, match="nothing to change"):
            act(scene, Draw(1))


def test_what_has_nothing_to_do_with_the_document_is_refused_in_its_nouns() -> None:
    lamps = does(shows={"type": "array", "items": thing("id", id=TEXT)})
    scene = Scene(Graph(world_of({"/lamps": {"get": lamps}})), seed=1)
    answers = [irrelevant(scene, Draw(number)).answer or "" for number in range(12)]
    assert any("lamps" in answer for answer in answers)
    assert not any("entries" in answer for answer in answers)


@pytest.mark.parametrize(
    ("value", "possible"),
    [
        ({"a": "x", "b": 2}, True),
        ({f"a{number}": "x" for number in range(60)}, False),
        ({"a": "x", "b": []}, False),
        ({}, False),
    ],
)
def test_a_sentence_holds_few_values_and_no_empty_ones(value: Json, possible: bool) -> None:
    assert speakable(value) is possible


def test_what_cannot_be_read_is_no_way_to_create_something() -> None:
    """`POST /broken` refers to a parameter that is lost; `POST /loans` refers to a book."""
    book, loan = thing(id=TEXT, title=TEXT), thing(id=TEXT, book_id=TEXT)
    world = world_of({
        "/books": {"get": does(shows={"type": "array", "items": book})},
        "/books/{id}": {"get": does(shows=book), "parameters": [by("id")]},
        "/loans/{id}": {"get": does(shows=loan), "parameters": [by("id")]},
        "/broken": {"post": does(201, loan, loan), "parameters": [{"$ref": "#/lost"}]},
        "/loans": {"post": does(201, loan, thing(book_id=TEXT))},
    })  # fmt: skip
    made = named_create(Scene(Graph(world), seed=1), Draw(1))
    assert "loan" in made.instruction
