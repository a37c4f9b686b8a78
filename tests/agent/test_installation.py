"""The command that adds an extra works from wherever Wavetank was installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.installation import how_to_add


def clone(folder: Path) -> dict[str, Any]:
    return {"url": folder.as_uri(), "dir_info": {"editable": True}}


def test_from_a_clone_the_command_names_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = "pip install -e '/srv/my wavetank[mcp]'"
    assert how_to_add("mcp", clone(Path("/srv/my wavetank"))) == expected


def test_in_the_clone_itself_the_command_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert how_to_add("local", clone(tmp_path)) == "pip install -e '.[local]'"


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ({}, "wavetank[mcp]"),
        ({"url": "file:///w.whl", "archive_info": {}}, "wavetank[mcp] @ file:///w.whl"),
        (
            {"url": "ssh://host/w", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "wavetank[mcp] @ git+ssh://host/w@abc",
        ),
    ],
)
def test_elsewhere_it_names_what_was_installed(source: dict[str, Any], target: str) -> None:
    assert how_to_add("mcp", source) == f"pip install '{target}'"


def test_without_a_source_it_is_the_one_that_runs_here() -> None:
    assert how_to_add("mcp").startswith("pip install ") and "[mcp]" in how_to_add("mcp")
