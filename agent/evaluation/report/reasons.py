"""What a report says of its episodes: why a cell is red, and the few that are worth reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trajectories import Trajectory
from trajectories.scoring.findings import findings, legends, summarise
from trajectories.scoring.outcomes import in_words
from trajectories.timeline import timeline
from trajectories.viewer.episodes import story

_WORST: Final = 5
"""Episodes that a stress report tells step by step."""
_GREEN: Final = 4
"""The level of a cell, of 0 to 4, from which on nothing needs a reason."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One way in which episodes of a cell went wrong."""

    text: str
    failed: int
    of: int
    episode: str
    """Id of one that shows it."""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One agent in one scenario."""

    agent: str
    scenario: str
    part: float
    of: int
    interval: tuple[float, float] | None
    """95 % interval of the share, between 0 and 1."""
    reasons: tuple[Reason, ...] = ()

    @property
    def share(self) -> float:
        return self.part / self.of

    @property
    def level(self) -> int:
        """0 (always wrong) to 4 (nearly always right), for the colour."""
        return min(4, int(5 * self.share))


@dataclass(frozen=True, slots=True)
class Pick:
    """An episode that is worth reading, with the reason."""

    word: str
    """worst, best or odd."""
    reason: str
    record: Trajectory

    def parts(self) -> dict[str, Any]:
        """What the page shows of it."""
        return {"word": self.word, "reason": self.reason, "story": story(self.record),
                "steps": timeline(self.record)}  # fmt: skip


def heat_cell(
    agent: str,
    scenario: str,
    part: float,
    of: int,
    interval: tuple[float, float] | None,
    records: Sequence[Trajectory],
) -> HeatCell:
    """A cell with its reasons, unless it is green."""
    cell = HeatCell(agent, scenario, part, of, interval)
    if not of or cell.level >= _GREEN:
        return cell
    return HeatCell(agent, scenario, part, of, interval, tuple(_reasons(records))[:3])


def _reasons(records: Sequence[Trajectory]) -> Iterator[Reason]:
    for found in summarise(records):
        yield Reason(found.text, found.failed, found.of, found.episodes[0], found.mend)
    wrong = [each for each in records if not each.outcome.success and not findings(each)]
    counted = Counter(_failure(each) for each in wrong)
    for text, count in counted.most_common(2):
        shown = next(each.id for each in wrong if _failure(each) == text)
        yield Reason(text, count, len(records), shown)


def _failure(record: Trajectory) -> str:
    return in_words((record.outcome.failures or [f"ended by {record.outcome.end}"])[0])[:160]


def picks(records: Iterable[Trajectory]) -> list[Pick]:
    """The worst episode, the best and an odd one, as far as there are such."""
    valid = [each for each in records if each.outcome.attribution != "ours"]
    order = list(legends())
    shown = {each.id: [order.index(found.kind) for found in findings(each)] for each in valid}
    right = [each for each in valid if each.outcome.success]
    wrong = [each for each in valid if not each.outcome.success]
    chosen: list[Pick] = []
    worst = min(
        wrong, key=lambda r: (min(shown[r.id], default=99), -len(shown[r.id])), default=None
    )
    if worst is not None:
        chosen.append(Pick("worst", _finding(worst) or _failure(worst), worst))
    clean = [each for each in right if not shown[each.id]] or right
    best = max(clean, key=lambda r: (len(r.fired), _met_drift(r), len(r.ledger)), default=None)
    if best is not None:
        met = ", ".join([*best.fired, *(["a changed API"] if _met_drift(best) else [])])
        calls = f"{len(best.ledger)} call{'' if len(best.ledger) == 1 else 's'}"
        said = f"met {met} and still ended right" if met else "ended right, undisturbed"
        chosen.append(Pick("best", f"{said}, in {calls}", best))
    taken = {pick.record.id for pick in chosen}
    rest = [each for each in valid if each.id not in taken]
    if rest:
        chosen.append(_odd(rest, shown))
    return chosen


def worst(records: Iterable[Trajectory]) -> list[Pick]:
    """The worst episodes, at most five: each shows another agent or another finding, if it can.

    Where nothing was found, the best one.
    """
    order = list(legends())
    ranked: list[tuple[int, Trajectory]] = []
    valid = [each for each in records if each.outcome.attribution != "ours"]
    for record in valid:
        kinds = [order.index(found.kind) for found in findings(record)]
        if kinds or not record.outcome.success:
            ranked.append((min(kinds, default=len(order)), record))
    ranked.sort(key=lambda pair: pair[0])
    first: dict[tuple[int, str], Trajectory] = {}
    for kind, record in ranked:
        first.setdefault((kind, record.agent), record)
    taken = {record.id for record in first.values()}
    rest = [record for _, record in ranked if record.id not in taken]
    chosen = [*first.values(), *rest][:_WORST]
    if not chosen:
        return [pick for pick in picks(valid) if pick.word == "best"]
    return [Pick("worst", _finding(each) or _failure(each), each) for each in chosen]


def _odd(records: Sequence[Trajectory], shown: Mapping[str, Sequence[int]]) -> Pick:
    for each in records:
        if each.outcome.success and shown[each.id]:
            return Pick("odd", f"ended right, and yet it {_finding(each)}", each)
    for each in records:
        if not (each.outcome.success or each.fired or _met_drift(each)):
            return Pick("odd", f"went wrong undisturbed: {_finding(each) or _failure(each)}", each)
    longest = max(records, key=lambda each: len(each.ledger))
    return Pick("odd", f"made the most calls: {len(longest.ledger)}", longest)


def _finding(record: Trajectory) -> str:
    return next((found.text for found in summarise([record])), "")


def _met_drift(record: Trajectory) -> bool:
    return any(int(row.get("release") or 0) > 0 for row in record.ledger)
