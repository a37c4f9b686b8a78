"""A command imports what it needs, and nothing of the others."""

from __future__ import annotations

import subprocess
import sys

import typer

from agent.cli import _COMMANDS, application

SERVED = """
import sys
import typer
from agent.cli import application
from sandbox import World
typer.main.get_command(application("serve"))
from sandbox.transports.server import Server, serve
server = Server({"shop": World.load("bookshop")})
assert server.sessions["shop"].session.call("listBooks", {}).status == 200
print(*sorted(sys.modules))
"""
FOREIGN = (
    "agent.agents", "agent.collect", "agent.evaluation", "agent.runtime", "agent.training",
    "agent.cli.data", "agent.cli.learning", "agent.cli.running", "agent.cli.stressing", "csv",
    "fastapi", "httpx", "importlib.metadata", "jinja2", "matplotlib", "mcp", "numpy",
    "openapi_core", "PIL", "pydantic", "respx", "rich", "sandbox.document.referee",
    "sandbox.drift", "sandbox.faults", "sandbox.tasks", "sandbox.transports.control",
    "sandbox.transports.mcp", "sqlalchemy", "sqlmodel", "starlette", "torch", "trajectories",
    "transformers", "xml.etree", "zipfile",
)  # fmt: skip


def test_serving_a_reply_needs_nothing_of_the_other_commands() -> None:
    done = subprocess.run([sys.executable, "-c", SERVED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.split()
    assert [name for name in FOREIGN if name in loaded] == []


def test_each_command_is_found_where_the_table_says() -> None:
    names = set(_names(application()))
    assert names == {command for commands in _COMMANDS.values() for command in commands}
    for command in sorted(names):
        assert _names(application(command)) == [command]


def _names(app: typer.Typer) -> list[str]:
    commands = [str(each.name) for each in app.registered_commands]
    return commands + [str(each.name) for each in app.registered_groups]
