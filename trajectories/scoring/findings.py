"""Findings: in which ways an agent did harm, with the ledger rows that show it.

Pure; the words are in `findings.yaml`, the invariants in `detectors.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from trajectories.records import Trajectory
from trajectories.scoring.detectors import DETECTORS
from trajectories.scoring.exchanges import created_ids, went_well


@dataclass(frozen=True, slots=True)
class Legend:
    """What a finding means, for people."""

    kind: str
    text: str
    invariant: str
    mend: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken invariant in one episode."""

    kind: str
    rows: tuple[int, ...]
    """Ledger rows that show it (from 0); empty where the answer itself does."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One kind of finding over many episodes, with the episodes that show it."""

    kind: str
    text: str
    mend: str
    failed: int
    of: int
    """Episodes that gave occasion for it."""
    episodes: tuple[str, ...]
    """Ids of those that failed, at most ten."""
    detail: str = ""
    """What the first of them ended with, where that is the finding: a crash's last line."""

    @property
    def sentence(self) -> str:
        """What happened, and in how many of the episodes that gave occasion for it."""
        return f"{self.text}: {self.failed} of {self.of}" + (self.detail and f" ({self.detail})")


@cache
def legends() -> Mapping[str, Legend]:
    """Every kind of finding, worst first."""
    text = files("trajectories.scoring").joinpath("findings.yaml").read_text("utf-8")
    return {kind: Legend(kind, **words) for kind, words in yaml.safe_load(text).items()}


def findings(record: Trajectory) -> tuple[Finding, ...]:
    """What went wrong in one episode, worst first."""
    found = ((kind, DETECTORS[kind](record)) for kind in legends())
    return tuple(Finding(kind, tuple(rows)) for kind, rows in found if rows)


def summarise(records: Iterable[Trajectory]) -> tuple[Summary, ...]:
    """The findings of a run, worst first, each with how often it had an occasion."""
    failed: dict[str, list[str]] = defaultdict(list)
    occasions: dict[str, int] = defaultdict(int)
    tools: dict[str, str] = {}
    crash, ends = "", set[str]()
    for record in records:
        for kind, detect in DETECTORS.items():
            rows = detect(record)
            if rows is None:
                continue
            occasions[kind] += 1
            if rows:
                failed[kind].append(record.id)
                if kind == "crashed":
                    crash = crash or _last_line(record)
                    ends.add(record.outcome.end)
                if kind not in tools and rows[0] >= 0:
                    tools[kind] = _tools_text(record, kind, rows[0])
    return tuple(
        Summary(
            kind,
            _endings(ends)
            if kind == "crashed"
            else legend.text.format(tool=tools.get(kind, "a write")),
            legend.mend,
            len(failed[kind]),
            occasions[kind],
            tuple(failed[kind][:10]),
            crash if kind == "crashed" else "",
        )
        for kind, legend in legends().items()
        if failed[kind]
    )


def _tools_text(record: Trajectory, kind: str, row: int) -> str:
    """The tool that was called, and where that matters, after what."""
    rows = record.ledger
    earlier = [each for each in rows[:row] if each.get("operation") == rows[row].get("operation")]
    lost = any(created_ids(each) and not went_well(each) for each in earlier)
    after = " after a reply that was lost" if kind == "duplicate_effect" and lost else ""
    return f"{rows[row].get('tool') or 'a call'}{after}"


_ENDS = {
    "steps": "no end within its calls",
    "repeats": "the same call again and again",
    "tokens": "no end within its tokens",
}


def _endings(ends: set[str]) -> str:
    """What is wrong with how episodes ended, by their ends."""
    if ends <= _ENDS.keys():
        return "does not stop by itself"
    return legends()["crashed"].text if ends & _ENDS.keys() else "crashes"


def _last_line(record: Trajectory) -> str:
    """Why an episode did not end by itself, in at most 200 characters."""
    if (end := record.outcome.end) in _ENDS:
        return _ENDS[end]
    lines = (record.outcome.failures or [end])[-1].strip().splitlines()
    return lines[-1].removeprefix("did not stop by itself: error: ")[:200] if lines else end
