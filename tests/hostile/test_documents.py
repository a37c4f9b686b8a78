"""Hostile documents: refused in one sentence or served within a second, never our traceback."""

from __future__ import annotations

from functools import partial

import pytest

from tests.hostile.apart import run_apart
from tests.hostile.documents import documents
from tests.hostile.using import use

DOCUMENTS = documents()
NAMES = sorted(DOCUMENTS)
LARGE = 4.0
"""Further seconds for a document of many megabytes, which takes as long to read as it is long."""


def _use(name: str) -> str:
    return use(DOCUMENTS[name](), large=LARGE)


def check(names: list[str]) -> None:
    found = {name: problem for name in names if (problem := run_apart(partial(_use, name)))}
    assert not found, "\n".join(f"{name}: {problem}" for name, problem in found.items())


def test_there_are_enough_of_them() -> None:
    assert len(DOCUMENTS) >= 1000


@pytest.mark.parametrize("part", range(3))
def test_a_share_of_hostile_documents(part: int) -> None:
    check(NAMES[part * 5 :: 15 * 2])


@pytest.mark.soak
@pytest.mark.parametrize("part", range(20))
def test_all_hostile_documents(part: int) -> None:
    check(NAMES[part::20])
