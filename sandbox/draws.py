"""Keyed draws: every random choice is a hash of what it is for, never of what came before.

A shared random stream breaks as soon as two calls change places. Here a draw is BLAKE2b of its
key path, so reordering commuting calls, or adding one, moves no other draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_SCALE = 1.0 / 2**64


class Draw:
    """A point in key space from which named draws are taken. Immutable and cheap to derive."""

    __slots__ = ("_hash",)

    def __init__(self, *key: object) -> None:
        # The repr of a tuple of plain values tells types and boundaries apart: ("ab", "c") is not
        # ("a", "bc"), and 1 is not "1".
        self._hash = blake2b(repr(key).encode("utf-8", "backslashreplace"), digest_size=8)

    def child(self, *key: object) -> Draw:
        """The draw one level further down the key path."""
        made = Draw.__new__(Draw)
        made._hash = self._hash.copy()
        made._hash.update(repr(key).encode("utf-8", "backslashreplace"))
        return made

    def bits(self, name: str = "") -> int:
        """64 uniform bits."""
        hashed = self._hash.copy()
        hashed.update(b"?" + name.encode())
        return int.from_bytes(hashed.digest(), "big")

    def unit(self, name: str = "") -> float:
        """Uniform in [0, 1)."""
        return (self.bits(name) >> 11) * (_SCALE * 2**11)

    def integer(self, low: int, high: int, name: str = "") -> int:
        """Uniform in [low, high], both ends included."""
        if high < low:
            raise ValueError(f"empty range [{low}, {high}]")
        return low + self.bits(name) % (high - low + 1)

    def chance(self, probability: float, name: str = "") -> bool:
        return self.unit(name) < probability

    def choice(self, options: Sequence[T], name: str = "") -> T:
        if not options:
            raise ValueError("nothing to choose from")
        return options[self.bits(name) % len(options)]

    def hex(self, length: int, name: str = "") -> str:
        """`length` lower-case hexadecimal digits."""
        blocks = [f"{self.bits(f'{name}#{index}'):016x}" for index in range(-(-length // 16))]
        return "".join(blocks)[:length]

    def shuffled(self, items: Sequence[T], name: str = "") -> list[T]:
        """A permutation that depends on positions and the key only."""
        order = sorted(range(len(items)), key=lambda index: self.bits(f"{name}#{index}"))
        return [items[index] for index in order]
