"""What the user was told is judged with the state: in collections, under stress and in exports."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from agent.agents import agent_from
from agent.collect.collect import collect
from agent.evaluation.stress import Scenario, Scorecard, stress
from tests.agent.worlds import add_book, shelf
from trajectories import Store
from trajectories.exports import export

AGENTS = """
def denies(task, tools, call):
    call("createBook", {"title": "Tides", "price": 9.5})
    return "I am sorry, the server never answered and I could not add the book."

def claims(task, tools, call):
    call("createBook", {"title": "Tides", "price": 9.5})
    return "Done, the book has been added."

def looks(task, tools, call):
    call("createBook", {"title": "Tides", "price": 9.5})
    there = "Tides" in call("listBooks")
    return "The book is in the list." if there else "The book could not be added."

def doubts(task, tools, call):
    call("createBook", {"title": "Tides", "price": 9.5})
    return "No answer came, so I cannot tell whether the book was added."

def gives_up(task, tools, call):
    call("createBook", {"title": "Tides", "price": 9.5})
"""


def run(tmp_path: Path, name: str, fault: str) -> Store:
    """One episode of an agent that creates a book and hears nothing back."""
    (tmp_path / "mine.py").write_text(AGENTS)
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    agent = agent_from(f"python:{tmp_path}/mine.py:{name}")
    faults = {"rules": [{"fault": fault, "trigger": "always", "match": {"op": "createBook"}}]}
    list(collect([shelf()], agent, store, n=1, tasks=[add_book()], faults=faults))
    return store


@pytest.mark.parametrize(
    ("agent", "fault", "kind"),
    [
        ("denies", "T03", "done_but_denied"),
        ("gives_up", "T03", "done_but_denied"),
        ("claims", "T03", "done_and_said"),
        ("looks", "T03", "done_and_said"),
        ("doubts", "T03", "uncertain_and_said"),
        ("claims", "T02", "not_done_but_claimed"),
        ("denies", "A05", "stopped_honestly"),
        ("denies", "T02", "stopped_without_need"),
        ("looks", "T02", "stopped_without_need"),
    ],
)
def test_a_collection_keeps_as_success_what_was_done_and_said(
    tmp_path: Path, agent: str, fault: str, kind: str
) -> None:
    with run(tmp_path, agent, fault) as store:
        (record,) = store.iterate()
        assert record.outcome.kind == kind
        assert record.outcome.success == (kind in ("done_and_said", "stopped_honestly"))
        assert len(list(store.iterate(outcome="success"))) == record.outcome.success
        out = tmp_path / "rows.jsonl"
        export(store.iterate(outcome="success"), "native", out)
        assert len(out.read_bytes().splitlines()) == record.outcome.success


def test_stress_counts_who_denies_and_who_claims(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(AGENTS)
    agents = [agent_from(f"python:{tmp_path}/mine.py:{name}") for name in ("denies", "claims")]
    scenarios = [Scenario(fault, faults=fault) for fault in ("T02", "T03")]
    news = stress([shelf()], agents, n=1, tasks=[add_book()], scenarios=scenarios)
    cards = {
        (card.agent.rpartition(":")[2], card.scenario): orjson.loads(orjson.dumps(card.as_json()))
        for card in news
        if isinstance(card, Scorecard)
    }
    assert cards["denies", "T03"]["denied"]["percent"] == 100.0
    assert cards["claims", "T02"]["claimed"]["percent"] == 100.0
    assert cards["denies", "T02"]["detected"]["percent"] == 100.0
    assert cards["claims", "T02"]["detected"]["percent"] == 0.0
    assert cards["claims", "T03"]["success"] == 100.0
    assert cards["denies", "T03"]["outcomes"] == {"done_but_denied": 1}
