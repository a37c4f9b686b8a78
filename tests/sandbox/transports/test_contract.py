"""Schemathesis, run as its users run it, finds nothing to complain about."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import specs
from sandbox import World
from sandbox.transports.server import Background, Server

DOCUMENTS = Path(specs.__file__).parent / "documents"
BY_DESIGN = "ignored_auth,status_code_conformance,positive_data_acceptance"
"""Any plausible credential is taken; what is not understood is a 422 even where a document forgot
to say so; and If-Match with an invented tag is refused although its text is valid."""


def schemathesis(*arguments: str, seconds: int) -> subprocess.CompletedProcess[str]:
    fixed = ["-n", "4", "--seed", "1", "--max-time", str(seconds), "--generation-database", "none"]
    program = "from schemathesis.cli import schemathesis; schemathesis()"
    command = [sys.executable, "-W", "ignore", "-c", program, "run", *arguments, *fixed]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_control_plane_keeps_its_contract(served: str) -> None:
    url = f"{served}/_wavetank"
    done = schemathesis(
        f"{url}/openapi.json",
        "--url",
        url,
        "-H",
        "Authorization: Bearer the-token",
        "--phases",
        "coverage",
        seconds=5,
    )
    assert done.returncode == 0, done.stdout[-6000:]


@pytest.mark.soak
@pytest.mark.parametrize("name", ["bookshop", "helpdesk", "calendar"])
def test_a_served_document_keeps_its_contract(name: str) -> None:
    world = World.load(name)
    headers = ("-H", "Authorization: Bearer any", "-H", "X-API-Key: any")
    with Background(Server({name: world}, mcp=False)) as server:
        url = server.url + world.document.base_path
        path = str(DOCUMENTS / f"{name}.yaml")
        done = schemathesis(path, "--url", url, *headers, "--exclude-checks", BY_DESIGN, seconds=40)
    assert done.returncode == 0, done.stdout[-6000:]
