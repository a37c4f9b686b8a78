"""Trajectories: what happened, kept, checked and exported.

Knows nothing of the sandbox or the agent: records are values, and `replay` receives a callable.
"""

from trajectories.errors import FormatError, RecordError, StoreError, TrajectoryError
from trajectories.exports import export
from trajectories.records import Call, Message, Outcome, Source, Trajectory
from trajectories.replay import replay
from trajectories.store import Store

__all__ = [
    "Call",
    "FormatError",
    "Message",
    "Outcome",
    "RecordError",
    "Source",
    "Store",
    "StoreError",
    "Trajectory",
    "TrajectoryError",
    "export",
    "replay",
]
