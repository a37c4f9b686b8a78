"""What worse documentation costs: recorded steps, their tools described less and less.

    python -m tests.bench.doc_quality STORE AGENT… [--limit 150] [--out FILE]

p0: as documented. p1: without the descriptions of arguments. p2: without any description. p3: the
tools' names say nothing either (`operation_7`). The steps are the same, and so is what is asked.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import orjson

from agent.cli.console import note
from agent.evaluation.command import recorded_steps, role_backends
from agent.evaluation.provenance import hardware, versions
from agent.evaluation.static import evaluate_roles
from agent.evaluation.steps import Step
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
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        "hardware": hardware(),
        "versions": versions(),
    }
    given.out.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2) + b"\n")


def _rows(agent: str, steps: Sequence[Step]) -> dict[str, Any]:
    backends = role_backends(agent)
    found = {}
    for quality, worse in QUALITIES.items():
        scores = asyncio.run(evaluate_roles([worse(step) for step in steps], backends))
        found[quality] = scores.as_json()
        note(f"{agent} {quality}: {found[quality]}")
    return found


def _without_argument_texts(step: Step) -> Step:
    return replace(step, tools=[_with(tool, parameters=_arguments(tool)) for tool in step.tools])


def _without_texts(step: Step) -> Step:
    tools = [_with(tool, parameters=_arguments(tool), description="") for tool in step.tools]
    return replace(step, tools=tools)


def _arguments(tool: Mapping[str, Any]) -> Any:
    """The schema of a tool's arguments without a text for people."""
    return _silent(tool["function"].get("parameters", {}))


def _without_names(step: Step) -> Step:
    """Names without a meaning, in tools, history and reference."""
    number = count(1)
    names = {name: f"operation_{next(number)}" for name in step.names}
    called = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in _long(names)))

    def renamed(text: str) -> str:
        return called.sub(lambda found: names[found[0]], text)

    bare = _without_texts(step)
    tools = [_with(tool, name=names[str(tool["function"]["name"])]) for tool in bare.tools]
    history = [_renamed(turn, renamed, names) for turn in step.history]
    reference = replace(
        step.reference, action=names.get(step.reference.action, step.reference.action)
    )
    return replace(
        bare, tools=tools, history=history, rationale=renamed(step.rationale), reference=reference
    )


def _long(names: Mapping[str, str]) -> list[str]:
    """The longest first, so that none is read as the beginning of another."""
    return sorted(names, key=len, reverse=True)


def _renamed(turn: Message, renamed: Callable[[str], str], names: Mapping[str, str]) -> Message:
    if turn.role not in ("planner", "caller"):
        return turn
    call = turn.call and turn.call.model_copy(update={"name": names.get(turn.call.name, "?")})
    return turn.model_copy(update={"content": renamed(turn.content), "call": call})


def _with(tool: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {**tool, "function": {**tool["function"], **changes}}


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
