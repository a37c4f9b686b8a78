"""What can go wrong in the runtime. What the agent or an injected fault does wrong is never raised.

AgentError
├── UnknownAgent     an agent's or backend's name that cannot be used, with what would be valid
├── BackendError     a model, server or child program of ours failed: the episode does not count
│   └── DoesNotFit   a conversation grew beyond what the model can read
└── CollectError     a collection cannot start or go on: the place and the reason
"""

from __future__ import annotations


class AgentError(Exception):
    """Root of everything this package raises on purpose."""


class UnknownAgent(AgentError):
    """The name cannot be used; the message lists the forms that can."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"agent {name!r}: {reason}")
        self.name = name
        self.reason = reason


class BackendError(AgentError):
    """What should have written the text did not: the failure is ours and no score is given."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class DoesNotFit(BackendError):
    """A prompt is longer than the model's context. Nothing is cut silently: an episode ends here,
    and one that has not begun yet does not count."""


class CollectError(AgentError):
    """A collection that cannot start or go on; what was stored before is safe."""
