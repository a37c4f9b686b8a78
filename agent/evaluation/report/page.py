"""The report: one self-contained HTML page from one JSON result."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from agent.evaluation.report import plots

METRIC_NAMES = {
    "plan_acc": "Plan ACC",
    "action_em": "Action EM",
    "hallucination": "Hallu.",
    "argument_f1": "Arg. F1",
    "rouge_l": "Rouge-L",
}


def write_page(result: Mapping[str, Any], out: Path) -> None:
    """Render a pilot's result to `out`; the file appears only when it is complete."""
    unfinished = out.with_name(out.name + ".new")
    unfinished.write_text(page(result), encoding="utf-8")
    os.replace(unfinished, out)


def page(result: Mapping[str, Any]) -> str:
    """The page's HTML. Everything from documents and agents is escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = _number
    template = environment.from_string(
        (files(__package__) / "pilot.html.j2").read_text(encoding="utf-8")
    )
    return template.render(result=result, plots=pictures(result), metrics=METRIC_NAMES)


def pictures(result: Mapping[str, Any]) -> dict[str, Any]:
    """Every plot of the page as trusted SVG markup; matplotlib escapes the labels it draws."""
    from markupsafe import Markup

    found: dict[str, Any] = {"tasks": Markup(plots.counts(result["tasks"]["kinds"], label="tasks"))}
    training = result.get("training")
    if training and training["losses"]:
        found["losses"] = Markup(plots.losses(training["losses"]))
    for name, part in (result["evaluation"]["static"] or {}).items():
        found[f"static-{name}"] = Markup(_static(part))
    rows = result["stress"]
    if rows:
        agents = list(dict.fromkeys(row["agent"] for row in rows))
        presets = list(dict.fromkeys(row["preset"] for row in rows))
        values = {(row["agent"], row["preset"]): row["success"] for row in rows}
        found["stress"] = Markup(plots.matrix(agents, presets, values))
    return found


def _static(part: Mapping[str, Any]) -> str:
    series = {
        name: [(scores[metric], _pair(scores["intervals"][metric])) for metric in METRIC_NAMES]
        for name, scores in part["agents"].items()
    }
    return plots.bars(list(METRIC_NAMES.values()), series)


def _pair(interval: Any) -> tuple[float, float] | None:
    return (interval[0], interval[1]) if interval else None


def _number(value: Any, digits: int = 1) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{float(value):,.{digits}f}"
