"""What holds over real documents, counted: starts, answers, validity, create/read/update/delete.

WAVETANK_CORPUS=… pytest -m bench tests/bench/test_corpus.py -s
WAVETANK_DOCUMENTS=a.yaml:b.json pytest -m bench tests/bench/test_corpus.py -s     other documents
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from sandbox import World
from tests.bench.coverage import Coverage, cover
from tests.bench.crud import count

pytestmark = pytest.mark.bench


def documents(corpus: Path) -> list[Path]:
    named = os.environ.get("WAVETANK_DOCUMENTS")
    if named:
        return [Path(name) for name in named.split(":")]
    return sorted(p for p in (corpus / "specs/public").iterdir() if p.suffix != ".md")


def test_coverage_table(corpus: Path) -> None:
    rows = [(path.name, cover(path)) for path in documents(corpus)]
    table = Table("document", "load s", "ops", "tools", "called", "2xx", "valid", "lists", "full")
    for name, row in rows:
        table.add_row(name, *row.cells())
    Console(width=140).print(table)
    whole = sum((row for _, row in rows), Coverage())
    Console(width=140).print("all:", *whole.cells())
    for name, row in rows:
        for line in row.failures[:8]:
            Console(width=200).print(f"{name}: {line}")
    assert whole.answered >= 0.95 * whole.satisfiable
    assert whole.valid == whole.checked
    assert whole.full >= 0.8 * whole.lists


def test_create_read_update_delete_table(corpus: Path) -> None:
    table = Table("document", "share %", "tried", "held")
    short: list[str] = []
    for path in documents(corpus):
        found = count(World.load(path))
        if not found.tried:
            continue
        table.add_row(
            path.name, f"{found.share:.1f}", str(sum(found.tried.values())),
            str(sum(found.passed.values())),
        )  # fmt: skip
        short += [f"{path.name}: {line}" for line in found.failures]
        if found.share < 85:
            short.append(f"{path.name}: BELOW 85 %")
    console = Console(width=160)
    console.print(table)
    for line in short:
        console.print(line, markup=False, highlight=False)
    assert table.row_count >= 20 or "WAVETANK_DOCUMENTS" in os.environ


@pytest.mark.parametrize("name", ["bookshop", "helpdesk", "calendar"])
def test_our_own_documents_hold_completely(name: str) -> None:
    found = count(World.load(name))
    assert found.tried
    assert found.failures == []
