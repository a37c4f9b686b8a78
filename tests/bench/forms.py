"""How sound and how telling the decision forms are, without a model: one row per form left away.

    WAVETANK_CORPUS=… python -m tests.bench.forms [STORE…] [--yardsticks hammer toolalpaca]

Each reference decision is read under the planner's grammar: the share that it bars, how many tools
are left, and how often a tool drawn from those would be right. For stores also the answers: whether
the asked values are known before anything is written.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from agent.backends.local.grammar import FORMS, turn_grammar
from agent.evaluation.provenance import versions
from agent.evaluation.steps import Step, steps_of
from agent.evaluation.yardsticks.questions import subset
from agent.evaluation.yardsticks.yardstick import questions_of
from agent.runtime.forms.answers import answer_of
from sandbox.world.meta_calls import META
from tests.bench.results_files import write_figures
from trajectories import Store
from trajectories.records import Trajectory

DEFAULT: Final = Path(__file__).parent / "results" / "forms.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stores", nargs="*")
    parser.add_argument("--yardsticks", nargs="*", default=["hammer", "toolalpaca"])
    parser.add_argument("--limit", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    sources: dict[str, Sequence[Step]] = {
        name: [question.step for question in subset(questions_of(name), given.limit, 0)]
        for name in given.yardsticks
    }
    found: dict[str, Any] = {"versions": versions(), "decisions": {}, "answers": {}}
    for place in given.stores:
        with Store.open(place, create=False) as store:
            rows = [row for row in store.iterate() if row.outcome.success]
        sources[Path(place).stem] = steps_of(rows)
        found["answers"][Path(place).stem] = _answers(rows)
    for name, steps in sources.items():
        all_forms = {"all": FORMS, "none": frozenset[str]()}
        left_away = {f"without {form}": FORMS - {form} for form in sorted(FORMS)}
        found["decisions"][name] = {
            label: _decisions(steps, forms) for label, forms in (all_forms | left_away).items()
        }
    write_figures(given.out, found)


def _decisions(steps: Sequence[Step], forms: frozenset[str]) -> dict[str, Any]:
    calls = barred = tools = ends = unended = refusals = kept = forced = 0
    chance = 0.0
    for step in steps:
        wanted = step.reference
        if wanted.plan == "call" and wanted.action not in step.names:
            continue
        names, plans = _allowed([dict(tool) for tool in step.tools], step, forms)
        if wanted.plan == "call":
            calls, tools = calls + 1, tools + len(names - META.keys())
            barred += wanted.action not in names
            chance += 1 / len(names) if wanted.action in names else 0
        elif wanted.plan == "finish":
            ends, unended = ends + 1, unended + ("finish" not in plans)
        elif wanted.plan == "give_up":
            refusals, kept = refusals + 1, kept + ("reason" not in plans)
            forced += plans == {"reason"}
    return {
        "calls": calls,
        "calls_barred": _percent(barred, calls),
        "tools_left": round(tools / calls, 2) if calls else None,
        "right_by_chance": _percent(chance, calls),
        "ends": ends,
        "ends_barred": _percent(unended, ends),
        "refusals": refusals,
        "refusals_barred": _percent(kept, refusals),
        "refusals_forced": _percent(forced, refusals),
    }


def _allowed(
    tools: list[dict[str, Any]], step: Step, forms: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """The tools that a planner may call, and the kinds of turns that it may take."""
    grammar = turn_grammar("planner", tools, step.history, forms=forms) or ""
    lines = dict(line.split(": ", 1) for line in grammar.splitlines())
    spoken = re.search(r"\((.*)\)", lines.get("call", ""))
    names = re.findall(r'"([^"]*)"', spoken[1]) if spoken else []
    return frozenset(names), frozenset(lines.keys() - {"start"})


def _answers(rows: Sequence[Trajectory]) -> dict[str, int]:
    """How many answers are known, are among what is offered, or are missed."""
    counts = {"known": 0, "among several": 0, "missed": 0, "asked in vain": 0}
    for row in rows:
        if row.messages[-1].role != "summarizer":
            continue
        goal = (row.task.get("goal") or {}).get("answer") or {}
        wanted = [str(value).lower() for value in goal.get("required", [])]
        asked = answer_of(row.messages[:-1]).asked
        texts = [text.lower() for each in asked for text in each]
        if not wanted:
            counts["asked in vain"] += bool(asked)
        elif not all(any(value in text for text in texts) for value in wanted):
            counts["missed"] += 1
        else:
            counts["among several" if any(len(each) > 1 for each in asked) else "known"] += 1
    return counts


def _percent(part: float, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


if __name__ == "__main__":
    main()
