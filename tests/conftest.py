"""The shared fixtures: where the real documents lie, where runs are kept meanwhile, and what a test
costs."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

# A busy machine is no finding.
settings.register_profile("any load", settings(), suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any load")


@pytest.fixture(scope="session", autouse=True)
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the runs that commands keep: never the user's own."""
    with pytest.MonkeyPatch.context() as environment:
        folder = tmp_path_factory.mktemp("runs")
        environment.setenv("WAVETANK_RUNS", str(folder))
        yield folder


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real documents named by WAVETANK_CORPUS."""
    place = os.environ.get("WAVETANK_CORPUS")
    if not place:
        # The documents are not ours to ship; .ci/run sets it, and then nothing is skipped.
        pytest.skip("WAVETANK_CORPUS is not set: tests on real documents are skipped")
    return Path(place).resolve()


@pytest.fixture
def cpu_seconds() -> Iterator[Callable[[], float]]:
    """The CPU time of this process. Nothing is collected meanwhile: that takes seconds in a process
    that has run thousands of tests."""
    gc.disable()
    try:
        yield process_time
    finally:
        gc.enable()
