"""Requests that people wrote: what a yardstick measures is not among them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from agent.errors import AgentError
from agent.training.natural import natural_trajectories
from agent.training.natural_rows import FOLDER, Request, natural_sources, usable


def seal_tools(root: Path, *rows: dict[str, object]) -> None:
    """Nine tools of one field; the rows lie in one of the two files."""
    folder = root / FOLDER / "seal-tools"
    folder.mkdir(parents=True)
    form = {"api_description": "Rain.", "parameters": {"place": {"type": "str"}}, "field": "sky/x"}
    lines = [json.dumps({"api_name": f"get{number}"} | form) for number in range(9)]
    (folder / "tool.jsonl").write_text("\n".join(lines))
    for file in ("dev.jsonl", "test_in_domain.jsonl"):
        (folder / file).write_text("\n".join(map(json.dumps, rows)))


def seal_row(name: str, calls: int = 1) -> dict[str, object]:
    calling = [{"api": name, "parameters": {"place": "Oslo"}}] * calls
    return {"id": name, "query": f"{name} in Oslo", "calling": calling}


def test_requests_for_measured_tools_are_dropped() -> None:
    rows = [Request("1", "Rain?", "getRain", {}), Request("2", "Snow?", "getSnow", {})]
    assert usable(rows, frozenset({"getsnow"})) == rows[:1]


def test_rows_of_unknown_and_several_tools_are_dropped(tmp_path: Path) -> None:
    seal_tools(tmp_path, seal_row("get1"), seal_row("getWind"), seal_row("get2", calls=2))
    [source] = natural_sources(tmp_path)
    assert [row.tool for row in source.rows] == ["get1", "get1"]


def test_requests_of_one_field_share_an_offer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal_tools(tmp_path, seal_row("get0"), seal_row("get1"))
    monkeypatch.setenv("WAVETANK_CORPUS", str(tmp_path))
    found = natural_trajectories(4)
    assert len(found) == 4 and len({json.dumps(each.tools) for each in found}) == 1
    assert [turn.role for turn in found[0].messages] == ["user", "planner", "caller"]
    assert {"get0", "get1"} < {tool["function"]["name"] for tool in found[0].tools}


def test_a_choice_without_arguments_ends_with_the_planner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / FOLDER / "toolverifier"
    folder.mkdir(parents=True)
    listed = "Tool Choices: Book Review = Reviews of a book.\nNews by day = News of a day."
    text = f'User: 10 reviews of Ivanhoe.\n###\n{listed}\n###\nAct: CALLTOOL["Book Review"]'
    with (folder / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["text"], [text]])
    monkeypatch.setenv("WAVETANK_CORPUS", str(tmp_path))
    [found] = natural_trajectories(1)
    assert found.instruction == "10 reviews of Ivanhoe."
    assert found.messages[-1].content == "I use book_review.\n Next: caller."
    assert {tool["function"]["name"] for tool in found.tools} == {"book_review", "news_by_day"}


def test_conversations_that_begin_with_a_call_are_requests(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER / "glaive"
    folder.mkdir(parents=True)
    tip = {"name": "tip", "description": "A tip.", "parameters": {"type": "object"}}
    call = {"from": "function_call", "value": '{"name": "tip", "arguments": {"bill": 50}}'}
    human = {"from": "human", "value": "A tip for $50?"}
    asks = {"from": "gpt", "value": "For what bill?"}
    talks = [
        {"tools": json.dumps([tip]), "conversations": [human, after]} for after in (call, asks)
    ]
    (folder / "glaive_toolcall_en_demo.json").write_text(json.dumps(talks))
    [source] = natural_sources(tmp_path)
    assert source.rows == (Request("0", "A tip for $50?", "tip", {"bill": 50}),)


def test_rows_of_another_form_are_said(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER / "toolverifier"
    folder.mkdir(parents=True)
    (folder / "train.csv").write_text("text\nUser: hello\n")
    with pytest.raises(AgentError, match=r"not the rows of toolverifier: .*row 0 has no request"):
        natural_sources(tmp_path)


def test_missing_data_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WAVETANK_CORPUS", str(tmp_path))
    with pytest.raises(AgentError, match=r"no natural rows: set WAVETANK_CORPUS"):
        natural_trajectories(1)
