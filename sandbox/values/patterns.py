"""Strings that match a regular expression, grown from its parse tree by a key.

ECMA-262 is read through Python's own parser after a small translation. What that parser cannot
express exactly (look-around, back-references across branches) comes out by luck or not at all:
the caller checks every string against the real pattern and asks again with another key.
"""

from __future__ import annotations

import re
import re._constants as codes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from sandbox.values.keys import mix

_PRINTABLE: Final = "".join(map(chr, range(32, 127)))
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "0123456789"
_WORD: Final = _LETTERS + _LETTERS.upper() + _DIGITS + "_"
_UNICODE: Final = {
    "L": "a-zA-Z", "Ll": "a-z", "Lu": "A-Z", "Lt": "A-Z", "Lm": "a-z", "Lo": "a-z",
    "Letter": "a-zA-Z", "Alphabetic": "a-zA-Z", "N": "0-9", "Nd": "0-9", "Nl": "0-9", "No": "0-9",
    "Number": "0-9", "P": "!-#%-*,-/:;?@_", "Pd": "\\-", "Pc": "_", "S": "$+<=>^|~", "Sc": "$",
    "Z": " ", "Zs": " ", "M": "\u0301", "Mn": "\u0301", "Mc": "\u0903", "C": "\x01", "Cc": "\x01",
    "IsLatin": "a-zA-Z", "Latin": "a-zA-Z", "Script=Latin": "a-zA-Z", "ASCII": " -~",
}  # fmt: skip

_LONGEST: Final = 20_000
"""Characters of the shortest match, beyond which no string is grown."""

Grow = Callable[[int, int, list[str]], int]
"""(key, wanted length of open repeats, output) -> next key."""


class NoPattern(ValueError):
    """The pattern cannot be read as a regular expression."""


def to_python(pattern: str) -> str:
    """An ECMA-262 pattern in Python's spelling, near enough to grow strings from."""
    text = re.sub(r"\(\?<(?![=!])", "(?P<", pattern)
    text = re.sub(r"\\k<(\w+)>", r"(?P=\1)", text)
    text = re.sub(r"\\u\{([0-9A-Fa-f]{1,6})\}", lambda m: f"\\U{int(m[1], 16):08x}", text)
    text = text.replace("[^]", "[\\s\\S]").replace("\\/", "/").replace("\\-", "\\-")
    return _with_classes(text)


def _with_classes(text: str) -> str:
    r"""\p{..} and \P{..} as ASCII samples of the class, inside and outside brackets."""
    made: list[str] = []
    at, inside = 0, False
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text):
            named = re.match(r"\\([pP])\{\^?([\w=]+)\}", text[at:])
            if named:
                sample = _UNICODE.get(named[2].split("=")[-1], "a-zA-Z")
                if named[1] == "P":
                    sample = "a-zA-Z" if sample[0] != "a" else "0-9"
                made.append(sample if inside else f"[{sample}]")
                at += named.end()
                continue
            made.append(text[at : at + 2])
            at += 2
            continue
        if char == "[":
            # A bracket inside a class is itself in ECMA-262; Python warns about it.
            made.append("\\[" if inside else char)
            inside = True
        else:
            inside = inside and char != "]"
            made.append(char)
        at += 1
    return "".join(made)


@lru_cache(maxsize=8192)
def grower(pattern: str) -> Callable[[int, int], str]:
    """(key, wanted length of open repeats) -> a string that probably matches the pattern.

    Raises NoPattern where the pattern is not a regular expression.
    """
    if len(pattern) > _LONGEST:
        raise NoPattern(f"a pattern of {len(pattern):,} characters is too long")
    try:
        tree = parser.parse(to_python(pattern))
    except (re.error, OverflowError, RecursionError, ValueError) as error:
        raise NoPattern(f"{pattern!r} is not a regular expression: {error}") from None
    if tree.getwidth()[0] > _LONGEST:
        raise NoPattern(f"{pattern[:60]!r} wants more than {_LONGEST:,} characters")
    grow = _sequence(list(tree), {})

    def make(key: int, reach: int) -> str:
        out: list[str] = []
        grow(key, reach, out)
        return "".join(out)

    return make


def _sequence(tree: list[Any], groups: dict[int, list[str]]) -> Grow:
    parts = [grow for grow in (_part(op, argument, groups) for op, argument in tree) if grow]

    def run(key: int, reach: int, out: list[str]) -> int:
        for part in parts:
            key = part(mix(key + 1), reach, out)
        return key

    return run


def _part(op: Any, argument: Any, groups: dict[int, list[str]]) -> Grow | None:
    if op is codes.LITERAL:
        return _grow_choice(chr(argument))
    if op is codes.NOT_LITERAL:
        return _grow_choice([each for each in _PRINTABLE if ord(each) != argument])
    if op is codes.ANY:
        return _grow_choice(_LETTERS)
    if op is codes.IN:
        return _grow_choice(_members(argument))
    if op is codes.BRANCH:
        return _branch([_sequence(list(each), groups) for each in argument[1]])
    if op is codes.SUBPATTERN:
        return _group(argument[0], _sequence(list(argument[3]), groups), groups)
    if op in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        return _repeat(argument[0], argument[1], _sequence(list(argument[2]), groups))
    if op is codes.ATOMIC_GROUP:
        return _sequence(list(argument), groups)
    if op is codes.GROUPREF:
        return _grow_reference(argument, groups)
    return None  # anchors and look-around take no characters


def _grow_choice(options: Any) -> Grow:
    count = len(options)
    if not count:
        raise NoPattern("a character class admits nothing printable")

    def run(key: int, reach: int, out: list[str]) -> int:
        out.append(options[key % count])
        return key

    return run


def _grow_reference(number: int, groups: dict[int, list[str]]) -> Grow:
    def run(key: int, reach: int, out: list[str]) -> int:
        out.extend(groups.get(number, ()))
        return key

    return run


def _branch(branches: list[Grow]) -> Grow:
    count = len(branches)
    return lambda key, reach, out: branches[key % count](mix(key), reach, out)


def _group(number: int | None, inner: Grow, groups: dict[int, list[str]]) -> Grow:
    if number is None:
        return inner

    def run(key: int, reach: int, out: list[str]) -> int:
        start = len(out)
        key = inner(key, reach, out)
        groups[number] = out[start:]
        return key

    return run


def _repeat(low: int, high: Any, inner: Grow) -> Grow:
    most = 1 << 30 if high is codes.MAXREPEAT else int(high)

    def run(key: int, reach: int, out: list[str]) -> int:
        top = min(most, max(low, reach))
        for step in range(low + (key >> 20) % (top - low + 1)):
            key = inner(mix(key + step), reach, out)
        return key

    return run


def _members(items: list[Any]) -> str:
    """The characters of a class, printable ones first choice."""
    negated = bool(items) and items[0][0] is codes.NEGATE
    made: list[str] = []
    for op, argument in items:
        if op is codes.LITERAL:
            made.append(chr(argument))
        elif op is codes.RANGE:
            low, high = argument
            made.extend(map(chr, range(low, min(high, low + 512) + 1)))
        elif op is codes.CATEGORY:
            made.extend(_category(argument))
    if negated:
        refused = set(made)
        usual = [each for each in _WORD if each not in refused]
        return "".join(usual or [each for each in _PRINTABLE if each not in refused])
    plain = [each for each in dict.fromkeys(made) if each.isprintable()]
    return "".join(plain or dict.fromkeys(made))


def _category(code: Any) -> str:
    table = {
        codes.CATEGORY_DIGIT: _DIGITS,
        codes.CATEGORY_WORD: _WORD,
        codes.CATEGORY_SPACE: " ",
        codes.CATEGORY_NOT_DIGIT: _LETTERS,
        codes.CATEGORY_NOT_WORD: " !#%&",
        codes.CATEGORY_NOT_SPACE: _WORD,
    }
    return table.get(code, _LETTERS)
