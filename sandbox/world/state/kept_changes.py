"""Kept changes: what single calls changed in a session, as JSON, to be made again in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rpds import HashTrieMap

from sandbox.conventions.idempotency import SAFE
from sandbox.world.call_keys import canonical_key
from sandbox.world.clock import Clock
from sandbox.world.ledger import Exchange, Ledger
from sandbox.world.state.snapshot import (
    answered_from_json,
    answered_to_json,
    counter_key,
    counter_text,
    value_from_json,
    value_to_json,
)
from sandbox.world.state.state import Job, Overlay

if TYPE_CHECKING:
    from sandbox.world.session import Session

_JOURNALED: Final = frozenset(
    {"items", "added", "version", "answered", "parents", "jobs", "members"}
)
"""The parts of an overlay that a change tells; where another one differs there is no telling."""


def change_of(session: Session, before: Overlay, rows: Sequence[Exchange]) -> dict[str, Any] | None:
    """What the calls of these rows changed since the overlay was `before`; {} for nothing.

    None where the rows do not tell all of it, and only the whole session does.
    """
    overlay = session.state.overlay
    counts = {
        counter_text(key): session.counts.get(key)
        for key in (_counter(session, row) for row in rows)
        if session.counts.get(key) is not None
    }
    if overlay is before and not counts:
        return {}
    # A call that no entity shows changed nothing here.
    effects = [effect for row in rows for effect in row.effects if effect.kind != "call"]
    keys = dict.fromkeys((effect.collection, effect.id) for effect in effects)
    members = {key: overlay.members[key] for key in keys if key in overlay.members}
    items = {key: overlay.items.get(key) for key in keys if key not in members}
    parents = {key: overlay.parents[key] for key in keys if key in overlay.parents}
    answered = {}
    if overlay.answered is not before.answered:
        asked = (row.keyed.key(row.arguments) for row in rows if row.keyed and row.arguments)
        answered = {key: overlay.answered[key] for key in asked if key and key in overlay.answered}
    new_parents = sum(key not in before.parents for key in parents)
    new_members = sum(key not in before.members for key in members)
    new_answers = sum(key not in before.answered for key in answered)
    complete = (
        overlay.version - before.version == len(effects)
        and len(overlay.parents) - len(before.parents) == new_parents
        and len(overlay.members) - len(before.members) == new_members
        and len(overlay.answered) - len(before.answered) == new_answers
        and all(
            getattr(overlay, name) is getattr(before, name)
            for name in Overlay._fields
            if name not in _JOURNALED
        )
    )
    if not complete:
        return None
    return {
        "clock": session.clock.now,
        "calls": len(session.ledger),
        "docs": session.docs,
        "credential": session.credential,
        "version": overlay.version,
        "items": [[*key, value_to_json(entity)] for key, entity in items.items()],
        "members": [[*key, added] for key, added in members.items()],
        "parents": [[*key, *parent] for key, parent in parents.items()],
        "answered": answered_to_json(answered),
        "jobs": None
        if overlay.jobs is before.jobs
        else [[*key, *known] for key, known in sorted(overlay.jobs.items())],
        "counts": counts,
    }


def make_change(session: Session, change: Mapping[str, Any]) -> None:
    """Bring a session from where a change began to where it ended."""
    state = session.state
    for path, id, entity in change["items"]:
        if entity is None:
            state.delete(path, id)
        else:
            state.put(path, id, value_from_json(entity))
    for path, id, added in change.get("members", ()):
        state.set_member(path, id, added=added)
    overlay = state.overlay
    parents, answered, jobs = overlay.parents, overlay.answered, overlay.jobs
    for path, id, above, owner in change["parents"]:
        parents = parents.insert((path, id), (above, owner))
    for key, known in answered_from_json(change["answered"]).items():
        answered = answered.insert(key, known)
    if change["jobs"] is not None:
        jobs = HashTrieMap({(path, id): Job(*known) for path, id, *known in change["jobs"]})
    state.overlay = overlay._replace(
        parents=parents, answered=answered, jobs=jobs, version=change["version"]
    )
    for text, number in change["counts"].items():
        session.counts.put(counter_key(text), number)
    session.clock = Clock(change["clock"])
    session.ledger = Ledger.after_rows(change["calls"])
    session.docs, session.credential = change["docs"], change["credential"]


def _counter(session: Session, row: Exchange) -> bytes:
    """The key by which a session counts calls like this one; b"" for one that is not counted."""
    operation = session.world.document.operations.get(row.operation or "")
    if operation is None or operation.method in SAFE or row.arguments is None or row.problems:
        return b""
    asked = row.arguments if row.keyed is None else row.keyed.without(row.arguments)
    return canonical_key(operation.id, asked)
