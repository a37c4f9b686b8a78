"""Does a wider choice of worlds teach more? The same tokens from few and from many worlds.

    python -m tests.bench.worlds STORE --work DIR [--worlds 4 16 64] [--tokens 48000] [--out FILE]

For each number the teacher plays invented worlds (the first so many of one seed) and one model is
trained from the untrained backbone for as many tokens as for every other number. Measured is what
training never saw, token by token (see `forced`): the successful episodes of STORE, and those of
24 invented worlds of another seed. What is in DIR already is kept.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agent import scripted
from agent.backends.local.checkpoint import FILE
from agent.cli.console import note
from agent.training import Flags
from agent.training.examples import Example
from tests.bench.forced import Forced, encode, encode_successes, measure
from tests.bench.invented import invented_worlds, play, train_into
from tests.bench.results_files import circumstances, write_figures
from trajectories import Trajectory

DEFAULT = Path(__file__).parent / "results" / "worlds.json"
UNSEEN_SEED, UNSEEN_WORLDS = 9001, 24


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", help="episodes on documents that nobody trained on")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--worlds", type=int, nargs="+", default=[4, 16, 64])
    parser.add_argument("--tokens", type=int, default=48_000)
    parser.add_argument("--longest", type=int, default=750)
    parser.add_argument("--seed", type=int, default=51)
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    real = encode_successes(given.store)
    invented = encode(_played(UNSEEN_WORLDS, UNSEEN_WORLDS, UNSEEN_SEED))
    sets = {"store": real, "invented": invented}
    rows = {"untrained": _measured(None, sets)}
    for count in given.worlds:
        place = given.work / f"worlds-{count}"
        if not (place / FILE).is_file():
            _train(count, place, given)
        rows[f"{count} worlds"] = _measured(place, sets)
        note(f"{count} worlds: {rows[f'{count} worlds']}")
    kept = {
        "store": Path(given.store).name,
        "tokens": given.tokens,
        "seed": given.seed,
        "rows": rows,
        **circumstances(),
    }
    write_figures(given.out, kept)


def _played(worlds: int, episodes: int, seed: int) -> list[Trajectory]:
    """The teacher's successful episodes on invented worlds."""
    with TemporaryDirectory() as folder:
        loaded = invented_worlds(worlds, seed, Path(folder))
        found = play(loaded, scripted("perfect"), episodes, seed)
    return [record for record in found if record.outcome.success]


def _train(count: int, place: Path, given: argparse.Namespace) -> None:
    # Few worlds have to fill as many tokens as many worlds do.
    source = _played(count, max(512, 8 * count), given.seed)
    flags = Flags(recipe="single", tokens=given.tokens, limit=given.longest, pack=768)
    began = time.perf_counter()
    train_into(place, source, flags)
    note(f"{place.name}: {time.perf_counter() - began:.0f} s")


def _measured(checkpoint: Path | None, sets: Mapping[str, Mapping[str, Example]]) -> dict[str, Any]:
    found = {}
    for name, episodes in sets.items():
        measure(checkpoint, episodes, into := Forced())
        found[name] = into.as_json()
    return found


if __name__ == "__main__":
    main()
