"""The reports: verdict first, why a cell is red, three episodes; hostile text cannot act."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from junitparser import JUnitXml

from agent.evaluation.gates import Judgement
from agent.evaluation.report.page import METRIC_NAMES, page
from agent.evaluation.report.reasons import heat_cell, picks, worst
from agent.evaluation.report.stress_files import StressRun, markdown, write_junit
from tests.trajectories.little import finished, malformed
from trajectories import Trajectory
from trajectories.records import Outcome
from trajectories.scoring.findings import summarise

CLAIMED = Outcome(
    success=False, end="finish", answer="Done.", kind="not_done_but_claimed", claim="done",
    failures=["the order is still open"],
)  # fmt: skip


def wrong(number: int, **changes: Any) -> Trajectory:
    """An episode in which the user was told that it is done, and it is not."""
    return finished(number, outcome=CLAIMED, **changes)


def result(**changes: Any) -> dict[str, Any]:
    """What a pilot hands to its report."""
    scores: dict[str, Any] = dict.fromkeys(METRIC_NAMES, 40.0)
    scores |= {
        "intervals": {name: [30.0, 50.0] for name in METRIC_NAMES}, "n_steps": 9,
        "n_trajectories": 4,
    }  # fmt: skip
    static = {
        "title": "operations that training never saw", "n_steps": 9, "n_trajectories": 4,
        "agents": {"untrained": scores, "trained": scores},
        "differences": {"trained − untrained": {n: [5.0, [1.0, 9.0]] for n in METRIC_NAMES}},
    }  # fmt: skip
    live = {"n_tasks": 4, "success": 50.0, "interval": [10, 90], "calls_per_episode": 2.0,
            "error_calls": 1.0, "failed_through": {"agent:caller": 2},
            "seconds_per_solved": 2.5, "storage_mb": 285.5, "training_tokens": 123_456,
            "training_seconds": 345}  # fmt: skip
    cell = {"agent": "a", "preset": "H01", "episodes": 2, "success": 0.0, "interval": [0, 60]}
    losses = [{"stage": "planner", "step": n + 1, "loss": 2.0 / (n + 1)} for n in range(50)]
    return {
        "title": "Bookshop", "run": "7", "seed": 0, "command": "wavetank demo",
        "hardware": "2 cores",
        "versions": {"python": "3.11"}, "verdict": ["a reached the goal of 0 % of 2 tasks."],
        "documents": [{"title": "Bookshop", "operations": 20, "tools": 20, "tokens": 3469,
                       "warnings": []}],
        "tasks": {"total": 4, "train": 2, "seen": 1, "unseen": 1, "held_out": ["cancelOrder"],
                  "kinds": {"read": 4}, "reasons": [],
                  "examples": [{"kind": "read", "instruction": "Who wrote b1?"}]},
        "collection": [{"scenario": "clear", "trajectories": 4, "succeeded": 4, "calls": 9,
                        "firings": 0}],
        "training": {"recipe": "glpft", "backbone": "b", "rows": 4, "bundled": 0, "tokens": 10,
                     "seconds": 1.2, "losses": losses},
        "why_untrained": "", "choice": {"answer": "not yet", "reason": "too few"},
        "evaluation": {"static": {"unseen": static}, "live": {"a": live}},
        "stress": [cell],
    } | changes  # fmt: skip


def test_a_red_cell_says_why_and_a_green_one_needs_no_reason() -> None:
    cell = heat_cell("a", "H01", 0, 2, (0.0, 0.6), [wrong(1), wrong(2)])
    assert (cell.level, cell.reasons[0].text) == (
        0,
        "tells the user that it is done when it is not",
    )
    assert (cell.reasons[0].failed, cell.reasons[0].of) == (2, 2)
    assert cell.reasons[0].mend and cell.reasons[0].episode == wrong(1).id
    assert heat_cell("a", "calm", 9, 10, (0.6, 1.0), [wrong(1)]).reasons == ()
    assert heat_cell("a", "none", 0, 0, None, []).reasons == ()


def test_the_worst_the_best_and_an_odd_episode_are_picked() -> None:
    quiet: dict[str, Any] = {"ledger": [], "faults": None}
    records = [finished(1), finished(2, **quiet), wrong(3), wrong(4, **quiet), malformed(5)]
    found = {pick.word: pick for pick in picks(records)}
    assert list(found) == ["worst", "best", "odd"]
    assert found["best"].record == finished(1) and "met H01" in found["best"].reason
    assert found["worst"].record.outcome.kind == "not_done_but_claimed"
    assert found["odd"].record.id not in (found["worst"].record.id, found["best"].record.id)
    assert "went wrong undisturbed" in found["odd"].reason
    ours = finished(6, outcome=Outcome(success=False, end="error", attribution="ours"))
    assert picks([ours]) == [] and [pick.word for pick in picks([finished(1)])] == ["best"]


def test_the_worst_episodes_show_each_agents_findings_worst_first() -> None:
    ended = Outcome(success=False, end="repeats", kind="silent", failures=["no end"])
    loops = [finished(number, outcome=ended, agent="mine") for number in (1, 2)]
    lies = [wrong(number, agent=agent) for number in range(3, 8) for agent in ("mine", "yours")]
    told = worst([*loops, *lies])
    assert [(pick.record.agent, pick.reason) for pick in told[:3]] == [
        ("mine", "tells the user that it is done when it is not"),
        ("yours", "tells the user that it is done when it is not"),
        ("mine", "does not stop by itself"),
    ]
    assert len(told) == 5
    assert [pick.word for pick in worst([finished(1)])] == ["best"]


def stress_run(run: str, records: list[Trajectory]) -> StressRun:
    found = {"mine": summarise(records)}
    episodes = {("mine", "calm"): records}
    return StressRun("Shelf", Judgement("FAIL", ()), [], found, episodes, run, ("false_claim",))


def test_every_form_names_the_command_that_shows_an_episode(tmp_path: Path) -> None:
    run, place = stress_run("my runs/a.db", [wrong(1)]), tmp_path / "j.xml"
    write_junit(run, place)
    command = f"wavetank show 'my runs/a.db' {wrong(1).id[:8]}"
    assert run.show(wrong(1).id) == command
    assert f"`{command}`" in markdown(run) and command in place.read_text()


def test_a_finding_that_fails_the_run_fails_its_case_though_the_task_was_done(
    tmp_path: Path,
) -> None:
    claims = Outcome(success=True, end="finish", kind="not_done_but_claimed", answer="Done.")
    write_junit(stress_run("7", [finished(1, outcome=claims), finished(2)]), tmp_path / "j.xml")
    (suite,) = JUnitXml.fromfile(str(tmp_path / "j.xml"))
    assert [case.result[0].type for case in suite if case.result] == ["false_claim"]
    assert suite.failures == 1


def test_the_verdict_comes_first_then_the_cells_and_their_reasons() -> None:
    text = page(result(), {("a", "H01"): [wrong(1), wrong(2)]})
    parts = ["a reached the goal", "Under stress", 'href="#why-1-1"', 'id="why-1-1"',
             "wavetank show 7", "Three episodes", "What the user was told", "123,456",
             "planner: loss"]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.count("not done but claimed") >= 1 and "<script" not in text


def test_a_report_without_models_or_stress_is_whole_too() -> None:
    bare = result(training=None, stress=[], verdict=[], why_untrained="scripted agents ran alone",
                  evaluation={"static": {}, "live": {}})  # fmt: skip
    text = page(bare, {})
    assert "No stress in this run" in text and "scripted agents ran alone" in text


def test_hostile_text_in_a_report_cannot_act() -> None:
    hostile = '<img src=x onerror="alert(1)">\x1b[2J\u202e'
    record = wrong(1, agent=hostile, task={"instruction": hostile})
    row = {"agent": hostile, "preset": hostile, "episodes": 1, "success": 0.0, "interval": [0, 9]}
    text = page(result(title=hostile, stress=[row]), {(hostile, hostile): [record]})
    assert not re.search("<img", text) and "\x1b" not in text and "\u202e" not in text
    assert "default-src 'none'" in text
