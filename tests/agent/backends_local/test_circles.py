"""A phrase is not said for ever."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from agent.backends.local.circles import closes_circle
from agent.backends.local.decode import Job, _likeliest


def text(ids: Sequence[int]) -> str:
    """Ids as letters; those below ten as digits."""
    return "".join(str(id) if id < 10 else chr(87 + id) for id in ids)


@pytest.mark.parametrize(
    ("written", "token", "circle"),
    [
        ([11, 11], 11, True),
        ([11], 11, False),
        ([12, 11, 12, 11, 12], 11, True),
        ([12, 11, 13, 11, 12], 11, False),
        ([1] * 8, 1, False),
        ([1] * 11, 1, True),
        ([10, 1, 10, 1, 10], 1, True),
        ([], 11, False),
    ],
)
def test_a_phrase_of_words_stands_twice_and_digits_oftener(
    written: list[int], token: int, circle: bool
) -> None:
    assert closes_circle(written, token, text) is circle


def test_the_next_likeliest_token_is_written_instead() -> None:
    scores = np.array([0.0] * 11 + [3.0, 2.0])
    job = Job([], [], lambda written: False, text=text, written=[11, 11])
    assert _likeliest(job, scores) == 12
    job.text = None
    assert _likeliest(job, scores) == 11
