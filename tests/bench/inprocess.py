"""Speed and size without a server: calls per CPU second, bytes per session, starts, forks."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sandbox import World
from tests.bench.peers import peers_python

SEED = 1


Work = Callable[[int], float]
"""So many calls → the CPU seconds that they took."""


def per_second(works: Mapping[str, tuple[Work, int]], rounds: int = 15) -> dict[str, float]:
    """Calls per CPU second of each work (with its calls a round), the best round counts.

    Everybody in turn: whatever else the machine does slows all alike, and never speeds one up.
    """
    best = dict.fromkeys(works, 0.0)
    for _ in range(rounds):
        for name, (work, calls) in works.items():
            best[name] = max(best[name], round(calls / work(calls)))
    return best


def petstore_calls(document: Path) -> tuple[Work, Work]:
    """`session.call` validated, stateful, ledger kept."""
    world = World.load(document)

    def read(calls: int) -> float:
        session = world.session(seed=SEED)
        ids = [int(id) for id in session.state.ids("/pet")]
        start = time.process_time()
        for index in range(calls):
            session.call("getPetById", {"petId": ids[index % len(ids)]})
        return time.process_time() - start

    def write(calls: int) -> float:
        session = world.session(seed=SEED)
        start = time.process_time()
        for index in range(calls):
            session.call("addPet", {"name": f"Zorro {index}", "photoUrls": ["u"]})
        return time.process_time() - start

    check = world.session(seed=SEED)
    pet = int(check.state.ids("/pet")[0])
    assert not check.call("getPetById", {"petId": pet}).error
    assert not check.call("addPet", {"name": "Zorro", "photoUrls": ["u"]}).error
    assert check.call("addPet", {"name": 3}).error and len(check.ledger) == 3
    return read, write


@contextmanager
def faultbench_calls() -> Iterator[tuple[Work, Work]]:
    """The same work in faultbench, in an interpreter of its own that waits between the rounds."""
    script = Path(__file__).with_name("faultbench_calls.py")
    command = [str(peers_python()), str(script)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        asked, told = child.stdin, child.stdout

        def seconds(name: str, calls: int) -> float:
            print(name, calls, file=asked)
            return float(told.readline())

        yield partial(seconds, "GET"), partial(seconds, "POST")
        asked.close()


_START = """
import json, re, sys, time
zero = time.process_time()
from sandbox import World
from sandbox.messages import Request
import sandbox.world.session
imported, wall = time.process_time(), time.perf_counter()
world = World.load(sys.argv[1])
loaded = time.process_time()
session = world.session(seed=1)
ids = session.state.ids(sys.argv[2]) if sys.argv[2] else ()
path = world.document.base_path + sys.argv[3].replace('ID', ids[0] if ids else '')
headers = (('api_key', 'k'), ('authorization', 'Bearer t'))
status = session.handle(Request('GET', path, '', headers)).status
print(json.dumps({'status': status, 'path': path, 'imports_s': imported - zero,
    'load_s': loaded - imported, 'reply_s': time.process_time() - loaded,
    'wall_s': time.perf_counter() - wall,
    'rss_mb': int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 1024}))
"""


def start(
    document: Path, collection: str, path: str, *, cache: Path | None = None, rounds: int = 3
) -> dict[str, Any]:
    """Interpreter, load and first reply in a new process: CPU seconds, the fastest of some.

    A `cache` folder holds what the first of them kept; without one every start is a first one.
    """
    tries = []
    environment = {**os.environ, "WAVETANK_CACHE": str(cache or "off")}
    for _ in range(rounds):
        command = [sys.executable, "-c", _START, str(document), collection, path]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        tries.append(json.loads(done.stdout))
    best: dict[str, Any] = min(tries, key=lambda each: each["load_s"] + each["reply_s"])
    return {key: round(v, 3) if isinstance(v, float) else v for key, v in best.items()}


def sizes(document: Path) -> dict[str, float]:
    """Bytes of an idle session, megabytes with 10,000 open, microseconds of a fork.

    Measured in a process of its own, whose memory holds nothing else.
    """
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_sizes, (document,))


def _sizes(document: Path) -> dict[str, float]:
    world = World.load(document)
    world.session(seed=SEED).call("getPetById", {"petId": 1})
    gc.collect()
    before = _resident()
    sessions = [world.session(seed=index % 8, label=str(index)) for index in range(10_000)]
    gc.collect()
    idle = (_resident() - before) / len(sessions)
    for session in sessions:
        session.call("getPetById", {"petId": 1})
    whole = _resident()
    del sessions
    busy = world.session(seed=SEED)
    fresh = _fork_micros(busy.fork)
    for index in range(10_000):
        busy.call("addPet", {"name": f"Zorro {index}", "photoUrls": ["u"]})
    return {
        "idle session bytes": round(idle),
        "10,000 sessions, process MB": round(whole / 2**20, 1),
        "fork µs": fresh,
        "fork µs after 10,000 calls": _fork_micros(busy.fork),
    }


def _fork_micros(fork: Callable[[], Any]) -> float:
    best = float("inf")
    for _ in range(20):
        start = time.process_time()
        for _ in range(200):
            fork()
        best = min(best, (time.process_time() - start) / 200)
    return round(best * 1e6, 1)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
