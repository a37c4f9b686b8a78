"""Refereeing: openapi-core's verdict on every exchange of a server, beside our own.

It reads the ledgers after the fact, so no reply waits for it. A violation is a reply of ours that
the referee refuses, a request that we took and it refuses, or one that we refused and it takes.
What was injected is not held against us: the undisturbed reply is judged instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sandbox.document import Document, encode
from sandbox.document.referee import Referee
from sandbox.messages import Request, Response

if TYPE_CHECKING:
    from sandbox.transports.session_table import Held, Sessions
    from sandbox.world import Exchange

KEPT: Final = 1000
_EVERY: Final = 0.2
_log = logging.getLogger("wavetank.referee")


@dataclass(frozen=True, slots=True)
class Violation:
    """One exchange on which the referee sees it otherwise."""

    session: str
    seq: int
    operation: str
    about: str
    """reply, taken (a request it would refuse) or refused (a request it would take)."""
    errors: tuple[str, ...]


class Refereeing:
    """Judges what the sessions' ledgers hold, once per row."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._seen: dict[str, int] = {}
        self._referees: dict[str, Referee] = {}
        self.judged = 0
        self.unjudged = 0
        """Exchanges on which openapi-core itself failed or had no verdict."""
        self.violations: deque[Violation] = deque(maxlen=KEPT)

    def catch_up(self, limit: int | None = None) -> None:
        """Judge the rows that came since the last look, at most `limit` of them."""
        done = 0
        for held in list(self._sessions.values()):
            rows = held.session.ledger
            seen = self._seen.get(held.id, 0)
            seen = max(rows.first, seen if seen <= len(rows) else 0)
            while seen < len(rows) and (limit is None or done < limit):
                self._judge(held, rows[seen])
                seen, done = seen + 1, done + 1
            self._seen[held.id] = seen

    async def follow(self, *, every: float = _EVERY) -> None:
        """Judge again and again, a few rows at a time, until cancelled."""
        while True:
            await asyncio.sleep(every)
            self.catch_up(20)

    def report(self) -> dict[str, Any]:
        """What was judged, and the last thousand violations."""
        self.catch_up()
        found = [asdict(violation) for violation in self.violations]
        return {"judged": self.judged, "unjudged": self.unjudged, "violations": found}

    def _judge(self, held: Held, row: Exchange) -> None:
        reply = row.truth if row.truth is not None else row.response
        if row.operation is None or row.arguments is None or reply.transport is not None:
            return
        if row.injected and row.truth is None:
            return
        document = held.session.release_world(row.release).document
        request = row.request
        if request is None:
            operation = held.session.world.document.operations[row.operation]
            request = encode(operation, row.arguments, document.base_path)
        for about, errors in self._verdict(document, row, request, reply):
            violation = Violation(held.id, row.seq, row.operation, about, tuple(errors))
            self.violations.append(violation)
            _log.warning("%s %d %s: %s: %s", held.id, row.seq, row.operation, about, errors[0])

    def _verdict(
        self, document: Document, row: Exchange, request: Request, reply: Response
    ) -> list[tuple[str, list[str]]]:
        referee = self._referees.get(document.sha256)
        if referee is None:
            referee = self._referees[document.sha256] = Referee(document)
        against = referee.request_errors(request)
        if row.tool is not None:  # the tool layer holds the credentials
            against = [error for error in against if "Security" not in error]
        about = referee.response_errors(request, reply) if 200 <= reply.status < 300 else []
        self.judged += 1
        if any(error.startswith("referee failed") for error in (*against, *about)):
            self.unjudged += 1
            return []
        found = [("reply", about)] if about else []
        if against and reply.status < 300:
            found.append(("taken", against))
        # Which credentials are let in is no matter of the document.
        problems = [each.message for each in row.problems if each.location != "security"]
        if not against and problems and row.release == 0:
            found.append(("refused", problems))
        return found
