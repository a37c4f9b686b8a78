"""What a final answer claims, read from English text: no model, the same every time.

An explicit claim (a role's opening, a JSON value's flag of success) is taken at its word. Any other
text is read by its phrases (`phrases.py`): each adds its weights, whole numbers that
`tests/proofs/fit_claims.py` fitted to labelled sentences, and the claim with the highest sum wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import orjson

from trajectories.records import Claim
from trajectories.scoring.phrases import phrases

OPENINGS: Final[dict[str, Claim]] = {
    "done:": "done",
    "not done:": "not_done",
    "cannot:": "cannot",
    "question:": "asks",
    "uncertain:": "uncertain",
}
"""Openings by which a role states its claim."""

CLAIMS: Final[tuple[Claim | Literal["answer"], ...]] = (
    "done", "not_done", "cannot", "asks", "uncertain", "unclear", "answer",
)  # fmt: skip
"""What weights are for, in order; an `answer` tells what a user wanted to know: read as unclear."""

Weights = Mapping[str, tuple[int, ...]]
"""For a phrase a weight for each of `CLAIMS`; for the phrase "" what every text begins with."""


def claim_of(text: str) -> Claim:
    """What an answer claims about the request; `unclear` for other languages and bare data.

    >>> claim_of("The first call timed out, but then the order was placed.")
    'done'
    """
    opened = opening(text)
    if opened is not None:
        return opened
    if (flag := _flag(text)) is not None:
        return flag
    return read(text, _weights())


def spoken_claim(plan: str, text: str) -> Claim:
    """The claim of a turn that ends an episode, by its tag and, where the text says so, its words.

    `plan` is "finish" (`text` is the answer) or "give_up" (`text` is the planner's thought). The
    tag alone means done or cannot; an answer that denies, asks or doubts is taken at its word.
    """
    claim = claim_of(text)
    if plan == "finish":
        return "done" if claim == "unclear" else claim
    return claim if claim in ("asks", "not_done", "uncertain") else "cannot"


def with_claim(claim: Claim, plan: str, text: str) -> str:
    """A text that is sure to be read as the claim: with its opening where the words do not do."""
    if spoken_claim(plan, text) == claim:
        return text
    return f"{next(words for words, each in OPENINGS.items() if each == claim).capitalize()} {text}"


def opening(text: str) -> Claim | None:
    """The claim that a text's canonical opening states, or None without one."""
    start = text.lstrip().casefold()
    return next((claim for words, claim in OPENINGS.items() if start.startswith(words)), None)


def read(text: str, weights: Weights) -> Claim:
    """The claim whose weights are highest over the phrases of a text; the first of equal ones."""
    found = phrases(text)
    if not found:
        return "unclear"
    rows = [weights[phrase] for phrase in ("", *found) if phrase in weights]
    sums = [sum(column) for column in zip(*rows, strict=True)]
    best = CLAIMS[sums.index(max(sums))]
    return "unclear" if best == "answer" else best


def _flag(text: str) -> Claim | None:
    """The claim of a JSON object by its flag of success or its question, if it has one."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    for name in ("success", "ok", "done", "completed"):
        if isinstance(value.get(name), bool):
            return "done" if value[name] else "not_done"
    return "asks" if value.get("question") else None


@cache
def _weights() -> Weights:
    """The weights of `claim_weights.tsv`."""
    lines = files(__package__).joinpath("claim_weights.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines[1:])
    return {name: tuple(int(each or 0) for each in row.split(",")) for name, row in rows}
