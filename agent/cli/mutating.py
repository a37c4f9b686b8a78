"""What `stress --mutate` prints: how many planted bugs a suite sees."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import typer

from agent.cli.console import FAILED, progress, say, show, show_json

KILL_RATE: Final = 95.0
"""Percent of the bugs that a suite must see, unless said otherwise."""
FALSE_ALARMS: Final = 2.0
"""Percent of a good agent's episodes that may end in a finding."""


def stress_mutants(
    world: Any,
    suites: Sequence[str],
    *,
    n: int | None,
    seed: int,
    fail_under: float | None,
    out_json: Path | None,
    json: bool,
) -> None:
    """Run every mutant through the suites; exit code 1 where a suite sees too few of them."""
    import orjson

    from agent.evaluation.mutate import Kills, mutate

    least = KILL_RATE if fail_under is None else fail_under
    rows = []
    with progress(quiet=json) as bar:
        line = bar.add_task("mutants", total=None, rate="")
        for suite in suites:
            for news in mutate(world, suite, n=n, seed=seed):
                if isinstance(news, Kills):
                    rows.append(news.as_json())
                else:
                    bar.update(line, advance=1, rate=f"{suite}, {news}")
    if out_json is not None:
        out_json.write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    if json:
        show_json(rows)
    else:
        for row in rows:
            _tell(row)
    if any(_short(row, least) for row in rows):
        raise typer.Exit(FAILED)


def _short(row: dict[str, Any], least: float) -> bool:
    """Whether a suite sees too few bugs, or some where there are none."""
    killed, alarms = row["killed"]["percent"], row["false_alarms"]["percent"]
    return killed is None or killed < least or (alarms or 0.0) > FALSE_ALARMS


def _tell(row: dict[str, Any]) -> None:
    table = [
        {
            "mutant": each["mutant"],
            "the bug": each["about"],
            "": "killed" if each["killed"] else "no occasion" if each["why_not"] else "survived",
            "first seen in": each["scenario"],
            "findings": ", ".join(each["found"][:3]) or each["why_not"] or (
                f"{each['lost_goals']} goals not reached" if each["lost_goals"] else ""
            ),
        }
        for each in row["mutants"]
    ]  # fmt: skip
    show(table, json=False, title=f"{row['document']}, suite {row['suite']}")
    killed, named, alarms = row["killed"], row["rightly_named"], row["false_alarms"]
    idle = sum(bool(each["why_not"]) for each in row["mutants"])
    say(f"killed: {_rate_text(killed)} of the mutants that had an occasion; {idle} had none")
    say(f"rightly named: {_rate_text(named)}")
    say(f"false alarms: {_rate_text(alarms)} of the good agent's episodes")


def _rate_text(rate: dict[str, Any]) -> str:
    if not rate["of"]:
        return "none of 0"
    low, high = rate["interval"]
    return f"{rate['percent']:.0f} % [{low:.0f}–{high:.0f}] {rate['part']}/{rate['of']}"
