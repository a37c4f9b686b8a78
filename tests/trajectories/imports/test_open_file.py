"""Any file of trajectories is opened by what is in it, and what is none is named."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.trajectories.little import finished, malformed
from trajectories.errors import TrajectoryError
from trajectories.exports import FORMATS, export, exporter
from trajectories.imports import open_file
from trajectories.records import Trajectory
from trajectories.viewer.files import open_upload

STEPS: list[dict[str, Any]] = [
    {"step_id": 1, "source": "system", "message": "Be brief."},
    {"step_id": 2, "source": "user", "message": [{"type": "text", "text": "Who wrote b1?"}]},
    {"step_id": 3, "source": "agent", "message": "Look.", "reasoning_content": "A book.",
     "tool_calls": [{"tool_call_id": c, "function_name": "get", "arguments": {"id": c}}
                    for c in "ab"],
     "observation": {"results": [{"source_call_id": "b", "content": "two"},
                                 {"source_call_id": "a", "content": "one"}]}},
    {"step_id": 4, "source": "agent", "message": "Ann.", "is_copied_context": True},
]  # fmt: skip
ATIF: dict[str, Any] = {
    "schema_version": "ATIF-v1.8",
    "agent": {"name": "terminus", "version": "1"},
    "steps": STEPS,
}
SAMPLE: dict[str, Any] = {
    "id": 7, "epoch": 1, "attachments": {"f0": "Add."}, "scores": {"includes": {"value": "C"}},
    "events": [{"event": "model", "tools": [{"name": "add", "parameters": {}}]}],
    "messages": [
        {"role": "user", "content": "attachment://f0"},
        {"role": "assistant", "content": "So.", "tool_calls": [
            {"id": "1", "function": "add", "arguments": {"x": 1}}]},
        {"role": "tool", "tool_call_id": "1", "content": "",
         "error": {"type": "parsing", "message": "'y' is required"}},
        {"role": "assistant", "content": [{"type": "text", "text": "I cannot."}]},
    ],
}  # fmt: skip
LOG: dict[str, Any] = {"version": 2, "eval": {"task": "sums", "model": "mock"}, "plan": {}}


def opened(value: Any, tmp_path: Path) -> list[Trajectory]:
    (tmp_path / "file").write_text(json.dumps(value))
    return list(open_file(tmp_path / "file"))


def turns(record: Trajectory) -> list[tuple[str, str]]:
    return [(turn.role, turn.content.split("\n Next")[0]) for turn in record.messages]


@pytest.mark.parametrize("form", FORMATS)
def test_every_export_is_opened_again(form: str, tmp_path: Path) -> None:
    worse = malformed(1, task=finished().task)
    out = tmp_path / f"out{exporter(form).suffix}"
    export([finished(), worse], form, out)
    back = list(open_file(out))
    assert [record.instruction for record in back] == ["Who wrote b1?"] * 2
    assert "Ann Ölsen wrote it." in [record.outcome.answer for record in back]
    said = [turn.content for record in back for turn in record.messages]
    assert any("HTTP 400 Bad Request" in text for text in said)
    if out.is_file():
        assert open_upload(out.read_bytes(), out.name) == back


def test_our_atif_documents_come_back_whole(tmp_path: Path) -> None:
    export([finished(), malformed()], "atif", tmp_path / "lines.jsonl")
    back = [record.to_bytes() for record in open_file(tmp_path / "lines.jsonl")]
    assert back == [finished().to_bytes(), malformed().to_bytes()]


def test_somebody_elses_atif_document(tmp_path: Path) -> None:
    inner = {**ATIF, "trajectory_id": "sub", "steps": STEPS[:2]}
    outer, sub = opened(ATIF | {"subagent_trajectories": [inner]}, tmp_path)
    calls = [("caller", "get"), ("observation", "one"), ("caller", "get"), ("observation", "two")]
    seen = [(role, "get" if role == "caller" else text) for role, text in turns(outer)]
    assert seen[:2] == [("user", "Who wrote b1?"), ("planner", "A book.\nLook.")]
    assert seen[2:6] == calls and seen[-1] == ("summarizer", "Ann.")
    assert [turn.learn for turn in outer.messages][-3:] == [True, False, False]
    assert outer.options == {"system": "Be brief."} and outer.agent == "terminus"
    assert sub.instruction == "Who wrote b1?"


def test_sharegpt_calls_and_those_inside_of_the_text(tmp_path: Path) -> None:
    call = '{"name": "get", "arguments": {"id": 1}}'
    conversations = [
        {"from": "system", "value": "Be brief."},
        {"from": "human", "value": "Who?"},
        {"from": "gpt", "value": f"Two.\n<tool_call>\n{call}\n</tool_call>\n"
                                 f"<tool_call>{call}</tool_call>"},
        {"from": "tool", "value": "<tool_response>\none\n</tool_response>"},
        {"from": "function_call", "value": call.replace('{"id": 1}', '"{id"')},
        {"from": "function_call", "value": "get(1)"},
        {"from": "gpt", "value": "Ann."},
    ]  # fmt: skip
    tools = json.dumps([{"name": "get"}])
    (record,) = opened([{"conversations": conversations, "tools": tools}], tmp_path)
    calls = [turn.call for turn in record.messages if turn.role == "caller"]
    assert [call and (call.arguments, call.raw) for call in calls] == [
        ({"id": 1}, ""), ({"id": 1}, ""), (None, "{id"), None,
    ]  # fmt: skip
    assert turns(record)[1] == ("planner", "Two.") and ("observation", "one") in turns(record)
    assert record.tools == [{"type": "function", "function": {"name": "get"}}]
    assert record.options == {"system": "Be brief."} and record.outcome.answer == "Ann."


def test_an_inspect_log_gives_one_record_per_sample(tmp_path: Path) -> None:
    ours = {"scores": {"judged": {"metadata": {"trajectory": finished().model_dump()}}}}
    first, second = opened(LOG | {"samples": [SAMPLE, SAMPLE | ours]}, tmp_path)
    assert turns(first)[0] == ("user", "Add.")
    assert ("observation", "parsing: 'y' is required") in turns(first)
    assert first.tools[0]["function"]["name"] == "add" and first.agent == "mock"
    assert first.outcome.metrics == {"scores": {"includes": "C"}}
    assert "includes scored it C" in first.outcome.failures
    assert second == finished()


def test_an_inspect_archive_is_read_in_both_compressions(tmp_path: Path) -> None:
    for name, method in (("deflated.eval", zipfile.ZIP_DEFLATED), ("z.eval", zipfile.ZIP_STORED)):
        with zipfile.ZipFile(tmp_path / name, "w", method) as archive:
            archive.writestr("samples/7_epoch_1.json", json.dumps(SAMPLE))
            archive.writestr("_journal/start.json", json.dumps(LOG))
        assert [r.outcome.answer for r in open_file(tmp_path / name)] == ["I cannot."]
    data = zstandard.compress(json.dumps(SAMPLE).encode())
    with zipfile.ZipFile(tmp_path / "z.eval", "w") as archive:
        archive.writestr("samples/7_epoch_1.json", data)
    marked = bytearray((tmp_path / "z.eval").read_bytes())
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        marked[marked.index(mark) + place] = 93  # zstandard, which zipfile cannot write
    at = marked.index(b"PK\x01\x02") + 24
    marked[at : at + 4] = len(json.dumps(SAMPLE)).to_bytes(4, "little")
    assert [r.outcome.answer for r in open_upload(bytes(marked), "z.eval")] == ["I cannot."]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (ATIF | {"steps": [STEPS[0], {"source": "elf"}]}, "step 2: unknown source 'elf'; valid"),
        (ATIF | {"steps": [{"message": "x"}]}, "step 1: lacks 'source'; it has 'message'"),
        ([{"conversations": [{"from": "gpt"}]}], "item 0, turn 1: lacks 'value'"),
        ([{"conversations": [], "tools": "["}], "item 0: 'tools' is not JSON"),
        ({"messages": [], "tools": [1]}, "'tools' should be a list of objects"),
        (LOG | {"samples": [{"id": 1}]}, "sample 1: lacks 'messages'; it has 'id'"),
        ({"name": "x"}, "no trajectories of a known format: its first value has 'name'; valid"),
        ([], "its first value has no object"),
    ],
)
def test_a_malformed_file_is_refused_in_one_sentence(value: Any, sentence: str) -> None:
    with pytest.raises(TrajectoryError) as raised:
        open_upload(json.dumps(value).encode(), "some file")
    assert sentence in str(raised.value) and str(raised.value).startswith("some file")
    assert "\n" not in str(raised.value) and "/tmp" not in str(raised.value)


def test_broken_bytes_are_refused_with_their_place() -> None:
    for data, sentence in (
        (b'{"messages": []}\n{"messages": [}', "line 2: not JSON"),
        (b"{\n 1", "not JSON: Expecting property name enclosed in double quotes: line 2"),
        (b"PAR1 and no more", "not parquet"),
        (b"PK\x03\x04 and no more", "not a whole zip"),
        (b"", "not JSON"),
        (b"[" * 300 + b"]" * 300, "nests deeper than 254 levels"),
        (b'{"messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nests deeper than 254"),
    ):
        with pytest.raises(TrajectoryError, match=sentence):
            open_upload(data, "x")


def test_a_folder_is_opened_and_other_json_in_it_passed_over(tmp_path: Path) -> None:
    (tmp_path / "trial" / "agent").mkdir(parents=True)
    (tmp_path / "trial" / "config.json").write_text('{"job": 1}')
    (tmp_path / "trial" / "agent" / "trajectory.json").write_text(json.dumps(ATIF))
    assert [record.agent for record in open_file(tmp_path)] == ["terminus"]
