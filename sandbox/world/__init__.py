"""Worlds and sessions: state, clock, draws, ledger."""

from sandbox.world.hooks import CallContext, Drift, FaultHook, Release
from sandbox.world.ledger import Effect, Exchange, Firing, Ledger
from sandbox.world.session import Session
from sandbox.world.state.snapshot import Snapshot
from sandbox.world.world import World

__all__ = [
    "CallContext",
    "Drift",
    "Effect",
    "Exchange",
    "FaultHook",
    "Firing",
    "Ledger",
    "Release",
    "Session",
    "Snapshot",
    "World",
]
