"""The bundled documents are valid, small and of one hand."""

from __future__ import annotations

from typing import Any, cast

import pytest
import yaml12
from openapi_spec_validator import OpenAPIV31SpecValidator

import specs

METHODS = {"get", "put", "post", "delete", "patch"}


def tree(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml12.parse_yaml(specs.path(name).read_text("utf-8")))


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        operation
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in METHODS
    ]


@pytest.mark.parametrize("name", specs.names())
def test_is_valid_openapi_31(name: str) -> None:
    assert list(OpenAPIV31SpecValidator(tree(name)).iter_errors()) == []


@pytest.mark.parametrize("name", specs.names())
def test_is_small_enough_for_a_small_model(name: str) -> None:
    found = operations(tree(name))
    assert 10 <= len(found) <= 25
    assert all(len(operation["description"]) <= 90 for operation in found)


@pytest.mark.parametrize("name", specs.names())
def test_names_its_operations_once(name: str) -> None:
    ids = [operation["operationId"] for operation in operations(tree(name))]
    assert len(set(ids)) == len(ids)
    assert len({"_" in each for each in ids}) == 1


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(KeyError, match="bookshop"):
        specs.path("bookstore")
