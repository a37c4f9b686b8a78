"""The role adapters that ship: complete, small, and better than nothing on a new document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import specs
from agent.backends.local.checkpoint import FILE, bundled_checkpoint, load_tokens
from agent.backends.local.model import embedded_folder
from sandbox import World
from tests.agent.cli.running import wavetank


def test_they_are_small_and_have_not_read_the_demos_document() -> None:
    found = bundled_checkpoint()
    files = [file for file in found.path.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 20_000_000
    titles = {World.load(name).document.title for name in specs.names()}
    assert titles - set(found.documents) == {World.load("bookshop").document.title}
    written = json.loads((found.path / FILE).read_text())
    assert written["before"]["backbone"]["tokens"] > 100_000


@pytest.mark.soak
@pytest.mark.model
def test_they_plan_and_call_on_a_document_that_they_have_not_read(tmp_path: Path) -> None:
    store = str(tmp_path / "kept.db")
    # In processes of their own: a model's gigabytes would stay with all later tests.
    wavetank("collect", "bookshop", "--agent", "scripted:perfect", "-n", "10", "--store", store)
    scores = json.loads(wavetank("eval", store, "--agent", "umi", "--json").stdout)
    assert scores["plan_acc"] > 70
    assert scores["action_em"] > 25


@pytest.mark.model
def test_training_goes_on_from_them_by_name() -> None:
    assert load_tokens("umi").encode("a tide") == load_tokens(str(embedded_folder())).encode(
        "a tide"
    )
