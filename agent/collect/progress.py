"""What a collection says while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent.errors import CollectError

_PATIENCE: Final = 5
"""Episodes that may fail through us, one after another, before a collection stops."""


@dataclass(frozen=True, slots=True)
class Collected:
    """An episode was run and its record is in the store."""

    id: str
    document: str
    success: bool
    end: str
    attribution: str | None
    source: str = ""
    """Where the document lies; titles may be the same."""


@dataclass(frozen=True, slots=True)
class Known:
    """These episodes of the plan were in the store already."""

    ids: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Invalid:
    """An episode failed through us: nothing is stored, and running again will try it again."""

    id: str
    document: str
    reason: str


@dataclass(frozen=True, slots=True)
class Yielded:
    """A document was asked for a few tasks."""

    document: str
    source: str
    asked: int
    found: int
    again: int = 0
    """How often these tasks were attempted before."""
    why: str = ""
    """Why fewer were found than asked for."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Tasks of a document that the fault or drift plan cannot be applied to; others go on."""

    document: str
    source: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Short:
    """The worlds have no more tasks than these."""

    asked: int
    found: int


Progress = Collected | Known | Invalid | Yielded | Skipped | Short


@dataclass(slots=True)
class Strikes:
    """Stops a collection in which nothing works any more."""

    count: int = 0

    def see(self, news: Progress) -> None:
        """Take note. Raises CollectError after too many episodes that failed through us."""
        if isinstance(news, Collected):
            self.count = 0
        if isinstance(news, Invalid):
            self.count += 1
            if self.count >= _PATIENCE:
                raise CollectError(f"{self.count} episodes in a row failed: {news.reason}")
