"""A witness as a pytest of at most forty lines that needs nothing beside it."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

import orjson
import yaml

from agent.evaluation.cases import episode_story
from agent.evaluation.shrink import Witness
from trajectories.scoring.findings import legends

LINES: Final = 40
_WIDE: Final = 98
_STORY: Final = 8
"""Lines of the story that stand in the test."""


def as_pytest(witness: Witness, agent: str, *, place: Path) -> str:
    """The test: it fails while the agent shows the finding, and passes once it is mended.

    It uses nothing but the pytest plugin, so a user's own package of any name does not hide it.

    `place` is where it will be written: a file of the agent is named relative to it.
    """
    legend = legends()[witness.kind]
    runs = _runs_to_see(witness)
    more = f", runs={runs}" if runs > 1 else ""
    rule = f"{legend.invariant[0].upper()}{legend.invariant[1:]}. To mend it: {legend.mend}."
    first, *rest = wrap(rule, _WIDE)
    head = [f'"""{first}', *rest, "", *_story(witness), '"""', "", "import pytest", ""]
    tail = [
        "",
        "",
        f"@pytest.mark.wavetank(case=CASE, agent={_agent(agent, place)}{more})",
        f"def test_{witness.kind}(wavetank_findings):",
        f'    found = wavetank_findings.get("{witness.kind}")',
        "    assert found is None, found",
        "",
    ]
    room = LINES - len(head) - len(tail) - 1
    case = _case(witness.case.as_json(), room)
    return "\n".join([*head, 'CASE = r"""', *case, '"""', *tail])


def _story(witness: Witness) -> list[str]:
    lines = []
    for line in episode_story(witness.record):
        plain = re.sub(r'["\\\x00-\x1f\x7f-\x9f]', "'", line)
        lines += [plain if len(plain) <= _WIDE else f"{plain[: _WIDE - 1]}…"]
    if len(lines) > _STORY:
        lines = [*lines[: _STORY - 3], "…", *lines[-2:]]
    return lines


def _agent(name: str, place: Path) -> str:
    """The agent's name as Python text; its file is named relative to the test."""
    kind, _, rest = name.partition(":")
    target, _, function = rest.rpartition(":")
    if kind == "python" and target.endswith(".py"):
        file = os.path.relpath(target, place.resolve().parent).replace(os.sep, "/")
        name = f"python:{file}:{function}"
    return orjson.dumps(name).decode()


def _case(case: dict[str, Any], room: int) -> list[str]:
    """The case as YAML in at most `room` lines, as readable as they allow."""
    lines: list[str] = []
    for flow in (False, None, True):
        for width in (_WIDE,) if flow is not True else (_WIDE, 200, 400, 1000, math.inf):
            text = yaml.safe_dump(
                case, default_flow_style=flow, sort_keys=False, width=width, allow_unicode=True
            )
            lines = text.rstrip("\n").split("\n")
            if len(lines) <= room and '"""' not in text:
                return lines
    return [_without_quotes(orjson.dumps(case).decode())]


def _without_quotes(text: str) -> str:
    """JSON in which no three quotes follow one another: an empty text keeps a space beside it."""
    return text.replace('\\"', "\\u0022").replace('""', '"" ')


def _runs_to_see(witness: Witness) -> int:
    """Runs in which the finding shows with 95 % probability, while it is not mended."""
    share = witness.failed / witness.runs
    if share >= 1:
        return 1
    return min(20, math.ceil(math.log(0.05) / math.log(1 - share))) if share > 0 else 20
