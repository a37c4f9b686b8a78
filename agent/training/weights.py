"""What each token of a turn counts in the loss.

Nothing for what the grammar forces: inference never asks the model about it. Most for what a
planner decides and for the values that an answer states, less for the words around them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agent.backends.local.grammar import matcher, turn_grammar
from agent.backends.local.tokens import Tokens
from trajectories.records import Message, Trajectory

DECISION: Final = 2.0
"""A token of a planner's choice."""
TEMPLATE: Final = 0.3
"""A word of an answer that is no value."""
_WORD: Final = re.compile(r"[\w.@:/+-]+")


def turn_weights(
    trajectory: Trajectory, index: int, ids: Sequence[int], tokens: Tokens
) -> list[float]:
    """One weight for each of `ids`, which are the turn at `index` with its end token."""
    turn = trajectory.messages[index]
    before = trajectory.messages[:index]
    grammar = turn_grammar(turn.role, trajectory.tools, before)
    # An answer's words are free and may end after each of them: where it ends is learnt.
    if grammar is None or turn.role == "summarizer":
        return _answer_weights(ids, before, tokens)
    found = _free(ids, grammar, tokens)
    return [DECISION * weight for weight in found] if turn.role == "planner" else found


def _free(ids: Sequence[int], grammar: str, tokens: Tokens) -> list[float]:
    """1 for tokens that the grammar leaves a choice about, 0 for those that it forces."""
    held = matcher(tokens, grammar)
    weights: list[float] = []
    while len(weights) < len(ids):
        forced = held.compute_ff_tokens()
        same = 0
        for token in forced:
            if len(weights) + same >= len(ids) or ids[len(weights) + same] != token:
                break
            same += 1
        if same:
            held.consume_tokens(list(ids[len(weights) : len(weights) + same]))
            weights += [0.0] * same
        elif held.is_stopped():
            weights += [0.0] * (len(ids) - len(weights))
        elif ids[len(weights)] == tokens.end and held.is_accepting():
            weights.append(0.0)
        elif held.consume_token(ids[len(weights)]):
            weights.append(1.0)
        else:
            # A turn that the grammar does not know (another form, a mistake) counts as it is.
            weights += [1.0] * (len(ids) - len(weights))
    return weights


def _answer_weights(ids: Sequence[int], before: Sequence[Message], tokens: Tokens) -> list[float]:
    shown = " ".join(turn.content for turn in before if turn.role == "observation")
    pieces = [tokens.decode([token]) for token in ids]
    text = "".join(pieces)
    values = [
        found.span()
        for found in _WORD.finditer(text)
        if any(letter.isdigit() for letter in found[0]) or f'"{found[0]}' in shown
    ]
    weights, at = [], 0
    for piece in pieces:
        stop = at + len(piece)
        stated = any(start < stop and at < end for start, end in values)
        weights.append(1.0 if stated else TEMPLATE)
        at = stop
    return weights
