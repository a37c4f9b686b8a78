"""Each format is accepted by the one that reads it, and keeps what it says it keeps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trajectories.little import TOOL, finished, malformed
from trajectories.errors import FormatError, RecordError
from trajectories.exports import FORMATS, atif, export, exporter, native, openai, sharegpt, steps
from trajectories.records import Call, Message

RAW = '{"id": b1'

CALLS = st.builds(
    Call,
    name=st.sampled_from(["get_book", ""]),
    arguments=st.none() | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    raw=st.text(max_size=8),
)
MESSAGES = st.lists(
    st.builds(
        Message,
        role=st.sampled_from(["user", "planner", "caller", "observation", "summarizer"]),
        content=st.text(max_size=12) | st.just("So.\n Next: caller."),
        call=st.none() | CALLS,
        status=st.none() | st.just(200),
        labels=st.lists(st.sampled_from(["mistake", "recovery"]), max_size=1),
        learn=st.booleans(),
    ).map(lambda turn: turn if turn.role == "caller" else turn.model_copy(update={"call": None})),
    max_size=9,
)


def accepted_by_llama_factory(turns: Sequence[dict[str, Any]]) -> bool:
    """Its rule for sharegpt conversations: even length, odd and even positions by role."""
    odd, even = ("human", "observation"), ("gpt", "function_call")
    ordered = all(turn["from"] in (even if n % 2 else odd) for n, turn in enumerate(turns))
    calls = [json.loads(turn["value"]) for turn in turns if turn["from"] == "function_call"]
    return ordered and len(turns) % 2 == 0 and all({"name", "arguments"} == set(c) for c in calls)


@pytest.mark.parametrize("format", [each for each in FORMATS if each != "trl-preference"])
def test_every_format_writes_and_keeps_the_raw_text_of_a_malformed_call(
    format: str, tmp_path: Path
) -> None:
    summary = export([finished(), malformed()], format, tmp_path / "out")
    assert summary.trajectories == 2 and summary.format == format
    if format == "trl":
        text = json.dumps(_parquet(summary.files[0]), ensure_ascii=False)
    else:
        text = "".join(path.read_text() for path in summary.files)
    assert RAW in text.replace('\\\\\\"', '"').replace('\\"', '"')
    assert "Ölsen" in text


def _parquet(path: Path) -> list[dict[str, Any]]:
    datasets = pytest.importorskip("datasets", reason="needs the extra 'export'")
    return list(datasets.Dataset.from_parquet(str(path), cache_dir=str(path.parent / "cache")))


def test_native_comes_back_to_the_byte(tmp_path: Path) -> None:
    records = [finished(), malformed()]
    export(records, "native", tmp_path / "a.jsonl")
    assert list(native.read(tmp_path / "a.jsonl")) == records
    export(native.read(tmp_path / "a.jsonl"), "native", tmp_path / "b.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_a_bad_native_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(finished().to_bytes() + b'\n{"id": 3}\n')
    with pytest.raises(RecordError, match=r"a.jsonl, line 2: "):
        list(native.read(tmp_path / "a.jsonl"))


def test_an_unknown_format_lists_the_known_ones() -> None:
    with pytest.raises(FormatError, match="unknown format 'csv'; valid: alpha-umi, atif, native"):
        exporter("csv")


def test_an_export_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken() -> Any:
        yield finished()
        raise RuntimeError("stop")

    for format in FORMATS:
        with pytest.raises(RuntimeError):
            export(broken(), format, tmp_path / "out" / format / "file.jsonl")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@settings(max_examples=60, deadline=None)
@given(MESSAGES)
def test_atif_is_valid_and_lossless(messages: list[Message]) -> None:
    validator = pytest.importorskip("atif", reason="needs the extra 'export'")
    record = finished(messages=messages)
    document = json.loads(json.dumps(atif.document(record)))
    validator.Trajectory.model_validate(document)
    assert atif.record(document).to_bytes() == record.to_bytes()


@settings(max_examples=60, deadline=None)
@given(MESSAGES)
def test_sharegpt_alternates(messages: list[Message]) -> None:
    row = sharegpt.row(finished(messages=messages))
    assert row is None or accepted_by_llama_factory(row["conversations"])


@settings(max_examples=60, deadline=None)
@given(MESSAGES)
def test_steps_lose_no_turn(messages: list[Message]) -> None:
    grouped = list(steps.steps(messages))
    assert [turn for step in grouped for turn in step.messages] == messages


@settings(max_examples=60, deadline=None)
@given(MESSAGES)
def test_openai_tool_turns_answer_the_call_before_them(messages: list[Message]) -> None:
    turns = openai.row(finished(messages=messages))["messages"]
    for number, turn in enumerate(turns):
        asked = [call["id"] for call in turn.get("tool_calls", [])]
        if asked and number + 1 < len(turns):
            assert turns[number + 1].get("tool_call_id") in asked
        if turn["role"] == "tool":
            assert turns[number - 1]["tool_calls"][0]["id"] == turn["tool_call_id"]
        if number:
            assert not turn["role"] == turns[number - 1]["role"] == "assistant"


def test_openai_arguments_are_the_text_as_written() -> None:
    first = openai.row(finished())["messages"][1]
    assert first["content"] == "I look it up."
    assert first["tool_calls"][0]["function"] == {"name": "get_book", "arguments": '{"id": "b1"}'}


def test_a_turn_that_must_not_be_learnt_is_masked() -> None:
    record = finished()
    turns = [turn.model_copy(update={"learn": n != 2}) for n, turn in enumerate(record.messages)]
    row = openai.row(record.model_copy(update={"messages": turns}))
    weights = [turn.get("weight") for turn in row["messages"] if turn["role"] == "assistant"]
    assert weights == [0, None, None]


def test_trl_rows_have_objects_and_no_invented_keys(tmp_path: Path) -> None:
    odd = finished(2, tools=[TOOL, {"type": "function", "function": {"name": "x"}}])
    export([finished(), malformed(), odd], "trl", tmp_path / "a.parquet")
    rows = _parquet(tmp_path / "a.parquet")
    assert rows[0]["messages"][1]["tool_calls"][0]["function"]["arguments"] == {"id": "b1"}
    assert set(rows[0]["messages"][0]) == {"role", "content"}
    assert rows[2]["tools"][1] == {"type": "function", "function": {"name": "x"}}
    assert rows[1]["messages"][1]["content"].endswith(f"Action Input: {RAW}")
    assert rows[0]["faults"] == ["H01"]
    assert len(rows[0]["learn"]) == len(rows[0]["messages"])


def test_trl_rows_are_rendered_by_a_chat_template(tmp_path: Path) -> None:
    utils = pytest.importorskip("transformers.utils.chat_template_utils", reason="extra 'local'")
    template = (
        "{% for tool in tools %}<tool>{{ tool.function.name }}({{ tool.function.parameters"
        ".properties | join(',') }})</tool>{% endfor %}{% for m in messages %}<{{ m.role }}>"
        "{{ m.content }}{% for c in m.tool_calls or [] %}[{{ c.function.name }} "
        "{% for k, v in c.function.arguments.items() %}{{ k }}={{ v }}{% endfor %}]{% endfor %}"
        "{% endfor %}"
    )
    export([finished()], "trl", tmp_path / "a.parquet")
    row = _parquet(tmp_path / "a.parquet")[0]
    rendered, _ = utils.render_jinja_template(
        [row["messages"]], tools=row["tools"], chat_template=template
    )
    assert rendered[0].startswith("<tool>get_book(id)</tool><user>Who wrote b1?")
    assert "<assistant>I look it up.[get_book id=b1]<tool>HTTP 429" in rendered[0]
    assert rendered[0].endswith("<assistant>Ann Ölsen wrote it.")


def test_alpha_umi_files_count_as_published(tmp_path: Path) -> None:
    files = export([finished(), malformed()], "alpha-umi", tmp_path).files
    rows = {path.stem.removeprefix("train_"): json.loads(path.read_text()) for path in files}
    gave_up = sum("Next: give up." in row["target"] for row in rows["planner"])
    assert len(rows["planner"]) == len(rows["caller"]) + len(rows["summarizer"]) + gave_up
    assert len(rows["backbone"]) == len(rows["planner"]) == 5
    assert set(rows["caller"][0]) == {"tools", "history", "input", "target"}
    assert rows["caller"][0]["tools"][0]["Name"] == "get_book"


def test_toolbench_ends_with_finish(tmp_path: Path) -> None:
    export([finished(), malformed()], "toolbench", tmp_path / "a.json")
    first, second = json.loads((tmp_path / "a.json").read_text())
    assert [turn["from"] for turn in first["conversations"]][:4] == [
        "system", "user", "assistant", "function",
    ]  # fmt: skip
    assert '"return_type":"give_answer"' in first["conversations"][-1]["value"]
    assert '"return_type":"give_up_and_restart"' in second["conversations"][-1]["value"]
    assert json.loads(first["conversations"][3]["value"])["error"].startswith("HTTP 429")


def test_what_is_dropped_is_said() -> None:
    lossless = [name for name in FORMATS if not exporter(name).drops]
    assert lossless == ["native", "atif"]
    assert all(exporter(name).note for name in FORMATS)


@pytest.mark.parametrize("format", ["openai", "trl", "sharegpt", "toolbench"])
def test_the_system_message_of_an_imported_record_is_handed_on(format: str, tmp_path: Path) -> None:
    record = finished().model_copy(update={"options": {"system": "You book rooms."}})
    file = export([record], format, tmp_path / "out").files[0]
    rows = _parquet(file) if format == "trl" else file.read_text()
    assert "You book rooms." in json.dumps(rows)
    assert any("parallel calls" in dropped for dropped in exporter(format).drops)
