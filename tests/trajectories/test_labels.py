"""Labels follow the ledger; pairs part where two agents in one situation did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.trajectories.little import TOOL, finished
from trajectories.exports import trl
from trajectories.labels import is_verified, label, limit_per_scenario, recovers, scenario_key
from trajectories.pairs import pair, pairs
from trajectories.records import Call, Message, Outcome, Trajectory

FAULT = [{"fault": "H01"}]


def row(status: int = 200, *, intent: str = "get:1", **facts: Any) -> dict[str, Any]:
    """A row of the ledger."""
    response = {"status": status, "headers": [], "transport": None, "sha256": str(status)}
    base = {"operation": "get", "intent": intent, "at": 0.0, "response": response, "problems": []}
    return base | {"injected": [], "effects": [], "release": 0, "docs": 0} | facts


def episode(*rows: dict[str, Any], success: bool = True, **changes: Any) -> Trajectory:
    """One thought, call and observation per row; an answer at the end."""
    messages = [Message(role="user", content="Go")]
    for fact in rows:
        call = Call(name="get_book", arguments=fact.pop("arguments", {}), raw="{}")
        messages += [
            Message(role="planner", content="Next: caller."),
            Message(role="caller", content="Action", call=call),
            Message(role="observation", status=fact["response"]["status"]),
        ]
    messages.append(Message(role="summarizer", content="Done"))
    outcome = Outcome(success=success, end="finish")
    return finished(messages=messages, ledger=list(rows), outcome=outcome, **changes)


def found(trajectory: Trajectory, role: str) -> list[str]:
    turns = [turn for turn in label(trajectory).messages if turn.role == role]
    return [" ".join(turn.labels) for turn in turns]


def retry(at: float, status: int = 200, **facts: Any) -> dict[str, Any]:
    return row(status, at=at, **facts)


def told_to_wait() -> dict[str, Any]:
    headers = [["retry-after", "30"]]
    response = {"status": 429, "headers": headers, "transport": None, "sha256": "429"}
    return row(429, response=response, injected=FAULT)


def test_a_clean_episode_is_clean_and_learnt() -> None:
    labelled = label(episode(row(), row(intent="get:2")))
    spoken = [turn for turn in labelled.messages if turn.role not in ("user", "observation")]
    assert all(turn.labels == ["clean"] and turn.learn for turn in spoken)
    assert not recovers(labelled) and is_verified(labelled)


def test_a_fault_that_was_waited_out_is_recovered() -> None:
    wait = row(intent="", operation=None, at=0.0)
    record = episode(told_to_wait(), wait, retry(30.0))
    assert found(record, "observation") == ["fault", "", ""]
    assert found(record, "caller") == ["clean", "recovery", "recovery"]
    assert recovers(label(record))


def test_a_retry_before_the_wait_is_over_is_a_mistake_and_masked() -> None:
    labelled = label(episode(told_to_wait(), retry(1.0, 429, injected=FAULT), retry(31.0)))
    assert found(labelled, "caller") == ["clean", "mistake", "recovery"]
    assert found(labelled, "planner") == ["clean", "mistake", "recovery"]
    masked = [number for number, turn in enumerate(labelled.messages) if not turn.learn]
    assert masked == [0, 3, 4, 5, 6, 9]


@pytest.mark.parametrize(
    ("rows", "callers"),
    [
        ([row(422, problems=[{}]), row()], ["mistake", "recovery"]),
        ([row(404, operation=None, intent=""), row()], ["mistake", "recovery"]),
        ([row(404), row(404)], ["clean", "mistake"]),
        ([row(), row(), row(), row()], ["clean", "clean", "mistake", "mistake"]),
        ([row(422, problems=[{}], release=1), row()], ["clean", "recovery"]),
        ([row(400, arguments=None, operation=None, intent=""), row()], ["mistake", "recovery"]),
        ([row(503, injected=FAULT), row(503, injected=FAULT), row()], ["clean", *["recovery"] * 2]),
        (
            [row(effects=[{"kind": "create"}]), row(effects=[{"kind": "create"}])],
            ["clean", "mistake"],
        ),
    ],
)
def test_each_kind_of_turn(rows: list[dict[str, Any]], callers: list[str]) -> None:
    assert found(episode(*[dict(fact) for fact in rows]), "caller") == callers


def test_a_call_that_drift_broke_is_no_mistake_but_drift() -> None:
    record = episode(row(422, problems=[{}], release=1), row(release=1, docs=1))
    assert found(record, "observation") == ["drift", ""]


def test_what_was_never_recovered_has_no_recovery() -> None:
    assert not recovers(label(episode(row(503, injected=FAULT), row(intent="x"), success=False)))


def test_reading_back_what_was_committed_recovers() -> None:
    lost = {"status": 0, "transport": "timeout", "headers": [], "sha256": ""}
    made = row(intent="new:1", response=lost, injected=FAULT, effects=[{"kind": "create"}])
    assert found(episode(made, row(intent="list:")), "caller") == ["clean", "recovery"]


def test_a_pair_parts_where_the_agents_did() -> None:
    good = episode(told_to_wait(), row(intent="", operation=None), retry(30.0))
    bad = episode(told_to_wait(), retry(1.0, 429, injected=FAULT), success=False)
    bad = bad.model_copy(update={"id": "bad"})
    bad.messages[4] = Message(role="planner", content="Again. Next: caller.")
    made = pair(bad, good)
    assert made is not None and (made.chosen.id, made.rejected.id, made.shared) == (
        good.id,
        "bad",
        4,
    )
    assert [(item.chosen.id, item.rejected.id) for item in pairs([bad, good])] == [(good.id, "bad")]
    assert pair(good, good) is None
    assert pair(good, bad.model_copy(update={"seed": 99})) is None


def test_pairs_are_preference_rows(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="needs the extra 'export'")
    good, bad = episode(told_to_wait(), retry(30.0)), episode(told_to_wait(), success=False)
    summary = trl.write_pairs(pairs([good, bad.model_copy(update={"id": "bad"})]), tmp_path / "p")
    (made,) = datasets.Dataset.from_parquet(str(tmp_path / "p"), cache_dir=str(tmp_path / "cache"))
    assert summary.rows == 1
    assert [turn["role"] for turn in made["prompt"]] == ["user", "assistant", "tool"]
    assert made["chosen"][0]["tool_calls"] and made["rejected"][0]["content"] == "Done"
    assert made["tools"] == [TOOL]


def test_balance_takes_as_many_of_each_weather() -> None:
    records = [episode(row()) for _ in range(5)] + [episode(told_to_wait()) for _ in range(2)]
    taken = [scenario_key(record) for record in limit_per_scenario(records, limit=3)]
    assert taken == ["none"] * 3 + ["H01"] * 2
