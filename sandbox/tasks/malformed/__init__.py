"""Broken calls: a valid call, what an agent might do to it, and the proof that it is broken."""

from sandbox.tasks.malformed.catalogue import MUTATORS, Mutator, apply, malform, malformed_calls
from sandbox.tasks.malformed.valid_calls import Call, Ground, Malformed, valid_arguments

__all__ = [
    "MUTATORS",
    "Call",
    "Ground",
    "Malformed",
    "Mutator",
    "apply",
    "malform",
    "malformed_calls",
    "valid_arguments",
]
