"""What worse documentation costs: recorded steps, their tools described less and less.

    python -m tests.bench.doc_quality STORE AGENT… [--limit 150] [--out FILE]

p0: as documented. p1: without the descriptions of arguments. p2: without any description. p3: the
tools' names say nothing either (`operation_7`). The steps are the same, and so is what is asked.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.cli.console import note
from agent.evaluation.command import recorded_steps, role_backends
from agent.evaluation.static import evaluate_roles
from agent.evaluation.steps import Step
from agent.runtime.environment import parameters_of, with_parameters
from agent.training.renaming import under_names
from tests.bench.results_files import circumstances, write_figures
from trajectories.records import Message

DEFAULT = Path(__file__).parent / "results" / "doc_quality.json"
_SAYING = {"description", "title", "example", "examples"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    parser.add_argument("agents", nargs="+")
    parser.add_argument("--limit", type=int, default=150)
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    steps = recorded_steps(given.store)
    steps = steps[:: -(-len(steps) // given.limit)]
    kept = {
        "store": Path(given.store).name,
        "steps": len(steps),
        "agents": {agent: _rows(agent, steps) for agent in given.agents},
        **circumstances(),
    }
    write_figures(given.out, kept)


def _rows(agent: str, steps: Sequence[Step]) -> dict[str, Any]:
    backends = role_backends(agent)
    found = {}
    for quality, worse in QUALITIES.items():
        scores = asyncio.run(evaluate_roles([worse(step) for step in steps], backends))
        found[quality] = scores.as_json()
        note(f"{agent} {quality}: {found[quality]}")
    return found


def _without_argument_texts(step: Step) -> Step:
    return replace(
        step, tools=[with_parameters(dict(tool), _arguments(tool)) for tool in step.tools]
    )


def _without_texts(step: Step) -> Step:
    """Without the texts of arguments, too."""
    plain = _without_argument_texts(step)
    tools = [{**tool, "function": {**tool["function"], "description": ""}} for tool in plain.tools]
    return replace(plain, tools=tools)


def _arguments(tool: Mapping[str, Any]) -> Any:
    """The schema of a tool's arguments without a text for people."""
    return _silent(parameters_of(dict(tool)))


def _without_names(step: Step) -> Step:
    """Names without a meaning, in tools, history and reference."""
    bare = _without_texts(step)
    names = {name: f"operation_{number}" for number, name in enumerate(step.names, 1)}
    plan = Message(role="planner", content=step.rationale)
    tools, turns = under_names(bare.tools, [*step.history, plan], names)
    *history, plan = turns
    action = names.get(step.reference.action, step.reference.action)
    reference = replace(step.reference, action=action)
    return replace(bare, tools=tools, history=history, rationale=plan.content, reference=reference)


def _silent(schema: Any) -> Any:
    """A schema without what it says to people; a property of such a name stays."""
    if isinstance(schema, list):
        return [_silent(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _silent(each) for name, each in part.items()}
        if key == "properties" and isinstance(part, dict)
        else _silent(part)
        for key, part in schema.items()
        if key not in _SAYING
    }


QUALITIES: dict[str, Callable[[Step], Step]] = {
    "p0": lambda step: step,
    "p1": _without_argument_texts,
    "p2": _without_texts,
    "p3": _without_names,
}
"""How well tools are documented → a step's tools at that."""


if __name__ == "__main__":
    main()
