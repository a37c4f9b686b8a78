"""Are refused calls put right at the next try? By kind of mistake.

    python -m tests.bench.repairs AGENT… --documents DOC… [-n 240] [--seed 5] [--out FILE]

On generated tasks one step is first called wrongly, in each of the ways in which a call can be
wrong and an agent could have made it (`sandbox.tasks.repairs`), and the world refuses it. The agent
reads the whole episode up to that reply and says the next call. `right` is the share of such calls
that are the reference's, name and every argument; `same` the share that repeats the refused one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agent import scripted
from agent.cli.console import note
from agent.collect.collect import episodes
from agent.evaluation.command import role_backends
from agent.evaluation.metrics import same
from agent.evaluation.replies import Reply
from agent.evaluation.static import predict_turns
from agent.evaluation.steps import Step, steps_of
from agent.runtime.continuation import continue_episode
from agent.runtime.rerun import Reruns
from agent.runtime.roles import plan_text
from sandbox import World
from sandbox.tasks.repairs import Repair, repairs
from tests.bench.results_files import circumstances, write_figures
from trajectories import Store
from trajectories.records import Message
from trajectories.scoring.intervals import interval
from trajectories.timeline import timeline

DEFAULT = Path(__file__).parent / "results" / "repairs.json"
Case = tuple[str, Reply, Step]
"""The kind of mistake, the refused call, and the step after it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("agents", nargs="+")
    parser.add_argument("--documents", nargs="+", required=True)
    parser.add_argument("-n", type=int, default=240)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    worlds = [World.load(name) for name in given.documents]
    cases = [
        case
        for world in worlds
        for made in repairs(world, n=-(-given.n // len(worlds)), seed=given.seed)
        for case in _case(made, world)
    ]
    note(f"{len(cases)} refused calls")
    kept = {
        "documents": [Path(name).stem for name in given.documents],
        "seed": given.seed,
        "agents": {agent: _figures(agent, cases) for agent in given.agents},
        **circumstances(),
    }
    write_figures(given.out, kept)


def _case(made: Repair, world: World) -> Iterator[Case]:
    """A repair as a scored step; none for a mistake that only the wire can show."""
    if len(made.broken.calls) != 1:
        return
    with Store.open(":memory:") as store:
        solved = episodes(
            [world], scripted("perfect"), store, n=1, tasks=[made.task], seed=made.task.seed
        )
    record = solved[0]
    if timeline(record)[made.step].tool != made.broken.corrected.tool:
        return
    wrong = made.broken.calls[0]
    raw = wrong.arguments if isinstance(wrong.arguments, str) else json.dumps(wrong.arguments)
    by_hand = {"tool": wrong.tool, "arguments": raw}
    refused = continue_episode(
        record,
        made.step + 1,
        by_hand,
        worlds=Reruns.of([world]),
        agents=scripted,
    )
    *before, call, reply = refused.messages
    meant = Message(role="planner", content=plan_text(f"I use {wrong.tool}.", "call"))
    after = record.messages[timeline(record)[made.step].turns[0].index :]
    turns = [*_mask((*before, meant, call, reply)), after[0], *_mask(after[1:])]
    whole = record.model_copy(update={"messages": turns})
    for step in steps_of([whole]):
        yield made.broken.id, Reply("call", wrong.tool, raw), step


def _mask(turns: Sequence[Message]) -> list[Message]:
    return [each.model_copy(update={"learn": False}) for each in turns]


def _figures(agent: str, cases: Sequence[Case]) -> dict[str, Any]:
    turns = asyncio.run(predict_turns([step for _, _, step in cases], role_backends(agent)))
    found: dict[str, list[tuple[bool, bool, bool]]] = {}
    for (kind, refused, step), (_, _, reply) in zip(cases, turns, strict=True):
        scores = (
            _is(reply, step.reference),
            reply.action == step.reference.action,
            _is(reply, refused),
        )
        for name in ("all", kind):
            found.setdefault(name, []).append(scores)
    rows = {name: _shares(each) for name, each in sorted(found.items())}
    note(f"{agent}: {rows['all']}")
    return rows


def _is(reply: Reply, call: Reply) -> bool:
    if reply.plan != "call" or reply.action != call.action:
        return False
    try:
        return same(json.loads(reply.arguments), json.loads(call.arguments))
    except ValueError:
        return reply.arguments == call.arguments


def _shares(scores: Sequence[tuple[bool, bool, bool]]) -> dict[str, Any]:
    """Shares in percent, of `right` with its 95 % interval."""
    count = len(scores)
    right, tool, again = (round(100 * sum(each) / count, 1) for each in zip(*scores, strict=True))
    ends = interval([(float(score[0]), 1) for score in scores])
    return {
        "calls": count,
        "right": right,
        "interval": None if ends is None else [round(100 * end, 1) for end in ends],
        "right_tool": tool,
        "same": again,
    }


if __name__ == "__main__":
    main()
