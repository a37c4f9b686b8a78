"""The examples run as they stand, each as a user would start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import World
from sandbox.transports.server import Background, Server
from tests.agent.conftest import ModelServer, Reply, model_server
from tests.examples.scripted_model import completion

__all__ = ["model_server"]  # a fixture

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
Start = Callable[[Reply], tuple[ModelServer, str]]
FRAMEWORKS = {
    "pydantic_ai_agent": ("pydantic-ai-slim[openai]==2.68.0",),
    "openai_agents_sdk_agent": ("openai-agents==0.24.0",),
    "langgraph_agent": ("langchain==1.5.2", "langgraph==1.2.24", "langchain-openai==1.7.4"),
}
"""Example → what it needs, in an environment of its own: their pins differ from ours."""


def calls(agent: str, home: Path, **environment: str) -> float:
    """Tool calls per episode that `wavetank stress` counts on two tasks under a rate limit."""
    words = ["stress", "bookshop", "--agent", agent, "-n", "2", "--faults", "H01", "--json"]
    done = subprocess.run(
        [BIN / "wavetank", *words],
        env=os.environ | {"XDG_DATA_HOME": str(home)} | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert set(row["ended"]) <= {"finish", "give_up"}, row["ended"]
    return float(row["calls_per_episode"])


def test_a_python_function(tmp_path: Path) -> None:
    assert calls(f"python:{HERE / 'python_function.py'}:act", tmp_path) >= 1


def test_a_program_that_speaks_http(tmp_path: Path) -> None:
    program = f"command:{sys.executable} {HERE / 'http_program.py'}"
    assert calls(program, tmp_path) >= 1


def test_an_openai_compatible_model(tmp_path: Path, model_server: Start) -> None:
    server, url = model_server(lambda asked: (200, completion(asked)))
    assert calls(f"openai:scripted@{url}", tmp_path, WAVETANK_AGENT_KEY="secret") >= 1
    assert set(server.keys) == {"Bearer secret"}


def test_an_mcp_client(tmp_path: Path) -> None:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, str(HERE / "mcp_client.py"), "bookshop"]
    done = subprocess.run(
        command, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=300
    )
    assert "tools; listBooks" in done.stdout and "->" in done.stdout, done.stderr


def test_a_callable_with_its_own_client_of_either_httpx() -> None:
    command = [sys.executable, str(HERE / "real_client.py"), "bookshop"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines() == [
        "httpx [500, 200] wrong 0.0",
        "httpx2 [500, 200] wrong 0.0",
    ], done.stderr


def test_an_mcp_client_over_http_hears_that_the_tools_have_changed() -> None:
    server = Server({"bookshop": World.load("bookshop")}, options={"drift": "D03"})
    with Background(server) as running:
        command = [sys.executable, str(HERE / "mcp_over_http.py"), f"{running.url}/_mcp"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert "the tools have changed: createBook" in done.stdout, done.stderr


@pytest.mark.soak
@pytest.mark.parametrize("name", sorted(FRAMEWORKS))
def test_an_agent_of_a_framework(tmp_path: Path, model_server: Start, name: str) -> None:
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    python = str(home / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *FRAMEWORKS[name]], check=True)
    _, url = model_server(lambda asked: (200, completion(asked)))
    model = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "WAVETANK_PYTHON": python}
    assert calls(f"python:{HERE / f'{name}.py'}:act", tmp_path, **model) >= 1
