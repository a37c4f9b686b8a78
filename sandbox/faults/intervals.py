"""Intervals of shares: a bootstrap over clusters, since what one task holds goes together.

Calls of one episode, and episodes of one task, are not independent tries; whole clusters are drawn
again with replacement, and two agents are compared on the clusters that both met (paired). Where
every cluster says the same a bootstrap has nothing to vary: there Wilson's interval stands in, with
clusters for its n.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import sqrt
from operator import itemgetter
from typing import Final

from sandbox.draws import Draw
from sandbox.faults.sampling import WORD, after

Part = tuple[int, int]
"""(part, of) in one cluster."""
Interval = tuple[float, float]
RESAMPLES: Final = 1000
_Z: Final = 1.959964
"""Normal quantile of a 95 % interval."""


def interval(clusters: Sequence[Part]) -> Interval | None:
    """The 95 % interval of sum(part) / sum(of); None where there is nothing to share."""
    told = [(part, of) for part, of in clusters if of > 0]
    if not told:
        return None
    parts, ofs = zip(*told, strict=True)
    part_all, of_all = sum(parts), sum(ofs)
    if all(part * of_all == part_all * of for part, of in told):
        return wilson(min(1.0, part_all / of_all), len(told))
    return _middle([sum(take(parts)) / sum(take(ofs)) for take in _resamples(len(told))])


def difference(one: Mapping[str, Part], other: Mapping[str, Part]) -> Interval | None:
    """The 95 % interval of one share less the other, over the clusters that both have.

    None where no cluster tells them apart.
    """
    names = sorted(name for name in one.keys() & other.keys() if one[name][1] and other[name][1])
    if all(one[name] == other[name] for name in names):
        return None
    rows = [(*one[name], *other[name]) for name in names]
    if len(rows) < 2:
        return None
    columns = list(zip(*rows, strict=True))
    gaps = []
    for take in _resamples(len(rows)):
        part, of, other_part, other_of = (sum(take(column)) for column in columns)
        gaps.append(part / of - other_part / other_of)
    return _middle(gaps)


def wilson(share: float, n: int) -> Interval:
    """Wilson's 95 % interval of a share seen in n tries."""
    squared = _Z * _Z
    centre = (share + squared / (2 * n)) / (1 + squared / n)
    half = _Z / (1 + squared / n) * sqrt(share * (1 - share) / n + squared / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def _middle(values: list[float]) -> Interval:
    """The middle 95 percent of what the resamples say."""
    ordered = sorted(values)
    cut = len(ordered) // 40
    return ordered[cut], ordered[-1 - cut]


@lru_cache(maxsize=8)
def _resamples(n: int) -> tuple[itemgetter[tuple[int, ...]], ...]:
    """Which of n ≥ 2 clusters each resample takes: the same for every share of a scorecard."""
    draw = Draw("bootstrap", n)
    bits, salt = draw.bits("start"), draw.bits("salt") | 1
    made = []
    for _ in range(RESAMPLES):
        chosen = []
        for _ in range(n):
            bits = after(bits)
            chosen.append((bits * salt & WORD) * n >> 64)
        made.append(itemgetter(*chosen))
    return tuple(made)
