"""Hostile agents: their own failure, within their budget, and nobody else's."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from textwrap import indent
from time import monotonic
from typing import Any

import pytest

from agent.collect.collect import collect
from agent.foreign.command_agent import CommandAgent
from agent.foreign.python_agent import PythonAgent
from tests.agent.worlds import add_book, shelf
from tests.hostile.agents import functions, programs
from trajectories import Store, Trajectory

HEAD = """
import os, signal, subprocess, sys, time
pipes = []
def line(data):
    # Forged: with the number of the episode, as our own lines have it.
    mark = b'{"episode": %d, ' % pipes[-1]._episode
    os.write(3, mark + data[1:] if data[:2] == b'{"' else data)
"""
PATIENCE = 4.0


def play(agent: Any, titles: list[str]) -> dict[str, Trajectory]:
    """One episode per title, all at once, by title."""
    tasks = [add_book(title) for title in titles]
    with Store.open(":memory:") as store:
        list(collect([shelf()], agent, store, n=len(tasks), tasks=tasks, width=6))
        return {run.instruction.split('"')[1]: run for run in store.iterate()}


def written(folder: Path, bodies: dict[str, str]) -> tuple[Path, dict[str, str]]:
    """A file that does what its task's title says, and what each title stands for."""
    titles = {f"T{number}": name for number, name in enumerate(bodies)}
    text = HEAD
    for title, name in titles.items():
        text += f"def {title}(task, tools, call):\n{indent(bodies[name] or 'pass', '    ')}\n"
    text += "def kind(task, tools, call): return 'Done.'\n"
    text += "def solve(task, tools, call):\n"
    text += "    if tools: pipes.append(call.__self__)\n"
    text += "    return globals().get(task.split('\"')[1], kind)(task, tools, call)\n"
    text += "if __name__ == '__main__':\n"
    text += "    said = solve(os.environ['WAVETANK_TASK'], 0, 0)\n    if said: print(said)\n"
    place = folder / "mine.py"
    place.write_text(text)
    return place, titles


def check(agent: Any, titles: dict[str, str], mark: str) -> None:
    start = monotonic()
    runs = play(agent, [*titles, "kind"])
    assert runs.pop("kind").outcome.end == "finish"
    assert runs.keys() == titles.keys()
    for title, run in runs.items():
        assert not run.outcome.success, titles[title]
        assert run.outcome.end != "error" or run.outcome.attribution == "agent:planner"
        assert "Traceback" not in run.outcome.failures[-1] or "mine.py" in run.outcome.failures[-1]
    assert monotonic() - start < 2 * PATIENCE + len(titles)
    assert not left_over(mark)


def left_over(mark: str) -> list[str]:
    """What still runs of those that were started with the mark in their environment."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if place.name != str(os.getpid()) and mark.encode() in (place / "environ").read_bytes():
                found.append((place / "cmdline").read_text())
        except OSError:
            continue
    return found


def try_out(folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, step: slice) -> None:
    mark = f"WAVETANK_TEST={folder}"
    monkeypatch.setenv("WAVETANK_TEST", str(folder))
    bodies = functions() if kind == "python" else programs()
    chosen = {name: bodies[name] for name in sorted(bodies)[step]}
    place, titles = written(folder, chosen)
    if kind == "python":
        check(PythonAgent("mine", str(place), "solve", patience=PATIENCE), titles, mark)
    else:
        words = (sys.executable, str(place))
        check(CommandAgent("mine", words, patience=PATIENCE), titles, mark)


def test_there_are_enough_of_them() -> None:
    assert len(functions()) + len(programs()) >= 100


@pytest.mark.parametrize("kind", ["python", "command"])
def test_a_share_of_hostile_agents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    try_out(tmp_path, monkeypatch, kind, slice(None, None, 9 if kind == "python" else 4))


def test_a_program_that_leaves_its_session_is_ended_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVETANK_TEST", str(tmp_path))
    name = "leaves its session"
    place, titles = written(tmp_path, {name: programs()[name]})
    play(CommandAgent("mine", (sys.executable, str(place)), patience=PATIENCE), [*titles])
    assert not left_over(f"WAVETANK_TEST={tmp_path}")


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["python", "command"])
def test_all_hostile_agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    try_out(tmp_path, monkeypatch, kind, slice(None))
