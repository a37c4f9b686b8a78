"""The one shared fixture: where the real documents lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real documents named by WAVETANK_CORPUS."""
    place = os.environ.get("WAVETANK_CORPUS")
    if not place:
        # The documents are not ours to ship; .ci/run sets it, and then nothing is skipped.
        pytest.skip("WAVETANK_CORPUS is not set: tests on real documents are skipped")
    return Path(place).resolve()
