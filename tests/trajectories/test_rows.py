"""Prompts grow only at their end, training sees what inference sees, published rows keep shape."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trajectories.records import Call, Message, Outcome, Trajectory
from trajectories.rows import END, ROLES, TAGS, plan_of, prompt, rows, sequence
from trajectories.tool_docs import tool_docs

TEXTS = st.text(alphabet=st.sampled_from("ab <>/s:{}\n"), max_size=30)
MESSAGES = st.lists(
    st.builds(
        Message,
        role=st.sampled_from(["user", "planner", "caller", "observation", "summarizer"]),
        content=TEXTS,
        learn=st.booleans(),
    ),
    max_size=8,
)


def tool(name: str, description: str = "", **properties: Any) -> dict[str, Any]:
    """A tool in the openai form."""
    parameters = {"type": "object", "properties": properties}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


def episode(*messages: Message, tools: list[dict[str, Any]] | None = None) -> Trajectory:
    """A record with these turns."""
    outcome = Outcome(success=True, end="finish")
    offered = [tool("get_book")] if tools is None else tools
    return Trajectory(id="e", tools=offered, messages=list(messages), outcome=outcome)


def finished() -> Trajectory:
    """User, one call, its observation, a conclusion."""
    call = Call(name="get_book", arguments={"id": "b1"}, raw='{"id":"b1"}')
    return episode(
        Message(role="user", content="Who wrote b1?"),
        Message(role="planner", content="I look it up with get_book. Next: caller."),
        Message(role="caller", content='Action: get_book\nAction Input: {"id":"b1"}', call=call),
        Message(role="observation", content='{"author":"Ann"}', status=200),
        Message(role="planner", content="I know it. Next: conclusion."),
        Message(role="summarizer", content="Ann."),
    )


@given(MESSAGES)
def test_a_prompt_only_grows_at_its_end(messages: list[Message]) -> None:
    tools = [tool("get_book")]
    for index, message in enumerate(messages):
        before = prompt(message.role, tools=tools, messages=messages[:index])
        after = prompt("planner", tools=tools, messages=messages[: index + 1])
        assert after.startswith(before + " ") and len(after) > len(before)


@given(MESSAGES)
def test_rows_and_sequence_are_what_prompts_say(messages: list[Message]) -> None:
    record = episode(*messages)
    text = "".join(segment.text for segment in sequence(record))
    learnt = [segment.text for segment in sequence(record) if segment.learn]
    made = rows(record)
    assert learnt == [row.target + END for row in made]
    assert all(text.startswith(row.input + row.target + END) for row in made)
    assert prompt("planner", tools=record.tools, messages=messages) == text + "planner:"


@given(MESSAGES)
def test_content_cannot_end_its_own_turn(messages: list[Message]) -> None:
    text = prompt("caller", tools=[tool("get_book")], messages=messages)
    assert text.count(END) == len(messages) + 1


def test_turns_that_may_not_be_learnt_give_no_row() -> None:
    messages = [message.model_copy(update={"learn": False}) for message in finished().messages]
    assert rows(episode(*messages)) == rows(episode(*messages), layout="published") == []
    assert not any(segment.learn for segment in sequence(episode(*messages)))


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(ValueError, match="valid: internal, published"):
        rows(finished(), layout="other")  # type: ignore[arg-type]


def test_a_long_observation_says_what_is_left_out() -> None:
    record = episode(Message(role="observation", content="x" * 1000))
    assert "…[shortened from 1000 characters]" in prompt(
        "planner", tools=[], messages=record.messages
    )


def test_tool_docs_are_one_line_each_with_required_marked() -> None:
    one = tool("find", "Find books. Long story.", kind={"enum": ["a", "b"]}, n={"type": "integer"})
    one["function"]["parameters"]["required"] = ["n"]
    docs = tool_docs([one, tool("ping")])
    assert docs.text == "find(kind: a|b, n*: integer) – Find books\nping()"
    assert [(cut.tool, cut.what) for cut in docs.cuts] == [("find", "description")]


def test_tool_docs_show_nesting_and_count_what_they_cut() -> None:
    deep: dict[str, Any] = {"type": "object", "properties": {"x": {}}}
    for name in ("d", "c"):
        deep = {"type": "object", "properties": {name: deep}}
    many = {"enum": list(range(10)), "description": "which"}
    docs = tool_docs(
        [tool("put", a={"type": "array", "items": {"type": "string"}}, b=deep, e=many)]
    )
    assert docs.text == "put(a: [string], b: {c: {d: {…}}}, e: 0|1|2|3|4|5|6|7|…2 more)"
    kinds = Counter(cut.what for cut in docs.cuts)
    assert kinds == {"depth": 1, "enum": 1, "argument-descriptions": 1}


def test_recursive_schemas_end() -> None:
    schema = tool("put", node={"$ref": "#/$defs/Node"})
    schema["function"]["parameters"]["$defs"] = {
        "Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
    }
    assert tool_docs([schema]).text == "put(node: {next: {next: {…}}})"


def test_plan_tags_follow_the_published_precedence() -> None:
    assert plan_of("a Next: caller. b Next: conclusion.") == "finish"
    assert plan_of("Next: conclusion. Next: give up.") == "give_up"
    assert plan_of("no tag") is None


def test_published_rows_hold_the_four_kinds() -> None:
    made = rows(finished(), layout="published")
    assert Counter(row.role for row in made) == {
        "backbone": 2,
        "planner": 2,
        "caller": 1,
        "summarizer": 1,
    }
    first, last = made[0], made[-1]
    assert first.target.startswith("I look it up with get_book.\nAction: get_book\nAction Input:")
    assert last.input.endswith(f"Next: conclusion.{END} conclusion: ") and last.target == "Ann."


def test_published_history_has_no_end_after_an_observation() -> None:
    planner = [row for row in rows(finished(), layout="published") if row.role == "planner"][1]
    assert f'caller: Action: get_book\nAction Input: {{"id":"b1"}}{END}observation: {{"author"' in (
        planner.input
    )
    assert planner.input.endswith(" assistant: ")
    assert [turn["from"] for turn in planner.history][1:] == ["assistant", "caller", "observation"]


def test_published_backbone_joins_thought_and_action_without_tags() -> None:
    backbone = [row for row in rows(finished(), layout="published") if row.role == "backbone"]
    assert "assistant: I look it up with get_book.\nAction: get_book" in backbone[1].input
    assert not any(tag in row.input + row.target for row in backbone for tag in TAGS.values())
    assert backbone[1].target == "I know it.\nconclusion: Ann."


def test_an_invented_tool_is_no_target_for_planner_or_caller() -> None:
    call = Call(name="fly", arguments={}, raw="{}")
    record = episode(
        Message(role="planner", content="Up. Next: caller."),
        Message(role="caller", content="Action: fly\nAction Input: {}", call=call),
        Message(role="planner", content="No. Next: give up."),
    )
    made = rows(record, layout="published")
    assert [row.role for row in made] == ["backbone", "backbone", "planner"]
    assert "invalid_hallucination_function_name" in made[0].target
    assert made[1].target == "No.\nconclusion: give up."


def test_published_rows_of_the_corpus_keep_its_counts(corpus: Path) -> None:
    raw = json.loads((corpus / "toolbench/train-example.raw_data_stage_2.json").read_text())
    made = Counter(row.role for item in raw for row in rows(_record(item), layout="published"))
    assert made == {"backbone": 79, "planner": 79, "caller": 59, "summarizer": 14}


def test_published_targets_equal_the_corpus(corpus: Path) -> None:
    raw = json.loads((corpus / "toolbench/train-example.raw_data_stage_2.json").read_text())
    made = [row for item in raw for row in rows(_record(item), layout="published")]
    for role in ("planner", "caller", "summarizer"):
        path = corpus / f"toolbench/train-example.train_{role}.json"
        published = [row["target"] for row in json.loads(path.read_text())]
        assert [row.target for row in made if row.role == role] == published


def _record(item: dict[str, Any]) -> Trajectory:
    roles = {"assistant": "planner", "conclusion": "summarizer"}
    messages = [
        Message.model_validate({"role": roles.get(turn["from"], turn["from"]), "content": text})
        for turn in item["conversations"]
        for text in [turn["value"]]
    ]
    return episode(*messages, tools=[tool(entry["Name"]) for entry in item["tools"]])


def test_roles_are_the_three() -> None:
    assert ROLES == ("planner", "caller", "summarizer")
