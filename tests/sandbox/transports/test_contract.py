"""Schemathesis, run as its users run it, finds nothing to complain about."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import specs
from sandbox import Document, World
from sandbox.transports.server import Background, Server

FUZZER = Path(__file__).with_name("fuzzer.py")
DOCUMENTS = Path(specs.__file__).parent / "documents"
TAKEN = ["2xx", "3xx", "401", "403", "404", "409", "429", "5xx"]
"""What Schemathesis expects as the answer to valid data, whatever the document says."""


def schemathesis(*arguments: str, seconds: int) -> subprocess.CompletedProcess[str]:
    fixed = ["-n", "4", "--seed", "1", "--max-time", str(seconds), "--generation-database", "none"]
    command = [sys.executable, "-P", "-W", "ignore", str(FUZZER), *arguments, *fixed]
    return subprocess.run(command, capture_output=True, text=True)


def expectations(document: Document) -> str:
    """Schemathesis's settings: two refusals of valid data that the document's words call for.

    An If-Match with an invented tag fails (412), and a key that came with another request is not
    taken again (422): their texts are valid, and what they say of earlier requests is not.
    """
    lines = []
    for operation in document.operations.values():
        headers = {each.name.lower() for each in operation.parameters}
        added = ["412"] * ("if-match" in headers) + ["422"] * ("idempotency-key" in headers)
        if added:
            name = f"{operation.method} {operation.path}"
            lines += ["[[operations]]", f'include-name = "{name}"']
            lines += [f"checks.positive_data_acceptance.expected-statuses = {TAKEN + added}"]
    return "\n".join(lines)


def credentials(document: Document) -> list[str]:
    """The one key that the server takes, wherever the document wants it."""
    schemes = document.security_schemes.values()
    names = [str(scheme["name"]) for scheme in schemes if scheme.get("in") == "header"]
    headers = [f"{name}: the-key" for name in names] + ["Authorization: Bearer the-key"]
    return [part for header in headers for part in ("-H", header)]


def test_the_control_plane_keeps_its_contract(served: str) -> None:
    url = f"{served}/_wavetank"
    done = schemathesis(
        "run",
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
@pytest.mark.parametrize("name", sorted(place.stem for place in DOCUMENTS.glob("*.yaml")))
def test_a_served_document_keeps_its_contract(name: str, tmp_path: Path) -> None:
    world = World.load(name)
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(expectations(world.document))
    place = str(DOCUMENTS / f"{name}.yaml")
    headers = credentials(world.document)
    app = Server({name: world}, mcp=False, options={"credentials": ["the-key"]})
    with Background(app) as server:
        url = server.url + world.document.base_path
        done = schemathesis(
            "--config-file", str(settings), "run", place, "--url", url, *headers, seconds=25
        )
    assert done.returncode == 0, done.stdout[-6000:]
