"""Commands under test number their runs from 1, whatever other tests kept before."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def runs_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A folder of runs for each test."""
    monkeypatch.setenv("WAVETANK_RUNS", str(tmp_path_factory.mktemp("runs")))
