"""Calls that broke the documentation are written again, as it is documented."""

from __future__ import annotations

import pytest

from agent.runtime.environment import name_of
from agent.runtime.forms.documentation import outdated_tool
from agent.runtime.forms.miswritten import (
    breaks_documentation,
    fitted_arguments,
    mended_call,
)
from tests.agent.test_decisions import made
from tests.agent.test_spans import TEXT, form
from trajectories.records import Call, Message

CLOSED = form("get_cat", "id", id=TEXT)
CLOSED["function"]["parameters"]["additionalProperties"] = False
TOOLS = [CLOSED, form("get_cats"), form("delete_cat", "id", id=TEXT), form("read_docs", tool=TEXT)]


@pytest.mark.parametrize(
    ("name", "arguments", "breaks"),
    [
        ("get_cat", {"id": "c-8"}, False),
        ("get_cat", {"id": 8}, True),
        ("get_cat", {"id": "c-8", "colour": "red"}, True),
        ("get_cat", {}, True),
        ("get_cat", None, True),
        ("get_cat_by_id", {"id": "c-8"}, True),
    ],
)
def test_a_call_breaks_the_documentation(
    name: str, arguments: dict[str, object] | None, breaks: bool
) -> None:
    assert breaks_documentation(Call(name=name, arguments=arguments, raw=""), TOOLS) is breaks


def test_what_a_hostile_schema_allows_is_not_known() -> None:
    tool = form("get_cat", id={"$ref": "#/nowhere"})
    assert not breaks_documentation(Call(name="get_cat", arguments={"id": 1}, raw=""), [tool])


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("get_cat", "get_cat"),
        ("get_cat_by_id", "get_cat"),
        ("fetch_cats", "get_cats"),
        ("sing", None),
    ],
)
def test_the_tool_that_was_meant_is_called_next(name: str, meant: str | None) -> None:
    found = mended_call(TOOLS, TOOLS, refuse_call(name, '{"x":1}'))
    assert (None if found is None else [name_of(tool) for tool in found.tools]) == (
        meant and [meant]
    )


def test_a_call_that_is_as_documented_is_not_mended_nor_one_that_was() -> None:
    fine, broken = refuse_call("get_cat", '{"id":"c-8"}'), refuse_call("get_cat", "{}")
    assert mended_call(TOOLS, TOOLS, fine) is None
    assert mended_call(TOOLS, TOOLS, [*broken, *broken]) is None
    assert mended_call(TOOLS, TOOLS, broken) is not None


def test_no_documentation_is_read_for_a_mistake_in_the_call() -> None:
    text = '{"message":"colour_code is not known here"}'
    for raw, tool in (('{"id":"c-8"}', "get_cat"), ('{"colour_code":1}', None)):
        turn, reply = refuse_call("get_cat", raw)
        assert outdated_tool(TOOLS, [turn, reply.model_copy(update={"content": text})]) == tool


def refuse_call(name: str, raw: str) -> list[Message]:
    return made(name, raw, 422)


@pytest.mark.parametrize(
    ("arguments", "fitted"),
    [
        ({"id": "c-8", "colour": "red"}, {"id": "c-8"}),
        ({"arguments": {"id": "c-8"}}, {"id": "c-8"}),
        ({"id": 8}, {"id": "8"}),
        ({"id": "c-8", "age": "4", "tame": "true"}, {"id": "c-8", "age": 4, "tame": True}),
        ({"id": "c-8", "city": "Lyon"}, {"id": "c-8", "home": {"city": "Lyon"}}),
        ({"id": "c-8", "home": 4}, None),
        ({"colour": "red"}, None),
        ({}, None),
    ],
)
def test_arguments_are_fitted_to_the_documentation(
    arguments: dict[str, object], fitted: dict[str, object] | None
) -> None:
    home = {"type": "object", "properties": {"city": TEXT}}
    ages = {"age": {"type": "integer"}, "tame": {"type": "boolean"}}
    root = form("get_cat", "id", id=TEXT, home=home, **ages)["function"]["parameters"]
    assert fitted_arguments(arguments, root | {"additionalProperties": False}) == fitted


def test_a_fitted_call_is_the_only_one_that_can_follow() -> None:
    found = mended_call(TOOLS, TOOLS, refuse_call("get_cat", '{"id":"c-8","x":1}'))
    assert found is not None
    assert found.text == 'Action: get_cat\nAction Input: {"id":"c-8"}'
