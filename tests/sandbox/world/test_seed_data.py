"""Seed data: a user's own entities in place of generated ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox import Document, World
from sandbox.errors import PlanError

ENTITY = {"type": "object", "required": ["id", "name"], "properties": {}}


def item(**properties: Any) -> dict[str, Any]:
    named = {"id": {"type": "string"}, "name": {"type": "string", "minLength": 2}, **properties}
    return {**ENTITY, "properties": named}


def paths(path: str, schema: Any) -> dict[str, Any]:
    def reply(shown: Any) -> dict[str, Any]:
        content = {"application/json": {"schema": shown}}
        return {"responses": {"200": {"description": "", "content": content}}}

    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    many = [
        {"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names
    ]
    one = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    listed = {"get": reply({"type": "array", "items": schema}), "parameters": many}
    return {path: listed, f"{path}/{{id}}": {"get": reply(schema), "parameters": [*many, one]}}


def zoo(data: Any) -> World:
    kind = {"enum": ["ape", "bird"]}
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "Zoo", "version": "1"},
        "paths": {
            **paths("/keepers", item(age={"type": "integer"})),
            **paths("/animals", item(kind=kind, keeper_id={"type": "string"})),
            **paths("/animals/{animal_id}/meals", item(animal_id={"type": "string"})),
        },
    }
    return World(Document.from_tree(tree, source="zoo"), data=data)


def shown(world: World, tool: str, seed: int = 0, **arguments: Any) -> Any:
    return json.loads(world.session(seed=seed).call(tool, arguments).text)


def test_a_collection_has_exactly_what_the_data_says() -> None:
    world = zoo({"/keepers": [{"id": "ann", "name": "Ann", "age": 40}, {"id": "bo", "name": "Bo"}]})
    assert [each["id"] for each in shown(world, "get_keepers")] == ["ann", "bo"]
    assert shown(world, "get_keepers_id", id="ann") == {"id": "ann", "name": "Ann", "age": 40}
    assert world.session().call("get_keepers_id", {"id": "cy"}).status == 404


def test_what_is_required_besides_is_made_the_same_way_each_time() -> None:
    data = {"/keepers": [{"id": "ann"}, {"name": "Bo"}]}
    first, second = shown(zoo(data), "get_keepers"), shown(zoo(data), "get_keepers")
    assert first == second and first[0]["id"] == "ann" and len(first[0]["name"]) > 1
    assert first[1]["name"] == "Bo" and first[1]["id"]
    assert shown(zoo(data), "get_keepers", seed=1)[1]["id"] != first[1]["id"]


def test_generated_entities_refer_to_those_of_the_data() -> None:
    animals = shown(zoo({"/keepers": [{"id": "ann", "name": "Ann"}]}), "get_animals")
    assert {each["keeper_id"] for each in animals if "keeper_id" in each} == {"ann"}


def test_an_entity_that_is_referred_to_exists() -> None:
    world = zoo({"/animals": [{"id": "leo", "name": "Leo", "keeper_id": "zed"}]})
    assert shown(world, "get_animals")[0]["keeper_id"] == "zed"
    assert shown(world, "get_keepers_id", id="zed")["id"] == "zed"


@pytest.mark.parametrize(
    "meals",
    [
        {"/animals/leo/meals": [{"id": "m1", "name": "hay"}]},
        {"/animals/{animal_id}/meals": {"leo": [{"id": "m1", "name": "hay"}]}},
        {"/animals/{}/meals": [{"id": "m1", "name": "hay", "animal_id": "leo"}]},
    ],
)
def test_nested_collections_are_named_by_path_by_parent_or_by_a_member(meals: Any) -> None:
    world = zoo({"/animals": [{"id": "leo", "name": "Leo"}, {"id": "kim", "name": "Kim"}], **meals})
    assert [
        each["id"] for each in shown(world, "get_animals_animal_id_meals", animal_id="leo")
    ] == ["m1"]
    others = shown(world, "get_animals_animal_id_meals", animal_id="kim")
    assert bool(others) == ("/animals/leo/meals" in meals)


@pytest.mark.parametrize(
    ("data", "place", "text"),
    [
        ({"/keeper": []}, "data: /keeper", "did you mean /keepers"),
        ({"/keepers": [{"id": "a", "name": "x"}]}, "/keepers/0", "at least 2 characters"),
        ({"/keepers": {"a": {"age": "old"}}}, "/keepers/a", "/age must be an integer"),
        ({"/animals": [{"id": "a", "kind": "brd"}]}, "/animals/0", "did you mean 'bird'"),
        ({"/keepers": [{"id": "a"}, {"id": "a"}]}, "/keepers/1", "has the id 'a'"),
        ({"/keepers": "ann"}, "/keepers", "should be a list of entities"),
        ({"/keepers": ["ann"]}, "/keepers/0", "should be an entity"),
        (
            {"/keepers": [{"id": "ann"}], "/animals": [{"id": "a", "keeper_id": "an"}]},
            "/animals/0/keeper_id",
            "did you mean ann",
        ),
        ({"/animals/{}/meals": [{"id": "m"}]}, "/meals/0", "animal_id is missing"),
    ],
)
def test_errors_name_the_place_and_what_would_be_valid(data: Any, place: str, text: str) -> None:
    with pytest.raises(PlanError) as error:
        zoo(data)
    assert place in str(error.value) and text in str(error.value)


def test_an_id_is_one_that_the_path_takes() -> None:
    tree: Any = {"openapi": "3.1.0", "info": {"title": "Zoo", "version": "1"}}
    tree["paths"] = paths("/keepers", item())
    by_id = tree["paths"]["/keepers/{id}"]["parameters"][-1]
    by_id["schema"] = {"type": "string", "maxLength": 3}
    document = Document.from_tree(tree, source="zoo")
    assert shown(World(document, data={"/keepers": [{"id": "ann"}]}), "get_keepers_id", id="ann")
    with pytest.raises(PlanError, match="'anna' is not valid in the path"):
        World(document, data={"/keepers": [{"id": "anna"}]})


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_data_comes_from_a_file(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"seed.{suffix}"
    file.write_text(json.dumps({"/keepers": [{"id": "ann", "nam": "Ann"}]}))
    world = zoo(file)
    assert world.data is not None and world.data.notes == [
        f"{file}: /keepers/0: no member 'nam'; did you mean name; replies leave it out"
    ]
    assert shown(world, "get_keepers")[0]["id"] == "ann"
    file.write_text("[1]")
    with pytest.raises(PlanError, match="should map collections"):
        zoo(file)


def test_the_objects_of_a_list_keep_what_they_have_and_get_what_they_lack() -> None:
    text = {"type": "string", "minLength": 2}
    home = {**ENTITY, "required": ["city", "zip"], "properties": {"city": text, "zip": text}}
    tree = {"openapi": "3.1.0", "info": {"title": "Zoo", "version": "1"}}
    keepers = paths("/keepers", item(homes={"type": "array", "items": home}))
    data = {"/keepers": [{"id": "ann", "name": "Ann", "homes": [{"city": "Rome"}]}]}
    world = World(Document.from_tree({**tree, "paths": keepers}, source="zoo"), data=data)
    ann = shown(world, "get_keepers_id", id="ann")
    assert ann["homes"][0]["city"] == "Rome" and len(ann["homes"][0]["zip"]) > 1
