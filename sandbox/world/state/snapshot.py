"""Keeping: a session's present as a value and as JSON, and a session that goes on from it.

What was written, how often each call was made, the clock, the tools shown and the credential are
kept; so is the number of ledger rows, since releases may go by it, but not the rows. Faults draw
on from where they were; what their rules remember begins anew.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rpds import HashTrieMap, List

from sandbox.document.data_urls import File
from sandbox.errors import PlanError
from sandbox.messages import Response
from sandbox.world.ledger import Ledger
from sandbox.world.state.collection_paths import Key
from sandbox.world.state.layered_counts import Counts
from sandbox.world.state.state import Entity, Job, Overlay

if TYPE_CHECKING:
    from sandbox.world.hooks import FaultHook
    from sandbox.world.session import Session

_FORM: Final = 1
_BYTES: Final = "$bytes"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a session needs to go on from here. Holding one costs nothing."""

    overlay: Overlay
    counts: Counts
    clock: float
    ledger: Ledger
    faults: FaultHook | None
    docs: int
    credential: int


def to_json(session: Session) -> dict[str, Any]:
    """The session's present as plain JSON values; `from_json` goes on from there."""
    moment = session.snapshot()
    overlay = moment.overlay
    counted = sorted((counter_text(key), number) for key, number in moment.counts.items())
    return {
        "form": _FORM,
        "document": session.world.document.sha256,
        "seed": session.seed,
        "label": session.label,
        "clock": moment.clock,
        "docs": moment.docs,
        "credential": moment.credential,
        "calls": len(moment.ledger),
        "version": overlay.version,
        "items": sorted(
            ([path, id, value_to_json(entity)] for (path, id), entity in overlay.items.items()),
            key=lambda row: row[:2],
        ),
        "added": {path: list(overlay.added[path]) for path in sorted(overlay.added)},
        "jobs": [[*key, *known] for key, known in sorted(overlay.jobs.items())],
        "contents": {
            path: [b64encode(file.data).decode(), file.media_type, file.name]
            for path, file in sorted(overlay.contents.items())
        },
        "answered": answered_to_json(dict(sorted(overlay.answered.items(), key=lambda p: p[0]))),
        "parents": sorted([*key, *parent] for key, parent in overlay.parents.items()),
        "members": sorted([*key, added] for key, added in overlay.members.items()),
        "counts": counted,
        "met": moment.faults.call_counts() if moment.faults is not None else [],
    }


def from_json(session: Session, kept: Mapping[str, Any], *, place: str = "kept session") -> None:
    """Bring a fresh session to the kept present.

    Raises PlanError, naming `place`, when the record is of another document, seed or label, or
    is no such record.
    """
    _fits(session, kept, place)
    try:
        moment = Snapshot(
            overlay=_overlay(kept),
            counts=Counts.of({counter_key(text): int(number) for text, number in kept["counts"]}),
            clock=float(kept["clock"]),
            ledger=Ledger.after_rows(int(kept["calls"])),
            faults=_resume_faults(session.faults, kept.get("met") or []),
            docs=int(kept["docs"]),
            credential=int(kept["credential"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PlanError(place, f"is not a kept session: {error!r}") from error
    session.restore(moment)


def _resume_faults(faults: FaultHook | None, met: Sequence[Sequence[Any]]) -> FaultHook | None:
    if faults is not None:
        faults.resume(met)
    return faults


def _fits(session: Session, kept: Mapping[str, Any], place: str) -> None:
    if not isinstance(kept, Mapping) or kept.get("form") != _FORM:
        raise PlanError(place, f"is not a kept session of form {_FORM}")
    wanted = {
        "document": session.world.document.sha256, "seed": session.seed, "label": session.label,
    }  # fmt: skip
    for name, value in wanted.items():
        if kept.get(name) != value:
            raise PlanError(
                place,
                f"belongs to another {name} ({kept.get(name)!r}, not {value!r}); "
                "choose another file or start as it was kept",
            )


def _overlay(kept: Mapping[str, Any]) -> Overlay:
    items: HashTrieMap[Key, Entity | None] = HashTrieMap(
        {(str(path), str(id)): value_from_json(entity) for path, id, entity in kept["items"]}
    )
    added = HashTrieMap(
        {str(path): List([str(id) for id in ids]) for path, ids in kept["added"].items()}
    )
    answered = HashTrieMap(answered_from_json(kept["answered"]))
    rows = kept.get("parents", ())
    parents = HashTrieMap({(path, id): (above, owner) for path, id, above, owner in rows})
    jobs: HashTrieMap[Key, Job] = HashTrieMap(
        {(str(path), str(id)): Job(*job) for path, id, *job in kept.get("jobs", ())}
    )
    contents: HashTrieMap[str, File] = HashTrieMap(
        {
            str(path): File(b64decode(data), str(kind), str(name))
            for path, (data, kind, name) in kept.get("contents", {}).items()
        }
    )
    members = HashTrieMap({(path, id): bool(here) for path, id, here in kept.get("members", ())})
    return Overlay(items, added, int(kept["version"]), answered, parents, jobs, contents, members)


def answered_to_json(answered: Mapping[str, tuple[bytes, Response]]) -> dict[str, Any]:
    """First replies by idempotency key, with the payload that each key came with, as JSON."""
    return {key: [payload.hex(), _reply(reply)] for key, (payload, reply) in answered.items()}


def answered_from_json(kept: Mapping[str, Any]) -> dict[str, tuple[bytes, Response]]:
    """What `answered_to_json` wrote down."""
    return {
        str(key): (bytes.fromhex(payload), _response(reply))
        for key, (payload, reply) in kept.items()
    }


def _reply(response: Response) -> dict[str, Any]:
    return {
        "status": response.status,
        "headers": [list(pair) for pair in response.headers],
        "body": b64encode(response.body).decode(),
    }


def _response(kept: Mapping[str, Any]) -> Response:
    headers = tuple((str(name), str(value)) for name, value in kept["headers"])
    return Response(int(kept["status"]), headers, b64decode(kept["body"]))


def value_to_json(value: Any) -> Any:
    """Entities hold JSON values and, where files were uploaded, bytes."""
    if isinstance(value, bytes):
        return {_BYTES: b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {str(key): value_to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [value_to_json(item) for item in value]
    return value


def value_from_json(kept: Any) -> Any:
    """What `value_to_json` wrote down."""
    if isinstance(kept, dict):
        if set(kept) == {_BYTES}:
            return b64decode(kept[_BYTES])
        return {key: value_from_json(item) for key, item in kept.items()}
    return [value_from_json(item) for item in kept] if isinstance(kept, list) else kept


def counter_text(key: Hashable) -> str:
    """A counter's key as text: calls are counted by bytes, all else by text."""
    return f"b{key.hex()}" if isinstance(key, bytes) else f"s{key}"


def counter_key(text: str) -> Hashable:
    """The key of which `counter_text` made a text."""
    return bytes.fromhex(text[1:]) if text.startswith("b") else text[1:]
