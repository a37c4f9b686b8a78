"""A discriminator's name selects the branch: of what is sent, kept, shown and offered as a tool."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import Document, World
from tests.sandbox.world.documents import Json, by, does, thing

PET: Json = {
    "type": "object",
    "required": ["kind", "name"],
    "properties": {"id": {"type": "string", "readOnly": True}, "kind": {"type": "string"}}
    | {"name": {"type": "string"}},
}


NULL = {"type": "null"}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def child(name: str, kind: str) -> Json:
    own = {"type": "object", "required": [name], "properties": {name: {"type": kind}}}
    return {"allOf": [ref("Pet"), own]}


def pets(sent: Json, shown: Json | None = None, keyword: Json | None = None) -> World:
    """A world of pets; with a `keyword`, Pet itself has the discriminator."""
    entity = shown or sent
    schemas = {"Pet": PET if keyword is None else {**PET, "discriminator": keyword}}
    schemas |= {"Dog": child("barks", "boolean"), "Cat": child("lives", "integer")}
    paths = {
        "/pets": {
            "get": does(shows={"type": "array", "items": entity}, operationId="list"),
            "post": does(201, entity, sent, operationId="create"),
        },
        "/pets/{id}": {"get": does(shows=entity, parameters=[by("id")], operationId="read")},
    }
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    return World(Document.from_tree({**tree, "components": {"schemas": schemas}}, source="t"))


def union(*names: str, mapping: Any = None, word: str = "oneOf") -> Json:
    keyword = {"propertyName": "kind"} | ({"mapping": mapping} if mapping else {})
    return {
        word: [ref(name) for name in names],
        "discriminator": keyword,
    }


DOG = {"kind": "Dog", "name": "Rex", "barks": True}
FORMS = {
    "union": pets(union("Pet", "Dog", "Cat")),
    "anyOf": pets(union("Dog", "Cat", word="anyOf")),
    "base": pets(ref("Pet"), keyword={"propertyName": "kind"}),
    "mapped base": pets(
        ref("Pet"),
        keyword={
            "propertyName": "kind",
            "mapping": {"Dog": "#/components/schemas/Dog", "Cat": "Cat"},
        },
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_sent_is_judged_and_kept_as_the_named_branch(form: str) -> None:
    session = FORMS[form].session(seed=1)
    made = session.call("create", DOG)
    assert made.status == 201
    shown = orjson.loads(made.text)
    assert {name: value for name, value in shown.items() if name != "id"} == DOG
    assert orjson.loads(session.call("read", {"id": shown["id"]}).text) == shown
    wrong = session.call("create", {"kind": "Cat", "name": "Tom", "lives": "nine"})
    assert wrong.status == 422 and "lives" in wrong.text and "barks" not in wrong.text


@pytest.mark.parametrize("form", FORMS)
def test_an_unknown_name_is_refused_with_the_valid_ones(form: str) -> None:
    refused = FORMS[form].session(seed=1).call("create", {**DOG, "kind": "Fish"})
    assert refused.status == 422
    assert "Dog" in refused.text and "Cat" in refused.text and "/kind" in refused.text


@pytest.mark.parametrize("form", FORMS)
def test_made_values_bear_the_name_of_the_branch_they_fit(form: str) -> None:
    for pet in orjson.loads(FORMS[form].session(seed=2).call("list", {}).text):
        assert pet["kind"] == ("Dog" if "barks" in pet else "Cat" if "lives" in pet else "Pet")


@pytest.mark.parametrize("form", FORMS)
def test_the_tool_shows_the_names(form: str) -> None:
    tool = FORMS[form].tools["create"]
    assert "Dog" in str(tool.parameters["$defs"]) + str(tool.parameters["properties"])
    assert "['Cat']" in str(tool.parameters)


def test_forms_that_map_other_names_to_the_same_branch_translate() -> None:
    mapping = {"dog": "#/components/schemas/Dog", "cat": "Cat"}
    session = pets(union("Dog", "Cat"), union("Dog", "Cat", mapping=mapping)).session(seed=1)
    shown = orjson.loads(session.call("create", DOG).text)
    assert shown["kind"] == "dog" and shown["barks"] is True and "lives" not in shown


def test_a_union_inside_a_union_brings_its_names_also_beside_keywords_of_its_own() -> None:
    inner = {**union("Dog", "Cat"), "type": "object"}
    fish = thing("name", name={"type": "string"}, kind={"anyOf": [{"const": "fin"}, NULL]})
    schemas = {"Pet": PET, "Dog": child("barks", "boolean"), "Cat": child("lives", "integer")}
    schemas |= {"Furry": inner, "Fish": fish}
    sent = union("Furry", "Fish")
    sent["oneOf"][0]["type"] = "object"
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}
    tree |= {"paths": {"/pets": {"post": does(201, ref("Pet"), sent, operationId="create")}}}
    session = World(
        Document.from_tree({**tree, "components": {"schemas": schemas}}, source="t")
    ).session(seed=1)
    assert session.call("create", {"body": DOG}).status == 201
    refused = session.call("create", {"body": {**DOG, "kind": "Furry"}})
    assert refused.status == 422 and "one of: Dog, Cat, fin" in refused.text
