"""A recording as a backend: the roles say again what they said in a trajectory.

Whoever replays against the same session must see the same observations; the first turn that is
asked for out of order is an error that names the place.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.backends import RoleRequest
from agent.errors import BackendError
from trajectories.protocol import ROLES
from trajectories.records import Message


class Replay:
    """Says the role turns of a recorded conversation, in order. One instance plays one episode."""

    reads_prompt = False

    def __init__(self, messages: Sequence[Message], *, place: str = "recording") -> None:
        self._turns = [turn for turn in messages if turn.role in ROLES]
        self._next = 0
        self._place = place

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        """The next recorded turn for each request. Raises BackendError when there is none."""
        return [self._speak(request.role) for request in requests]

    def _speak(self, role: str) -> str:
        place = f"{self._place}, role turn {self._next}"
        if self._next >= len(self._turns):
            raise BackendError(place, f"the recording has ended, but the {role} is asked again")
        turn = self._turns[self._next]
        if turn.role != role:
            raise BackendError(place, f"the {turn.role} spoke here, not the {role}")
        self._next += 1
        return turn.content
