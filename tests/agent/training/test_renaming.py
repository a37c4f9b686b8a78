"""Renamed trajectories say the same under other names, everywhere the names stand."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from agent.training.renaming import rename_tools
from sandbox.draws import Draw
from tests.agent.tiny import episode


@given(st.integers(0, 10_000))
def test_docs_thoughts_and_calls_agree_on_the_new_names(seed: int) -> None:
    made = rename_tools(episode(0, ("get_cat", "get_cat_toys", "wait")), Draw(seed))
    names = [tool["function"]["name"] for tool in made.tools]
    planner, caller = made.messages[1], made.messages[2]
    assert len(set(names)) == 3 and "wait" in names
    assert caller.call is not None and caller.call.name == names[0]
    assert caller.content == f'Action: {names[0]}\nAction Input: {{"id":"k0"}}'
    assert planner.content == f"I use {names[0]}. Next: caller."
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names)


def test_names_change_with_the_draw_and_only_with_it() -> None:
    record = episode(1)
    names = {rename_tools(record, Draw(seed)).tools[0]["function"]["name"] for seed in range(60)}
    assert len(names) > 15
    assert rename_tools(record, Draw(3)) == rename_tools(record, Draw(3))


def test_what_the_user_and_the_server_said_stays() -> None:
    record = episode(0)
    made = rename_tools(record, Draw(1))
    for before, after in zip(record.messages, made.messages, strict=True):
        if before.role in ("user", "observation", "summarizer"):
            assert after == before
