"""Each provider's limits, on one tool at a time."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import UnknownName
from sandbox.tools import (
    META_TOOLS,
    Tool,
    as_dialect,
    bind,
    convert,
    estimate_tokens,
    meta_tools,
    umi,
)
from sandbox.tools.strict import strict, too_large


def tool(properties: dict[str, Any], **more: Any) -> Tool:
    parameters = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    return Tool(name="t", description="d", parameters=parameters, operation=None)


def given(made: Tool, dialect: str) -> dict[str, Any]:
    definition = as_dialect(made, dialect)
    schema: dict[str, Any] = definition.get("function", definition)["parameters"]
    return schema


def test_strict_requires_all_and_admits_nothing_else() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]}
    schema = given(tool({"x": inner, "y": {"type": "integer"}}, required=["x"]), "openai-strict")
    assert schema["required"] == ["x", "y"]
    assert schema["properties"]["y"]["type"] == ["integer", "null"]
    assert schema["properties"]["x"]["additionalProperties"] is False
    assert schema["properties"]["x"]["required"] == ["a", "b"]


def test_strict_carries_free_form_objects_as_text() -> None:
    made = tool({"meta": {"type": "object"}, "any": {}})
    schema = given(made, "openai-strict")
    assert schema["properties"]["meta"]["type"] == ["string", "null"]
    assert any("JSON text" in loss for loss in convert(made, "openai-strict").losses)


def test_strict_keeps_unenforced_limits_as_words() -> None:
    made = tool({"name": {"type": "string", "minLength": 3, "description": "Who."}})
    assert given(made, "openai-strict")["properties"]["name"]["description"] == "Who. (minLength 3)"
    assert convert(made, "openai-strict").losses == ("name: minLength is not enforced",)


def test_strict_folds_all_of_and_turns_one_of_into_any_of() -> None:
    part = {"allOf": [{"$ref": "#/$defs/A"}, {"properties": {"b": {"type": "string"}}}]}
    union = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    definitions = {"A": {"type": "object", "properties": {"a": {"type": "string"}}}}
    schema = given(tool({"p": part, "u": union}, **{"$defs": definitions}), "openai-strict")
    assert set(schema["properties"]["p"]["properties"]) == {"a", "b"}
    assert [branch["type"] for branch in schema["properties"]["u"]["anyOf"]][:2] == [
        "string",
        "integer",
    ]


def test_a_tool_too_large_for_strict_mode_is_offered_without() -> None:
    made = tool({f"p{n}": {"type": "string"} for n in range(5001)})
    definition = as_dialect(made, "openai-strict")["function"]
    assert "strict" not in definition
    assert any("5000" in loss for loss in convert(made, "openai-strict").losses)


def test_strict_counts_levels_of_nesting() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(12):
        schema = {"type": "object", "properties": {"x": schema}}
    assert too_large(strict(schema)[0]) is not None
    assert too_large(strict(schema["properties"]["x"]["properties"]["x"])[0]) is None


def test_gemini_has_no_references_numbers_as_enum_or_type_lists() -> None:
    properties = {
        "level": {"type": "integer", "enum": [1, 2]},
        "nick": {"type": ["string", "null"]},
        "mixed": {"type": ["string", "integer"]},
        "fixed": {"const": "a"},
        "owner": {"$ref": "#/$defs/O"},
    }
    definitions = {"O": {"type": "object", "properties": {"name": {"type": "string"}}}}
    held = given(tool(properties, **{"$defs": definitions}), "gemini")["properties"]
    assert held["level"] == {"type": "integer", "description": "One of 1, 2."}
    assert held["nick"] == {"type": "string", "nullable": True}
    assert [branch["type"] for branch in held["mixed"]["anyOf"]] == ["string", "integer"]
    assert held["fixed"] == {"type": "string", "enum": ["a"]}
    assert held["owner"]["properties"]["name"]["type"] == "string"


def test_gemini_leaves_out_parameters_that_are_none() -> None:
    assert "parameters" not in as_dialect(tool({}), "gemini")


def test_alpha_umi_says_type_need_and_text() -> None:
    properties = {
        "q": {"type": "string", "description": "What to look for."},
        "n": {"type": "integer", "minimum": 1, "maximum": 9},
        "s": {"enum": ["a", "b"]},
    }
    shown = as_dialect(tool(properties, required=["q"]), "alpha-umi")
    assert shown["input"] == {
        "q": "string, required. What to look for.",
        "n": "integer 1..9, optional",
        "s": "a|b, optional",
    }


def test_an_unknown_dialect_is_named_with_the_valid_ones() -> None:
    with pytest.raises(UnknownName, match="anthropic"):
        as_dialect(tool({}), "antropic")


def test_meta_tools_give_way_to_the_document() -> None:
    named = meta_tools({"wait"})
    assert set(named) == {"sandbox_wait", "read_docs", "authenticate"}
    assert named["sandbox_wait"].meta == "wait"
    assert bind(META_TOOLS["wait"], {"seconds": 3}).query == {"seconds": 3}


def test_tokens_are_characters_by_four() -> None:
    assert estimate_tokens("a" * 9) == 3
    assert estimate_tokens({"a": 1}) == 2


def test_an_optional_choice_may_be_null_in_strict_form() -> None:
    choice = {"type": "string", "enum": ["red", "blue"]}
    schema = given(tool({"must": choice, "may": choice}, required=["must"]), "openai-strict")
    assert schema["properties"]["must"] == choice
    assert schema["properties"]["may"]["enum"] == ["red", "blue", None]
    assert schema["properties"]["may"]["type"] == ["string", "null"]


def test_a_type_that_leads_back_to_itself_is_any() -> None:
    more = {"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/More"}]}
    rows = {"type": "array", "items": {"$ref": "#/$defs/Rows"}}
    properties = {"more": {"$ref": "#/$defs/More"}, "rows": {"$ref": "#/$defs/Rows"}}
    schema = {"type": "object", "properties": properties, "$defs": {"More": more, "Rows": rows}}
    told = {"more": "integer or any, optional", "rows": "array of any, optional"}
    assert umi.inputs(schema) == (told, ())
