"""Other people's files become records, and what is no such file is named with its place."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.trajectories.little import finished, malformed
from trajectories.errors import FormatError
from trajectories.exports import export
from trajectories.imports import FORMATS, import_file
from trajectories.imports.toolalpaca import golden_steps, tool_sets
from trajectories.records import Trajectory


def roles(records: list[Trajectory]) -> Counter[str]:
    return Counter(turn.role for record in records for turn in record.messages)


def spoken(record: Trajectory) -> list[tuple[str, str]]:
    """What was said by whom, without observations and what has no tag."""
    said = [(turn.role, turn.content.split("\n Next:")[0].strip()) for turn in record.messages]
    return [(role, text) for role, text in said if role in ("user", "caller", "summarizer")]


def test_the_published_test_file(corpus: Path) -> None:
    records = list(import_file(corpus / "toolbench/out_of_domain.json", "alpha-umi"))
    assert len(records) == 400
    assert roles(records) == {
        "user": 623, "planner": 1658, "caller": 1146, "observation": 1147, "summarizer": 294,
    }  # fmt: skip
    calls = [turn.call for record in records for turn in record.messages if turn.role == "caller"]
    assert sum(call is not None and call.arguments == {} for call in calls) == 471
    assert len({record.id for record in records}) == 400


def test_stage_one_and_stage_two_say_the_same(corpus: Path) -> None:
    folder = corpus / "toolbench"
    one = list(import_file(folder / "train-example.raw_data_stage_1.json", "toolbench"))
    two = list(import_file(folder / "train-example.raw_data_stage_2.json", "alpha-umi"))
    assert [spoken(record) for record in one] == [spoken(record) for record in two]


def test_row_files_are_joined_to_the_conversations_they_were_cut_from(
    corpus: Path, tmp_path: Path
) -> None:
    folder = corpus / "toolbench"
    for role in ("planner", "caller", "summarizer"):
        text = (folder / f"train-example.train_{role}.json").read_text()
        (tmp_path / f"train_{role}.json").write_text(text)
    joined = list(import_file(tmp_path, "alpha-umi"))
    whole = list(import_file(folder / "train-example.raw_data_stage_2.json", "alpha-umi"))
    key = json.dumps
    turns = [[turn.model_dump() for turn in record.messages] for record in joined]
    assert sorted(map(key, turns)) == sorted(
        key([turn.model_dump() for turn in record.messages]) for record in whole
    )


def test_search_trees_give_their_kept_path(corpus: Path) -> None:
    files = sorted((corpus / "toolbench-trees/answer").rglob("*.json"))
    records = [record for file in files for record in import_file(file, "toolbench")]
    assert (len(files), len(records)) == (15, 13)
    assert Counter(record.outcome.end for record in records) == {"finish": 9, "give_up": 4}
    assert all(record.tools and record.instruction for record in records)


def test_golden_calls_and_their_references(corpus: Path) -> None:
    apis = list(tool_sets(corpus / "toolalpaca/eval_simulated.json"))
    steps = [step for api in apis for answer in api.golden for step in answer]
    assert (len(apis), sum(len(api.instructions) for api in apis), len(steps)) == (10, 100, 154)
    assert sum(step.arguments is None for step in steps) == 0
    assert sum(step.asks for step in steps) == 8
    assert sum(bool(step.references) for step in steps) == 33
    assert len(list(import_file(corpus / "toolalpaca/eval_simulated.json", "toolalpaca"))) == 100


def test_a_reference_names_its_source() -> None:
    answer = [
        {"Action": "search", "Action_Input": '{"q": "x"}'},
        {"Action": "[Optional]get", "Action_Input": '{"id": ${id from search}, "on": ${a day}"}'},
        {"Action": "bad", "Action_Input": "{"},
    ]
    _, second, third = golden_steps(answer, place="here")
    assert second.arguments == {"id": None, "on": None} and second.optional
    found = [(item.pointer, item.field, item.call, item.step) for item in second.references]
    assert found == [("/id", "id", "search", 0), ("/on", "a day", None, None)]
    assert (third.arguments, third.raw) == (None, "{")


def test_our_own_alpha_umi_export_comes_back(tmp_path: Path) -> None:
    records = [finished(), malformed()]
    export(records, "alpha-umi", tmp_path)
    back = list(import_file(tmp_path, "alpha-umi"))
    kept = {json.dumps([(t.role, t.content) for t in record.messages]) for record in records}
    assert {json.dumps([(t.role, t.content) for t in record.messages]) for record in back} == kept
    assert {t.call.raw for r in back for t in r.messages if t.call} >= {'{"id": b1'}


def test_our_own_openai_and_toolbench_exports_come_back(tmp_path: Path) -> None:
    for format in ("openai", "toolbench"):
        export([finished(), malformed()], format, tmp_path / format)
        first, second = import_file(tmp_path / format, format)
        calls = [turn.call for turn in first.messages if turn.call]
        assert [call.arguments for call in calls] == [{"id": "b1"}, {"id": "b1"}]
        assert first.outcome.answer == "Ann Ölsen wrote it."
        assert first.tools == finished().tools
        assert [t.call.raw for t in second.messages if t.call] == ['{"id": b1']


def test_chat_lines_with_parallel_calls(tmp_path: Path) -> None:
    calls = [
        {"id": f"c{n}", "type": "function", "function": {"name": "f", "arguments": f'{{"n":{n}}}'}}
        for n in (1, 2)
    ]
    chat: list[dict[str, Any]] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Go"}]},
        {"role": "assistant", "content": None, "tool_calls": calls, "weight": 0},
        {"role": "tool", "tool_call_id": "c2", "content": "two"},
        {"role": "tool", "tool_call_id": "c1", "content": "one"},
        {"role": "assistant", "content": "Done."},
    ]
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": chat}) + "\n")
    (record,) = import_file(tmp_path / "a.jsonl", "openai")
    said = [(turn.role, turn.content) for turn in record.messages if turn.role == "observation"]
    assert said == [("observation", "one"), ("observation", "two")]
    assert record.options == {"system": "Be brief."} and record.outcome.answer == "Done."
    assert [turn.learn for turn in record.messages[1:4]] == [False, False, False]


def test_bfcl_lines_take_the_first_allowed_value_and_parse_python(tmp_path: Path) -> None:
    question = {
        "id": "a_1",
        "question": [[{"role": "user", "content": "5!"}], [{"role": "user", "content": "more"}]],
        "function": [
            {
                "name": "math.factorial",
                "description": "",
                "parameters": {"type": "dict", "properties": {"number": {"type": "float"}}},
            }
        ],
    }
    truth: dict[str, Any] = {
        "id": "a_1",
        "ground_truth": [["math.factorial(5)"], ["math.factorial(number=-6)"]],
    }
    (tmp_path / "possible_answer").mkdir()
    (tmp_path / "q.json").write_text(json.dumps(question))
    (tmp_path / "possible_answer/q.json").write_text(json.dumps(truth))
    (record,) = import_file(tmp_path / "q.json", "bfcl")
    calls = [turn.call for turn in record.messages if turn.call]
    assert [(call.name, call.arguments) for call in calls] == [
        ("math_factorial", {"number": 5}),
        ("math_factorial", {"number": -6}),
    ]
    assert record.tools[0]["function"]["parameters"]["properties"]["number"]["type"] == "number"
    truth["ground_truth"] = [{"math.factorial": {"number": [None, 3, ""], "unit": ["", None]}}]
    (tmp_path / "possible_answer/q.json").write_text(json.dumps(truth))
    (record,) = import_file(tmp_path / "q.json", "bfcl")
    assert next(turn.call.arguments for turn in record.messages if turn.call) == {"number": 3}


def test_an_imported_record_is_no_success_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"messages":[{"role":"user","content":"Hi"}]}')
    (record,) = import_file(tmp_path / "a.jsonl", "openai")
    assert not record.outcome.success and record.outcome.failures[0].startswith("not judged")
    assert record.agent == "imported:openai"


@pytest.mark.parametrize(
    ("format", "text", "said"),
    [
        ("alpha-umi", "{", "not JSON"),
        ("alpha-umi", "{}", "expected a JSON list of objects, found dict"),
        ("alpha-umi", '[{"tools":[]}]', "item 0: expected 'conversations', 'chains' or 'history'"),
        ("alpha-umi", '[{"tools":[],"conversations":[{"from":"elf","value":""}]}]', "role 'elf'"),
        ("toolbench", '[{"id":"1"}]', "item 0: lacks 'conversations'; it has 'id'"),
        ("toolalpaca", '[{"Name":"x"}]', "item 0: lacks 'Documentation'"),
        ("openai", '{"messages":[]}\n[]', "line 2: expected an object, found list"),
        ("openai", '{"messages":[{"role":"elf"}]}', "line 1: unknown role 'elf'; valid: system"),
        ("bfcl", '{"id":"x","question":[],"involved_classes":["Zoo"]}', "Zoo has no reference"),
        ("native", '{"id":1}', "line 1: "),
        ("csv", "", "unknown format 'csv'; valid: alpha-umi, atif, bfcl, inspect"),
    ],
)
def test_what_is_no_such_file_is_named(format: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(Exception, match=said) as raised:
        list(import_file(tmp_path / "file", format))
    assert type(raised.value).__name__ in ("FormatError", "RecordError")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for format in FORMATS:
        with pytest.raises(FormatError, match="no such file"):
            import_file(tmp_path / "none", format)


def test_published_conversations_give_the_published_rows(corpus: Path, tmp_path: Path) -> None:
    folder = corpus / "toolbench"
    records = import_file(folder / "train-example.raw_data_stage_2.json", "alpha-umi")
    export(records, "alpha-umi", tmp_path)
    counts = {"backbone": 79, "planner": 79, "caller": 59, "summarizer": 14}
    for role, count in counts.items():
        ours = json.loads((tmp_path / f"train_{role}.json").read_text())
        theirs = json.loads((folder / f"train-example.train_{role}.json").read_text())
        parts = [
            sorted(json.dumps([row["tools"], row["history"], row["target"]]) for row in rows)
            for rows in (ours, theirs)
        ]
        assert (len(ours), parts[0]) == (count, parts[1])
