"""A script as a backend: its actions, written as the three roles would write them.

The text goes through the same parser as a model's, so a scripted trajectory is training data.
One instance plays one episode.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from agent.backends import RoleRequest
from agent.policies.actions import Action, Actions, Call, Finish, GiveUp, Seen
from agent.runtime.roles import call_text, plan_text
from trajectories.scoring.claims import with_claim

_LOST = GiveUp("Nothing is left that I could try.")


class Script:
    """Takes a generator of actions; reads the conversation's last observation and no prompt."""

    reads_prompt = False

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._action: Action | None = None
        self._heard = 0

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        """One text per request; a new observation advances the script."""
        return [self._speak(request) for request in requests]

    def _speak(self, request: RoleRequest) -> str:
        action = self._advance(request.messages)
        if request.role == "planner":
            return _plan_text(action)
        if request.role == "caller" and isinstance(action, Call):
            return _call_text(action)
        return (
            with_claim(action.claim, "finish", action.answer) if isinstance(action, Finish) else ""
        )

    def _advance(self, messages: Sequence[Any]) -> Action:
        """The action after the observations so far, whichever role is asked first."""
        shown = [turn for turn in messages if turn.role == "observation"]
        try:
            if self._action is None:
                self._action = next(self._actions)
            for turn in shown[self._heard :]:
                self._heard += 1
                self._action = self._actions.send(read_observation(turn.content, turn.status))
        except StopIteration:
            self._action = _LOST
        return self._action


def read_observation(text: str, status: int | None) -> Seen:
    """An observation read back from its turn. No status means that no response arrived, except
    for meta-tools, which answer without one."""
    lost = status is None and text.startswith("No response")
    return Seen(text, status, error=lost or (status is not None and status >= 300))


def _plan_text(action: Action) -> str:
    match action:
        case Call():
            return plan_text(action.thought, "call")
        case Finish():
            return plan_text(action.thought, "finish")
        case GiveUp(thought, claim):
            if claim is not None:
                thought = with_claim(claim, "give_up", thought)
            return plan_text(thought, "give_up")


def _call_text(action: Call) -> str:
    arguments = action.arguments
    raw = arguments if isinstance(arguments, str) else json_text(arguments)
    return call_text(action.tool, raw)


def json_text(arguments: Mapping[str, Any]) -> str:
    """Arguments as one line of JSON, in their order."""
    try:
        return orjson.dumps(arguments).decode()
    except TypeError:  # an integer beyond 64 bits
        return json.dumps(arguments, ensure_ascii=False)
