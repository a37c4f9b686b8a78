"""Regular expressions of documents in the spelling that the validating library compiles."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import jsonschema_rs

_TOKEN: Final = re.compile(
    r"\\k<(?P<back>\w+)>|\(\?P=(?P<python_back>\w+)\)|\(\?P?<(?P<name>\w+)>|\(\?#[^)]*\)"
    r"|\\.|\[\^?\]|\[\^?(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|\{,|[^\\\[(){}]+|.",
    re.DOTALL,
)
_PLAIN: Final = {
    r"\A": "^", r"\Z": "$", r"\z": "$", "[^]": r"[\s\S]", "[]": "(?!)", "{": r"\{", "}": r"\}",
}  # fmt: skip
"""Spellings of ECMA-262 and of Python that stand for something the library knows."""


@lru_cache(maxsize=8192)
def enforceable(pattern: str) -> str | None:
    """The pattern as the validating library takes it; None where nothing can enforce it."""
    return next((text for text in (pattern, _portable_pattern(pattern)) if _compiles(text)), None)


def _portable_pattern(pattern: str) -> str:
    """Named groups as numbered ones, and what `_PLAIN` lists in its other spelling."""
    tokens = list(_TOKEN.finditer(pattern))
    opened = [found for found in tokens if found["name"] or found[0] == "("]
    # "(?:" and look-around begin with a bare "(" followed by "?": they count nothing.
    groups = [found for found in opened if found["name"] or pattern[found.end() :][:1] != "?"]
    numbers = {found["name"]: number for number, found in enumerate(groups, 1) if found["name"]}
    made: list[str] = []
    for found in tokens:
        back = found["back"] or found["python_back"]
        if back in numbers:
            made.append(rf"(?:\{numbers[back]})")
        elif found["name"]:
            made.append("(")
        elif found[0].startswith("(?#"):
            continue
        elif found[0].startswith("[") and len(found[0]) > 3:
            made.append(re.sub(r"-(?=\\[dws])|(?<=\\[dws])-(?!\])", r"\\-", found[0]))
        else:
            made.append(_PLAIN.get(found[0], found[0]))
    return "".join(made)


def _compiles(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:
        return False
    return True
