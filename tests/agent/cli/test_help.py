"""Help: every command has an example, and every example is a call that the command takes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from agent.cli import EXAMPLES, application

ROOT: Any = typer.main.get_command(application())


def commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path}{name} ")
        else:
            yield path + name, command


def test_every_command_has_one_example() -> None:
    assert {name for name, _ in commands(ROOT)} == set(EXAMPLES)


@pytest.mark.parametrize(("name", "command"), list(commands(ROOT)))
def test_help_ends_in_an_example_that_the_command_takes(name: str, command: Any) -> None:
    shown = CliRunner().invoke(application(), [*name.split(), "-h"], prog_name="wavetank")
    assert shown.exit_code == 0 and "Usage: wavetank" in shown.stdout
    assert " ".join(shown.stdout.split()).endswith(f"Example: wavetank {EXAMPLES[name]}")
    words = shlex.split(EXAMPLES[name])
    assert " ".join(words).startswith(name)
    with command.make_context(name, words[len(name.split()) :]) as context:
        assert not context.args


def test_a_shell_completes_commands_and_listings() -> None:
    def completed(line: str) -> str:
        asked = {"_WAVETANK_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": ""}
        asked["COMP_CWORD"] = str(len(line.split()) - 1)
        return CliRunner().invoke(application(), prog_name="wavetank", env=asked).stdout

    assert completed("wavetank ser").split() == ["serve"]
    assert completed("wavetank list fin").split() == ["findings"]
