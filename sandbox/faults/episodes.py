"""Incidents: what hit which intent, and which later calls belong to it. A ledger, read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.conventions.paths import id_text
from sandbox.faults.registry import faults
from sandbox.world.ledger import Exchange, arguments_json

_NEAR = 3.0
"""Leaf edits up to which a call of the same operation counts as a repair of an earlier one."""
_HIDDEN = ("hidden_wait_s", "duration_s")
"""Parameters with a wait that no reply tells."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One attempt at one task, with what judged it."""

    rows: tuple[Exchange, ...]
    answer: str | None = None
    gave_up: bool = False
    success: bool | None = None
    """Whether the goal was reached, where a task says so."""
    solvable: bool = True
    task: str = ""
    """Which task it was an attempt at: episodes of one task go together in statistics."""


@dataclass(frozen=True, slots=True)
class Incident:
    """The smallest thing recovery is scored on: one rule's consecutive firings on one intent."""

    cause: str
    """Fault id, or "drift"."""
    rule: str
    intent: str
    operation: str
    hits: tuple[int, ...]
    """Sequence numbers of the exchanges it hit."""
    later: tuple[int, ...]
    """Later exchanges of the same business call, repaired forms included."""
    fuzzy: int
    """How many of `later` were linked by nearness only."""
    wait_s: float
    """The wait that the last hit stated (or hid); 0 when none."""
    told: bool
    """Whether that wait was stated: nobody can be held to one that was not."""
    canaries: tuple[str, ...]
    """Values that betray a later call or answer which used them."""
    solvable: bool
    visible: bool
    """Whether the reply itself showed that something was wrong."""


def incidents(episode: Episode) -> list[Incident]:
    """The incidents of an episode in the order of their first hit. Benign firings make none."""
    rows = episode.rows
    open_: dict[tuple[str, str, str], list[int]] = {}
    gone: set[str] = set()
    for row in rows:
        for cause, rule in _causes(row):
            # Who looks for what was deleted is told the truth, whatever has drifted.
            if cause != "drift" or row.response.status != 404 or gone.isdisjoint(_named(row)):
                open_.setdefault((cause, rule, _intent(row)), []).append(row.seq)
        gone |= {effect.id for effect in row.effects if effect.kind == "delete"}
    found = [_incident(episode, key, hits) for key, hits in open_.items()]
    return sorted(found, key=lambda incident: incident.hits)


def _named(row: Exchange) -> set[str]:
    """The ids in the path of a call."""
    return {id_text(value) for value in row.arguments.path.values()} if row.arguments else set()


def _intent(row: Exchange) -> str:
    return row.intent or f"{row.operation or row.tool or ''}:"


def _causes(row: Exchange) -> Iterator[tuple[str, str]]:
    known = faults()
    for firing in row.injected:
        entry = known.get(firing.fault)
        if entry is None or entry.kind != "benign":
            yield firing.fault, firing.rule
    # A call in the form of another release than the one that answers.
    if row.release != row.docs and row.operation is not None and row.response.status >= 300:
        yield "drift", f"release-{row.release}"


def _incident(episode: Episode, key: tuple[str, str, str], hits: list[int]) -> Incident:
    cause, rule, intent = key
    rows = episode.rows
    first, last = rows[hits[0]], rows[hits[-1]]
    exact = [row.seq for row in rows[first.seq + 1 :] if row.intent and row.intent == intent]
    near = _near(rows, first, set(exact)) if not exact else []
    later = tuple(seq for seq in sorted({*exact, *near}) if seq not in hits)
    firings = [f for seq in hits for f in rows[seq].injected if f.rule == rule]
    entry = faults().get(cause)
    params = firings[-1].params if firings else {}
    return Incident(
        cause=cause,
        rule=rule,
        intent=intent,
        operation=first.operation or "",
        hits=tuple(hits),
        later=later,
        fuzzy=len(near),
        wait_s=stated_wait(last, params),
        told=not any(name in params for name in _HIDDEN),
        canaries=tuple(_canaries(firings, [rows[seq] for seq in hits])),
        solvable=entry.solvable if entry is not None else True,
        visible=not went_well(first) or (entry is not None and not entry.silent),
    )


def _near(rows: Sequence[Exchange], first: Exchange, taken: set[int]) -> list[int]:
    """Later calls of the same operation that differ little: a repair rarely has the same intent."""
    return [
        row.seq
        for row in rows[first.seq + 1 :]
        if row.operation == first.operation
        and row.operation is not None
        and row.seq not in taken
        and distance(row, first) <= _NEAR
    ]


def went_well(row: Exchange) -> bool:
    """Whether the reply looked like success."""
    return row.response.transport is None and 200 <= row.response.status < 300


def undisturbed(row: Exchange) -> bool:
    """Success that no harmful fault touched."""
    return went_well(row) and not any(True for _ in _causes(row))


def committed(row: Exchange) -> int:
    """How many entities the call really created."""
    return sum(effect.kind == "create" for effect in row.effects)


def stated_wait(row: Exchange, params: Mapping[str, Any]) -> float:
    """Seconds that a reply asked for, or that its fault kept to itself."""
    told = row.response.header("retry-after")
    if told is not None and told.isdigit():
        return float(told)
    for name in ("wait_s", "busy_s", *_HIDDEN):
        if name in params:
            return float(params[name])
    return 0.0


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(pointer, scalar) of a JSON value."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from leaves(member, f"{path}/{name}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from leaves(member, f"{path}/{index}")
    else:
        yield path, value


def distance(one: Exchange, other: Exchange) -> float:
    """Leaf edits between two calls; a value that differs in type alone counts half."""
    a, b = _flat(one), _flat(other)
    total = 0.0
    for path in {*a, *b}:
        if path not in a or path not in b:
            total += 1.0
        elif a[path] != b[path]:
            total += 0.5 if str(a[path]) == str(b[path]) else 1.0
    return total


def _flat(row: Exchange) -> dict[str, Any]:
    shown = arguments_json(row.arguments) if row.arguments is not None else {"raw": row.raw}
    return dict(leaves(shown))


def _canaries(firings: Sequence[Any], rows: Sequence[Exchange]) -> Iterator[str]:
    for firing in firings:
        if "canary" in firing.draws:
            value = firing.draws["canary"]
            yield str(int(value)) if float(value).is_integer() else str(value)
    for row in rows:
        text = row.response.body.decode("utf-8", "replace")
        for mark in ("tok_",):
            at = text.find(mark)
            if at >= 0:
                yield text[at : at + 16]
