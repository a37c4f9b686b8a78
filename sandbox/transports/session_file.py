"""Saving: the sessions of a server in one file, so that the next start goes on from there."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sandbox.errors import PlanError
from sandbox.exact_json import MOST_LEVELS, is_deep
from sandbox.transports.asgi_messages import Message, Send
from sandbox.transports.journal import Journal, replay
from sandbox.world.state.snapshot import from_json, to_json

if TYPE_CHECKING:
    from sandbox.transports.session_table import Sessions

_EVERY: Final = 3.0
"""Wall seconds between two looks for something to save."""
_LEVELS: Final = MOST_LEVELS + 20
"""Levels of a state file: those of a value in it, and its own."""
_log = logging.getLogger("wavetank.server")


class Saving:
    """Writes a server's sessions into a file, whole or not at all, whenever something changed.

    What single calls change in between is in the journal beside it (see `journal`).
    """

    def __init__(self, sessions: Sessions, file: Path) -> None:
        self._sessions = sessions
        self._file = file
        self._journal = Journal(file, self.save)
        self._saved: object = None
        self._records = self._written = 0
        self._lock = Lock()
        self._closed = False

    def load(self) -> None:
        """Go on from the file and its journal, or begin them where there are none.

        Raises PlanError when it is no such file, is of other documents or seeds, or cannot be
        written.
        """
        if self._file.exists():
            self._resume()
        try:
            self.save()
        except OSError as error:
            raise PlanError(str(self._file), f"cannot be written: {error.strerror}") from None
        self._sessions.journal = self._journal

    def _resume(self) -> None:
        place = str(self._file)
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
            held.change_plans(**(row.get("plans") or {}))
            from_json(held.session, row.get("session") or {}, place=f"{place} (session {key})")
        sessions = {key: held.session for key, held in self._sessions.items()}
        try:
            replay(self._file, int(record.get("journal", 0)), sessions)
        except (ValueError, KeyError, TypeError) as error:
            raise PlanError(place, f"has a journal that cannot be read: {error!r}") from error

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

    def before(self, send: Send) -> Send:
        """A `send` that saves before it lets a reply begin; where it cannot, it says so instead."""
        refused = False

        async def send_when_kept(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                try:
                    self.save()
                except OSError as error:
                    refused = True
                    detail = f"This is not kept: {self._file}: {error.strerror}."
                    body = json.dumps({"detail": detail}).encode()
                    headers = [(b"content-type", b"application/json")]
                    await send({"type": message["type"], "status": 507, "headers": headers})
                    await send({"type": "http.response.body", "body": body})
            if not refused:
                await send(message)

        return send_when_kept

    def close(self) -> None:
        """Save for the last time. Raises OSError saying what is lost."""
        try:
            self.save(last=True)
        except OSError as error:
            raise OSError(
                f"{self._file}: {error.strerror}: what its journal does not hold is lost"
            ) from None
        finally:
            self._journal.close()
        self._journal.drop_before(self._journal.number + 1)

    def _record(self) -> _Record:
        """The sessions as they are now, and the number of the journal that goes on from here."""
        number = self._journal.rotate()
        self._records += 1
        rows = [
            {
                "id": held.id,
                "document": held.document,
                "options": _plain(held.options),
                "plans": _plain(held.plans),
                "session": to_json(held.session),
            }
            for held in self._sessions.values()
        ]
        text = json.dumps({"journal": number, "sessions": rows})
        return _Record(self._records, number, text.encode())

    def _write(self, record: _Record, *, last: bool = False) -> None:
        """Put the record in the file's place, on disk before the old one goes."""
        unfinished = self._file.with_name(f"{self._file.name}.new")
        with self._lock:
            if self._closed or record.number < self._written:
                return  # A thread that comes too late has an older record.
            try:
                with open(unfinished, "wb") as written:
                    written.write(record.text)
                    written.flush()
                    os.fsync(written.fileno())
                os.replace(unfinished, self._file)
                self._written, self._closed = record.number, last
                self._journal.drop_before(record.journal)
            except OSError:
                unfinished.unlink(missing_ok=True)
                raise

    def _stamp(self) -> object:
        return [
            (
                key, len(held.session.ledger), held.session.state.version, held.session.clock.now,
                tuple(map(repr, held.plans.items())),
            )
            for key, held in self._sessions.items()
        ]  # fmt: skip


class _Record(NamedTuple):
    """A state file's text: the how-manieth, and the journal that goes on from it."""

    number: int
    journal: int
    text: bytes


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
