"""What `wavetank init` writes: tasks, a suite and a CI job. It never overwrites a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import AgentError
from agent.installation import origin
from specs import __version__

if TYPE_CHECKING:
    from sandbox import World

_SUITE = """\
# What the agent goes through; see `wavetank list presets`, `list faults` and `list drift`.
about: The scenarios of this repository's agent.
tasks: 12
scenarios:
  - { name: calm }
  - { name: rate limits, faults: H01 }
  - { name: lost replies, faults: T03 }
"""

_JOB = """\
# Fails the build when the agent does harm, or reaches too few of its goals.
name: agent survives
on: [push]
jobs:
  wavetank:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "3.11"}}
      - run: pip install {source}
      # Put your own agent here: openai:MODEL@URL, python:FILE:FUNCTION or command:PROGRAM.
      - run: wavetank stress {document} --tasks tasks.yaml --suite suite.yaml --agent scripted:perfect --fail-under 70 --junit wavetank.xml --markdown wavetank.md
"""  # noqa: E501 (a CI job's command is one line)


def write_starter(world: World, document: str, out: Path, *, seed: int) -> list[Path]:
    """Write the files. Raises AgentError when one of them is there already."""
    from sandbox.tasks import TaskFile, generate

    tasks, suite, job = out / "tasks.yaml", out / "suite.yaml", out / "wavetank-ci.yaml"
    for path in (tasks, suite, job):
        if path.exists():
            raise AgentError(f"{path}: is there already; choose another folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    made = list(generate(world, n=12, seed=seed))
    TaskFile(document=document, tasks=made).dump(tasks)
    suite.write_text(_SUITE, encoding="utf-8")
    job.write_text(_JOB.format(document=document, source=_source()), encoding="utf-8")
    return [tasks, suite, job]


def _source() -> str:
    """What `pip install` takes to get this Wavetank, from where it was installed itself."""
    found = origin()
    if "vcs_info" in found:
        vcs = found["vcs_info"]
        return f"'wavetank @ {vcs['vcs']}+{found['url']}@{vcs['commit_id']}'"
    if found:
        # A folder or a file of this machine: the job has to be given one of its own.
        return '"${WAVETANK_WHEEL:?set it to a wheel or a git URL of wavetank}"'
    return f"wavetank=={__version__}"
