"""A script as a backend: moves of a play, written as the three roles would write them.

The text goes through the same parser as a model's, so a scripted trajectory is training data.
One instance plays one episode.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from agent.backends import RoleRequest
from agent.policies.actions import Call, Finish, GiveUp, Move, Play, Seen
from agent.runtime.roles import call_text, plan_text
from trajectories.scoring.claims import with_claim

_LOST = GiveUp("Nothing is left that I could try.")


class Script:
    """Plays a generator of moves; reads the conversation's last observation and no prompt."""

    reads_prompt = False

    def __init__(self, play: Play) -> None:
        self._play = play
        self._move: Move | None = None
        self._heard = 0

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        """One text per request; a new observation advances the play."""
        return [self._speak(request) for request in requests]

    def _speak(self, request: RoleRequest) -> str:
        move = self._advance(request.messages)
        if request.role == "planner":
            return _plan_text(move)
        if request.role == "caller" and isinstance(move, Call):
            return _call_text(move)
        return with_claim(move.claim, "finish", move.answer) if isinstance(move, Finish) else ""

    def _advance(self, messages: Sequence[Any]) -> Move:
        """The move after the observations so far, whichever role is asked first."""
        shown = [turn for turn in messages if turn.role == "observation"]
        try:
            if self._move is None:
                self._move = next(self._play)
            for turn in shown[self._heard :]:
                self._heard += 1
                self._move = self._play.send(read_observation(turn.content, turn.status))
        except StopIteration:
            self._move = _LOST
        return self._move


def read_observation(text: str, status: int | None) -> Seen:
    """An observation read back from its turn. No status means that no response arrived, except
    for meta-tools, which answer without one."""
    lost = status is None and text.startswith("No response")
    return Seen(text, status, error=lost or (status is not None and status >= 300))


def _plan_text(move: Move) -> str:
    match move:
        case Call():
            return plan_text(move.thought, "call")
        case Finish():
            return plan_text(move.thought, "finish")
        case GiveUp(thought, claim):
            if claim is not None:
                thought = with_claim(claim, "give_up", thought)
            return plan_text(thought, "give_up")


def _call_text(move: Call) -> str:
    arguments = move.arguments
    raw = arguments if isinstance(arguments, str) else json_text(arguments)
    return call_text(move.tool, raw)


def json_text(arguments: Mapping[str, Any]) -> str:
    """Arguments as one line of JSON, in their order."""
    try:
        return orjson.dumps(arguments).decode()
    except TypeError:  # an integer beyond 64 bits
        return json.dumps(arguments, ensure_ascii=False)
