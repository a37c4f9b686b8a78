"""What `stress --shrink` prints and writes: the smallest case, its story, a test, a pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.cli.console import fail, note, say, show

if TYPE_CHECKING:
    from agent.runtime.episode import Agent
    from sandbox.world import World
    from trajectories import Store, Trajectory
    from trajectories.scoring.findings import Summary


def shrink_worst(
    world: World,
    agents: Sequence[Agent],
    found: Mapping[str, Sequence[Summary]],
    store: Store,
    *,
    kinds: Sequence[str],
    save_test: Path | None,
    seconds: float,
    run: str,
    json: bool,
) -> dict[str, Any] | None:
    """Shrink the worst finding, or the first of `kinds` that occurred; None where there is none."""
    from agent.evaluation.blame import blame
    from agent.evaluation.cases import case_of, episode_story
    from agent.evaluation.saved_test import as_pytest
    from agent.evaluation.shrink import shrink
    from trajectories.scoring.findings import findings

    chosen = _worst(agents, found, kinds)
    if chosen is None:
        note("wavetank: nothing was found that could be shrunk")
        return None
    agent, summary = chosen
    records = [record for record in map(store.get, summary.episodes) if record is not None]
    record = min(records, key=lambda each: (len(each.ledger), each.id))
    witness = shrink(case_of(record, world.document.tree), agent, summary.kind, seconds=seconds)

    def ends_well(fork: Trajectory) -> bool:
        kinds = {each.kind for each in findings(fork)}
        return fork.outcome.success and summary.kind not in kinds

    blamed = blame(witness.record, witness.case.world, ends_well=ends_well)
    store.add_many([witness.record, *([blamed.chosen] if blamed is not None else ())])
    row = witness.as_json() | {"agent": agent.name, "blame": blamed.sentence if blamed else None}
    row["story"] = episode_story(witness.record)
    if save_test is not None:
        text = as_pytest(witness, agent.name, place=save_test)
        save_test.parent.mkdir(parents=True, exist_ok=True)
        save_test.write_text(text, encoding="utf-8")
    if not json:
        _tell(row, summary.text)
        if save_test is not None:
            say(f"\n{save_test}: fails now, passes once it is mended")
        say(f"both ways out as training data: wavetank export --store {run} "
            f"--document case --format trl-preference --out pairs.parquet")  # fmt: skip
    return row


def _worst(
    agents: Sequence[Agent], found: Mapping[str, Sequence[Summary]], kinds: Sequence[str]
) -> tuple[Agent, Summary] | None:
    named = {agent.name: agent for agent in agents}
    wanted: Sequence[str | None] = kinds or [None]
    for kind in wanted:
        for name, summaries in found.items():
            for summary in summaries:
                if kind in (None, summary.kind):
                    return named[name], summary
    return None


def _tell(row: Mapping[str, Any], text: str) -> None:
    say(f"\nThe witness: {row['agent']} {text} ({row['finding']})")
    table = [
        {
            "axis": axis,
            "before": before,
            "after": row["after"][axis],
            "reduction": f"{100 * (1 - row['after'][axis] / before):.0f} %" if before else "–",
        }
        for axis, before in row["before"].items()
    ]
    show(table, json=False)
    time = "" if row["complete"] else "; the time was up"
    say(f"{row['reduction']:g} % left out in {row['seconds']:g} s, "
        f"{row['candidates']} candidates{time}")  # fmt: skip
    low, high = (100 * end for end in row["interval"])
    say(f"fails in {row['failed']} of {row['runs']} runs [{low:.0f}–{high:.0f} %]")
    for line in row["story"]:
        say(f"  {line}")
    say(f"to blame: {row['blame'] or 'no single step'}")


def check_test_place(save_test: Path | None) -> None:
    """End with one sentence where the test could not be written, before anything runs."""
    if save_test is not None and (save_test.is_dir() or save_test.suffix != ".py"):
        fail(f"--save-test takes a Python file such as tests/test_storm.py, not {save_test}")
