"""What `wavetank init` writes: a tasks file and a CI job. Existing files are never overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import AgentError

if TYPE_CHECKING:
    from sandbox import World

_JOB = """\
# Fails the build when the agent no longer survives these tasks.
name: agent survives
on: [push]
jobs:
  wavetank:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "3.11"}}
      - run: pip install wavetank
      # Put your own agent here: openai:MODEL@URL, python:FILE:FUNCTION or command:PROGRAM.
      - run: wavetank eval {document} --tasks tasks.yaml --agent scripted:perfect --json
"""


def write_starter(world: World, document: str, out: Path, *, seed: int) -> list[Path]:
    """Write both files. Raises AgentError when one of them is there already."""
    from sandbox.tasks import TaskFile, generate

    tasks, job = out / "tasks.yaml", out / "wavetank-ci.yaml"
    for path in (tasks, job):
        if path.exists():
            raise AgentError(f"{path}: is there already; choose another folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    made = list(generate(world, n=12, seed=seed))
    TaskFile(document=document, tasks=made).dump(tasks)
    job.write_text(_JOB.format(document=document), encoding="utf-8")
    return [tasks, job]
