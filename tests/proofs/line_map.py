"""A pytest plugin: which tests run which line, and runs of chosen tests in a chosen order.

`WAVETANK_LINES=FILE` writes {"tests": {id: seconds}, "lines": {file: {line number: [ids]}}} of the
tests that passed. `WAVETANK_TESTS=FILE` (a JSON array
of ids) runs those alone, in that order, and writes the id of the first that fails to `failed`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

LINES = os.environ.get("WAVETANK_LINES")
CHOSEN = os.environ.get("WAVETANK_TESTS")
FAILED = Path("failed").absolute()
"""Worked out at once: a test may change the folder."""
SOURCES = ("sandbox", "trajectories", "agent", "specs")

passed: dict[str, float] = {}
coverage: list[Any] = []


def pytest_configure() -> None:
    if LINES:
        from coverage import Coverage

        coverage.append(Coverage(data_file=None, source=list(SOURCES)))
        coverage[0].start()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if CHOSEN:
        order = {id: n for n, id in enumerate(json.loads(Path(CHOSEN).read_text()))}
        config.hook.pytest_deselected(items=[each for each in items if each.nodeid not in order])
        kept = [each for each in items if each.nodeid in order]
        items[:] = sorted(kept, key=lambda item: order[item.nodeid])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    if coverage:
        coverage[0].switch_context(item.nodeid)
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        passed[report.nodeid] = round(report.duration, 3)
    if CHOSEN and report.failed and not FAILED.exists():
        FAILED.write_text(report.nodeid)


def pytest_sessionfinish() -> None:
    if not LINES:
        return
    lines: dict[str, dict[int, list[str]]] = {}
    if coverage:
        coverage[0].stop()
        data = coverage[0].get_data()
        root = Path.cwd()
        for file in data.measured_files():
            contexts = data.contexts_by_lineno(file)
            each = {
                line: sorted(id for id in ids if id in passed) for line, ids in contexts.items()
            }
            lines[str(Path(file).relative_to(root))] = {n: ids for n, ids in each.items() if ids}
    Path(LINES).write_text(json.dumps({"tests": passed, "lines": lines}))
