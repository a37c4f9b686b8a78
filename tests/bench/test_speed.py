"""The speed table: ourselves beside other mock servers, all started here, in one run.

WAVETANK_CORPUS=… WAVETANK_PEERS=… pytest -m bench tests/bench/test_speed.py -s
WAVETANK_OUT names the JSON file (default out/speed.json), WAVETANK_SECONDS a load's length,
WAVETANK_CLIENTS how many connections it has.
A server's CPU time per request says what its requests per second would be on a machine of its own.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console
from rich.table import Table

from sandbox import World
from tests.bench import inprocess
from tests.bench.load import Call, Rate, Server, free_port, hammer, hammers, started
from tests.bench.peers import Contender, contenders, has_python, node_folder

pytestmark = pytest.mark.bench
SECONDS = int(os.environ.get("WAVETANK_SECONDS", "5"))
CLIENTS = int(os.environ.get("WAVETANK_CLIENTS", "16"))
ROUNDS = int(os.environ.get("WAVETANK_ROUNDS", "3"))
KEYS = {"api_key": "k", "Authorization": "Bearer t", "Accept": "application/json"}
CONSOLE = Console(width=150)


@dataclass(frozen=True, slots=True)
class Work:
    """A document and the calls that are made to it; ID is one of the first collection's ids."""

    document: str
    collection: str
    read: Call
    write: Call | None = None


PET = '{"name":"Zorro","photoUrls":["u"]}'
JSON = {**KEYS, "Content-Type": "application/json"}
FORM = {**KEYS, "Content-Type": "application/x-www-form-urlencoded"}
WORKS = (
    Work("petstore3.yaml", "/pet", Call("GET", "/pet/ID", KEYS), Call("POST", "/pet", JSON, PET)),
    Work(
        "github.json",
        "/gists",
        Call("GET", "/gists/ID", KEYS),
        Call("POST", "/gists", JSON, '{"public":true,"files":{"a.txt":{"content":"x"}}}'),
    ),
    Work(
        "stripe.yaml",
        "/v1/customers",
        Call("GET", "/v1/customers/ID", KEYS),
        Call("POST", "/v1/customers", FORM, "name=Zorro"),
    ),
)


@pytest.fixture(scope="module")
def record() -> Iterator[dict[str, Any]]:
    """Everything measured in this run; written at its end."""
    found: dict[str, Any] = {
        "seed": inprocess.SEED,
        "hardware": {
            "cpu": _cpu(), "cores": os.cpu_count(), "system": platform.platform(),
            "python": platform.python_version(), "load_before": os.getloadavg(),
        },
        "versions": {each.name: each.version for each in contenders() if not each.missing},
    }  # fmt: skip
    yield found
    found["hardware"]["load_after"] = os.getloadavg()
    place = Path(os.environ.get("WAVETANK_OUT", "out/speed.json"))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    CONSOLE.print(f"load before {found['hardware']['load_before']}, after {os.getloadavg()}")
    CONSOLE.print(f"written to {place}")


def test_calls_in_process(corpus: Path, record: dict[str, Any]) -> None:
    read, write = inprocess.petstore_calls(_document(corpus, "petstore3.yaml"))
    works = {"wavetank GET item": (read, 4000), "wavetank POST": (write, 1000)}
    with ExitStack() as stack:
        if has_python("faultbench"):
            read, write = stack.enter_context(inprocess.faultbench_calls())
            works |= {"faultbench GET item": (read, 500), "faultbench POST": (write, 500)}
        rows = inprocess.per_second(works)
    record["in process, calls per CPU second"] = rows
    table = Table("in process", "calls per CPU second")
    for name, rate in rows.items():
        table.add_row(name, f"{rate:,.0f}")
    CONSOLE.print(table)
    if "faultbench POST" not in rows:
        CONSOLE.print("faultbench is not installed in WAVETANK_PEERS")
    assert rows["wavetank GET item"] >= 30_000
    assert rows["wavetank POST"] >= 20_000


def test_starts_and_sizes(corpus: Path, record: dict[str, Any], tmp_path: Path) -> None:
    starts = {
        f"{work.document}{told}": inprocess.start(
            _document(corpus, work.document), work.collection, work.read.path, cache=cache
        )
        for work in WORKS
        for told, cache in (("", None), (" again", tmp_path))
    }
    record["start to first reply"] = starts
    table = Table("start to first reply", "status", "imports s", "load s", "reply s", "peak MB")
    for name, row in starts.items():
        cells = (row[key] for key in ("status", "imports_s", "load_s", "reply_s", "rss_mb"))
        table.add_row(name, *map(str, cells))
    CONSOLE.print(table)
    record["sizes"] = inprocess.sizes(_document(corpus, "petstore3.yaml"))
    CONSOLE.print(record["sizes"])
    limits = {"petstore3.yaml": 0.4, "github.json": 1.0, "stripe.yaml": 2.0}
    for name, row in starts.items():
        # A second start is one from the kept tree.
        assert row["status"] == 200 and row["load_s"] + row["reply_s"] < limits.get(name, 0.5)
    bytes_idle, megabytes, _, micros = record["sizes"].values()
    assert bytes_idle < 8192 and megabytes < 200 and micros < 20


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.document.partition(".")[0])
def test_over_http(corpus: Path, record: dict[str, Any], work: Work) -> None:
    if not hammers():
        # A Debian package, not one of ours: a speed without a load generator is no speed.
        pytest.skip("wrk is not installed")
    document = _document(corpus, work.document)
    table = Table(f"HTTP: {work.document}", "start s", "idle MB", "peak MB", "call", "per second",
                  "best", "CPU µs", "p99 ms", "not 2xx")  # fmt: skip
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        servers = dict(_servers(stack, document, found))
        idle = {name: server.megabytes("VmRSS") for name, server in servers.items()}
        for call in filter(None, (work.read, work.write)):
            for name, rates in _rounds(work, document, servers, call).items():
                row: dict[str, Any] = {"start_s": servers[name].seconds, "idle_mb": idle[name]}
                row["peak_mb"] = servers[name].megabytes()
                row["rounds"] = [asdict(rate) for rate in rates]
                found.setdefault(name, {})[call.method] = row
                _tell(table, name, call, row, rates)
    record[f"HTTP {work.document}"] = found
    CONSOLE.print(table)
    for name, row in found.items():
        if isinstance(row, str):
            CONSOLE.print(f"{name}: {row}")
    assert found["wavetank"]["GET"]["rounds"][0]["refused"] == 0
    assert found["wavetank"]["GET"]["peak_mb"] < 300


def _servers(
    stack: ExitStack, document: Path, found: dict[str, Any]
) -> Iterator[tuple[str, Server]]:
    """Everyone who can be started; why not goes into `found`."""
    for each in contenders():
        reason = each.missing
        if not reason:
            try:
                yield each.name, stack.enter_context(_up(each, document))
            except (TimeoutError, OSError) as error:
                reason = str(error)
        if reason:
            found[each.name] = reason


def _up(each: Contender, document: Path) -> Any:
    port = free_port()
    return started(each.command(document, port), port, folder=_cwd(each), path=node_folder())


def _cwd(each: Contender) -> Path:
    # Node finds an inline script's packages from the folder it runs in.
    return node_folder().parents[2] if each.name == "Scalar" else Path.cwd()


def _rounds(
    work: Work, document: Path, servers: dict[str, Server], call: Call
) -> dict[str, list[Rate]]:
    """Everybody in turn, several times over, so that a busy minute hits all alike."""
    calls = {name: _fitted(work, document, server, call) for name, server in servers.items()}
    for name, server in servers.items():
        hammer(server, calls[name], 1)
    found: dict[str, list[Rate]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            found[name].append(hammer(server, calls[name], SECONDS, CLIENTS))
    return found


def _fitted(work: Work, document: Path, server: Server, call: Call) -> Call:
    """The call under the path and with the id that the server answers."""
    world = World.load(document)
    ids = world.session(seed=0).state.ids(work.collection) if work.collection else ()
    for base in (world.document.base_path, ""):
        for id in (*ids[:1], "1"):
            tried = replace(call, path=base + call.path.replace("ID", id))
            if 200 <= server.status(tried) < 300:
                return tried
    return replace(call, path=call.path.replace("ID", "1"))


def _tell(table: Table, name: str, call: Call, row: dict[str, Any], rates: list[Rate]) -> None:
    middle = sorted(rate.per_second for rate in rates)[len(rates) // 2]
    table.add_row(
        name, str(row["start_s"]), str(row["idle_mb"]), str(row["peak_mb"]), call.method,
        f"{middle:,.0f}", f"{max(rate.per_second for rate in rates):,.0f}",
        f"{min(rate.cpu_micros for rate in rates):,.1f}",
        f"{min(rate.p99_ms for rate in rates):,.1f}", str(sum(r.refused for r in rates)),
    )  # fmt: skip


def _document(corpus: Path, name: str) -> Path:
    place = corpus / "specs/public" / name
    if not place.exists():
        # Somebody else's corpus holds other documents; ours has them all.
        pytest.skip(f"{name} is not in the corpus")
    return place


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
