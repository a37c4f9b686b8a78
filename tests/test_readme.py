"""The README's commands and code are run as they stand."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from yaml12 import parse_yaml

import agent
from sandbox import World
from tests.agent.cli.running import wavetank

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)
COMMANDS = re.findall(r"^\$ (wavetank [^#\n]+)", README, re.M)
LONG = re.compile("wavetank (demo|serve|pilot|invent)|--mutate|--save-test")


def test_the_commands_of_the_readme_run_as_they_follow_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS:
        if not LONG.search(command):
            words = shlex.split(command.replace("openapi.yaml", "bookshop"))
            assert wavetank(*words[1:]).stdout


@pytest.mark.soak
@pytest.mark.parametrize("flag", ["--mutate", "--save-test"])
def test_the_long_commands_of_the_readme_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (command,) = [each for each in COMMANDS if flag in each]
    assert wavetank(*shlex.split(command)[1:], check=None).stdout


def test_the_demo_is_in_the_readme() -> None:
    assert any(command.startswith("wavetank demo") for command in COMMANDS)


def test_the_readme_s_python_runs() -> None:
    (code,) = [each for each in PYTHON if "import agent_from, stress" in each]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and "Scorecard" in done.stdout, done.stderr


def test_the_readme_s_data_is_taken() -> None:
    (data,) = re.findall(r"```yaml\n(/authors.*?)```", README, re.S)
    entities = parse_yaml(data)
    assert isinstance(entities, dict)
    world = World.load("bookshop", data={str(name): kept for name, kept in entities.items()})
    assert "au_a11ce0" in world.session().call("listBooks", {}).text


@pytest.mark.parametrize("name", ["test_my_client_waits", "test_my_client_survives"])
def test_the_readme_s_tests_pass(pytester: pytest.Pytester, name: str) -> None:
    (code,) = [each for each in PYTHON if name in each]
    pytester.makepyfile(code)
    pytester.runpytest_subprocess("-p", "no:randomly", "--hypothesis-profile=ci").assert_outcomes(
        passed=1
    )


def test_every_variable_of_the_environment_is_explained() -> None:
    root = Path(agent.__file__ or "").parents[1]
    product = [
        file
        for name in ("agent", "sandbox", "trajectories")
        for file in (root / name).rglob("*.py")
    ]
    read = {name for file in product for name in re.findall("WAVETANK_[A-Z_]+", file.read_text())}
    contracts = (Path(__file__).parent.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert read and not {name for name in read if f"`{name}`" not in contracts}
