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

Part = tuple[float, int]
"""(part, of) in one cluster."""
Interval = tuple[float, float]
RESAMPLES: Final = 1000
_OUTSIDE: Final = 0.025
"""The share of resamples left out at each end of a 95 % interval."""
_Z: Final = 1.959964
"""Normal quantile of a 95 % interval."""
_WORD: Final = 2**64 - 1


def interval(clusters: Sequence[Part]) -> Interval | None:
    """The 95 % interval of sum(part) / sum(of); None where there is nothing to share."""
    counted = [(part, of) for part, of in clusters if of > 0]
    if not counted:
        return None
    parts, ofs = zip(*counted, strict=True)
    part_all, of_all = sum(parts), sum(ofs)
    if all(part * of_all == part_all * of for part, of in counted):
        return wilson(min(1.0, part_all / of_all), len(counted))
    return _middle([sum(take(parts)) / sum(take(ofs)) for take in _resamples(len(counted))])


def difference(one: Mapping[str, Part], other: Mapping[str, Part]) -> Interval | None:
    """The 95 % interval of one share less the other, over the clusters that both have.

    None where no cluster tells them apart.
    """
    names = sorted(name for name in one.keys() & other.keys() if one[name][1] and other[name][1])
    if all(one[name] == other[name] for name in names) or len(names) < 2:
        return None
    columns = list(zip(*((*one[name], *other[name]) for name in names), strict=True))
    gaps = []
    for take in _resamples(len(names)):
        part, of, other_part, other_of = (sum(take(column)) for column in columns)
        gaps.append(part / of - other_part / other_of)
    return _middle(gaps)


def wilson(share: float, n: int) -> Interval:
    """Wilson's 95 % interval of a share seen in n tries."""
    squared = _Z * _Z
    centre = (share + squared / (2 * n)) / (1 + squared / n)
    half = _Z / (1 + squared / n) * sqrt(share * (1 - share) / n + squared / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def percent(ends: Interval | None) -> Interval | None:
    """An interval in percent, to two places."""
    return None if ends is None else (round(100 * ends[0], 2), round(100 * ends[1], 2))


def _middle(values: list[float]) -> Interval:
    """The middle 95 percent of what the resamples say."""
    ordered = sorted(values)
    cut = round(_OUTSIDE * len(ordered))
    return ordered[cut], ordered[-1 - cut]


@lru_cache(maxsize=8)
def _resamples(n: int) -> tuple[itemgetter[tuple[float, ...]], ...]:
    """Which of n ≥ 2 clusters each resample takes: the same for every share, on every machine."""
    bits = n
    made = []
    for _ in range(RESAMPLES):
        chosen = []
        for _ in range(n):
            # SplitMix64 (Steele, Lea, Flood 2014).
            bits = bits + 0x9E3779B97F4A7C15 & _WORD
            mixed = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & _WORD
            mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _WORD
            chosen.append((mixed ^ mixed >> 31) * n >> 64)
        made.append(itemgetter(*chosen))
    return tuple(made)
