"""Do a student's own mistakes, set right by the solver, teach more than plain rows?

    python -m tests.bench.rounds STORE CORRECTIONS --start CHECKPOINT --work DIR [--rounds 2]
        [--episodes 300] [--tokens 40000] [--out FILE]

The roles are trained on one stage 1 that stays (CHECKPOINT's), for as many tokens in each arm:

- `plain`: episodes of the teacher;
- `own`: the student's episodes that reached their goal, all rounds' together;
- `corrected N`: its failed episodes of N rounds, from the step to blame on as the solver ends them,
  and as many plain ones. In the first round CHECKPOINT plays, then who was trained before.

Half of the episodes meet `flaky`. Measured token by token (see `forced`) on documents that nobody
trained on: the successful episodes of STORE, and the solver's turns in the episodes of CORRECTIONS
(`wavetank correct` of any agent's failures). What is in DIR already is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent import scripted
from agent.agents import agent_from
from agent.cli.console import note
from agent.evaluation.corrections import correction
from agent.runtime.rerun import Reruns
from agent.training import Flags
from sandbox import World
from sandbox.draws import Draw
from tests.bench.forced import Forced, encode_successes, measure
from tests.bench.invented import invented_worlds, play, train_into
from tests.bench.results_files import circumstances, write_figures
from trajectories import Trajectory

DEFAULT = Path(__file__).parent / "results" / "rounds.json"
WORLDS, SEED = 64, 61


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", help="the teacher's episodes on documents nobody trained on")
    parser.add_argument("corrections", help="failures there, as the solver ends them")
    parser.add_argument("--start", required=True, help="a checkpoint whose stage 1 stays")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--episodes", type=int, default=300)
    parser.add_argument("--tokens", type=int, default=40_000)
    parser.add_argument("--longest", type=int, default=900)
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    arms, counts = _arms(given)
    sets = {name: encode_successes(getattr(given, name)) for name in ("store", "corrections")}
    measured: dict[str, dict[str, Forced]] = {}
    for arm, place in arms.items():
        measured[arm] = {name: Forced() for name in sets}
        for name, episodes in sets.items():
            measure(place, episodes, measured[arm][name])
        note(f"{arm}: {measured[arm]['corrections'].as_json()}")
    kept = {
        "stores": {name: Path(getattr(given, name)).name for name in sets},
        "tokens": given.tokens,
        "rounds": counts,
        "arms": {
            arm: {name: found.as_json() for name, found in each.items()}
            for arm, each in measured.items()
        },
        "minus_plain": {
            arm: {name: found.less(measured["plain"][name]) for name, found in each.items()}
            for arm, each in measured.items()
            if arm != "plain"
        },
        **circumstances(),
    }
    write_figures(given.out, kept)


def _arms(given: argparse.Namespace) -> tuple[dict[str, Path], list[dict[str, int]]]:
    """Each arm's checkpoint, and what each round gave."""
    worlds = invented_worlds(WORLDS, SEED, given.work / "worlds")
    plain = _wins(_play_both(worlds, "scripted:perfect", 2 * given.episodes, SEED, ":memory:"))
    flags = Flags(
        start=str(given.start), tokens=given.tokens, limit=given.longest, role_share=1.0,
        role_epochs=1.0, pack=768,
    )  # fmt: skip
    arms = {"start": Path(given.start), "plain": train_into(given.work / "plain", plain, flags)}
    student, counts = Path(given.start), []
    own: list[Trajectory] = []
    corrected: list[Trajectory] = []
    for number in range(1, given.rounds + 1):
        at = str(given.work / f"round-{number}.db")
        found = _play_both(worlds, f"checkpoint:{student}", given.episodes, 1000 * number, at)
        reruns = Reruns()
        better = [correction(record, reruns) for record in found]
        own += _wins(found)
        corrected += [each for each in better if each is not None]
        counts.append(
            {"episodes": len(found), "won": len(_wins(found)), "corrected": len(corrected)}
        )
        note(f"round {number}: {counts[-1]}")
        beside = Draw("rounds", SEED, number).shuffled(plain)[: len(corrected)]
        student = train_into(given.work / f"corrected-{number}", [*corrected, *beside], flags)
        arms[f"corrected {number}"] = student
    arms["own"] = train_into(given.work / "own", own, flags)
    return arms, counts


def _play_both(
    worlds: Sequence[World], agent: str, episodes: int, seed: int, at: str
) -> list[Trajectory]:
    """Half of the episodes in calm weather, half in `flaky`."""
    player: Any = scripted("perfect") if agent == "scripted:perfect" else agent_from(agent)
    calm = play(worlds, player, episodes // 2, seed, at=at)
    both = play(worlds, player, episodes // 2, seed + 1, faults="flaky", at=at)
    return both if at != ":memory:" else [*calm, *both]


def _wins(records: Sequence[Trajectory]) -> list[Trajectory]:
    return [record for record in records if record.outcome.success]


if __name__ == "__main__":
    main()
