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
"""Further seconds for each step with a document of megabytes: 20,000 properties, say, which are
read, converted and generated one by one."""


def use_all(names: list[str]) -> str:
    problems = ((name, use(DOCUMENTS[name](), large=LARGE)) for name in names)
    return "\n".join(f"{name}: {problem}" for name, problem in problems if problem)


def check(names: list[str]) -> None:
    """All in one process; where that goes wrong each in its own, to know which it was."""
    together = run_apart(partial(use_all, names), seconds=20 + len(names))
    if together:
        alone = {name: run_apart(partial(use_all, [name])) for name in names}
        found = [f"{name}: {problem}" for name, problem in alone.items() if problem]
        raise AssertionError("\n".join(found) or together)


def test_there_are_enough_of_them() -> None:
    assert len(DOCUMENTS) >= 1000


def test_a_share_of_hostile_documents() -> None:
    check(NAMES[::30])


@pytest.mark.parametrize("name", [
    "schema: minProperties 10^6",
    "schema: nested minProperties",
    "schema: nested required",
    "text: thirty megabytes of lists",
])  # fmt: skip
def test_the_dearest_of_them(name: str) -> None:
    assert not run_apart(partial(use_all, [name]))


@pytest.mark.soak
@pytest.mark.parametrize("part", range(20))
def test_all_hostile_documents(part: int) -> None:
    check(NAMES[part::20])
