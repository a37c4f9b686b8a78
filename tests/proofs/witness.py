# ruff: noqa: T201 (a program that prints a table)
"""The witness on real documents: 12 planted bugs are shrunk, and each saved test is run.

    python -m tests.proofs.witness [--documents realworld.yml,…]

Three bugs in each of four documents of the corpus, under faults and drift together. Printed are the
elements of each axis before → after, the reduction and the seconds; then pytest runs the saved
tests on the agents with the bugs (all must fail) and on those without (all must pass).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, Final

from agent.agents import agent_from
from agent.collect.collect import collect
from agent.evaluation.case_sizes import AXES
from agent.evaluation.cases import case_of
from agent.evaluation.saved_test import LINES, as_pytest
from agent.evaluation.shrink import Witness, shrink
from agent.policies.mutants import mutants, original
from sandbox import World
from trajectories import Store, Trajectory
from trajectories.scoring.findings import findings

DOCUMENTS: Final = ("realworld.yml", "petstore3.yaml", "museum31.yaml", "tmf620-v5.yaml")
BUGS: Final = (
    ("repeats-writes", "ambiguous-writes"), ("claims-early", "ambiguous-writes"),
    ("waits-half", "limits"), ("doubles-writes", "ambiguous-writes"), ("never-waits", "limits"),
    ("denies-lost", "ambiguous-writes"), ("wrong-number", "flaky"), ("claims-undone", "flaky"),
    ("quits", "flaky"), ("trusts-success", "liars"), ("drops-field", "flaky"),
    ("misreports", "limits"), ("asks", "flaky"), ("denies-done", "flaky"), ("loops", "flaky"),
    ("invents-tool", "limits"),
)  # fmt: skip
"""Bugs with the faults that give them occasion, in the order in which they are tried."""
DRIFT: Final = "drift-announced"
EACH: Final = 3
RESULTS: Final = Path(__file__).parents[1] / "bench" / "results" / "witness.json"


def witnesses(documents: list[Path]) -> list[tuple[str, str, Witness]]:
    """(document, bug, witness): in each document the next bugs that have occasion to act there."""
    found: list[tuple[str, str, Witness]] = []
    left = list(BUGS)
    for path in documents:
        world, count = World.load(path), 0
        for bug in list(left):
            if count == EACH:
                break
            shown = shown_by(world, *bug)
            if shown is not None:
                record, kind = shown
                case = case_of(record, world.document.tree)
                witness = shrink(case, agent_from(f"mutant:{bug[0]}"), kind)
                found.append((path.name, bug[0], witness))
                print(line(*found[-1]), flush=True)
                left.remove(bug)
                count += 1
    return found


def shown_by(world: World, bug: str, faults: str) -> tuple[Trajectory, str] | None:
    """The first episode that shows what the bug should be found by, and that finding."""
    with Store.open(":memory:") as store:
        agent = agent_from(f"mutant:{bug}")
        for _ in collect([world], agent, store, n=12, faults=faults, drift=DRIFT):
            pass
        for record in store.iterate():
            kinds = {finding.kind for finding in findings(record)}
            for kind in mutants()[bug].finds:
                if kind in kinds and record.task.get("solution"):
                    return record, kind
    return None


def line(document: str, bug: str, witness: Witness) -> str:
    axes = "  ".join(f"{witness.before[a]:>5} → {witness.after[a]:<3}" for a in AXES)
    return (
        f"{document:16} {bug:15} {witness.kind:24} {axes}  {witness.reduction:5.1f} %  "
        f"{witness.seconds:5.1f} s"
    )


def verdicts(found: list[tuple[str, str, Witness]], *, mended: bool) -> list[bool]:
    """Whether each saved test passes, on the agent with its bug or on the one without."""
    with tempfile.TemporaryDirectory() as folder:
        places = []
        for number, (_, bug, witness) in enumerate(found):
            place = Path(folder) / f"test_storm_{number}.py"
            agent = original(bug) if mended else f"mutant:{bug}"
            text = as_pytest(witness, agent, place=place)
            assert len(text.splitlines()) <= LINES, place
            place.write_text(text, encoding="utf-8")
            places.append(place)
        report = Path(folder) / "report.xml"
        options = ["-q", "-p", "no:cacheprovider", f"--junit-xml={report}", "--rootdir", folder]
        command = [sys.executable, "-m", "pytest", *options, *map(str, places)]
        subprocess.run(command, capture_output=True, check=False)
        from junitparser import JUnitXml

        parts = JUnitXml.fromfile(str(report))
        ended = {case.classname: not case.result for part in parts for case in part}
        return [ended[place.stem] for place in places]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", default=",".join(DOCUMENTS))
    wanted = parser.parse_args().documents.split(",")
    corpus = Path(os.environ["WAVETANK_CORPUS"]) / "specs" / "public"
    print(f"{'document':16} {'bug':15} {'finding':24} " + "  ".join(f"{a:^11}" for a in AXES))
    found = witnesses([corpus / name for name in wanted])
    failing, passing = verdicts(found, mended=False), verdicts(found, mended=True)
    rows: list[dict[str, Any]] = [
        {"document": document, "bug": bug, **witness.as_json()}
        | {"fails_now": not now, "passes_mended": then}
        for (document, bug, witness), now, then in zip(found, failing, passing, strict=True)
    ]  # fmt: skip
    for row in rows:
        del row["case"]
    result = {
        "bugs": len(rows),
        "median_reduction": median(row["reduction"] for row in rows),
        "longest_seconds": max(row["seconds"] for row in rows),
        "fail_now": sum(row["fails_now"] for row in rows),
        "pass_mended": sum(row["passes_mended"] for row in rows),
        "witnesses": rows,
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print({name: value for name, value in result.items() if name != "witnesses"})
    whole = len(rows) == result["fail_now"] == result["pass_mended"]
    return 0 if whole and result["median_reduction"] >= 81 else 1


if __name__ == "__main__":
    sys.exit(main())
