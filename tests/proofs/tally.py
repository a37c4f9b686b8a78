"""How many of the things looked at are as they should be, and which are not."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts of one property; `exceptions` names each thing that does not have it."""

    good: int = 0
    total: int = 0
    exceptions: list[str] = field(default_factory=list)

    def count(self, holds: bool, name: str) -> None:
        """Count one thing; `name` is kept where it does not hold."""
        self.total += 1
        self.good += holds
        if not holds:
            self.exceptions.append(name)

    def add(self, other: Tally) -> None:
        self.good += other.good
        self.total += other.total
        self.exceptions += other.exceptions
