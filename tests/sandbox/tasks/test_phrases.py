"""How things are called in instructions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import specs
from sandbox.conventions.vocabulary import stem
from sandbox.conventions.words import singular
from sandbox.document import Document
from sandbox.draws import Draw
from sandbox.tasks import generate, phrases, value_phrases
from sandbox.tasks.nouns import noun_for, sayable, shared_words
from sandbox.tasks.sayable import facts, speakable
from sandbox.world import World

BAD = [
    r"\bone more (create|update|search)\b",
    r"\bstore \S+ \S+ anew\b",
    r"\ba (hour|order|author|user account id)\b",
    r"\b(movy|cooky|jsons|warehous)\b",
    r"\bwhat is the \w*(notes|items)\b",
    r"\b(\w+) with \1 \d",
    r"\bcurrent current\b|\bthe me\b",
]
"""What nobody would write."""


BAD += [
    r"\bsay about its\b|\bdo what is called\b|\bno further details\b|\bnothing else\b",
    r"[{}\[\]]|\(\w+ [^)]*\)",
    r"\b(with|and) the (\w+ )*(api key|access token|token|user agent|tenant id|tenant)\b(?! [a-z])",
    r"\bthe (string|object|json|v\d*|me) (of|with)\b",
    r"\bitem of items?\b|\b(the|a|an) (the|a|an)\b|\bthe  ",
    r"\bwhat (is|are) the (id|uuid|uid|etag|url|href|hash)\b",
    r"\badd up the (id|year|latitude|longitude|\w+ (id|year|code|number))\b",
    r"\btotal (id|year|latitude|longitude|code) of\b|\bstarreds\b|\bgithub owned\b",
    r"[A-Za-z0-9+/]{32,}={1,2}",
    r"\bin truth\b|\bentered anew\b|\bstatus state\b|\bjoined date\b|\bfor the ids\b",
    r"\bthe (?!a |i )[a-z] [a-z]+ (of|and)\b|\bwith the (schema location|base type)\b",
    r"\b(user|member|customer|employee|attendee|patient) [\w.]+: its\b",
    r"\b(chat|file|user|list) (get|set) \w|\bthe (created|updated|modified|approved) by\b",
    r"\bthe external unique\b|\bthe type (ProductOffering|ExportJob|Category)\b",
    r"\bthe (public|private|active|enabled|disabled|hidden) set to\b",
    r"\b(user|member|customer|employee|attendee|patient|doctor) [^.?]*: it should\b",
    r" -?\.\d|\bthe (\w+) of the \w+ \S+ of \1\b|\bprice cents\b|\b(every|each) \w+ that are\b",
    r"\bdiscoverable disabled\b|\b(default )?success template\b|\busers identity\b",
    r"\breminders reminder\b|\bexpirations expire\b|\bthe (\w+) with the \1 name\b",
    r"\bthe (\w+ed|hidden|public|private) to (true|false)\b",
    r"\bone Of With\b|\bstop a scan all\b|\bcreate an (and|or|object)\b",
    r"\bhas with\b|\bthe at\b|\bwith the (name|title) \S+ (and|with)\b",
]


def bad_forms(world: World, seed: int, n: int) -> list[str]:
    made = generate(world, n=n, seed=seed)
    found = [f"{task.instruction} {task.reference_answer}" for task in made]
    return [text for text in found if any(re.search(form, text, re.IGNORECASE) for form in BAD)]


@pytest.mark.parametrize("name", specs.names())
def test_instructions_hold_no_bad_forms(name: str) -> None:
    assert bad_forms(World.load(name), seed=4, n=60) == []


@pytest.mark.soak
def test_instructions_of_real_documents_hold_no_bad_forms(corpus: Path) -> None:
    for path in sorted((corpus / "specs" / "public").glob("*.[jy]*")):
        assert bad_forms(World.load(path), seed=5, n=12) == [], path.name


def test_headers_credentials_and_versions_are_filled_in_and_never_asked_for() -> None:
    string = {"type": "string"}
    asked = [
        {"in": "header", "name": "X-Tenant-Id", "required": True, "schema": string},
        {"in": "query", "name": "token", "required": True, "schema": string},
        {"in": "query", "name": "api-version", "required": True, "schema": string},
    ]
    shape = {"type": "object", "required": ["id"], "properties": {"id": string, "title": string}}
    reply = {"200": {"description": "", "content": {"application/json": {"schema": shape}}}}
    at = {"in": "path", "name": "id", "required": True, "schema": string}
    get = {"operationId": "readNote", "parameters": [at, *asked], "responses": reply}
    info = {"title": "Notes", "version": "1"}
    document = {"openapi": "3.1.0", "info": info, "paths": {"/notes/{id}": {"get": get}}}
    (task,) = generate(
        World(Document.from_tree(document, source="notes")), n=1, seed=2, kinds=["read"]
    )
    given = (task.solution or [])[0].arguments
    values = [value for name, value in given.items() if name != "id"]
    assert len(values) == 3
    assert not any(str(value) in task.instruction for value in values)


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("movies", "movie"),
        ("cookies", "cookie"),
        ("warehouses", "warehouse"),
        ("statuses", "status"),
    ],
)
def test_plurals_go_both_ways(many: str, one: str) -> None:
    assert phrases.noun(many) == one
    assert phrases.plural(one) == many


def test_articles_follow_the_sound() -> None:
    assert phrases.with_article("hour") == "an hour"
    assert phrases.with_article("user") == "a user"
    assert phrases.verb_for(["notes"]) == "are"
    assert phrases.verb_for(["status"]) == "is"


def test_a_thing_is_an_item_only_where_nothing_tells_more() -> None:
    assert phrases.noun("items") in phrases.word_set("weak_nouns")
    assert not sayable("item") and sayable("line item") and not sayable("starred")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "Open Forest", "stone": "slate"}, ' called "Open Forest" with the stone slate'),
        ({"depthMetres": 9, "stone": "slate"}, " with the depth of 9 metres and the stone slate"),
        ({"title": "Dune"}, " called Dune"),
        ({"at": "2025-06-22T02:37:48Z"}, " with the time 2025-06-22T02:37:48Z"),
    ],
)
def test_what_has_a_name_is_called_by_it_and_figures_have_their_units(
    values: dict[str, object], said: str
) -> None:
    assert value_phrases.description_of(values) == said


def test_values_are_said_as_what_holds_of_the_thing() -> None:
    values = {"duration_minutes": 5, "tags": ["new", "sale"], "archived": False, "express": True}
    said = "its duration is 5 minutes, its tags are new and sale, it is not archived"
    assert value_phrases.as_clauses(values) == f"{said} and its express is set to true"
    assert value_phrases.as_wish({"stone": "slate"}) == "its stone should be slate"
    assert value_phrases.as_wish({"n": 1, "new": False}) == "it should have the n 1 and not be new"
    assert (
        value_phrases.description_of({"n": 1, "new": True}) == " with the n 1, which should be new"
    )
    assert value_phrases.changes({"weight_kg": 2}) == "the weight to 2 kilograms"


def test_a_unit_does_not_make_a_plural_of_its_measure() -> None:
    assert phrases.label("/chargeKg") == "charge in kilograms"
    assert phrases.label("/business_days") == "business days"
    assert phrases.label("/homeAddress/city") == "home city"
    assert phrases.label("/installed_add_on") == "installed add on"
    assert phrases.verb_for(["charge in kilograms"]) == "is"


def test_people_have_their_own_and_things_have_its() -> None:
    said = {"one": ['tell {noun} "its" and its number']}
    draw = Draw("people")
    assert phrases.sentence_in_frame(said, draw, prefix="x", noun="member")[0].count("their") == 1
    assert "their" not in phrases.sentence_in_frame(said, draw, prefix="x", noun="order")[0]


@pytest.mark.parametrize(
    ("pointer", "label"), [("/status/state", "state"), ("/joined_at", "join time")]
)
def test_labels_say_each_thing_once_and_as_a_noun(pointer: str, label: str) -> None:
    assert phrases.label(pointer) == label


@pytest.mark.parametrize(
    ("word", "one"),
    [("movies", "movie"), ("loaves", "loaf"), ("analyses", "analysis"), ("companies", "company")],
)
def test_irregular_plurals_name_the_collection_that_a_reference_means(word: str, one: str) -> None:
    assert singular(word) == one and stem(f"{one}_id") == (singular(word),)


def test_what_is_no_entity_keeps_its_id_word_and_cents_are_a_unit() -> None:
    assert phrases.noun("audio-analysis") == "audio analysis"
    assert phrases.label("/createdBy") == "creator" and not sayable("chat get permalink")
    assert phrases.label("/type_id") == "type id" and phrases.label("/author_id") == "author"
    assert value_phrases.as_wish({"priceCents": 47}) == "its price should be 47 cents"
    assert value_phrases.with_values({"public": False}) == " with public set to false"


@pytest.mark.parametrize(
    ("path", "schema", "noun"),
    [
        ("/servicecharges", "ServiceCharge", "service charge"),
        ("/servicecharges", "SimpleBaseServiceChargeDto", "service charge"),
        ("/charges", "ServiceCharge", "charge"),
    ],
)
def test_a_schema_spaces_the_words_of_its_path(path: str, schema: str, noun: str) -> None:
    ref = {"$ref": f"#/components/schemas/{schema}"}
    shape = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    media = {"application/json": {"schema": {"type": "array", "items": ref}}}
    get = {"responses": {"200": {"description": "", "content": media}}}
    tree: Any = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}
    tree |= {"paths": {path: {"get": get}}, "components": {"schemas": {schema: shape}}}
    world = World(Document.from_tree(tree, source="t"))
    meaning = world.resources.meaning(next(iter(world.document.operations.values())))
    assert noun_for(meaning, shared_words(world.document)) == noun


@pytest.mark.parametrize(
    ("noun", "label", "said"),
    [
        ("workspace", "workspace name", "called"),
        ("user group", "group name", "called"),
        ("factor", "friendly name", "called"),
        ("group", "owner name", "with the owner name"),
        ("dns zone", "zone", "with the zone"),
    ],
)
def test_a_name_of_its_own_is_what_a_thing_is_called(noun: str, label: str, said: str) -> None:
    assert value_phrases.entity_text(noun, label, "North") == f"the {noun} {said} North"
    shown = value_phrases.description_of({label.replace(" ", "_"): "North"}, noun)
    assert shown == (" called North" if said == "called" else f" with the {label} North")


def test_words_that_nobody_would_say_are_no_nouns_flags_or_labels() -> None:
    assert not sayable("default success template") and not sayable("immutabletagrules")
    assert not phrases.is_adjective("discoverable disabled") and phrases.is_adjective("archived")
    assert phrases.noun("users.identity") == "user identity"
    assert value_phrases.changes({"locked": False}) == "the locked flag to false"
    entity = {"end": 19, "reminders": {"reminder_delay": "3"}, "delivery": {"street": "Quay 4"}}
    assert [fact.label for fact in facts(entity)] == ["delivery street"]


def test_a_change_is_said_with_its_unit_where_it_has_one() -> None:
    values = {"price": 9.5, "genre": "crime", "weight_kg": 2}
    assert value_phrases.changes(values) == (
        "the price to 9.5, the genre to crime and the weight to 2 kilograms"
    )


@pytest.mark.parametrize(
    ("name", "said"), [("one_two_three_four_five", True), ("one_two_three_four_five_six", False)]
)
def test_a_name_of_more_than_five_words_fits_into_no_sentence(name: str, said: bool) -> None:
    assert speakable({name: "red"}) is said
