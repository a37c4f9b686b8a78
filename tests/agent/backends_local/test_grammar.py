"""The caller's grammar admits the offered calls and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from llguidance import LLMatcher
from llguidance.hf import from_tokenizer

from agent.backends.local.call_schemas import close
from agent.backends.local.checkpoint import load_tokens
from agent.backends.local.grammar import (
    FORMS,
    caller_grammar,
    forced_text,
    matcher,
    turn_grammar,
)
from agent.runtime.forms.decisions import FINISH, GIVE_UP
from tests.agent.tiny import tiny_model
from trajectories.records import Message


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load_tokens(str(tiny_model(tmp_path_factory.mktemp("tiny"))))


def offered(name: str, **parameters: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def admits(tokens: Any, tools: list[dict[str, Any]], text: str) -> bool:
    grammar = LLMatcher.grammar_from_lark(caller_grammar(tools).lark)
    matcher = LLMatcher(from_tokenizer(tokens.tokenizer), grammar)
    assert not matcher.is_error(), matcher.get_error()
    ids = tokens.encode(text, begin=False)
    return bool(matcher.try_consume_tokens(ids) == len(ids) and matcher.is_accepting())


TOOLS = [
    offered(
        "find",
        type="object",
        properties={"kind": {"enum": ["a", "b"]}, "n": {"type": "integer", "minimum": 1}},
        required=["kind"],
    ),
    offered("ping"),
]


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        (' Action: find\nAction Input: {"kind":"a","n":3}', True),
        (' Action: find\nAction Input: {"kind":"b"}', True),
        (" Action: ping\nAction Input: {}", True),
        (' Action: find\nAction Input: {"kind":"c"}', False),
        (' Action: find\nAction Input: {"n":3}', False),
        (' Action: find\nAction Input: {"kind":"a","n":0}', False),
        (' Action: find\nAction Input: {"kind":"a","extra":1}', False),
        (" Action: fly\nAction Input: {}", False),
        (' Action: ping\nAction Input: {"x":1}', False),
        (" Action: ping", False),
    ],
)
def test_calls(tokens: Any, text: str, fine: bool) -> None:
    assert admits(tokens, TOOLS, text) is fine


def test_definitions_are_followed(tokens: Any) -> None:
    tree = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Tree"}}}
    tool = offered(
        "grow",
        type="object",
        properties={"t": {"$ref": "#/$defs/Tree"}},
        **{"$defs": {"Tree": tree}},
    )
    assert admits(tokens, [tool], ' Action: grow\nAction Input: {"t":{"next":{}}}')
    assert not admits(tokens, [tool], ' Action: grow\nAction Input: {"t":3}')


def test_what_cannot_be_compiled_is_free_and_counted_and_the_rest_is_held(tokens: Any) -> None:
    odd = {"type": "object", "properties": {"$ref": {"not": {"minimum": 1}}, "b": {"enum": [1]}}}
    parts = {"x": {"pattern": "(?<=a)b", "type": "string"}, "odd": odd, "y": {"enum": [2]}}
    tool = offered("odd", type="object", properties=parts)
    assert caller_grammar([tool, TOOLS[1]]).loose == ("odd",)
    assert admits(tokens, [tool], ' Action: odd\nAction Input: {"x":"any","odd":{"b":1},"y":2}')
    assert not admits(tokens, [tool], ' Action: odd\nAction Input: {"y":3}')
    assert not admits(tokens, [tool], ' Action: odd\nAction Input: {"anything":1}')


def test_tools_of_real_documents_compile(corpus: Path) -> None:
    from sandbox.world import World

    for name in ("realworld.yml", "petstore-expanded.yaml"):
        path = corpus / "specs/public" / name
        if not path.is_file():
            continue
        tools = World.load(str(path)).session().tools
        forms = [offered(tool.name, **tool.parameters) for tool in tools.values()]
        grammar = caller_grammar(forms)
        assert not grammar.loose
        assert not LLMatcher.validate_grammar(LLMatcher.grammar_from_lark(grammar.lark))


def turn(role: str, text: str, **more: Any) -> Message:
    return Message.model_validate({"role": role, "content": text, **more})


@pytest.mark.parametrize(
    ("forms", "again", "over"),
    [(FORMS, False, False), (FORMS - {"refusals"}, True, True)],
)
def test_forms_can_be_left_away(forms: frozenset[str], again: bool, over: bool) -> None:
    call = {"name": "find", "arguments": {}, "raw": "{}"}
    refused = [
        turn("caller", "", call=call),
        turn("observation", "no", status=404),
    ]
    said = turn_grammar("planner", TOOLS, [turn("user", "Find it."), *refused * 2], forms=forms)
    assert said is not None
    assert ('"find"' in said) is again and ("finish" in said) is over


@pytest.mark.parametrize(
    ("status", "kinds", "again"),
    [
        (422, ["a"], False),
        (404, ["a"], False),
        (503, ["a"], True),
        (422, ["a", "b"], True),
        (200, ["a"], False),
    ],
)
def test_the_only_call_of_a_tool_is_not_made_again_as_it_was_refused(
    status: int, kinds: list[str], again: bool
) -> None:
    find = offered("find", type="object", properties={"kind": {"enum": kinds}}, required=["kind"])
    call = {"name": "find", "arguments": {"kind": "a"}, "raw": '{"kind":"a"}'}
    made = [turn("caller", "", call=call), turn("observation", "", status=status)]
    forms = frozenset({"refusals"})
    said = turn_grammar("planner", [find, TOOLS[1]], [turn("user", "Find."), *made], forms=forms)
    assert said is not None and ('"find"' in said) is again
    other = [turn("caller", "", call=call | {"arguments": {"kind": "b"}}), made[1]]
    said = turn_grammar("planner", [find, TOOLS[1]], [turn("user", "Find."), *other], forms=forms)
    assert said is not None and '"find"' in said


def test_who_fails_on_and_on_can_only_give_up() -> None:
    calls = [
        turn(role, "", **more)
        for at in range(8)
        for role, more in (
            ("caller", {"call": {"name": "find", "arguments": {}, "raw": f'{{"n":{at}}}'}}),
            ("observation", {"status": None}),
        )
    ]
    said = turn_grammar("planner", TOOLS, [turn("user", "Find it."), *calls])
    assert said is not None and said.startswith("start: reason | question\n")
    LLMatcher.validate_grammar(LLMatcher.grammar_from_lark(said))


def test_a_turn_without_a_choice_is_written_without_a_model(tokens: Any) -> None:
    one = offered("find", type="object", properties={"kind": {"enum": ["a"]}}, required=["kind"])
    held = matcher(tokens, caller_grammar([one]).lark)
    ids = forced_text(held, lambda written: False, tokens.end)
    assert ids is not None and tokens.decode(ids) == ' Action: find\nAction Input: {"kind":"a"}'
    free = matcher(tokens, caller_grammar(TOOLS).lark)
    assert forced_text(free, lambda written: False, tokens.end) is None
    assert forced_text(None, lambda written: False, tokens.end) is None


def test_what_no_tool_does_is_refused_without_a_choice() -> None:
    names = ("list_cats", "get_cat", "feed_cat")
    tools = [offered(name, type="object", properties={}) for name in names]
    asks = [turn("user", "Who won the match on Friday?")]
    said = turn_grammar("planner", tools, asks) or ""
    assert GIVE_UP["cannot"] in said and "question" not in said and "call" not in said
    assert "call" in (turn_grammar("planner", tools, asks, forms=FORMS - {"wishes"}) or "")


def test_the_only_tool_that_fits_is_called_without_a_choice() -> None:
    tools = [offered("get_cat", type="object", properties={"id": {"type": "string"}}), TOOLS[0]]
    said = turn_grammar("planner", tools, [turn("user", "Show me cat c-8.")])
    assert said is not None and said.startswith("start: call\n") and "find" not in said
    both = turn_grammar("planner", tools, [turn("user", "All is fine.")])
    assert both is not None and both.startswith("start: reason") and "find" in both


def may_answer(tokens: Any, text: str, request: str, reply: str, tool: str = "find") -> bool:
    """Whether a summarizer may write a whole text after one reply to a request."""
    turns = [
        turn("user", request),
        turn("caller", "", call={"name": tool, "arguments": {}, "raw": "{}"}),
        turn("observation", reply, status=200),
    ]
    held = matcher(tokens, str(turn_grammar("summarizer", TOOLS, turns)))
    ids = tokens.encode(text, begin=False)
    return bool(held.try_consume_tokens(ids) == len(ids) and held.is_accepting())


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        (' The mood is "wild".', True),
        (' The mood of "c-8" is "wild".', True),
        (' The mood is "calm".', False),
        (" The mood of c-8 is wild.", True),
        (" The mood of c-8 is wildest.", False),
        (" The mood of c-eight is wild.", False),
        (" The mood is fine.", False),
        (' After 9 days the mood is "wild".', False),
    ],
)
def test_an_answer_says_the_asked_value_and_no_other(tokens: Any, text: str, fine: bool) -> None:
    reply = '{"id": "c-8", "mood": "wild"}'
    assert may_answer(tokens, text, "What is the mood of cat c-8?", reply) is fine


def test_an_answer_needs_no_value_and_ends_with_its_sentence(tokens: Any) -> None:
    reply, asks = '{"id": "c-8"}', "Please add a cat."
    assert may_answer(tokens, " The cat was added.", asks, reply, "add_cat")
    assert not may_answer(tokens, " The cat was added.", asks, reply)
    assert may_answer(tokens, " The new cat is c-8.", asks, reply, "add_cat")
    assert not may_answer(tokens, " The cat was added. It is new.", asks, reply, "add_cat")
    asks = "What is the id of the cat with the chip x-1?"
    assert not may_answer(tokens, " The id of x-1 of x-1 is c-8.", asks, reply)


@pytest.mark.parametrize(
    ("text", "fine"),
    [(" The weight is 41.", True), (" It is: 41.", True), (" The weight_41 is its.", False)],
)
def test_a_number_in_an_answer_is_part_of_no_word(tokens: Any, text: str, fine: bool) -> None:
    request = "What is the weight of the cat?"
    assert may_answer(tokens, text, request, '{"weight": 41}') is fine


def test_objects_inside_of_arguments_have_named_fields_only(tokens: Any) -> None:
    item = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    tool = offered("add", type="object", properties={"all": {"type": "array", "items": item}})
    text = ' Action: add\nAction Input: {"all":[{"name":"a"'
    assert admits(tokens, [tool], text + "}]}")
    assert not admits(tokens, [tool], text + ',"other":1}]}')


@pytest.mark.parametrize(
    ("request_", "status", "again"),
    [
        ('Create a cat called "Tom" in the house K9.', 201, False),
        ('Create a cat called "Tom" in the house K9.', 503, True),
        ('Create a cat called "Tom", and one called "Max".', 201, True),
        ('Create a cat called "Tom" for each house.', 201, True),
    ],
)
def test_what_is_made_is_not_made_once_more(request_: str, status: int, again: bool) -> None:
    cat = offered("create_cat", type="object", properties={"name": {"type": "string"}})
    call = {"name": "create_cat", "arguments": {"name": "Tom"}, "raw": '{"name":"Tom"}'}
    made = [turn("caller", "", call=call), turn("observation", '{"name":"Tom"}', status=status)]
    said = turn_grammar("planner", [cat], [turn("user", request_), *made]) or ""
    # The house is in no reply, and yet nothing is left to do.
    assert ("create_cat" in said) is again and (again or FINISH in said)


@pytest.mark.parametrize(
    ("name", "reply", "again"),
    [
        ("delete_cat", "", False),
        ("get_cat", '{"mood":"calm"}', False),
        ("get_cat", '{"state":"running"}', True),
        ("list_cats", '{"cats":[{"mood":"calm"}],"has_more":true}', True),
        ("list_cats", '{"cats":[{"mood":"calm"}],"has_more":false}', False),
    ],
)
def test_a_call_that_went_well_is_not_made_again(name: str, reply: str, again: bool) -> None:
    parts: dict[str, Any] = {"id": {"type": "string"}, "loud": {"type": "boolean"}}
    parts |= {"page": {"type": "integer"}} if name == "list_cats" else {}
    cat = offered(name, type="object", properties=parts, required=["id"])
    call = {"name": name, "arguments": {"id": "c-8"}, "raw": '{"id":"c-8"}'}
    made = [turn("caller", "", call=call), turn("observation", reply, status=200)]
    asks = turn("user", "Do what has to be done with cat c-8.")
    forms = FORMS - {"wishes", "evidence"}
    assert (name in (turn_grammar("planner", [cat], [asks, *made], forms=forms) or "")) is again


def test_an_object_of_any_names_has_not_too_many() -> None:
    free = {"type": "object", "additionalProperties": {"type": "string"}}
    closed = close({"properties": {"graph": free, "own": {**free, "maxProperties": 2}}})
    many, two = closed["properties"]["graph"], closed["properties"]["own"]
    assert (many["maxProperties"], two["maxProperties"]) == (6, 2)
    assert (
        close({"properties": {"x": {**free, "minProperties": 9}}})["properties"]["x"][
            "maxProperties"
        ]
        == 9
    )
