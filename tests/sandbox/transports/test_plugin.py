"""The pytest plugin, in a project of its own, also beside a package called `sandbox`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TEST = """
import pytest

@pytest.mark.wavetank("bookshop", seed=3)
def test_books(wavetank_session):
    before = wavetank_session.state.ids("/books")
    assert wavetank_session.call("deleteBook", {"book_id": before[0]}).status == 204
    assert len(wavetank_session.state.ids("/books")) == len(before) - 1
"""


def run(folder: Path) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_wavetank", "test_it.py"]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=alone).stdout


def test_the_fixture_is_a_seeded_session(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEST)
    assert "1 passed" in run(tmp_path)


def test_a_users_own_sandbox_is_named_as_the_reason(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEST + "\ndef test_mine():\n    import sandbox\n")
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "__init__.py").touch()
    said = run(tmp_path)
    assert "hides Wavetank's" in said
    assert "1 passed" in said
