"""`wavetank invent`: a folder of documents with an inventory, verified by the teacher."""

from __future__ import annotations

import json
from pathlib import Path

from tests.agent.cli.running import wavetank


def test_documents_and_their_inventory(tmp_path: Path) -> None:
    out = tmp_path / "made"
    done = wavetank("invent", "-n", "5", "--seed", "2", "--tasks", "4", "--out", str(out), "--json")
    found = json.loads(done.stdout)
    total = found["inventory"][-1]
    assert (total["protocol"], total["documents"]) == ("all", 5)
    assert total["solved"] == total["tasks"] == 20 and total["tools"] >= 40
    names = {row["document"] for row in found["documents"]}
    assert names | {"inventory.json"} == {path.name for path in out.iterdir()}
    assert wavetank("invent", "-n", "1", "--out", str(out), check=2).stderr.count("not empty") == 1


def test_variants_of_a_document(tmp_path: Path) -> None:
    out = tmp_path / "made"
    done = wavetank(
        "invent", "-n", "3", "--variants", "bookshop", "--out", str(out), "--tasks", "2", "--json"
    )
    total = json.loads(done.stdout)["inventory"]
    assert [row["protocol"] for row in total] == ["variants", "all"]
    assert total[0]["documents"] == 3 and total[0]["solved"] == total[0]["tasks"]
