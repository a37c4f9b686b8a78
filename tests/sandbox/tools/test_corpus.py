"""Real documents: every operation a tool, every name and key legal, every dialect in its limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from sandbox.document import Document
from sandbox.tools import Catalogue, convert, tools
from sandbox.tools.inputs import children
from sandbox.tools.layout import credential_names

DOCUMENTS = [
    "adyen-dispute-v30.json", "asana.yaml", "camara-qod.yaml", "meilisearch31.json",
    "netlify2.yml", "petstore2.json", "readme-circular.json", "readme-params-style.json",
    "readme-polymorphism.json", "realworld.yml", "slack2.json", "spotify.yml", "uber2.yaml",
]  # fmt: skip


def walk(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for inner in children(schema):
            yield from walk(inner)


def load(corpus: Path, name: str) -> Catalogue:
    return tools(Document.load(corpus / "specs" / "public" / name))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_names_and_keys_are_legal_and_schemas_are_schemas(corpus: Path, name: str) -> None:
    for tool in load(corpus, name).values():
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", tool.name)
        jsonschema_rs.validator_for(tool.parameters)
        keys = {key for node in walk(tool.parameters) for key in node.get("properties", ())}
        assert all(re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", key) for key in keys)
        assert set(tool.parameters["properties"]) == set(tool.arguments)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_parameter_is_lost_and_no_credential_offered(corpus: Path, name: str) -> None:
    document = Document.load(corpus / "specs" / "public" / name)
    for tool in tools(document).values():
        assert tool.operation is not None
        secret = credential_names(document, tool.operation)
        declared = {(each.location, each.name) for each in tool.operation.parameters}
        offered = {place for place in tool.arguments.values() if place[0] != "body"}
        assert offered == {at for at in declared if (at[0], at[1].lower()) not in secret}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_strict_mode_closes_every_object(corpus: Path, name: str) -> None:
    for tool in load(corpus, name).values():
        function = convert(tool, "openai-strict").definition["function"]
        for node in walk(function["parameters"]) if function.get("strict") else ():
            assert not {"oneOf", "allOf", "not", "default"} & node.keys()
            if "properties" in node:
                assert list(node["properties"]) == node["required"]
                assert node["additionalProperties"] is False


@pytest.mark.parametrize("name", DOCUMENTS)
def test_gemini_gets_its_subset(corpus: Path, name: str) -> None:
    for tool in load(corpus, name).values():
        for node in walk(convert(tool, "gemini").definition.get("parameters")):
            assert not {"$ref", "oneOf", "allOf", "const", "additionalProperties"} & node.keys()
            assert isinstance(node.get("type", ""), str)
            assert all(isinstance(value, str) for value in node.get("enum", ()))
            assert node.get("type") != "object" or node["properties"]


def test_a_thousand_tools_are_named_without_being_built(
    corpus: Path, cpu_seconds: Callable[[], float]
) -> None:
    document = Document.load(corpus / "specs" / "public" / "github.json")
    start = cpu_seconds()
    named = tools(document)
    assert len(named) == len(document.operations) > 1000
    assert cpu_seconds() - start < 0.5
    assert named["repos_get"].arguments["owner"] == ("path", "owner")
