"""Saving: the sessions of a server in one file, so that the next start goes on from there."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sandbox.errors import PlanError
from sandbox.world.state.snapshot import from_json, to_json

if TYPE_CHECKING:
    from sandbox.transports.session_table import Sessions

_EVERY: Final = 3.0
"""Wall seconds between two looks for something to save."""


class Saving:
    """Writes a server's sessions into a file, whole or not at all, whenever something changed."""

    def __init__(self, sessions: Sessions, file: Path) -> None:
        self._sessions = sessions
        self._file = file
        self._saved: object = None

    def load(self) -> None:
        """Go on from the file, where there is one.

        Raises PlanError when it is no such file, or is of other documents or seeds.
        """
        if not self._file.exists():
            return
        place = str(self._file)
        try:
            record = json.loads(self._file.read_bytes())
            rows = [(str(row["id"]), str(row["document"]), row) for row in record["sessions"]]
        except (ValueError, KeyError, TypeError) as error:
            raise PlanError(place, f"is not a state file: {error}") from error
        for key, document, row in rows:
            if document not in self._sessions.worlds:
                served = ", ".join(self._sessions.worlds)
                raise PlanError(
                    place, f"belongs to another document ({document!r}); served are {served}"
                )
            held = self._sessions.resume(key, document, row.get("options") or {})
            from_json(held.session, row.get("session") or {}, place=f"{place} (session {key})")
        self._saved = self._stamp()

    def save(self) -> None:
        """Write the file anew, if anything happened since it was last written."""
        stamp = self._stamp()
        if stamp == self._saved:
            return
        rows = [
            {
                "id": held.id,
                "document": held.document,
                "options": _plain(held.options),
                "session": to_json(held.session),
            }
            for held in self._sessions.values()
        ]
        unfinished = self._file.with_name(self._file.name + ".new")
        unfinished.write_text(json.dumps({"sessions": rows}))
        os.replace(unfinished, self._file)
        self._saved = stamp

    async def keep(self, *, every: float = _EVERY) -> None:
        """Save again and again, until cancelled."""
        while True:
            await asyncio.sleep(every)
            self.save()

    def _stamp(self) -> object:
        return [
            (key, len(held.session.ledger), held.session.state.version, held.session.clock.now)
            for key, held in self._sessions.items()
        ]


def _plain(options: Any) -> dict[str, Any]:
    """The options that a file can hold; plans given as objects cannot be written down."""
    found = {}
    for name, value in options.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError):
            continue
        found[name] = value
    return found
