"""Would the tests notice a small mistake? A seeded sample of mutants against their nearest tests.

    python -m tests.proofs.mutation --sample 120

Works on a copy of the tree. A map says which tests run which line (`--lines`, by default
build/lines.json): made by one run of the tests under coverage, later only of the test files whose
text has changed; lines are found by their text, so that most of a map outlives changes of the code
(`--as-is` uses it unrefreshed). A mutant meets the tests of its line, those of its own folder and
the fast ones first, one of each function before a second, then every frozen output that runs it,
until one fails; that test must pass without the mutant.

mutmut (3.x) and cosmic-ray were looked at. cosmic-ray runs one test command for every mutant: ten
minutes each here. mutmut maps functions to tests, but it mutates every function of the package in
place through trampolines, which frozen slotted dataclasses, lazily imported packages and tests
that start child processes do not bear, it draws no seeded sample, and its mutants of strings and
annotations are no mistakes of behaviour. What is left of the task is this file.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from itertools import chain, islice, zip_longest
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

from tests.proofs.mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
ROOMS = (
    "sandbox/conventions",
    "sandbox/world",
    "sandbox/tasks",
    "sandbox/faults",
    "sandbox/drift",
    "trajectories/scoring",
    "trajectories/labels",
    "trajectories/exports",
)
MOST_TESTS = 80
FROZEN = "tests/golden/"
CPU_SECONDS = 240
"""What the tests of one mutant may take: a mutant that loops for ever is killed by it."""
NO_TESTS = 5
"""pytest's exit code when nothing was left to run."""
KILLED, SURVIVED, UNTESTED = "killed", "survived", "no test runs it"


@dataclass(frozen=True, slots=True)
class Verdict:
    mutant: Mutant
    verdict: str
    tests: int


class Lines:
    """Which tests run a line, found by the line's text within its file."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.seconds: dict[str, float] = data["tests"]
        self._lines: dict[str, dict[str, list[int]]] = data["lines"]
        self._ids: list[str] = data["ids"]

    def nearest(self, mutant: Mutant) -> list[str]:
        """Ids of the tests, nearest first; for a line that the map does not know, its file's."""
        room = set(Path(mutant.file).with_suffix("").parts)
        here = self._lines.get(mutant.file, {})
        numbers = here.get(mutant.line) or set(chain(*here.values()))
        ids = [self._ids[number] for number in numbers if self._ids[number] in self.seconds]

        def distance(id: str) -> tuple[int, float]:
            shared = len(room & set(Path(id.split("::")[0]).with_suffix("").parts))
            name = Path(mutant.file).stem in id
            return -shared - name, self.seconds[id]

        fast = sorted(ids, key=lambda id: self.seconds[id])[: MOST_TESTS // 2]
        near = _in_turn(sorted(ids, key=distance), _function)[:MOST_TESTS]
        frozen = _in_turn(sorted(filter(_is_frozen, ids), key=self.seconds.__getitem__), _kind)
        first = list(dict.fromkeys([*near[: MOST_TESTS // 2], *fast, *near]))[:MOST_TESTS]
        return list(dict.fromkeys([*first, *frozen]))


def _is_frozen(id: str) -> bool:
    return id.startswith(FROZEN)


def _function(id: str) -> str:
    """The test without its parameters: others of them hold much the same."""
    return id.partition("[")[0]


def _kind(id: str) -> str:
    """The kind of a frozen output: `tasks of …`, `drift of …`."""
    return id.partition("[")[2].partition(" ")[0]


def _in_turn(ids: Iterable[str], kind_of: Callable[[str], str]) -> list[str]:
    """One test of each kind, then a second of each, …"""
    kinds: dict[str, list[str]] = {}
    for id in ids:
        kinds.setdefault(kind_of(id), []).append(id)
    return [id for row in zip_longest(*kinds.values()) for id in row if id is not None]


def main() -> None:
    options = _options()
    rooms = [room for room in options.rooms or ROOMS if (ROOT / room).exists()]
    rooms += [f"{room}.py" for room in options.rooms or ROOMS if (ROOT / f"{room}.py").exists()]
    found = {room: _mutants_of(room) for room in rooms}
    chosen = _sample(found, options.sample, options.seed)
    if options.list:
        for mutant in chosen:
            _say(mutant.diff((ROOT / mutant.file).read_bytes()))
        return
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Path(folder) / "tree"
        _copy_tree(copy)
        lines = Lines(_line_map(copy, options.lines, options.tests, refresh=not options.as_is))
        end = monotonic() + 60 * options.minutes
        verdicts: list[Verdict] = []
        for mutant in chosen:
            if monotonic() > end:
                break
            verdicts.append(_judged(copy, mutant, lines))
            if options.json:
                rows = [_as_json(each) for each in verdicts]
                Path(options.json).write_text(json.dumps(rows, indent=1))
    _report(found, verdicts)
    killed = sum(each.verdict == KILLED for each in verdicts)
    sys.exit(killed < options.fail_under * len(verdicts))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.mutation")
    parser.add_argument("--sample", type=int, default=120, help="how many mutants")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rooms", nargs="*", help="folders or modules; by default the eight")
    parser.add_argument("--minutes", type=float, default=inf, help="stop then, with what there is")
    parser.add_argument("--list", action="store_true", help="print the sample, run nothing")
    parser.add_argument("--json", help="write every verdict to this file")
    parser.add_argument("--lines", type=Path, default=ROOT / "build" / "lines.json")
    parser.add_argument("--as-is", action="store_true", help="use the map though tests changed")
    parser.add_argument("--tests", nargs="*", default=["tests"], help="of which the map is made")
    parser.add_argument("--fail-under", type=float, default=0.92, help="share killed (0-1)")
    return parser.parse_args()


def _mutants_of(room: str) -> list[Mutant]:
    place = ROOT / room
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    return [
        mutant
        for file in files
        for mutant in mutants(str(file.relative_to(ROOT)), file.read_bytes())
    ]


def _sample(found: dict[str, list[Mutant]], size: int, seed: int) -> list[Mutant]:
    """The same mutants for a seed, though others come and go; each room gets its share."""
    total = sum(map(len, found.values()))
    chosen: list[Mutant] = []
    for each in found.values():
        share = max(1, round(size * len(each) / total)) if each else 0
        ordered = sorted(each, key=lambda m: sha256(f"{seed}:{m.key}".encode()).digest())
        valid = (m for m in ordered if m.is_valid((ROOT / m.file).read_bytes()))
        chosen += islice(valid, share)
    random.Random(seed).shuffle(chosen)
    return chosen[:size]


def _copy_tree(copy: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.safetensors")
    for name in ("sandbox", "agent", "trajectories", "specs", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "ARCHITECTURE.md", "CHANGELOG.md", "Makefile"):
        shutil.copy(ROOT / name, copy / name)


def _line_map(copy: Path, file: Path, tests: list[str], *, refresh: bool) -> dict[str, Any]:
    """Tests by the text of the lines that they run; what `file` says of unchanged ones is kept."""
    empty: dict[str, Any] = {"tests": {}, "files": {}, "ids": [], "lines": {}}
    known = json.loads(file.read_text()) if file.exists() else empty
    if file.exists() and not refresh:
        return known
    found = {
        str(each.relative_to(copy)): _digest(each, copy)
        for place in tests
        for each in [copy / place, *(copy / place).rglob("test_*.py")]
        if each.is_file()
    }
    changed = sorted(name for name, digest in found.items() if known["files"].get(name) != digest)
    if changed:
        made = copy / "lines.json"
        _pytest(copy, ["-m", "not bench and not soak and not model", *changed], lines=made)
        known = _merged(copy, known, set(changed), json.loads(made.read_text()))
        known["files"] |= {name: found[name] for name in changed}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(known))
    return known


def _digest(test: Path, copy: Path) -> str:
    """What a test file says; what is frozen is made by the modules beside it."""
    frozen = _is_frozen(str(test.relative_to(copy)))
    files = sorted(test.parent.glob("*.py")) if frozen else [test]
    return sha256(b"".join(each.read_bytes() for each in files)).hexdigest()


def _merged(
    copy: Path, known: dict[str, Any], changed: set[str], made: dict[str, Any]
) -> dict[str, Any]:
    """The map with what a new run of some test files says instead of what it said of them."""
    seconds = {id: s for id, s in known["tests"].items() if id.split("::")[0] not in changed}
    seconds |= made["tests"]
    numbers = {id: number for number, id in enumerate(dict.fromkeys([*known["ids"], *seconds]))}
    merged: dict[str, dict[str, set[int]]] = {
        name: {text: set(ids) for text, ids in lines.items()}
        for name, lines in known["lines"].items()
    }
    for name, lines in made["lines"].items():
        texts = (copy / name).read_text(encoding="utf-8").splitlines()
        here = merged.setdefault(name, {})
        for line, ids in lines.items():
            if int(line) <= len(texts):  # an empty file has a line 1 for coverage
                tests = here.setdefault(texts[int(line) - 1].strip(), set())
                tests.update(numbers[each] for each in ids)
    lists = {n: {t: sorted(ids) for t, ids in lines.items()} for n, lines in merged.items()}
    return {"tests": seconds, "files": known["files"], "ids": list(numbers), "lines": lists}


def _judged(copy: Path, mutant: Mutant, lines: Lines) -> Verdict:
    tests = lines.nearest(mutant)
    place = copy / mutant.file
    original = place.read_bytes()
    verdict = SURVIVED if tests else UNTESTED
    while tests and verdict == SURVIVED:
        try:
            _write(place, mutant.applied(original))
            failed = copy / "failed"
            failed.unlink(missing_ok=True)
            code = _pytest(copy, ["-x", *_files(tests)], chosen=tests, cpu=CPU_SECONDS)
        finally:
            _write(place, original)
        if code in (0, NO_TESTS):
            break
        killer = failed.read_text() if failed.exists() else ""
        if killer and not _passes(copy, killer):
            tests = [id for id in tests if id != killer]
        else:
            verdict = KILLED
    if verdict != KILLED:
        _say(f"{verdict}: {mutant.diff(original)}")
    return Verdict(mutant, verdict, len(tests))


_known: dict[str, bool] = {}


def _passes(copy: Path, test: str) -> bool:
    """Whether it passes in the tree as it is: a test that fails anyway kills nothing."""
    if test not in _known:
        _known[test] = _pytest(copy, _files([test]), chosen=[test]) == 0
    return _known[test]


def _files(tests: list[str]) -> list[str]:
    return sorted({id.split("::")[0] for id in tests})


def _write(place: Path, source: bytes) -> None:
    # A compiled file is found by time and size, and both may be the same.
    for compiled in place.parent.glob(f"__pycache__/{place.stem}.*.pyc"):
        compiled.unlink()
    place.write_bytes(source)


def _pytest(
    copy: Path,
    arguments: list[str],
    *,
    chosen: list[str] | None = None,
    lines: Path | None = None,
    cpu: int | None = None,
) -> int:
    here = {"PYTHONPATH": f"{copy}:{copy / 'sandbox' / 'plugin'}"}
    if chosen is not None:
        (copy / "chosen.json").write_text(json.dumps(chosen))
        here["WAVETANK_TESTS"] = str(copy / "chosen.json")
    if lines is not None:
        here["WAVETANK_LINES"] = str(lines)
    quiet = ["-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "tests.proofs.line_map"]
    limit = partial(resource.setrlimit, resource.RLIMIT_CPU, (cpu, cpu)) if cpu else None
    return subprocess.run(
        [sys.executable, "-m", "pytest", *quiet, *arguments],
        cwd=copy,
        env=os.environ | here,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=limit,
    ).returncode


def _report(found: dict[str, list[Mutant]], verdicts: list[Verdict]) -> None:
    _say(f"\n{'room':24}{'mutants':>9}{'sample':>8}{'killed':>8}{'survived':>10}{'untested':>10}")
    for room, each in found.items():
        here = {mutant.key for mutant in each}
        counts = Counter(v.verdict for v in verdicts if v.mutant.key in here)
        row = (sum(counts.values()), counts[KILLED], counts[SURVIVED], counts[UNTESTED])
        _say(f"{room:24}{len(each):>9}{row[0]:>8}{row[1]:>8}{row[2]:>10}{row[3]:>10}")
    killed = sum(each.verdict == KILLED for each in verdicts)
    _say(f"killed {killed} of {len(verdicts)}: {100 * killed / max(len(verdicts), 1):.1f} %")


def _as_json(verdict: Verdict) -> dict[str, Any]:
    return {"verdict": verdict.verdict, "tests": verdict.tests, **asdict(verdict.mutant)}


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
