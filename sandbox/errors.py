"""What can go wrong on our side or in what we were given. Injected failures are never raised.

SandboxError
├── DocumentError     a document cannot be used: the place and the reason
├── PlanError         a fault plan, drift plan or tasks file is not valid
├── UnknownName       a name that does not exist, with the names that do
└── NoInstance        a schema that no finite value satisfies
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SandboxError(Exception):
    """Root of everything the sandbox raises on purpose."""


class DocumentError(SandboxError):
    """The document cannot be read, is not OpenAPI, or refers to something that is not there."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class PlanError(SandboxError):
    """A plan or tasks file breaks its schema; the message names the place and what is valid."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


_LONGEST = 200
"""Characters of an unknown name that are compared and repeated: an agent may write megabytes."""


class UnknownName(SandboxError):
    """A tool, operation, preset or other name that does not exist."""

    def __init__(self, kind: str, name: str, valid: Iterable[str]) -> None:
        known = sorted(valid)
        written = name[:_LONGEST]
        near = get_close_matches(written, known, n=3, cutoff=0.5)
        shown = near or known[:8]
        hint = "did you mean" if near else "valid are"
        more = "" if near or len(known) <= len(shown) else f" … ({len(known)} in all)"
        super().__init__(f"no {kind} {written!r}; {hint} {', '.join(shown) or 'none'}{more}")
        self.kind = kind
        self.name = name
        self.valid = known
        self.near = near


class NoInstance(SandboxError):
    """No finite value satisfies the schema (an endless required chain, an empty intersection)."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or '/'}: {reason}")
        self.pointer = pointer
        self.reason = reason
