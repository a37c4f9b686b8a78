"""Saving: the sessions of a server in one file, so that the next start goes on from there."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from sandbox.errors import PlanError
from sandbox.exact_json import MOST_LEVELS, is_deep
from sandbox.world.state.snapshot import from_json, to_json

if TYPE_CHECKING:
    from sandbox.transports.session_table import Sessions

_EVERY: Final = 3.0
"""Wall seconds between two looks for something to save."""
_LEVELS: Final = MOST_LEVELS + 20
"""Levels of a state file: those of a value in it, and its own."""
_log = logging.getLogger("wavetank.server")


class Saving:
    """Writes a server's sessions into a file, whole or not at all, whenever something changed."""

    def __init__(self, sessions: Sessions, file: Path) -> None:
        self._sessions = sessions
        self._file = file
        self._saved: object = None
        self._lock = Lock()
        self._closed = False

    def load(self) -> None:
        """Go on from the file, or begin it where there is none.

        Raises PlanError when it is no such file, is of other documents or seeds, or cannot be
        written.
        """
        place = str(self._file)
        if not self._file.exists():
            try:
                self.save()
            except OSError as error:
                raise PlanError(place, f"cannot be written: {error.strerror}") from None
            return
        try:
            record = json.loads(self._file.read_bytes())
            rows = [(str(row["id"]), str(row["document"]), row) for row in record["sessions"]]
            if is_deep(record, _LEVELS):
                raise RecursionError
        except RecursionError:
            reason = f"is not a state file: it nests deeper than {_LEVELS} levels"
            raise PlanError(place, reason) from None
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

    def save(self, *, last: bool = False) -> None:
        """Write the file anew, if anything happened since it was last written.

        Raises OSError when it cannot be written; the file is as it was then.
        """
        stamp = self._stamp()
        if stamp != self._saved:
            self._write(self._record(), last=last)
            self._saved = stamp

    async def keep(self, *, every: float = _EVERY) -> None:
        """Save again and again, until cancelled. A failure is reported once, and tried again."""
        failing = False
        while True:
            await asyncio.sleep(every)
            stamp = self._stamp()
            if stamp == self._saved:
                continue
            try:
                # On a thread: a slow disk makes no request wait.
                await asyncio.to_thread(self._write, self._record())
            except OSError as error:
                if not failing:
                    _log.warning(
                        "%s: the sessions cannot be kept: %s; tried again every %g s",
                        self._file, error.strerror, every,
                    )  # fmt: skip
                failing = True
                continue
            if failing:
                _log.warning("%s: the sessions are kept again", self._file)
            failing, self._saved = False, stamp

    def close(self) -> None:
        """Save for the last time. Raises OSError saying what is lost."""
        try:
            self.save(last=True)
        except OSError as error:
            raise OSError(
                f"{self._file}: {error.strerror}: what happened since it was last written is lost"
            ) from None

    def _record(self) -> bytes:
        rows = [
            {
                "id": held.id,
                "document": held.document,
                "options": _plain(held.options),
                "session": to_json(held.session),
            }
            for held in self._sessions.values()
        ]
        return json.dumps({"sessions": rows}).encode()

    def _write(self, record: bytes, *, last: bool = False) -> None:
        """Put the record in the file's place, on disk before the old one goes."""
        unfinished = self._file.with_name(f"{self._file.name}.new")
        with self._lock:
            if self._closed:  # A thread that comes too late has an older record.
                return
            try:
                with open(unfinished, "wb") as written:
                    written.write(record)
                    written.flush()
                    os.fsync(written.fileno())
                os.replace(unfinished, self._file)
                self._closed = last
            except OSError:
                unfinished.unlink(missing_ok=True)
                raise

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
