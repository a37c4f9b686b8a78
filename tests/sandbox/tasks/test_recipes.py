"""What recipes refuse to ask for: what says its own name again, and what changes nothing."""

from __future__ import annotations

import pytest

from sandbox.draws import Draw
from sandbox.tasks.recipes.by_name import named_create
from sandbox.tasks.recipes.chaining import create_then
from sandbox.tasks.recipes.filtered_lists import filter_choices
from sandbox.tasks.recipes.long_chains import gather
from sandbox.tasks.recipes.stopping import irrelevant
from sandbox.tasks.recipes.writing import act, body
from sandbox.tasks.sayable import Rejected, easily_said, must_state, speakable
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


def test_an_instruction_states_every_value_but_flags_and_nothing() -> None:
    must_state("Call it Blue.", {"name": "Blue", "open": True, "note": None})
    with pytest.raises(Rejected):
        must_state("Call it Blue.", {"name": "Blue", "note": "wet"})


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


@pytest.mark.parametrize(("verb", "said"), [("refresh", "refresh"), ("removeMarks", "")])
def test_an_act_that_no_field_shows_is_asked_for_by_a_verb_that_means_its_entity(
    verb: str, said: str
) -> None:
    lamp, one = thing("id", id=TEXT), [by("id")]
    world = world_of({
        "/lamps": {"get": does(shows={"type": "array", "items": lamp})},
        "/lamps/{id}": {"get": does(shows=lamp), "parameters": one},
        f"/lamps/{{id}}/{verb}": {"post": does(204, summary=f"{verb[:6]} it", parameters=one)},
    })  # fmt: skip
    scene = Scene(Graph(world), seed=1)
    if not said:
        with pytest.raises(Rejected, match="no action can be said"):
            act(scene, Draw(1))
        return
    made = act(scene, Draw(1))
    assert f"{said} lamp" in made.instruction or f"{said} the lamp" in made.instruction
    assert [e.kind for row in made.draft.session.ledger for e in row.effects] == ["call"]


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


@pytest.mark.parametrize(
    ("name", "value", "easy"),
    [
        ("colour", "red", True),
        ("birth_year", 1984, True),
        ("@type", "red", False),
        ("colour", [{"name": "red"}], False),
        ("archived", True, True),
        ("extra_data", "red", False),
    ],
)
def test_people_state_plain_values_that_have_a_name(name: str, value: object, easy: bool) -> None:
    assert easily_said(name, value) is easy


def test_an_object_is_made_up_for_a_parameter_where_one_value_of_it_is_needed() -> None:
    both = thing(kind=TEXT, size=TEXT)
    listed = does(shows={"type": "array", "items": thing("id", id=TEXT)}, operationId="listBoxes")
    listed["parameters"] = [by("one", "query", both | {"required": ["kind"]})]
    listed["parameters"] += [by("two", "query", both)]
    world = world_of({"/boxes": {"get": listed}})
    one, two = world.document.operations["listBoxes"].parameters
    scene = Scene(Graph(world), seed=1)
    assert [*scene.invent(one, Draw(1))] == ["kind"]
    with pytest.raises(Rejected, match="cannot be said"):
        scene.invent(two, Draw(1))


def test_what_a_few_entries_refer_to_is_read_for_each_of_them() -> None:
    author = thing(id=TEXT, country=KIND)
    kinds: Json = {"type": "string", "enum": ["poem", "novel", "essay", "play", "letter"]}
    book = thing(id=TEXT, kind=kinds, author_id=TEXT)
    listed = does(shows={"type": "array", "items": book}, operationId="listBooks")
    listed["parameters"] = [by("kind", "query", kinds)]
    world = world_of({
        "/books": {"get": listed},
        "/authors": {"get": does(shows={"type": "array", "items": author})},
        "/authors/{id}": {"get": does(shows=author, operationId="getAuthor"),
                          "parameters": [by("id")]},
    })  # fmt: skip
    made = gather(Scene(Graph(world), seed=1), Draw(1))
    first, *others = (step.tool for step in made.draft.steps)
    assert first == "listBooks" and len(others) > 1 and set(others) == {"getAuthor"}


def test_a_body_of_too_many_values_is_tried_with_fewer() -> None:
    """None of a sheep's marks is needed, half of them are too many, and none at all say nothing."""
    marks = {"type": "object", "properties": {f"mark{chr(65 + n)}": KIND for n in range(18)}}
    sheep = thing(id=TEXT, kind=KIND, marks=marks)
    world = world_of({
        "/sheep": {"get": does(shows={"type": "array", "items": sheep}),
                   "post": does(201, sheep, thing(kind=KIND, marks=marks))},
    })  # fmt: skip
    scene = Scene(Graph(world), seed=1)
    (creator,) = scene.graph.at(world.resources.collection("/sheep"), "create")
    many = [len(body(scene, creator, Draw(number))["marks"]) for number in range(5)]
    assert all(0 < count < 9 for count in many)


@pytest.mark.parametrize(("colours", "possible"), [(["red"], False), (["red", "blue"], True)])
def test_an_act_on_what_was_just_created_changes_it(colours: list[str], possible: bool) -> None:
    colour: Json = {"type": "string", "enum": colours}
    lamp, tint, item = thing("id", id=TEXT, colour=colour), thing(colour=colour), [by("id")]
    world = world_of({
        "/lamps": {"post": does(201, lamp, tint),
                   "get": does(shows={"type": "array", "items": lamp})},
        "/lamps/{id}": {"get": does(shows=lamp), "parameters": item},
        "/lamps/{id}/assign": {"post": does(shows=lamp, takes=tint), "parameters": item},
    })  # fmt: skip
    seen = set()
    for number in range(8):
        try:
            create_then(Scene(Graph(world), seed=1), Draw(number))
            seen.add("a task")
        except Rejected as error:
            seen.add(error.reason)
    assert ("a task" in seen) is possible and "the call has no effect" in seen
