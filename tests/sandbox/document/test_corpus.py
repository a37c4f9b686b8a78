"""Real documents: all of them load, fast, and every operation compiles or says why not."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from sandbox.document import Document, Router, validate
from sandbox.messages import Arguments

# Documents with operations that cannot be used, how many, and why.
DEFECTS = {
    "camara-qod.yaml": 5,  # everything lies in a file that was not shipped
}
LIMITS = {"stripe.yaml": 1.5, "github.json": 0.7, "petstore3.yaml": 0.1}


def documents(corpus: Path) -> list[Path]:
    found = [*(corpus / "specs" / "public").iterdir(), *(corpus / "specs" / "versions").rglob("*")]
    return sorted(path for path in found if path.suffix in (".json", ".yaml", ".yml"))


def test_every_document_loads_routes_and_compiles(corpus: Path) -> None:
    unusable, unrouted, uncompiled = {}, [], []
    for path in documents(corpus):
        made = Document.load(path)
        router = Router(made.operations, made.base_path)
        broken = [it for it in made.operations.values() if it.defect is not None]
        if broken and path.parent.name == "public":
            unusable[path.name] = len(broken)
        for it in made.operations.values():
            if router.match(it.method, made.base_path + it.path) is None:
                unrouted.append((path.name, it.id))
        # Every operation compiles; a seventh of them is what a quick run has time for.
        for it in list(made.operations.values())[::7]:
            if it.defect is None and any(p.keyword == "defect" for p in validate(it, Arguments())):
                uncompiled.append((path.name, it.id))
    assert len(documents(corpus)) >= 46 and unusable == DEFECTS
    assert unrouted == [] and uncompiled == []


@pytest.mark.parametrize("name", LIMITS)
def test_cold_loads_cost_little(corpus: Path, name: str) -> None:
    taken = []
    for _ in range(2):
        start = time.process_time()
        Document.load(corpus / "specs" / "public" / name)
        taken.append(time.process_time() - start)
    assert min(taken) < LIMITS[name]


def test_tool_documents_given_as_text_load(corpus: Path) -> None:
    tools = json.loads((corpus / "toolalpaca" / "eval_simulated.json").read_text())
    made = [Document.parse(tool["Documentation"].encode(), source=tool["Name"]) for tool in tools]
    assert [len(it.operations) for it in made] == [3, 6, 4, 5, 9, 5, 5, 6, 9, 2]
    assert not any(op.defect for it in made for op in it.operations.values())
