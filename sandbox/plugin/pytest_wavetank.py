"""pytest plugin: a seeded world as a fixture, and what an agent does wrong in a case.

    @pytest.mark.wavetank("openapi.yaml", seed=7, faults="H01")
    def test_my_client(wavetank_session): ...

    @pytest.mark.wavetank(case=CASE, agent="python:bot.py:solve")
    def test_my_agent(wavetank_findings):
        assert "duplicate_effect" not in wavetank_findings

Paths are relative to the test file. A uniquely named module, safe beside a user's own packages:
agents are played in an interpreter of their own, in which those are not seen.
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from sandbox import Session

_SESSION = pytest.StashKey["Session"]()
_ROWS = 12
"""Ledger rows that a failure's output shows at most."""
_CASE = ("case", "agent", "runs")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("wavetank").addoption(
        "--wavetank-seed", type=int, default=0, metavar="N",
        help="Seed of the sessions whose marker names none (0 when not given).",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "wavetank(document, **options): the world and the session options of the fixture "
        "`wavetank_session`",
    )
    config.addinivalue_line(
        "markers",
        "wavetank(case=…, agent=…, runs=1): what the fixture `wavetank_findings` plays",
    )


@pytest.fixture
def wavetank_session(request: pytest.FixtureRequest) -> Session:
    """A fresh session of the document named by `@pytest.mark.wavetank(document, seed=…)`."""
    try:
        from sandbox import SandboxError, World
    except ImportError as error:
        _refuse(f"another package called 'sandbox' hides Wavetank's: {error}")
    options = _options(request)
    document = options.pop("document", "bookshop")
    options.setdefault("seed", request.config.getoption("--wavetank-seed"))
    named = {name: _beside(request, value) for name, value in options.items()}
    valid = [name for name in inspect.signature(World.session).parameters if name != "self"]
    unknown = [name for name in options if name not in valid]
    if unknown:
        _refuse(f"marker wavetank: no option {unknown[0]!r}; valid: document, {', '.join(valid)}")
    try:
        session = World.load(_beside(request, document)).session(**named)
    except (SandboxError, TypeError) as error:
        _refuse(f"marker wavetank: {error}")
    request.node.stash[_SESSION] = session
    return session


@pytest.fixture
def wavetank_findings(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """What an agent does wrong in a case: kind of finding → what should hold, and the story.

    The marker names the `case` (its text, or a YAML file: document, task, faults, drift, seed), the
    `agent` as the command line does, and for one that is not deterministic the number of `runs`.
    """
    options = _options(request)
    unknown = [name for name in options if name not in _CASE]
    if unknown or not {"case", "agent"} <= options.keys():
        wrong = f"no option {unknown[0]!r}" if unknown else "`case` and `agent` are needed"
        _refuse(f"marker wavetank: {wrong}; wavetank_findings takes {', '.join(_CASE)}")
    case = str(options["case"])
    if "\n" not in case and (place := Path(_beside(request, case))).is_file():
        case = place.read_text(encoding="utf-8")
    asked = {"case": case, "agent": _agent(request, str(options["agent"])),
             "runs": options.get("runs", 1)}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-I", "-c", _CHILD, str(_home())],
        input=json.dumps(asked), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        _refuse(f"the case could not be played:\n{done.stderr}")
    said = json.loads(done.stdout)
    if "error" in said:
        _refuse(f"the case could not be played: {said['error']}")
    found: Mapping[str, str] = said["findings"]
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Put the ledger rows that matter into the output of a failed test."""
    report = yield
    session = item.stash.get(_SESSION, None)
    if session is not None and report.when == "call" and report.failed:
        report.sections.append((f"wavetank ledger, seed {session.seed}", _ledger(session)))
    return report


def _ledger(session: Session) -> str:
    """The rows with faults, effects or problems, and the last one: sent, answered, true."""
    lines = []
    for row in session.ledger:
        last = row.seq == len(session.ledger) - 1
        if not (last or row.injected or row.effects or row.problems):
            continue
        sent = f"{row.request.method} {row.request.path}" if row.request is not None else ""
        line = f"{row.seq}. at {row.at:g} s {row.tool or sent}: "
        line += row.response.transport or str(row.response.status)
        line += "".join(f" [{firing.fault}]" for firing in row.injected)
        line += "".join(f"; {p.location} {p.pointer or p.name}: {p.message}" for p in row.problems)
        changes = ", ".join(f"{e.kind} {e.collection}/{e.id}" for e in row.effects)
        lines.append(f"{line}; in truth: {changes}" if changes else line)
    left = len(lines) - _ROWS
    return "\n".join([f"({left} earlier rows left out)"] * (left > 0) + lines[-_ROWS:])


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the markers say, the nearest first; the positional argument is the document."""
    found: dict[str, Any] = {}
    for marker in request.node.iter_markers("wavetank"):
        if len(marker.args) > 1:
            _refuse("marker wavetank: one document at most stands before the options")
        found = {**dict(zip(("document",), marker.args, strict=False)), **marker.kwargs} | found
    return found


def _beside(request: pytest.FixtureRequest, value: Any) -> Any:
    """A path relative to the test file, where one is there; anything else as it is."""
    before, named = ("to:", value[3:]) if str(value).startswith("to:") else ("", value)
    if not isinstance(named, str | Path) or len(str(named)) > 255 or "\n" in str(named):
        return value
    place = request.path.parent / named
    return f"{before}{place}" if place.is_file() else value


def _agent(request: pytest.FixtureRequest, name: str) -> str:
    kind, _, rest = name.partition(":")
    target, _, function = rest.rpartition(":")
    return f"python:{_beside(request, target)}:{function}" if kind == "python" else name


def _refuse(reason: str) -> NoReturn:
    pytest.fail(reason, pytrace=False)


_CHILD = """
import json, sys
if sys.argv[1] not in sys.path:
    sys.path.insert(0, sys.argv[1])
from agent.errors import AgentError
from agent.evaluation.cases import Case
from sandbox.errors import SandboxError
asked = json.load(sys.stdin)
try:
    said = {"findings": Case.parse(asked["case"]).findings(asked["agent"], runs=asked["runs"])}
except (AgentError, SandboxError) as error:
    said = {"error": str(error)}
print(json.dumps(said))
"""


def _home() -> Path:
    """Where Wavetank's packages lie: beside this module, or in a checkout two folders above."""
    here = Path(__file__).resolve().parent
    return here if (here / "trajectories").is_dir() else here.parents[1]
