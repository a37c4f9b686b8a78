"""Every case that broke a converter: all operations become tools, nothing is lost or leaked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.document import Document
from sandbox.messages import ABSENT
from sandbox.tools import DIALECTS, Catalogue, as_dialect, bind, convert, tools
from sandbox.tools.inputs import children

TORTURE = Path(__file__).with_name("torture.yaml")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return tools(Document.load(TORTURE))


def walk(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for inner in children(schema):
            yield from walk(inner)


def test_every_operation_becomes_a_tool(catalogue: Catalogue) -> None:
    document = Document.load(TORTURE)
    assert len(catalogue) == len(document.operations) == 13
    assert len({tool.operation.pointer for tool in catalogue.values() if tool.operation}) == 13
    assert all(not loss.startswith("arguments:") for t in catalogue.values() for loss in t.losses)


def test_names_are_legal_for_every_provider(catalogue: Catalogue) -> None:
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", name) for name in catalogue)
    assert "bulk_create_items_v2" in catalogue
    assert "get_search" in catalogue
    long = [name for name in catalogue if name.startswith("listEverything")]
    assert len(long) == 2
    assert all(len(name) == 64 for name in long)


@pytest.mark.parametrize("dialect", ["openai", "openai-strict", "anthropic", "gemini", "mcp"])
def test_property_keys_are_legal_at_every_depth(catalogue: Catalogue, dialect: str) -> None:
    for tool in catalogue.values():
        definition = as_dialect(tool, dialect)
        holder = definition.get("function", definition)
        schema = holder.get("parameters") or holder.get("input_schema") or holder.get("inputSchema")
        keys = [key for node in walk(schema) for key in node.get("properties", ())]
        assert all(re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", key) for key in keys)


def test_no_credential_is_an_argument(catalogue: Catalogue) -> None:
    origins = {
        origin.lower() for tool in catalogue.values() for _, origin in tool.arguments.values()
    }
    assert not origins & {"x-api-key", "api_key", "session", "authorization"}
    assert "x-trace" in origins
    assert "visitor" in origins


def test_read_only_fields_are_not_inputs(catalogue: Catalogue) -> None:
    assert "created_at" not in catalogue["putUser"].parameters["properties"]
    assert "id" not in catalogue["addPet"].parameters["properties"]
    assert "password" in catalogue["putUser"].parameters["properties"]


def test_an_id_in_path_and_body_stays_two_arguments(catalogue: Catalogue) -> None:
    bound = bind(catalogue["putUser"], {"id": 7, "id__path": "u1", "level": 2, "x-trace": "t"})
    assert bound.path == {"id": "u1"}
    assert bound.body == {"id": 7, "level": 2}
    assert bound.header == {"x-trace": "t"}


def test_path_keeps_its_name_beside_query(catalogue: Catalogue) -> None:
    bound = bind(catalogue["patch_labels_id"], {"id": "p", "id__query": "q", "body": {"a": "b"}})
    assert (bound.path, bound.query, bound.body) == ({"id": "p"}, {"id": "q"}, {"a": "b"})
    assert bound.media_type == "application/merge-patch+json"


def test_illegal_keys_find_their_way_back(catalogue: Catalogue) -> None:
    bound = bind(catalogue["get_search"], {"page_size": 5, "filter": {"max_age_": 3}})
    assert bound.query == {"page[size]": 5, "filter": {"max[age]": 3}}
    pet = {"name": "Rex", "photoUrls": [], "owner": {"_type": "person"}}
    assert bind(catalogue["addPet"], pet).body["owner"] == {"@type": "person"}


def test_bodies_that_are_no_objects_are_one_argument(catalogue: Catalogue) -> None:
    assert bind(catalogue["bulk_create_items_v2"], {"body": [{"name": "x"}]}).body == [
        {"name": "x"}
    ]
    assert (
        bind(catalogue["drawShape"], {"body": {"kind": "circle", "radius": 1}}).body["radius"] == 1
    )
    assert bind(catalogue["wait"], {"body": "soon"}).media_type == "text/plain"


def test_forms_are_flattened_like_objects(catalogue: Catalogue) -> None:
    assert bind(catalogue["uploadFile"], {"file": "x"}).media_type == "multipart/form-data"
    assert catalogue["uploadFile"].parameters["required"] == ["file"]
    assert bind(catalogue["login"], {}).body is ABSENT
    assert "Required with a body." in str(catalogue["login"].parameters["properties"]["user"])


def test_recursion_is_kept_where_it_can_be(catalogue: Catalogue) -> None:
    parameters = catalogue["plantTree"].parameters
    assert parameters["$defs"]["Node"]["properties"]["children"]["items"] == {
        "$ref": "#/$defs/Node"
    }
    assert "$ref" not in str(as_dialect(catalogue["plantTree"], "gemini"))
    assert any("recursive" in loss for loss in convert(catalogue["plantTree"], "gemini").losses)


def test_all_of_bodies_are_merged(catalogue: Catalogue) -> None:
    tool = catalogue["post_pets_again"]
    assert tool.parameters["required"] == ["name", "photoUrls", "vet"]
    assert set(tool.parameters["properties"]) == {"name", "photoUrls", "owner", "vet"}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_tool_has_every_dialect_and_a_price(catalogue: Catalogue, dialect: str) -> None:
    made = [convert(tool, dialect) for tool in catalogue.values()]
    assert all(each.tokens > 0 for each in made)
    assert all(isinstance(loss, str) for each in made for loss in each.losses)
