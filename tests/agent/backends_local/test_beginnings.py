"""What is kept of prompts that were read."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForCausalLM

from agent.backends.local.decode import Beginnings, Costs, Job, Reader
from tests.agent.tiny import tiny_model

HEAD, FIRST, SECOND = [1, 2, 3, 4], [5, 6], [7, 8, 9]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    model: Any = AutoModelForCausalLM.from_pretrained(tiny_model(tmp_path / "model"))
    return Reader(model.eval(), None, Costs())


def job(*parts: list[int]) -> Job:
    ids = [token for part in parts for token in part]
    return Job(ids, list(accumulate(map(len, parts))), lambda written: True)


def test_a_conversation_is_read_on_and_its_head_is_shared(reader: Reader) -> None:
    kept = Beginnings()
    kept.read(reader, job(HEAD, FIRST))
    kept.read(reader, job(HEAD, FIRST, SECOND))
    assert reader.costs.read_tokens == 9
    kept.read(reader, job(HEAD, SECOND))
    assert reader.costs.read_tokens == 12  # the head was known


def test_a_conversation_that_goes_on_takes_its_place_once(reader: Reader) -> None:
    kept = Beginnings()
    for parts in ([HEAD, FIRST], [HEAD, FIRST, SECOND], [HEAD, FIRST, SECOND, FIRST]):
        kept.read(reader, job(*parts))
    assert len(kept._kept) == 2  # the head, and the whole


def test_what_was_used_longest_ago_goes_first(reader: Reader) -> None:
    kept = Beginnings(room=1)
    kept.read(reader, job(HEAD))
    kept.read(reader, job(HEAD))
    assert reader.costs.read_tokens == 8
