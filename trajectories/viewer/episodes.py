"""What the pages ask a store: one page of a filtered list, the choices of a filter, a scorecard."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from trajectories.query import Terms
from trajectories.records import Trajectory
from trajectories.scoring.findings import findings, legends, summarise
from trajectories.scoring.outcomes import in_words
from trajectories.store import Store
from trajectories.viewer.pages import visible

PAGE: Final = 50
FILTERS: Final = (
    "verdict", "finding", "outcome", "kind", "fault", "drift", "attribution", "agent", "document",
    "label", "tool", "text",
)  # fmt: skip
_DIGEST: Final = re.compile("[0-9a-f]{64}")
_ROLES: Final = ("umi", "single", "checkpoint")
"""Agents made of roles, of which one can be to blame."""
SORTS: Final = ("seq", "agent", "seed", "kind", "success", "ending", "attribution", "steps")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: `total` records meet the terms, `start` is the first one's place."""

    records: Sequence[Trajectory]
    total: int
    start: int
    terms: Mapping[str, str]
    sort: str
    descending: bool

    @property
    def stories(self) -> list[dict[str, Any]]:
        """What each line of the list says."""
        return [story(record) for record in self.records]

    @property
    def state(self) -> dict[str, str]:
        """The query that leads back to this page."""
        order = f"-{self.sort}" if self.descending else self.sort
        return {**self.terms, "sort": order, "start": str(self.start)}


@dataclass(frozen=True, slots=True)
class Cell:
    """Episodes of one agent in which one fault fired (or none)."""

    agent: str
    fault: str
    episodes: int
    successes: int

    @property
    def share(self) -> float:
        return self.successes / self.episodes

    @property
    def level(self) -> int:
        """0 (always fails) to 4 (always succeeds), for the colour of the cell."""
        return min(4, int(self.share * 5))


def page(store: Store, asked: Mapping[str, str]) -> Page:
    """The page that a query string asks for. Unknown names and malformed numbers are ignored."""
    terms = {name: asked[name].strip() for name in FILTERS if asked.get(name, "").strip()}
    order = asked.get("sort", "seq")
    descending, sort = order.startswith("-"), order.lstrip("-")
    sort = sort if sort in SORTS else "seq"
    wanted = cast(Terms, terms)
    total = store.count(**wanted)
    start = _number(asked.get("start", "")) // PAGE * PAGE
    start = min(start, max(0, (total - 1) // PAGE * PAGE))
    records = store.page(wanted, sort=sort, descending=descending, start=start, size=PAGE)
    return Page(records, total, start, terms, sort, descending)


def scorecard(store: Store) -> tuple[list[str], list[str], dict[tuple[str, str], Cell]]:
    """Agents, faults ("calm" first) and a cell for each pair that has episodes."""
    cells = {
        (agent, fault or "calm"): Cell(agent, fault or "calm", episodes, successes)
        for agent, fault, episodes, successes in store.fault_counts()
    }
    agents = sorted({agent for agent, _ in cells})
    faults = sorted({fault for _, fault in cells}, key=lambda name: (name != "calm", name))
    return agents, faults, cells


def what_went_wrong(record: Trajectory) -> list[dict[str, Any]]:
    """The findings of an episode, worst first: text, how to mend it, and the rows that show it."""
    texts = summarise([record])
    rows = {each.kind: each.rows for each in findings(record)}
    return [
        {"kind": each.kind, "text": each.text, "mend": each.mend, "rows": rows[each.kind]}
        for each in texts
    ]


def found_kinds(store: Store) -> list[dict[str, Any]]:
    """The kinds of findings in a store, worst first, with how many episodes show each."""
    counted = store.counts("finding", limit=100)
    return [
        {"kind": kind, "text": legend.text.format(tool="a write"), "mend": legend.mend,
         "invariant": legend.invariant, "episodes": counted[kind]}
        for kind, legend in legends().items()
        if kind in counted
    ]  # fmt: skip


def siblings(store: Store, record: Trajectory, limit: int = 12) -> list[Trajectory]:
    """Other episodes of the same task and seed: of another agent, or under another scenario."""
    same = store.page(
        cast(Terms, {"seed": record.seed}), sort="agent", descending=False, start=0, size=4 * limit
    )
    task = record.task.get("id")
    return [each for each in same if each.id != record.id and each.task.get("id") == task][:limit]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def choices(store: Store) -> dict[str, list[str]]:
    """What each filter can be set to, where that is a short list."""
    found: dict[str, list[str]] = {"outcome": ["success", "failure"]}
    for name in (
        "verdict",
        "finding",
        "fault",
        "drift",
        "agent",
        "document",
        "label",
        "attribution",
        "kind",
    ):
        # What cannot be shown as it is cannot be picked either; the words still find it.
        found[name] = [value for value in store.values(name) if visible(value) == value]
    # A document can be asked for by its digest too, but nobody picks one from a list.
    found["document"] = [name for name in found["document"] if not _DIGEST.fullmatch(name)]
    return found


def story(record: Trajectory) -> dict[str, Any]:
    """What the head of an episode's page says, as plain values."""
    outcome = record.outcome
    return {
        "id": record.id,
        "agent": record.agent,
        "document": record.document.title or record.document.source,
        "instruction": record.instruction,
        "success": outcome.success,
        "end": outcome.end,
        "kind": getattr(outcome, "kind", None),
        "claim": getattr(outcome, "claim", None),
        "answer": outcome.answer,
        "failures": [in_words(failure) for failure in outcome.failures],
        "attribution": outcome.attribution,
        "blame": _blame_text(record),
        "seed": record.seed,
        "faults": record.faults,
        "drift": record.drift,
        "fired": record.fired,
        "calls": len(record.ledger),
    }


def _blame_text(record: Trajectory) -> str:
    """Whose failure it was, for people; "" where it was nobody's."""
    who, _, which = str(record.outcome.attribution or "").partition(":")
    if who == "agent":
        has_roles = record.agent.partition(":")[0] in _ROLES
        return f"the agent, its {which}" if has_roles and which else "the agent"
    names = {"injected": "the fault", "drift": "the change of the API", "ours": "Wavetank itself"}
    return f"{names.get(who, who)} {which}".strip()
