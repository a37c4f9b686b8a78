"""Firing decisions in whole numbers: one digest a call, one multiplication a rule.

BLAKE2b costs more than a microsecond per draw, a tenth of a call, and every armed rule would pay it
on every call. So the canonical request is hashed once, each further occurrence of it is one
multiplication, and a rule multiplies that by an odd number of its own: modulo 2**64 both are
permutations, so each rule alone is exactly uniform, and rules with unrelated numbers are as good as
independent (a test counts). The result still depends on nothing but seed, label, rule, operation,
canonical request and occurrence.
"""

from __future__ import annotations

from typing import Final

import orjson

from sandbox.draws import Draw
from sandbox.messages import ABSENT, Arguments
from sandbox.world.call_keys import canonical_key

WORD: Final = 2**64 - 1
FACTOR: Final = 0xBF58476D1CE4E5B9
"""Of the first round of splitmix64."""

_LONGEST: Final = 512
_SORTED: Final = orjson.OPT_SORT_KEYS


def after(bits: int) -> int:
    """The bits of the next occurrence: a permutation of the 64-bit numbers that mixes well."""
    return (bits ^ bits >> 32) * FACTOR & WORD


def limit(p: float) -> int:
    """How many of the 2**64 outcomes a probability takes."""
    return round(p * 2**64)


def odd(draw: Draw, name: str) -> int:
    """A rule's own factor."""
    return draw.bits(name) | 1


def call_key(operation: str, arguments: Arguments | None) -> bytes:
    """Equal for equal business calls, as `canonical_key` is; cheaper, and not to be shown."""
    if arguments is None:
        return b""
    if not arguments.header:
        body = None if arguments.body is ABSENT else arguments.body
        try:
            parts = (operation, arguments.path, arguments.query, body)
            packed = orjson.dumps(parts, option=_SORTED)
        except TypeError:  # uploads, odd keys, lone surrogates, integers beyond 64 bits
            return canonical_key(operation, arguments)
        if len(packed) <= _LONGEST:
            return packed
    return canonical_key(operation, arguments)
