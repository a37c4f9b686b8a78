"""Rows that people wrote: what a yardstick measures is not among them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.errors import AgentError
from agent.training.natural import FOLDER, ROWS, natural_trajectories, usable_rows


def row(name: str, calls: int = 1) -> dict[str, Any]:
    calling = [{"api": name, "parameters": {"place": "Oslo"}}] * calls
    return {"id": name, "query": f"{name} in Oslo", "calling": calling}


def test_rows_of_measured_unknown_and_several_tools_are_dropped() -> None:
    rows = [row("getRain"), row("getSnow"), row("getWind"), row("getRain", 2)]
    kept = usable_rows(rows, {"getRain": {}, "getSnow": {}}, {"getsnow"})
    assert kept == [row("getRain")]


def test_they_become_trajectories_of_one_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    form = {"api_description": "Rain.", "parameters": {"place": {"type": "str"}}, "field": "sky/x"}
    names = [f"get{number}" for number in range(9)]
    lines = [json.dumps({"api_name": name, "required": ["place"]} | form) for name in names]
    (folder / "tool.jsonl").write_text("\n".join(lines))
    for file in ROWS:
        (folder / file).write_text("\n".join(json.dumps(row(name)) for name in names[:2]))
    monkeypatch.setenv("WAVETANK_CORPUS", str(tmp_path))
    found = natural_trajectories(4)
    assert len(found) == 4 and len({json.dumps(each.tools) for each in found}) == 1
    assert [turn.role for turn in found[0].messages] == ["user", "planner", "caller"]
    call = found[0].messages[2].call
    assert call is not None
    assert call.name in {tool["function"]["name"] for tool in found[0].tools}


def test_missing_data_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WAVETANK_CORPUS", str(tmp_path))
    with pytest.raises(AgentError, match="no natural rows: set WAVETANK_CORPUS"):
        natural_trajectories(1)
