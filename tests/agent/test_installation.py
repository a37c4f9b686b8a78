"""The command that adds an extra works from wherever Wavetank was installed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from agent.installation import how_to_add


def test_from_a_clone_the_command_names_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pip, install, editable, target = shlex.split(how_to_add("mcp"))
    assert (pip, install, editable) == ("pip", "install", "-e")
    assert (Path(target.removesuffix("[mcp]")) / "pyproject.toml").is_file()


def test_in_the_clone_itself_the_command_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, _, target = shlex.split(how_to_add("mcp"))
    monkeypatch.chdir(target.removesuffix("[mcp]"))
    assert how_to_add("local") == "pip install -e '.[local]'"
