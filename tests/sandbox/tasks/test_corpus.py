"""Tasks from real documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.tasks import Report, generate
from sandbox.world import World

REAL = (
    "petstore3.yaml petstore2.json realworld.yml spotify.yml museum31.yaml asana.yaml "
    "discord31.json box.json netlify2.yml uspto.yaml "
    "docusign-esign2.json harbor2.yaml meilisearch31.json"
).split()


@pytest.mark.parametrize("name", REAL)
def test_a_real_document_yields_tasks(corpus: Path, name: str) -> None:
    report = Report()
    world = World.load(corpus / "specs" / "public" / name)
    found = list(generate(world, n=30, seed=1, report=report))
    assert len(found) == 30, (report.ended, report.rows()[:5])
    assert len({task.kind for task in found}) >= 2
