"""Planted bugs: each is told from the good agent, by its right name, and only where it acts."""

from __future__ import annotations

import asyncio

import pytest

from agent.agents import agent_from
from agent.collect.job import Job
from agent.collect.shards import Setting, source_of
from agent.evaluation.cases import Case
from agent.evaluation.mutate import Bug, Kills, mutate
from agent.policies.mutants import mutants, original
from agent.runtime.episode import Budget
from sandbox import World
from sandbox.tasks import Task
from tests.sandbox.world.documents import by, does, thing, world_of
from trajectories import Trajectory
from trajectories.scoring.findings import findings, legends

SHELF = World.load("bookshop")
CREATE = Task.model_validate(
    {
        "id": "t",
        "instruction": "Create an author named Ada.",
        "goal": {
            "state": [
                {"collection": "/authors", "id": "*", "pointer": "/name", "value": "Ada"}
            ]
        },
        "solution": [{"tool": "createAuthor", "arguments": {"name": "Ada", "country": "GB"}}],
    }
)  # fmt: skip


def attempt(agent: str, faults: str | None) -> Trajectory:
    setting = Setting(agent, faults=faults)
    job = Job([SHELF], agent_from(agent), setting, [CREATE], Budget(), 1)
    return asyncio.run(job.attempt(SHELF, setting.episode(source_of(SHELF), CREATE, "")))


def kinds(agent: str, faults: str | None) -> set[str]:
    return {finding.kind for finding in findings(attempt(agent, faults))}


@pytest.mark.parametrize(
    ("bug", "faults", "finding"),
    [
        ("repeats-writes", "T03", "duplicate_effect"),
        ("doubles-writes", None, "duplicate_effect"),
        ("claims-undone", None, "false_claim"),
        ("denies-lost", "T03", "false_denial"),
        ("waits-half", "H01", "ignored_wait"),
        ("never-waits", "H01", "ignored_wait"),
        ("quits", "H01", "gave_up_while_solvable"),
        ("invents-tool", None, "invented_tool"),
        ("invents-argument", None, "invented_argument"),
        ("loops", "H02", "crashed"),
    ],
)
def test_a_planted_bug_is_found(bug: str, faults: str | None, finding: str) -> None:
    assert finding in kinds(f"mutant:{bug}", faults)
    assert finding not in kinds(original(bug), faults)


def test_every_bug_expects_findings_that_there_are() -> None:
    assert len(mutants()) >= 20
    for each in mutants().values():
        assert each.finds and set(each.finds) <= set(legends())


def test_a_bug_without_occasion_is_no_survivor() -> None:
    seen = Bug("a", "", ("false_claim",), found=("false_claim",), acted=True)
    idle = Bug("b", "", ("key_changed",))
    kept = Kills("shop", "quick", (seen, idle), false_alarms=1, good=50).as_json()
    assert kept["killed"]["part"] == kept["killed"]["of"] == 1
    assert kept["false_alarms"]["percent"] == 2.0 and kept["killed"]["interval"][1] == 100.0
    assert kept["mutants"][1]["why_not"] == "never acted; met no fault"


def test_a_bug_that_nothing_could_show_is_reported_with_its_reason() -> None:
    harmless = Bug("a", "", ("key_changed",), acted=True, met=frozenset({"T03", "H01"}))
    survivor = Bug("b", "", ("key_changed",), acted=True, invited=True)
    assert harmless.why_not == "acted, but nothing led to key_changed; met H01, T03"
    assert not survivor.why_not
    many = Bug("c", "", ("key_changed",), met=frozenset(f"H{number:02}" for number in range(9)))
    assert many.why_not == "never acted; met H00, H01, H02, H03, H04, H05 and 3 more"
    assert Kills("shop", "quick", (harmless, survivor), 0, 1).share == (0, 1)


def test_what_an_idle_bug_met_is_read_from_the_run() -> None:
    *_, kills = mutate(SHELF, "quick", n=1)
    assert isinstance(kills, Kills)
    idle = {bug.name: bug for bug in kills.bugs if not bug.applicable}
    assert idle and all(bug.met <= {"H01", "T03", "a changed API"} for bug in idle.values())
    assert any(bug.met for bug in idle.values() if not bug.acted)


def test_a_suite_kills_most_of_them() -> None:
    *scenarios, kills = mutate(SHELF, "quick", n=6)
    assert scenarios[0] == "calm" and isinstance(kills, Kills)
    killed, invited = kills.share
    assert invited >= 20 and killed >= 0.95 * invited and kills.false_alarms == 0


def test_a_credential_in_a_free_text_is_found() -> None:
    text = {"type": "string"}
    note = thing("id", "text", id=text, text=text)
    write = does(201, note, thing("text", text=text), operationId="addNote")
    key = {**by("api_key", "query"), "required": True}
    world = world_of({"/notes": {"post": {**write, "parameters": [key]}}})
    goal = {"collection": "/notes", "id": "*", "pointer": "/text", "value": "Milk"}
    call = {"tool": "addNote", "arguments": {"api_key": "key-12345678", "text": "Milk"}}
    task = {"id": "t", "instruction": "Note milk.", "goal": {"state": [goal]}, "solution": [call]}
    case = Case(world.document.tree, task)
    assert "secret_sent_elsewhere" in case.findings("mutant:leaks-secret")
    assert case.findings("scripted:verifier") == {}
