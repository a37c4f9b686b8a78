"""What holds a stress run: the options of a gate, checked before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.cli.console import fail

if TYPE_CHECKING:
    from agent.evaluation.gates import Baseline, Gate
    from agent.evaluation.stress import Scenario
    from agent.runtime.episode import Agent


def gate_of(fail_under: float | None, fail_on: str | None, baseline: Path | None) -> Gate:
    """The gate that the options of `stress` describe; ends the command where they cannot be."""
    import orjson

    from agent.evaluation.gates import Gate, read_baseline
    from trajectories.scoring.findings import legends

    gate = Gate()
    kinds = tuple(part.strip() for part in (fail_on or "").split(",") if part.strip())
    unknown = [kind for kind in kinds if kind not in legends()]
    if unknown:
        fail(f"no finding {unknown[0]!r}; valid: {', '.join(legends())}")
    held = None
    if baseline is not None:
        try:
            held = read_baseline(orjson.loads(baseline.read_bytes()))
        except orjson.JSONDecodeError as error:
            fail(f"{baseline}: not JSON: {error}")
        except ValueError as error:
            fail(f"{baseline}: {error}")
    return Gate(
        fail_under=gate.fail_under if fail_under is None else fail_under,
        fail_on=kinds or gate.fail_on,
        baseline=held,
    )


def check_baseline(
    baseline: Baseline,
    agents: Sequence[Agent],
    scenarios: Sequence[Scenario],
    about: Mapping[str, Any],
    place: Path | None,
) -> None:
    """End the command for a baseline of something else. `about` is what the run's rows will say."""
    from agent.evaluation.gates import Baseline, other_than

    asked = {(agent.name, scenario.name): (0.0, 0) for agent in agents for scenario in scenarios}
    difference = other_than(baseline, Baseline(**about, rates=asked))
    if difference is not None:
        fail(f"{place}: {difference}: write a baseline of this run with --out-json")
