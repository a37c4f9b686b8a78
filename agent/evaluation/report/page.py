"""A pilot's report: one self-contained HTML page from one JSON result and its episodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from agent.evaluation.report.reasons import heat_cell, picks
from trajectories import Trajectory
from trajectories.exports.exporter import fresh
from trajectories.viewer.bundle import self_contained
from trajectories.viewer.figures import Bar, Bars, Lines

METRIC_NAMES: Final = {
    "plan_acc": "Plan ACC",
    "action_em": "Action EM",
    "hallucination": "Hallu.",
    "argument_f1": "Arg. F1",
    "rouge_l": "Rouge-L",
}
Episodes = Mapping[tuple[str, str], Sequence[Trajectory]]
"""By agent and preset, as in the rows of the result's `stress`."""


def write_page(result: Mapping[str, Any], out: Path, episodes: Episodes | None = None) -> None:
    """Render a pilot's result to `out`; the file appears only when it is complete."""
    with fresh(out) as file:
        file.write(page(result, episodes or {}).encode("utf-8", "replace"))


def page(result: Mapping[str, Any], episodes: Episodes) -> str:
    """The page's HTML. Everything from documents and agents is escaped."""
    rows = result["stress"]
    cells = {}
    for row in rows:
        key = (row["agent"], row["preset"])
        part = round((row["success"] or 0.0) * row["episodes"] / 100)
        ends = row["interval"] and (row["interval"][0] / 100, row["interval"][1] / 100)
        cells[key] = heat_cell(*key, part, row["episodes"], ends, episodes.get(key, ()))
    own = [
        each for (agent, _), part in episodes.items() if not _is_scripted(agent) for each in part
    ]
    tried = own or [each for part in episodes.values() for each in part]
    training = result.get("training") or {}
    return self_contained(
        "pilot",
        result=result,
        metrics=METRIC_NAMES,
        agents=list(dict.fromkeys(row["agent"] for row in rows)),
        scenarios=list(dict.fromkeys(row["preset"] for row in rows)),
        cells=cells,
        three=[pick.parts() for pick in picks(tried)],
        kinds=Bars("Tasks by kind", _count_bars(result["tasks"]["kinds"])),
        curves=_curves(training.get("losses") or ()),
        static={name: _bars(part) for name, part in result["evaluation"]["static"].items()},
    )


def _is_scripted(agent: str) -> bool:
    return agent.startswith("scripted:")


def _count_bars(values: Mapping[str, int]) -> list[Bar]:
    ranked = sorted(values.items(), key=lambda pair: -pair[1])
    return [Bar(name, count) for name, count in ranked]


def _curves(points: Sequence[Mapping[str, Any]]) -> list[Lines]:
    stages = dict.fromkeys(str(point["stage"]) for point in points)
    return [
        Lines(f"{stage}: loss", [p["loss"] for p in points if p["stage"] == stage],
              y="nats per learnt token")
        for stage in stages
    ]  # fmt: skip


def _bars(part: Mapping[str, Any]) -> Bars:
    bars = [
        Bar(agent, scores[metric], _pair(scores["intervals"][metric]), title)
        for metric, title in METRIC_NAMES.items()
        for agent, scores in part["agents"].items()
    ]
    return Bars(f"On {part['title']}", bars, "%", 100)


def _pair(interval: Any) -> tuple[float, float] | None:
    return (interval[0], interval[1]) if interval else None
