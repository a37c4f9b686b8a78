"""Guessed tokens: what stood there before, and how many of them are worth a look."""

from __future__ import annotations

from agent.backends.local.drafts import LONGEST, Lookup, forced_tokens, width


def test_a_lookup_continues_the_last_place_where_the_same_tokens_stood() -> None:
    lookup = Lookup([1, 2, 3, 4, 5, 9, 1, 2, 3, 7, 8, 0, 1, 2, 3])
    assert lookup.guess() == [7, 8, 0, 1, 2, 3]
    lookup.ids += [6]
    assert lookup.guess() == []
    lookup.ids += [5, 9, 1, 2, 3]
    assert lookup.guess()[0] == 6


def test_a_guess_has_a_longest_length() -> None:
    assert len(Lookup([1, 2, 3, *range(10, 40), 1, 2, 3]).guess()) == LONGEST


def test_few_rows_check_long_guesses_and_many_rows_only_shared_ones() -> None:
    assert width([8]) == 8
    assert width([0, 0]) == 0
    assert width([8] + [0] * 15) == 0
    assert width([4] * 16) == 4


def test_without_a_grammar_nothing_is_forced() -> None:
    assert forced_tokens(None) == []
