"""Load on a server, and what the server's processes cost meanwhile. Linux only."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socket import socket

UP = 60.0
"""Seconds a server has to start before it counts as not up."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is made over and over."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on the loopback interface."""

    pid: int
    port: int
    seconds: float
    """Wall seconds from spawning to the first HTTP status."""

    def megabytes(self, field: str = "VmHWM") -> float:
        """Resident memory of the whole process tree, its peak by default."""
        found = [_field(pid, field) for pid in _tree(self.pid)]
        return round(sum(found) / 1024, 1)

    def cpu(self) -> float:
        """CPU seconds that the whole process tree has used."""
        return sum(_ticks(pid) for pid in _tree(self.pid)) / os.sysconf("SC_CLK_TCK")

    def status(self, call: Call) -> int:
        """The status of one such request; 0 when nothing HTTP comes back."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(call.method, call.path, call.body or None, dict(call.headers))
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Rate:
    """What a hammered server did."""

    per_second: float
    cpu_micros: float
    """CPU microseconds of the server per request."""
    refused: int
    """Replies that were no 2xx or 3xx."""
    p99_ms: float = 0.0
    """Wall milliseconds within which 99 of 100 replies came."""


def hammer(server: Server, call: Call, seconds: int, connections: int = 16) -> Rate:
    """`wrk` with one thread; it must be installed."""
    address = f"http://127.0.0.1:{server.port}{call.path}"
    before = server.cpu()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "call.lua"
        script.write_text(_lua(call))
        done = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency",
             "-s", str(script), address],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    spent = server.cpu() - before
    made = int(_found(r"(\d+) requests in", done.stdout))
    return Rate(
        float(_found(r"Requests/sec:\s+([\d.]+)", done.stdout)),
        round(spent / made * 1e6, 1) if made else 0.0,
        int(_found(r"Non-2xx or 3xx responses: (\d+)", done.stdout)),
        _milliseconds(done.stdout),
    )


def hammers() -> bool:
    return shutil.which("wrk") is not None


@contextmanager
def started(command: Sequence[str], port: int, *, folder: Path, path: Path) -> Iterator[Server]:
    """The server while the block runs; `path` goes first on PATH. TimeoutError if not up."""
    environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _await(process, port, begun)
        yield Server(process.pid, port, round(time.perf_counter() - begun, 2))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(process: subprocess.Popen[bytes], port: int, begun: float) -> None:
    probe = Server(process.pid, port, 0.0)
    while not probe.status(Call("GET", "/", {})):
        if process.poll() is not None:
            raise TimeoutError(f"ended with {process.returncode} before it answered")
        if time.perf_counter() - begun > UP:
            raise TimeoutError(f"not up after {UP:.0f} s")
        time.sleep(0.01)


def _lua(call: Call) -> str:
    lines = [f'wrk.method = "{call.method}"']
    lines += [f'wrk.headers["{name}"] = "{value}"' for name, value in call.headers.items()]
    return "\n".join([*lines, f"wrk.body = [[{call.body}]]" if call.body else ""])


def _milliseconds(report: str) -> float:
    found = re.search(r"99%\s+([\d.]+)(us|ms|s)", report)
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    return round(float(found[1]) * scale[found[2]], 3) if found else 0.0


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else "0"


def _tree(pid: int) -> list[int]:
    """A process and everything below it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (stat := _stat(int(entry.name))):
            parents.setdefault(int(stat[1]), []).append(int(entry.name))
    found, pending = [], [pid]
    while pending:
        found.append(pending.pop())
        pending += parents.get(found[-1], [])
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name; [] for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _ticks(pid: int) -> int:
    stat = _stat(pid)
    return int(stat[11]) + int(stat[12]) if stat else 0


def _field(pid: int, name: str) -> int:
    try:
        return int(_found(rf"{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()))
    except OSError:
        return 0
