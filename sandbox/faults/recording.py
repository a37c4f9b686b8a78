"""The decision tape: which rules fired on which call, kept apart from the draws that decided it.

A ledger holds every firing with its draws; the tape is its essence, keyed by business call and
occurrence, so it replays in any order of arrival. Played strictly, a call that is not on it is an
error; played leniently, such a call is decided by the draws, as if there were no tape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.errors import PlanError

if TYPE_CHECKING:
    from sandbox.world.hooks import CallContext
    from sandbox.world.ledger import Exchange


@dataclass(frozen=True, slots=True)
class Decision:
    """One call and the rules that fired on it, with the draws they took."""

    intent: str
    """Operation and digest of the business arguments, as in the ledger."""
    n: int
    """How many times the same call came before."""
    fired: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "intent": self.intent,
            "n": self.n,
            "fired": {rule: dict(draws) for rule, draws in self.fired.items()},
        }


@dataclass(frozen=True, slots=True)
class Tape:
    """Decisions by (intent, occurrence). `strict`: a call that is not on it raises PlanError."""

    decisions: Mapping[tuple[str, int], Decision]
    strict: bool = True

    @classmethod
    def of(cls, ledger: Iterable[Exchange], *, strict: bool = True) -> Tape:
        """The tape of a session, read off its ledger."""
        seen: Counter[str] = Counter()
        made: list[Decision] = []
        for row in ledger:
            if row.intent:
                fired = {firing.rule: firing.draws for firing in row.injected}
                made.append(Decision(row.intent, seen[row.intent], fired))
                seen[row.intent] += 1
        return cls({(each.intent, each.n): each for each in made}, strict)

    @classmethod
    def from_json(cls, rows: Sequence[Mapping[str, Any]], *, strict: bool = True) -> Tape:
        """A tape from what `as_json` gave."""
        made = [Decision(row["intent"], row["n"], row["fired"]) for row in rows]
        return cls({(each.intent, each.n): each for each in made}, strict)

    def as_json(self) -> list[dict[str, Any]]:
        """Plain values, in the order of the calls."""
        return [decision.as_json() for decision in self.decisions.values()]

    def fires(self, rule: str, context: CallContext, *, otherwise: bool) -> bool:
        """What the tape says of a rule on a call; `otherwise` where it says nothing.

        Raises PlanError for such a call when strict.
        """
        intent = f"{context.operation.id}:{context.intent.hex()[:16]}"
        found = self.decisions.get((intent, context.occurrence))
        if found is not None:
            return rule in found.fired
        if self.strict:
            place = f"{intent}, occurrence {context.occurrence}"
            raise PlanError("tape", f"the call {place} is not on it; play it leniently to go on")
        return otherwise
